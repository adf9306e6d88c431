/* What TLS costs the client, and the server of the stats endpoint: the CPU time
 * of their calls alone, against a peer in the same memory.  `tls [ROUNDS]`
 * prints one line a case. */
#include "../test/tls_peer.h"

#include <malloc.h>

#include "base/str.h"
#include "net/tls_config.h"

enum { BODY = 16 * 1024, REQUESTS = 200, HEADER = 180 };

static struct pyr__memory memory;
static struct pyr__tls_shared *shared;

struct server {
  struct test_cert ca, middle, own, client;
  mbedtls_x509_crt chain;
  char ca_pem[4096], client_pem[4096], client_key_pem[8192];
  char own_pem[4096], own_key_pem[8192];
};

struct run {
  const char *name;
  struct server *server;
  bool is_server; /* what is measured */
  bool is_mutual, is_resumed;
  unsigned rounds;
  int64_t handshake_ns, request_ns, longest_ns;
  size_t heap; /* of a connection at rest */
  struct test_peer *peer;
  struct test_client *client;
};

static void make_server(struct server *server, unsigned rsa_bits,
                        mbedtls_ecp_group_id curve, bool has_middle) {
  struct test_cert_spec ca = {.subject = "CN=Bench CA",
                              .is_ca = true,
                              .rsa_bits = rsa_bits,
                              .curve = curve};
  struct test_cert_spec middle = ca, own = ca, client = ca;

  middle.subject = "CN=Bench Middle";
  middle.issuer = client.issuer = own.issuer = &server->ca;
  own.subject = client.subject = "CN=bench";
  own.names = "DNS:localhost";
  own.is_ca = client.is_ca = false;
  test_cert_make(&server->ca, &ca);
  test_cert_make(&server->client, &client);
  if (has_middle) {
    test_cert_make(&server->middle, &middle);
    own.issuer = &server->middle;
  }
  test_cert_make(&server->own, &own);
  mbedtls_x509_crt_init(&server->chain);
  test_chain_add(&server->chain, &server->own);
  if (has_middle)
    test_chain_add(&server->chain, &server->middle);
  test_cert_pem(&server->ca, server->ca_pem, sizeof(server->ca_pem));
  test_cert_pem(&server->client, server->client_pem,
                sizeof(server->client_pem));
  test_key_pem(&server->client, server->client_key_pem,
               sizeof(server->client_key_pem));
  test_cert_pem(&server->own, server->own_pem, sizeof(server->own_pem));
  test_key_pem(&server->own, server->own_key_pem, sizeof(server->own_key_pem));
}

/* As test_client_take, and the time of it. */
static int64_t take(struct run *run) {
  struct test_bytes *out = &run->peer->out;
  static uint8_t plain[BODY];
  int64_t began_ns = pyr__cpu_ns(), turn_ns = began_ns, now_ns;
  int step;
  size_t len;

  pyr__tls_give(run->client->tls, out->data + out->taken,
                out->len - out->taken);
  do {
    step = pyr__tls_step(run->client->tls, plain, sizeof(plain), &len);
    run->client->heard_len += len;
    now_ns = pyr__cpu_ns();
    if (step != PYR__TLS_PLAIN && now_ns - turn_ns > run->longest_ns)
      run->longest_ns = now_ns - turn_ns;
    if (step == PYR__TLS_BUSY)
      turn_ns = now_ns;
  } while (step == PYR__TLS_PLAIN || step == PYR__TLS_BUSY);
  test_must(step == PYR__TLS_HUNGRY);
  out->taken = out->len;
  return now_ns - began_ns;
}

static int64_t exchange(struct run *run) {
  struct test_bytes *out = &run->peer->out;
  int64_t took_ns = 0;
  size_t before;
  do {
    before = out->len;
    test_client_flush(run->client, run->peer);
    test_peer_run(run->peer);
    took_ns += take(run);
  } while (out->len != before);
  return took_ns;
}

