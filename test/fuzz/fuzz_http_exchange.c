/* A client's bytes over a socket, first in pieces of the size that the first
 * byte says, then at once: the server must answer the same both times, and what
 * it answers must be responses and nothing else, whatever a page repeats of the
 * request. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "net/http_exchange.h"
#include "net/http_parse.h"

enum { INPUT_MAX = 8192, OUTPUT_MAX = 1 << 20, HEADER_LIMIT = 512 };
enum { TURNS = 10000, SLICES = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world {
  uv_loop_t loop;
  struct pyr__memory memory;
  struct pyr__http_server *server;
  unsigned slices;
  bool has_head; /* a response without its body was asked for */
} world;

struct output {
  uint8_t data[OUTPUT_MAX];
  size_t len;
};

static void check(bool holds) {
  if (!holds)
    abort();
}

/* ---- the server --------------------------------------------------------- */

static int next_slice(void *ctx, struct pyr__buf *out) {
  (void)ctx;
  check(pyr__buf_add_text(out, "slice\n") == 0);
  return ++world.slices < SLICES;
}

static void release_slices(void *ctx) {
  (void)ctx;
}

static void route(void *ctx, const struct pyr__http_server_request *request,
                  struct pyr__http_exchange *exchange) {
  static const struct pyr__http_producer producer = {next_slice, release_slices,
                                                     NULL};
  (void)ctx;
  world.has_head |= request->is_head;
  world.slices = 0;
  if (pyr__str_is(request->path, "/slices"))
    pyr__http_respond_slices(exchange, 200, "text/plain", &producer);
  else if (request->authorization.base != NULL)
    pyr__http_respond_challenge(exchange, "Basic realm=\"fuzz\"");
  else
    pyr__http_respond(exchange, 200, "text/plain", request->path.base,
                      request->path.len);
}

/* No answer may differ by its date. */
static int64_t wall(void *ctx) {
  (void)ctx;
  return 1764000000 * PYR__NS_PER_S;
}

static void make(void) {
  const struct pyr__clock system = pyr__clock_system();
  const struct pyr__http_server_options options = {
      .header_bytes = HEADER_LIMIT,
      .clock = {.monotonic_ns = system.monotonic_ns, .wall_ns = wall},
      .allow_post = true};
  check(uv_loop_init(&world.loop) == 0);
  pyr__memory_init(&world.memory, NULL);
  check(pyr__http_server_new(&world.server, &world.loop, &world.memory,
                             "127.0.0.1:0", &options, route, NULL, NULL) == 0);
}

/* ---- the client --------------------------------------------------------- */

static void turn(int fd, struct output *out) {
  ssize_t len;
  uv_run(&world.loop, UV_RUN_NOWAIT);
  while ((len = recv(fd, out->data + out->len, OUTPUT_MAX - out->len,
                     MSG_DONTWAIT)) > 0)
    out->len += (size_t)len;
  check(out->len < OUTPUT_MAX);
}

static void talk(const uint8_t *data, size_t size, size_t piece,
                 struct output *out) {
  size_t before = world.memory.accounts[PYR__MEM_NET_SERVER].used_blocks, at;
  unsigned turns;
  int fds[2];

  out->len = 0;
  check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                   fds) == 0);
  check(pyr__http_exchange_new(world.server, fds[0]) == 0);
  for (at = 0; at < size; at += piece) {
    size_t len = size - at < piece ? size - at : piece;
    if (send(fds[1], data + at, len, MSG_NOSIGNAL) != (ssize_t)len)
      break; /* it has hung up */
    turn(fds[1], out);
  }
  shutdown(fds[1], SHUT_WR);
  for (turns = 0; world.server->open > 0 && turns < TURNS; turns++)
    turn(fds[1], out);
  turn(fds[1], out);
  check(world.server->open == 0);
  close(fds[1]);
  check(world.memory.accounts[PYR__MEM_NET_SERVER].used_blocks == before);
  check(world.memory.accounts[PYR__MEM_NET_SECRETS].used_blocks == 0);
}

/* ---- what it said ------------------------------------------------------- */

static int on_head(void *ctx, const struct pyr__http_parse_head *head,
                   pyr_error_t *err) {
  (void)ctx;
  (void)err;
  check(head->head.status == 200 || head->head.status >= 400);
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  (void)ctx;
  (void)data;
  (void)len;
  (void)err;
  return 0;
}

/* The bytes of the first response. */
static size_t check_response(const uint8_t *data, size_t size) {
  static const struct pyr__http_parse_events events = {on_head, on_body};
  struct pyr__http_parse parser;
  struct pyr__memory memory;
  pyr_error_t err;
  size_t used;
  int rc;

  pyr__memory_init(&memory, NULL);
  pyr__http_parse_init(&parser, &memory, &events, NULL);
  rc = pyr__http_parse_feed(&parser, data, size, &used, &err);
  if (rc == 0)
    rc = pyr__http_parse_finish(&parser, &err);
  check(rc == 1 && used > 0);
  pyr__http_parse_release(&parser);
  return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct output first, second;
  size_t at;

  if (world.server == NULL)
    make();
  if (size < 1 || size > INPUT_MAX)
    return 0;
  world.has_head = false;
  talk(data + 1, size - 1, (size_t)data[0] % 17 + 1, &first);
  talk(data + 1, size - 1, INPUT_MAX, &second);
  check(first.len == second.len &&
        memcmp(first.data, second.data, first.len) == 0);
  for (at = 0; at < first.len && !world.has_head;)
    at += check_response(first.data + at, first.len - at);
  return 0;
}
