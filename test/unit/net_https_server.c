/* A flood of handshakes with the HTTP server: all come to their pages, and no
 * turn of the loop computes for long. */
#include "loop_until.h"
#include "tls_peer.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "net/http_exchange.h"

enum { CLIENTS = 15, TICK_NS = 500000 };
/* What a turn may compute, and the one step that has begun before. */
#define MOST_NS (8 * PYR__NS_PER_MS)

struct client {
  struct test_peer *peer;
  int fd;
};

struct world {
  uv_loop_t loop;
  struct failing_allocator state;
  struct pyr__memory memory;
  struct test_authority authority;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  struct pyr__http_server *server;
  struct client clients[CLIENTS];
  int64_t now_ns;
  bool is_closed;
};

/* Whoever looks at it has computed for half a millisecond. */
static int64_t monotonic(void *ctx) {
  return ((struct world *)ctx)->now_ns += TICK_NS;
}

static int64_t wall(void *ctx) {
  struct pyr__clock system = pyr__clock_system();
  (void)ctx;
  return pyr__wall(&system);
}

static void route(void *ctx, const struct pyr__http_server_request *request,
                  struct pyr__http_exchange *exchange) {
  (void)ctx;
  (void)request;
  pyr__http_respond_text(exchange, 200, "hello\n");
}

static void on_closed(void *ctx) {
  ((struct world *)ctx)->is_closed = true;
}

static void make_config(struct world *world) {
  const struct pyr__tls_shared_options shared = {
      .clock = {monotonic, wall, world}, .trust_path = "/nowhere"};
  char cert[4096], key[4096];
  struct pyr__tls_options options = {.name = "test", .is_server = true};

  test_authority_make(&world->authority, "DNS:localhost");
  options.cert = test_cert_pem(&world->authority.server, cert, sizeof(cert));
  options.key = test_key_pem(&world->authority.server, key, sizeof(key));
  assert_int_equal(
      pyr__tls_shared_new(&world->shared, &world->memory, &shared, NULL), 0);
  assert_int_equal(
      pyr__tls_config_new(&world->config, world->shared, &options, NULL), 0);
}

static struct world *begin(void) {
  const struct pyr__http_server_options options = {.connections = CLIENTS};
  struct world *world = calloc(1, sizeof(*world));
  pyr_alloc_t alloc = failing_alloc(&world->state);

  pyr__memory_init(&world->memory, &alloc);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  make_config(world);
  assert_int_equal(pyr__http_server_new(&world->server, &world->loop,
                                        &world->memory, "127.0.0.1:0", &options,
                                        route, world, NULL),
                   0);
  pyr__http_server_set_tls(world->server, world->config);
  return world;
}

static void finish(struct world *world) {
  pyr__http_server_close(world->server, on_closed, world);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_true(world->is_closed);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  pyr__tls_config_unref(world->config);
  pyr__tls_shared_unref(world->shared);
  test_authority_free(&world->authority);
  assert_int_equal(world->state.live, 0);
  free(world);
}

/* ---- clients ------------------------------------------------------------ */

static void dial(struct client *client, const char *address) {
  const struct test_peer_options options = {.is_client = true};
  struct sockaddr_in to;
  const char *colon = strrchr(address, ':');

  assert_int_equal(uv_ip4_addr("127.0.0.1", atoi(colon + 1), &to), 0);
  client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_int_equal(
      connect(client->fd, (const struct sockaddr *)&to, sizeof(to)), 0);
  client->peer = test_peer_new(&options);
}

static void hang_up(struct client *client) {
  test_peer_free(client->peer);
  close(client->fd);
}

/* Takes what came, and says what follows from it. */
static void go_on(struct client *client) {
  struct test_peer *peer = client->peer;
  struct test_bytes *in = &peer->in, *out = &peer->out;
  bool was_ready = peer->is_ready;
  ssize_t len = recv(client->fd, in->data + in->len, sizeof(in->data) - in->len,
                     MSG_DONTWAIT);
  if (len > 0)
    in->len += (size_t)len;
  test_peer_run(peer);
  assert_int_equal(peer->error, 0);
  if (peer->is_ready && !was_ready)
    test_peer_say(peer, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
  while (out->taken < out->len) {
    len = send(client->fd, out->data + out->taken, out->len - out->taken,
               MSG_NOSIGNAL);
    assert_true(len > 0);
    out->taken += (size_t)len;
  }
}

/* Whether all have their page; no turn since the last look was a long one. */
static bool are_served(struct world *world) {
  bool all = true;
  size_t i;
  assert_in_range(world->server->computed_ns, 0, MOST_NS);
  for (i = 0; i < CLIENTS; i++) {
    go_on(&world->clients[i]);
    all = all && strstr(world->clients[i].peer->heard, "hello\n") != NULL;
  }
  return all;
}

static void flood__takes_turns_with_the_loop(void **state) {
  struct world *world = begin();
  size_t i;
  (void)state;
  for (i = 0; i < CLIENTS; i++)
    dial(&world->clients[i], pyr__http_server_address(world->server));
  loop_until(&world->loop, are_served(world));
  assert_int_equal(world->shared->stats[1].handshakes, CLIENTS);
  for (i = 0; i < CLIENTS; i++)
    hang_up(&world->clients[i]);
  finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(flood__takes_turns_with_the_loop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
