/* A hostile server: what it sends is the input, or what a real one sends with
 * the changes that the input describes.  Nothing may break, and no byte may
 * reach the client's user that the real server did not say.
 *
 * Byte 0 chooses: bits 0-3 how the bytes are cut, bit 4 raw bytes, bit 5 no
 * verification, bit 6 a second connection that may resume, bit 7 a client
 * certificate is asked for.  Raw bytes follow, or changes of four bytes each:
 * two for the place in the server's stream, what to do, and with what. */
#include "tls_peer.h"

#include <time.h>

#include "base/str.h"
#include "net/tls_config.h"

enum { CUT = 15, RAW = 16, SKIP = 32, TWICE = 64, CLIENT = 128 };
enum { CHANGES = 32, STREAM = 64 * 1024 };

static struct {
  bool is_made;
  struct test_cert ca, server;
  char ca_pem[2048];
  mbedtls_ssl_ticket_context tickets;
} made;

/* mbedTLS 2.28 puts the time into its hello: with one that stands still, the
 * same input does the same. */
time_t time(time_t *out) {
  time_t now = 1764000000;
  if (out != NULL)
    *out = now;
  return now;
}

static void make(void) {
  struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  struct test_cert_spec server = {
      .subject = "CN=server", .names = "DNS:localhost", .issuer = &made.ca};
  test_random_seed = 1;
  test_cert_make(&made.ca, &ca);
  test_cert_make(&made.server, &server);
  test_cert_pem(&made.ca, made.ca_pem, sizeof(made.ca_pem));
  mbedtls_ssl_ticket_init(&made.tickets);
  test_must(mbedtls_ssl_ticket_setup(&made.tickets, test_random, NULL,
                                     MBEDTLS_CIPHER_AES_256_GCM, 86400) == 0);
  made.is_made = true;
}

struct world {
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  uint8_t flags;
  const uint8_t *changes;
  size_t change_count;
  size_t sent; /* of the server's stream, before changes */
};

/* The server's bytes from `world->sent` on, with the changes whose place is in
 * them.  Returns the new length, at most STREAM. */
static size_t spoil(struct world *world, const uint8_t *data, size_t len,
                    uint8_t *out) {
  size_t i, k, n = 0;
  for (i = 0; i < len && n + 512 < STREAM; i++) {
    uint8_t byte = data[i];
    bool is_dropped = false;
    for (k = 0; k < world->change_count; k++) {
      const uint8_t *change = world->changes + 4 * k;
      if ((size_t)(change[0] | change[1] << 8) != world->sent + i)
        continue;
      if (change[2] % 4 == 0)
        byte ^= change[3];
      else if (change[2] % 4 == 1)
        byte = change[3];
      else if (change[2] % 4 == 2)
        is_dropped = true;
      else
        for (size_t extra = 0; extra < change[3]; extra++)
          out[n++] = byte;
    }
    if (!is_dropped && n < STREAM)
      out[n++] = byte;
  }
  world->sent += len;
  return n;
}

static void check_client(const struct test_client *client, const char *said) {
  const pyr_error_t *error = pyr__tls_error(client->tls);
  if (client->code != 0 &&
      ((client->code != PYR_ETLS && client->code != PYR_ELIMIT) ||
       error->code != client->code || error->text[0] == '\0'))
    abort();
  if (client->heard_len > strlen(said) ||
      memcmp(client->heard, said, client->heard_len) != 0)
    abort();
}

static void take(struct test_client *client, const uint8_t *data, size_t len,
                 size_t piece) {
  size_t at = 0;
  while (at < len && client->code == 0 && !client->is_ended) {
    size_t n = len - at < piece ? len - at : piece;
    test_client_take(client, data + at, n);
    at += n;
  }
}

static void end(struct test_client *client) {
  if (client->code == 0 && !client->is_ended)
    client->code = pyr__tls_eof(client->tls);
  pyr__tls_end(client->tls);
}

static struct pyr__tls *connect_to(struct world *world) {
  struct pyr__tls_setup *setup;
  struct pyr__tls *tls;
  if (pyr__tls_config_setup(world->config, &setup, NULL) != 0 ||
      pyr__tls_new(&tls, setup, pyr__str("https://localhost"),
                   pyr__str("localhost"), NULL) != 0 ||
      pyr__tls_write(tls, "GET / HTTP/1.1\r\n\r\n", 18) != 0)
    abort();
  return tls;
}

static void meet_raw(struct world *world, const uint8_t *data, size_t size) {
  static struct test_client client;
  memset(&client, 0, sizeof(client));
  client.tls = connect_to(world);
  take(&client, data, size, (world->flags & CUT) + 1u);
  if (pyr__tls_is_ready(client.tls))
    abort();
  end(&client);
  check_client(&client, "");
  pyr__tls_free(client.tls);
}

static void meet(struct world *world) {
  static const char said[] = "HTTP/1.1 200 OK\r\n\r\nhello";
  static struct test_client client;
  static uint8_t stream[STREAM];
  struct test_peer_options options = {
      .chain = &made.server.cert,
      .key = &made.server.key,
      .tickets = &made.tickets,
      .client_ca = world->flags & CLIENT ? &made.ca.cert : NULL};
  struct test_peer *peer = test_peer_new(&options);
  size_t piece = 1u + (world->flags & CUT) * 37u, before;
  bool has_said = false;

  memset(&client, 0, sizeof(client));
  client.tls = connect_to(world);
  do {
    size_t len;
    before = peer->out.taken;
    test_client_flush(&client, peer);
    test_peer_run(peer);
    if (peer->is_ready && !has_said) {
      test_peer_say(peer, said, sizeof(said) - 1);
      has_said = true;
    }
    len = spoil(world, peer->out.data + peer->out.taken,
                peer->out.len - peer->out.taken, stream);
    peer->out.taken = peer->out.len;
    take(&client, stream, len, piece);
  } while (peer->out.taken != before);
  /* Unchanged, all of it arrives. */
  if (world->change_count == 0 && options.client_ca == NULL &&
      client.heard_len != sizeof(said) - 1)
    abort();
  end(&client);
  check_client(&client, said);
  pyr__tls_free(client.tls);
  test_peer_free(peer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct world world = {.changes = data + 1};
  struct pyr__tls_options options = {.name = "fuzz"};

  if (!made.is_made)
    make();
  if (size < 1)
    return 0;
  test_random_seed = 2;
  world.flags = data[0];
  world.change_count = (size - 1) / 4;
  if (world.change_count > CHANGES)
    world.change_count = CHANGES;
  pyr__memory_init(&world.memory, NULL);
  if (pyr__tls_shared_new(&world.shared, &world.memory,
                          &(struct pyr__tls_shared_options){
                              .random = test_random, .trust_path = "/nowhere"},
                          NULL) != 0)
    abort();
  if (world.flags & SKIP)
    options.insecure_skip_verify = true;
  else
    options.ca = made.ca_pem;
  if (pyr__tls_config_new(&world.config, world.shared, &options, NULL) != 0)
    abort();
  if (world.flags & RAW) {
    meet_raw(&world, data + 1, size - 1);
  } else {
    meet(&world);
    if (world.flags & TWICE)
      meet(&world);
  }
  pyr__tls_config_unref(world.config);
  pyr__tls_shared_unref(world.shared);
  if (world.memory.accounts[PYR__MEM_NET_TLS].used_blocks != 0)
    abort();
  return 0;
}
