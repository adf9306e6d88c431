/* A server's bytes, in pieces of the size that the first byte says.  First to
 * the parser alone, which must say the same of them at once; then to a request
 * of a client, which must end once and leave nothing, whatever it makes of
 * them: body, error, redirect, retry; then to one that has sent CONNECT. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/hash.h"
#include "net/conn_tls.h"
#include "net/http_access.h"
#include "net/http_request.h"
#include "net/pool.h"

enum { REQUEST_TURNS = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static uint64_t fold(uint64_t hash, const void *data, size_t len) {
  return pyr__hash(hash, data, len);
}

/* ---- the parser --------------------------------------------------------- */

struct sum {
  uint64_t head, body; /* of all bytes, however they were cut */
  size_t body_len;
  unsigned heads;
};

static uint64_t fold_str(uint64_t hash, pyr_str_t text) {
  return pyr__hash_mix(fold(hash, text.base, text.len), text.len);
}

static int sum_head(void *ctx, const struct pyr__http_parse_head *head,
                    pyr_error_t *err) {
  struct sum *sum = ctx;
  (void)err;
  sum->heads++;
  sum->head = pyr__hash_mix(sum->head, (uint64_t)head->head.status);
  sum->head = fold_str(sum->head, head->head.reason);
  sum->head = fold_str(sum->head, head->head.content_type);
  sum->head = fold_str(sum->head, head->head.content_encoding);
  sum->head = fold_str(sum->head, head->location);
  return 0;
}

static int sum_body(void *ctx, const uint8_t *data, size_t len,
                    pyr_error_t *err) {
  struct sum *sum = ctx;
  size_t i;
  (void)err;
  for (i = 0; i < len; i++)
    sum->body = pyr__hash_mix(sum->body, data[i]);
  sum->body_len += len;
  return 0;
}

static uint64_t parse(const uint8_t *data, size_t size, size_t piece) {
  static const struct pyr__http_parse_events events = {sum_head, sum_body};
  struct sum sum = {.heads = 0};
  struct pyr__http_parse parser;
  struct pyr__memory memory;
  pyr_error_t err = {0};
  size_t at = 0, used;
  uint64_t hash;
  int rc = 0;

  pyr__memory_init(&memory, NULL);
  pyr__http_parse_init(&parser, &memory, &events, &sum);
  while (rc == 0 && at < size) {
    size_t len = size - at < piece ? size - at : piece;
    rc = pyr__http_parse_feed(&parser, data + at, len, &used, &err);
    check(used <= len && (rc != 0 || used == len));
    at += used;
  }
  if (rc == 0)
    rc = pyr__http_parse_finish(&parser, &err);
  check(rc == 1 || (rc < 0 && err.code == rc && err.text[0] != '\0'));
  check(sum.heads <= 1 && (sum.heads == 1 || sum.body_len == 0));
  check(parser.body_bytes == sum.body_len);
  pyr__http_parse_release(&parser);
  check(memory.accounts[PYR__MEM_NET_CLIENT].used_blocks == 0);
  hash = pyr__hash_mix(sum.head, sum.body);
  hash = pyr__hash_mix(hash, (uint64_t)(int64_t)rc);
  hash = fold(hash, err.text, strlen(err.text));
  return rc == 1 ? pyr__hash_mix(hash, at) : hash;
}

/* ---- the client --------------------------------------------------------- */

/* Made once: what the requests leave in it is looked at each time. */
struct world {
  uv_loop_t loop;
  struct pyr__memory memory;
  struct pyr__http_client *client;
  struct pyr__http_access *proxied;
  unsigned heads, dones;
  size_t body_len;
  size_t own_handles; /* of the client */
};

static const char origin[] = "http://127.0.0.1:1"; /* nobody is there */

static void make_access(struct world *world) {
  static const struct pyr__tls_options tls = {.insecure_skip_verify = true};
  static const struct pyr__http_access_options options = {
      .tls = &tls,
      .proxy = {.url = {"http://127.0.0.1:1", 18}, .no_proxy = {"", 0}}};
  check(pyr__http_access_new(&world->proxied, world->client, &options, "fuzz",
                             NULL) == 0);
}

