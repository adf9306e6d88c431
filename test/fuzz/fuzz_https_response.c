/* What a server says over TLS through a proxy, in records of the size that the
 * first byte says, their bytes cut as the second says: the request must make of
 * it what the parser makes of it at once. */
#include "tls_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "net/conn_tls.h"
#include "net/http_access.h"
#include "net/http_request.h"
#include "net/pool.h"

enum { INPUT_MAX = 32 * 1024, TURNS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was understood. */
struct sum {
  int status, code;
  bool is_over, is_encoded;
  uint64_t body;
  size_t len;
};

static int sum_body(void *ctx, const uint8_t *data, size_t len,
                    pyr_error_t *err) {
  struct sum *sum = ctx;
  size_t i;
  (void)err;
  for (i = 0; i < len; i++)
    sum->body = pyr__hash_mix(sum->body, data[i]);
  sum->len += len;
  return 0;
}

/* ---- the parser --------------------------------------------------------- */

static int parse_head(void *ctx, const struct pyr__http_parse_head *head,
                      pyr_error_t *err) {
  struct sum *sum = ctx;
  (void)err;
  sum->status = head->head.status;
  sum->is_encoded = head->head.content_encoding.len > 0;
  return 0;
}

static struct sum parse(const uint8_t *data, size_t size) {
  static const struct pyr__http_parse_events events = {parse_head, sum_body};
  struct sum sum = {0};
  struct pyr__http_parse parser;
  struct pyr__memory memory;
  pyr_error_t err;
  size_t used;

  pyr__memory_init(&memory, NULL);
  pyr__http_parse_init(&parser, &memory, &events, &sum);
  sum.code = pyr__http_parse_feed(&parser, data, size, &used, &err);
  if (sum.code == 0)
    sum.code = pyr__http_parse_finish(&parser, &err);
  pyr__http_parse_release(&parser);
  return sum;
}

/* ---- the client --------------------------------------------------------- */

/* Made once, so that sessions are resumed and an input costs little. */
static struct world {
  uv_loop_t loop;
  struct pyr__memory memory;
  struct pyr__http_client *client;
  struct pyr__http_access *access;
  size_t own_handles;
  struct test_authority authority;
  mbedtls_ssl_ticket_context tickets;
} world;

static void make(void) {
  const struct pyr__http_client_options options = {
      .only_loopback_dns = true, .dns_servers = "127.0.0.1:1"};
  struct pyr__tls_options tls = {.ca = world.authority.ca_pem};
  const struct pyr__http_access_options access = {
      .tls = &tls,
      .proxy = {.url = {"http://127.0.0.1:1", 18}, .no_proxy = {"", 0}}};

  test_authority_make(&world.authority, "DNS:a");
  mbedtls_ssl_ticket_init(&world.tickets);
  test_must(mbedtls_ssl_ticket_setup(&world.tickets, test_random, NULL,
                                     MBEDTLS_CIPHER_AES_256_GCM, 86400) == 0);
  test_must(uv_loop_init(&world.loop) == 0);
  pyr__memory_init(&world.memory, NULL);
  test_must(pyr__http_client_new(&world.client, &world.loop, &world.memory,
                                 &options, NULL) == 0);
  test_must(pyr__http_access_new(&world.access, world.client, &access, "fuzz",
                                 NULL) == 0);
  world.own_handles = world.client->net.handles;
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  (void)err;
  ((struct sum *)ctx)->status = head->status;
  return 0;
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct sum *sum = ctx;
  test_must(!sum->is_over);
  test_must((done->code == 0) == (done->error == NULL));
  sum->is_over = true;
  sum->code = done->code;
}

/* The dial, which nobody would answer, has come to an end: the request has a
 * connection to the caller, and its proxy lets it through. */
static struct pyr__http_request *start(struct sum *sum, int *other) {
  static const char let_through[] = "HTTP/1.1 200 OK\r\n\r\n";
  struct pyr__http_handler handler = {on_head, sum_body, on_done, sum};
  struct pyr__http_options options = {.access = world.access};
  struct pyr__http_request *request;
  struct pyr__address peer;
  struct pyr__conn *conn;
  int fds[2];