/* A request and a response of BODY bytes, on the connection there is. */
static int64_t ask(struct run *run) {
  static const char text[HEADER] = "GET /";
  static char body[BODY];
  int64_t took_ns = pyr__cpu_ns();

  test_must(pyr__tls_write(run->client->tls, text, sizeof(text)) == 0);
  took_ns = pyr__cpu_ns() - took_ns;
  test_client_flush(run->client, run->peer);
  test_peer_run(run->peer);
  run->peer->heard_len = run->peer->in.taken = run->peer->in.len = 0;
  run->peer->out.taken = run->peer->out.len = run->client->heard_len = 0;
  test_peer_say(run->peer, body, sizeof(body));
  took_ns += take(run);
  test_must(run->client->heard_len == BODY);
  return took_ns;
}

/* The same, from the server's side. */
static int64_t answer(struct run *run) {
  static const char text[HEADER] = "GET /";
  static char body[BODY];
  int64_t took_ns, began_ns;

  run->peer->out.taken = run->peer->out.len = run->client->heard_len = 0;
  test_peer_say(run->peer, text, sizeof(text));
  took_ns = take(run);
  test_must(run->client->heard_len == HEADER);
  began_ns = pyr__cpu_ns();
  test_must(pyr__tls_write(run->client->tls, body, sizeof(body)) == 0);
  took_ns += pyr__cpu_ns() - began_ns;
  run->peer->heard_len = run->peer->in.taken = run->peer->in.len = 0;
  test_client_flush(run->client, run->peer);
  test_peer_run(run->peer);
  test_must(run->peer->heard_len == BODY);
  return took_ns;
}

static int64_t connect_once(struct run *run, struct pyr__tls_config *config,
                            const struct test_peer_options *options) {
  static const struct pyr__tls_peer anybody = {.origin = {"", 0}};
  struct pyr__tls_setup *setup;
  int64_t began_ns, took_ns;

  run->peer = test_peer_new(options);
  test_must(pyr__tls_config_setup(config, &setup, NULL) == 0);
  began_ns = pyr__cpu_ns();
  test_must(pyr__tls_new(&run->client->tls, setup,
                         run->is_server ? &anybody : &test_localhost,
                         NULL) == 0);
  took_ns = pyr__cpu_ns() - began_ns;
  took_ns += exchange(run);
  test_must(pyr__tls_is_ready(run->client->tls));
  test_must(pyr__tls_is_resumed(run->client->tls) == run->is_resumed);
  return took_ns;
}

static void disconnect(struct run *run) {
  size_t before = mallinfo2().uordblks;
  pyr__tls_free(run->client->tls);
  run->heap = before - mallinfo2().uordblks;
  test_peer_free(run->peer);
  memset(run->client, 0, sizeof(*run->client));
}

/* A client is measured against a server, and a server against a client. */
static void set_up(struct run *run, struct pyr__tls_options *options,
                   struct test_peer_options *peer) {
  struct server *server = run->server;

  *options = (struct pyr__tls_options){.ca = server->ca_pem};
  *peer = (struct test_peer_options){.chain = &server->chain,
                                     .key = &server->own.key};
  if (run->is_server) {
    *options = (struct pyr__tls_options){
        .is_server = true, .cert = server->own_pem, .key = server->own_key_pem};
    *peer = (struct test_peer_options){.is_client = true};
  }
  if (!run->is_mutual)
    return;
  if (run->is_server) {
    options->client_certs = PYR__CLIENT_CERTS_REQUIRED;
    options->ca = server->ca_pem;
    peer->chain = &server->client.cert;
    peer->key = &server->client.key;
  } else {
    options->cert = server->client_pem;
    options->key = server->client_key_pem;
    peer->client_ca = &server->ca.cert;
  }
}

/* The first connection warms up, and gets a session. */
static void warm_up(struct run *run, struct pyr__tls_config *config,
                    const struct test_peer_options *peer,
                    mbedtls_ssl_session *session) {
  bool is_resumed = run->is_resumed;
  run->is_resumed = false;
  (void)connect_once(run, config, peer);
  if (run->is_server)
    test_must(mbedtls_ssl_get_session(&run->peer->ssl, session) == 0);
  disconnect(run);
  run->is_resumed = is_resumed;
  run->longest_ns = 0;
}