static struct world *get_world(void) {
  static struct world world;
  if (world.client == NULL) {
    struct pyr__http_client_options options = {.only_loopback_dns = true,
                                               .dns_servers = "127.0.0.1:1"};
    check(uv_loop_init(&world.loop) == 0);
    pyr__memory_init(&world.memory, NULL);
    check(pyr__http_client_new(&world.client, &world.loop, &world.memory,
                               &options, NULL) == 0);
    world.own_handles = world.client->net.handles;
    make_access(&world);
  }
  world.heads = world.dones = 0;
  world.body_len = 0;
  return &world;
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  (void)err;
  check(head->redirects <= PYR__LIMIT_REDIRECTS);
  check(++((struct world *)ctx)->heads == 1);
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct world *world = ctx;
  (void)data;
  (void)err;
  check(world->heads == 1 && world->dones == 0);
  world->body_len += len;
  return 0;
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct world *world = ctx;
  check(++world->dones == 1);
  check((done->code == 0) == (done->error == NULL));
  if (done->code == 0)
    check(done->status == 200 && done->wire_bytes == world->body_len);
  else
    check(done->error->code == done->code && done->error->text[0] != '\0');
}

/* One to a peer that the caller is. */
static struct pyr__conn *make_connection(struct pyr__net *net, int *other) {
  struct pyr__address peer;
  struct pyr__conn *conn;
  int fds[2];

  check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                   fds) == 0);
  *other = fds[1];
  pyr__address_parse(&peer, (pyr_str_t){"127.0.0.1", 9});
  peer.port = 1;
  conn =
      pyr__conn_new(net, (pyr_str_t){origin, sizeof(origin) - 1}, &peer, NULL);
  check(conn != NULL && uv_tcp_open(&conn->socket.tcp, fds[0]) == 0);
  return conn;
}

/* A connection that waits in the pool, as if it had been used before. */
static int put_connection(struct pyr__net *net) {
  int other;
  struct pyr__conn *conn = make_connection(net, &other);
  check(pyr__conn_attach(conn, NULL, NULL) == 0);
  pyr__pool_put(conn);
  return other;
}

static void feed(struct world *world, struct pyr__http_request *request,
                 const uint8_t *data, size_t size, size_t piece) {
  size_t at = 0, len;
  for (; at < size && world->dones == 0 && request->conn != NULL; at += len) {
    len = size - at < piece ? size - at : piece;
    if (request->conn->tls != NULL)
      pyr__conn_tls_bytes(request->conn, data + at, len);
    else
      request->conn->user->on_bytes(request->conn->ctx, data + at, len);
  }
  if (world->dones == 0 && request->conn != NULL)
    request->conn->user->on_end(request->conn->ctx, 0);
}

static void finish(struct world *world, int other) {
  struct pyr__net *net = &world->client->net;
  unsigned turns = 0;
  while (world->dones == 0 && turns++ < REQUEST_TURNS)
    uv_run(&world->loop, UV_RUN_ONCE);
  check(world->dones == 1);
  pyr__pool_clear(net);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  close(other);
  check(net->stats.open == 0 && net->stats.idle == 0);
  check(net->handles == world->own_handles);
}

static void fetch(const uint8_t *data, size_t size, size_t piece) {
  struct world *world = get_world();
  struct pyr__http_handler handler = {on_head, on_body, on_done, world};
  struct pyr__http_request *request;
  int other = put_connection(&world->client->net);

  check(pyr__http_get(world->client, "http://127.0.0.1:1/a/b?c", false,
                      &handler, &request, NULL) == 0);
  check(request->conn != NULL);
  feed(world, request, data, size, piece);
  finish(world, other);
}

/* The dial, which nobody would answer, has come to an end. */
static void tunnel(const uint8_t *data, size_t size, size_t piece) {
  struct world *world = get_world();
  struct pyr__http_handler handler = {on_head, on_body, on_done, world};
  struct pyr__http_options options = {.access = world->proxied};
  struct pyr__http_request *request;
  int other;
  struct pyr__conn *conn = make_connection(&world->client->net, &other);

  check(pyr__http_start(world->client, "https://a/b", &options, &handler,
                        &request, NULL) == 0);
  check(request->dial != NULL);
  pyr__dial_cancel(request->dial);
  request->dial = NULL;
  check(pyr__http_tunnel_begin(request, conn) == 0);
  feed(world, request, data, size, piece);
  check(world->heads == 0);
  finish(world, other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t piece;
  if (size < 1)
    return 0;
  piece = (size_t)data[0] % 17 + 1;
  data++;
  size--;
  check(parse(data, size, piece) == parse(data, size, size + 1));
  fetch(data, size, piece);
  tunnel(data, size, piece);
  return 0;
}
