/* Requests over a unix socket: the same client, and no host is looked up. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "http_client_fixture.h"
#include "net/address.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

struct at_path {
  struct world *world;
  struct script *script; /* what listens at the path */
  struct pyr__http_options options;
  char directory[64], path[80];
};

static struct at_path *begin(const struct script_reply *replies, size_t count) {
  struct at_path *at = calloc(1, sizeof(*at));
  assert_non_null(at);
  at->world = world_begin(NULL, replies, 0);
  at->script = calloc(1, sizeof(*at->script));
  assert_non_null(at->script);
  snprintf(at->directory, sizeof(at->directory), "/tmp/pyrite-unix-XXXXXX");
  assert_non_null(mkdtemp(at->directory));
  snprintf(at->path, sizeof(at->path), "%s/socket", at->directory);
  at->options.unix_socket = at->path;
  script_listen_unix(at->script, &at->world->loop, at->path, replies, count);
  snprintf(at->world->url, sizeof(at->world->url), "http://localhost/a?b=c");
  return at;
}

static void finish(struct at_path *at) {
  script_close(at->script);
  world_finish(at->world);
  unlink(at->path);
  assert_int_equal(rmdir(at->directory), 0);
  free(at->script);
  free(at);
}

static void run(struct at_path *at) {
  struct fetch *fetch = &at->world->fetch;
  fetch_reset(fetch);
  assert_int_equal(
      fetch_start_with(fetch, at->world->client, at->world->url, &at->options),
      0);
  fetch_wait(fetch, &at->world->loop);
}

static void assert_failed(struct at_path *at, int code, const char *how) {
  char expected[PYR_ERROR_TEXT];
  run(at);
  snprintf(expected, sizeof(expected), how, at->path);
  assert_int_equal(at->world->fetch.code, code);
  assert_string_equal(at->world->fetch.error, expected);
}

static void a_request__goes_over_the_socket(void **state) {
  static const struct script_reply replies[] = {{.text = OK, .piece = 1}};
  struct at_path *at = begin(replies, 1);
  (void)state;
  run(at);
  assert_string_equal(at->world->fetch.error, "");
  assert_memory_equal(at->world->fetch.body, "ok", 2);
  assert_non_null(
      strstr(at->script->last, "GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n"));
  assert_int_equal(world_stats(at->world)->dns_queries, 0);
  finish(at);
}

/* One connection for each way to an origin: what waits in the pool is never
 * the other's. */
static void connections__belong_to_their_socket(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK}, {.text = OK}, {.text = OK}};
  struct at_path *at = begin(replies, 3);
  struct script *script = &at->world->script;
  (void)state;
  script->replies = replies;
  script->reply_count = 3;
  snprintf(at->world->url, sizeof(at->world->url), "http://127.0.0.1:%u/",
           script->port);
  run(at);
  run(at);
  assert_true(at->world->fetch.is_reused);
  world_run(at->world, false);
  assert_false(at->world->fetch.is_reused);
  assert_int_equal(script->requests, 1);
  assert_int_equal(at->script->requests, 2);
  assert_int_equal(at->script->connections, 1);
  run(at);
  assert_true(at->world->fetch.is_reused);
  assert_int_equal(at->script->requests, 3);
  finish(at);
}

/* Whoever listens there cannot send us elsewhere. */
static void a_redirect__stays_on_the_socket(void **state) {
  static const struct script_reply replies[] = {
      {.text = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.9:1/x\r\n"
               "Content-Length: 0\r\n\r\n"},
      {.text = OK}};
  struct at_path *at = begin(replies, 2);
  (void)state;
  at->options.follow_other_hosts = true;
  run(at);
  assert_string_equal(at->world->fetch.error, "");
  assert_non_null(
      strstr(at->script->last, "GET /x HTTP/1.1\r\nHost: 127.0.0.9:1\r\n"));
  finish(at);
}

static void a_dead_keep_alive_connection__is_made_again(void **state) {
  static const struct script_reply replies[] = {
      {.text = OK, .end = SCRIPT_CLOSE}, {.text = OK}};
  struct at_path *at = begin(replies, 2);
  (void)state;
  run(at);
  run(at);
  assert_string_equal(at->world->fetch.error, "");
  assert_int_equal(at->script->connections, 2);
  finish(at);
}

