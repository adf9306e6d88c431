#include "http_script.h"

struct world {
  uv_loop_t loop;
  struct pyr__memory memory;
  struct pyr__http_client *client;
  struct script script;
  struct fetch fetch;
  char url[256];
  unsigned closed;
};

static void on_closed(void *ctx) {
  ((struct world *)ctx)->closed++;
}

static struct world *begin(const struct script_reply *replies, size_t count) {
  struct world *world = calloc(1, sizeof(*world));
  struct pyr__http_client_options options = {.only_loopback_dns = true};
  pyr_error_t err;
  assert_non_null(world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  pyr__memory_init(&world->memory, NULL);
  assert_int_equal(pyr__http_client_new(&world->client, &world->loop,
                                        &world->memory, &options, &err),
                   0);
  assert_true(script_listen(&world->script, &world->loop, "127.0.0.1", 0,
                            replies, count));
  snprintf(world->url, sizeof(world->url), "http://127.0.0.1:%u/debug/pprof",
           world->script.port);
  return world;
}

static void finish(struct world *world) {
  if (world->client != NULL)
    pyr__http_client_close(world->client, on_closed, world);
  script_close(&world->script);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(world->closed, 1);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  assert_int_equal(world->memory.accounts[PYR__MEM_NET_CLIENT].used_blocks, 0);
  assert_int_equal(world->memory.accounts[PYR__MEM_NET_DNS].used_blocks, 0);
  free(world);
}

static void run(struct world *world, bool follow_other_hosts) {
  fetch_run(&world->fetch, world->client, &world->loop, world->url,
            follow_other_hosts);
}

static void
response__comes_whole_and_the_connection_is_used_again(void **state) {
  static const struct script_reply replies[] = {
      {.text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
      {.text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               "2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nTrailer: 1\r\n\r\n",
       .piece = 1},
      {.text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"
               "Content-Length: 0\r\n\r\n"},
  };
  struct world *world = begin(replies, 3);
  char expected[512];
  (void)state;
  run(world, false);
  assert_int_equal(world->fetch.code, 0);
  assert_string_equal(world->fetch.error, "");
  assert_memory_equal(world->fetch.body, "hello", 5);
  assert_int_equal(world->fetch.wire_bytes, 5);
  assert_false(world->fetch.is_reused);
  snprintf(expected, sizeof(expected),
           "GET /debug/pprof HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
           "User-Agent: pyrite/0.1.0\r\nAccept: */*\r\n"
           "Accept-Encoding: gzip\r\n\r\n",
           world->script.port);
  assert_string_equal(world->script.last, expected);
  run(world, false);
  assert_string_equal(world->fetch.error, "");
  assert_int_equal(world->fetch.body_len, 5);
  assert_memory_equal(world->fetch.body, "abcde", 5);
  assert_true(world->fetch.is_reused);
  run(world, false);
  assert_int_equal(world->fetch.code, 0);
  assert_int_equal(world->fetch.heads, 1);
  assert_int_equal(world->script.connections, 1);
  assert_int_equal(pyr__http_client_stats(world->client)->idle, 1);
  assert_int_equal(pyr__http_client_stats(world->client)->connections_opened,
                   1);
  assert_int_equal(pyr__http_client_stats(world->client)->connections_reused,
                   2);
  finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(response__comes_whole_and_the_connection_is_used_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