static void run_case(struct run *run, mbedtls_ssl_ticket_context *tickets) {
  struct pyr__tls_options options;
  struct test_peer_options peer;
  struct pyr__tls_config *config;
  mbedtls_ssl_session session;
  unsigned i, k;

  set_up(run, &options, &peer);
  peer.tickets = run->is_resumed && !run->is_server ? tickets : NULL;
  test_must(pyr__tls_config_new(&config, shared, &options, NULL) == 0);
  mbedtls_ssl_session_init(&session);
  warm_up(run, config, &peer, &session);
  peer.session = run->is_resumed && run->is_server ? &session : NULL;
  for (i = 0; i < run->rounds; i++) {
    run->handshake_ns += connect_once(run, config, &peer);
    for (k = 0; i == 0 && k < REQUESTS; k++)
      run->request_ns += run->is_server ? answer(run) : ask(run);
    disconnect(run);
  }
  mbedtls_ssl_session_free(&session);
  pyr__tls_config_unref(config);
  printf("%s %-28s handshake %6.2f ms  longest turn %6.2f ms  request of 16 "
         "KiB %5.1f us  heap %zu bytes\n",
         run->is_server ? "server" : "client", run->name,
         (double)run->handshake_ns / 1e6 / run->rounds,
         (double)run->longest_ns / 1e6,
         (double)run->request_ns / 1e3 / REQUESTS, run->heap);
}

int main(int argc, char **argv) {
  static struct server p256, p256_middle, p384, p521, rsa;
  static struct test_client client;
  mbedtls_ssl_ticket_context tickets;
  struct run runs[] = {
      {.name = "ECDSA P-256", .server = &p256},
      {.name = "ECDSA P-256, intermediate", .server = &p256_middle},
      {.name = "ECDSA P-256, resumed", .server = &p256, .is_resumed = true},
      {.name = "ECDSA P-256, client cert", .server = &p256, .is_mutual = true},
      {.name = "ECDSA P-384", .server = &p384},
      {.name = "ECDSA P-521", .server = &p521},
      {.name = "RSA 2048", .server = &rsa},
      {.name = "RSA 2048, resumed", .server = &rsa, .is_resumed = true},
      {.name = "RSA 2048, client cert", .server = &rsa, .is_mutual = true},
      {.name = "ECDSA P-256", .server = &p256, .is_server = true},
      {.name = "ECDSA P-256, resumed",
       .server = &p256,
       .is_server = true,
       .is_resumed = true},
      {.name = "ECDSA P-256, client cert",
       .server = &p256,
       .is_server = true,
       .is_mutual = true},
      {.name = "ECDSA P-384", .server = &p384, .is_server = true},
      {.name = "RSA 2048", .server = &rsa, .is_server = true},
      {.name = "RSA 2048, resumed",
       .server = &rsa,
       .is_server = true,
       .is_resumed = true},
      {.name = "RSA 2048, client cert",
       .server = &rsa,
       .is_server = true,
       .is_mutual = true}};
  unsigned i, rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 50;

  pyr__memory_init(&memory, NULL);
  test_must(pyr__tls_shared_new(&shared, &memory, NULL, NULL) == 0);
  mbedtls_ssl_ticket_init(&tickets);
  test_must(mbedtls_ssl_ticket_setup(&tickets, test_random, NULL,
                                     MBEDTLS_CIPHER_AES_256_GCM, 86400) == 0);
  make_server(&p256, 0, MBEDTLS_ECP_DP_SECP256R1, false);
  make_server(&p256_middle, 0, MBEDTLS_ECP_DP_SECP256R1, true);
  make_server(&p384, 0, MBEDTLS_ECP_DP_SECP384R1, false);
  make_server(&p521, 0, MBEDTLS_ECP_DP_SECP521R1, false);
  make_server(&rsa, 2048, MBEDTLS_ECP_DP_NONE, false);
  printf("mbedTLS %s\n", MBEDTLS_VERSION_STRING);
  for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
    runs[i].rounds = rounds == 0 ? 1 : rounds;
    runs[i].client = &client;
    run_case(&runs[i], &tickets);
  }
  return 0;
}