  test_must(pyr__http_start(world.client, "https://a/", &options, &handler,
                            &request, NULL) == 0);
  test_must(request->dial != NULL);
  pyr__dial_cancel(request->dial);
  request->dial = NULL;
  test_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                       fds) == 0);
  *other = fds[1];
  pyr__address_parse(&peer, (pyr_str_t){"127.0.0.1", 9});
  conn = pyr__conn_new(&world.client->net, request->key, &peer, NULL);
  test_must(conn != NULL && uv_tcp_open(&conn->socket.tcp, fds[0]) == 0);
  test_must(pyr__http_tunnel_begin(request, conn) == 0);
  test_must(read(*other, (char[4096]){0}, 4096) > 0); /* CONNECT */
  conn->user->on_bytes(conn->ctx, (const uint8_t *)let_through,
                       sizeof(let_through) - 1);
  return request;
}

/* What the client has sent goes to the server. */
static void hear(struct test_peer *peer, int other) {
  ssize_t len;
  while ((len = read(other, peer->in.data + peer->in.len,
                     sizeof(peer->in.data) - peer->in.len)) > 0)
    peer->in.len += (size_t)len;
  test_peer_run(peer);
}

static void tell(struct test_peer *peer, int other, size_t piece) {
  struct test_bytes *out = &peer->out;
  while (out->taken < out->len) {
    size_t len = out->len - out->taken;
    ssize_t sent = send(other, out->data + out->taken,
                        len < piece ? len : piece, MSG_NOSIGNAL);
    if (sent <= 0)
      break;
    out->taken += (size_t)sent;
    uv_run(&world.loop, UV_RUN_NOWAIT);
  }
}

static void shake_hands(struct test_peer *peer, int other, size_t piece,
                        const struct sum *sum) {
  unsigned turns;
  for (turns = 0; peer->heard_len == 0 && turns < TURNS; turns++) {
    hear(peer, other);
    tell(peer, other, piece);
    uv_run(&world.loop, UV_RUN_NOWAIT);
    test_must(!sum->is_over);
  }
  test_must(peer->is_ready && peer->heard_len > 0);
}

static struct sum fetch(const uint8_t *data, size_t size, size_t record,
                        size_t piece) {
  const struct test_peer_options options = {.chain =
                                                &world.authority.server.cert,
                                            .key = &world.authority.server.key,
                                            .tickets = &world.tickets};
  struct test_peer *peer = test_peer_new(&options);
  struct sum sum = {0};
  unsigned turns;
  int other;

  (void)start(&sum, &other);
  shake_hands(peer, other, piece, &sum);
  for (; size > 0 && !sum.is_over; data += record, size -= record) {
    record = record < size ? record : size;
    test_peer_say(peer, data, record);
    tell(peer, other, piece);
  }
  shutdown(other, SHUT_WR);
  for (turns = 0; !sum.is_over && turns < TURNS; turns++)
    uv_run(&world.loop, UV_RUN_ONCE);
  test_must(sum.is_over);
  close(other);
  pyr__pool_clear(&world.client->net);
  uv_run(&world.loop, UV_RUN_NOWAIT);
  test_must(world.client->net.stats.open == 0);
  test_must(world.client->net.handles == world.own_handles);
  test_peer_free(peer);
  return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct sum wanted, found;
  bool is_good;

  if (world.client == NULL)
    make();
  if (size < 2 || size > INPUT_MAX)
    return 0;
  wanted = parse(data + 2, size - 2);
  found = fetch(data + 2, size - 2, (size_t)data[0] * 8 + 1,
                data[1] == 0 ? INPUT_MAX : data[1]);
  if (wanted.status / 100 == 3)
    return 0; /* what follows may answer the next request */
  /* Whether it takes a coding is the client's to decide. */
  is_good = wanted.code == 1 && wanted.status == 200;
  test_must(found.code == 0 ? is_good : !is_good || wanted.is_encoded);
  test_must(found.code != 0 ||
            (found.status == 200 && found.body == wanted.body &&
             found.len == wanted.len));
  return 0;
}