static void what_fails__names_the_path(void **state) {
  static const struct script_reply replies[] = {
      {.text = "", .end = SCRIPT_CLOSE},
      {.text = "no HTTP\r\n\r\n", .end = SCRIPT_CLOSE}};
  struct at_path *at = begin(replies, 2);
  (void)state;
  assert_failed(at, PYR_ENET, "unix:%s: connection closed without a response");
  run(at);
  assert_int_equal(at->world->fetch.code, PYR_EHTTP);
  assert_memory_equal(at->world->fetch.error, "unix:/tmp/", 10);
  finish(at);
}

static void an_absent_socket__is_an_error(void **state) {
  struct at_path *at = begin(NULL, 0);
  (void)state;
  unlink(at->path);
  assert_failed(at, PYR_ENET, "connect to unix:%s: no such file or directory");
  assert_int_equal(mkdir(at->path, 0700), 0);
  assert_failed(at, PYR_ENET, "connect to unix:%s: connection refused");
  assert_int_equal(rmdir(at->path), 0);
  finish(at);
}

static void a_path_of_any_length__reaches_no_other_socket(void **state) {
  struct at_path *at = begin(NULL, 0);
  char path[300];
  (void)state;
  at->options.unix_socket = path;
  memset(path, 'x', sizeof(path));
  path[PYR__SOCKET_PATH - 1] = '\0';
  run(at);
  assert_non_null(strstr(at->world->fetch.error, "no such file"));
  path[PYR__SOCKET_PATH - 1] = 'x';
  path[PYR__SOCKET_PATH] = '\0';
  assert_failed(at, PYR_ENET,
                "the path of a unix socket must have 1 to 107 bytes, this one "
                "has 108");
  path[0] = '\0';
  assert_failed(at, PYR_ENET,
                "the path of a unix socket must have 1 to 107 bytes, this one "
                "has 0");
  finish(at);
}

static void silence__can_be_cancelled(void **state) {
  struct at_path *at = begin(NULL, 0);
  struct fetch *fetch = &at->world->fetch;
  (void)state;
  fetch_reset(fetch);
  assert_int_equal(
      fetch_start_with(fetch, at->world->client, at->world->url, &at->options),
      0);
  assert_non_null(strstr(pyr__http_phase(fetch->request), at->path));
  loop_until(&at->world->loop, at->script->requests != 0);
  assert_string_equal(pyr__http_phase(fetch->request),
                      "waiting for the response");
  pyr__http_cancel(fetch->request, PYR_ETIMEOUT, "too late");
  assert_int_equal(fetch->code, PYR_ETIMEOUT);
  finish(at);
}

/* Every n-th allocation fails once; the request ends in an error, or not. */
static void no_memory__is_an_ordinary_error(void **state) {
  static const struct script_reply reply = {.text = OK};
  struct at_path *at = begin(&reply, 1);
  struct fetch *fetch = &at->world->fetch;
  unsigned n, failures = 0;
  (void)state;
  at->script->repeats = true;
  for (n = 1; n < 64; n++) {
    fetch_reset(fetch);
    at->world->failing.fail_at = at->world->failing.calls + n;
    if (fetch_start_with(fetch, at->world->client, at->world->url,
                         &at->options) == 0)
      fetch_wait(fetch, &at->world->loop);
    if (at->world->failing.calls < at->world->failing.fail_at)
      break;
    failures++;
  }
  assert_true(n < 64 && failures > 3);
  assert_string_equal(fetch->error, "");
  finish(at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request__goes_over_the_socket),
      cmocka_unit_test(connections__belong_to_their_socket),
      cmocka_unit_test(a_redirect__stays_on_the_socket),
      cmocka_unit_test(a_dead_keep_alive_connection__is_made_again),
      cmocka_unit_test(what_fails__names_the_path),
      cmocka_unit_test(an_absent_socket__is_an_error),
      cmocka_unit_test(a_path_of_any_length__reaches_no_other_socket),
      cmocka_unit_test(silence__can_be_cancelled),
      cmocka_unit_test(no_memory__is_an_ordinary_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
