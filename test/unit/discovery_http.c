#include "discovery_live.h"
#include "http_script.h"

#include "base/limits.h"
#include "discovery/http_discoverer.h"

#define OK(type)                                                               \
  "HTTP/1.1 200 OK\r\nContent-Type: " type "\r\nConnection: close\r\n"

struct server {
  struct live live;
  struct script script;
  struct script_reply reply;
  char text[8192], url[64];
  struct pyr__http_sd_config config;
};

/* Says this from now on. */
static void say(struct server *server, const char *text, size_t len) {
  server->reply =
      (struct script_reply){.text = text, .len = len, .end = SCRIPT_CLOSE};
  server->script.replies = &server->reply;
  server->script.reply_count = 1;
  server->script.next = 0;
  server->script.repeats = true;
}

/* Waits until it was said. */
static void say_body(struct server *server, const char *head,
                     const char *body) {
  unsigned before = server->script.requests;
  snprintf(server->text, sizeof(server->text),
           "%sContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
  say(server, server->text, 0);
  live_until(&server->live, server->script.requests > before);
}

static struct server *prepare(int64_t refresh_ms) {
  struct server *server = calloc(1, sizeof(*server));
  live_begin(&server->live);
  live_open_client(&server->live, "127.0.0.1:1");
  assert_true(script_listen(&server->script, &server->live.loop, "127.0.0.1", 0,
                            NULL, 0));
  snprintf(server->url, sizeof(server->url), "http://127.0.0.1:%u/targets",
           server->script.port);
  server->config = (struct pyr__http_sd_config){
      .url = {server->url, strlen(server->url)},
      .refresh_interval_ns = refresh_ms * PYR__NS_PER_MS};
  return server;
}

static void start(struct server *server) {
  struct live *live = &server->live;
  assert_int_equal(pyr__http_discoverer_new(&live->discoverer, &server->config,
                                            &live->env, &live->sink, NULL),
                   0);
}

static void end(struct server *server) {
  live_close(&server->live);
  script_close(&server->script);
  live_finish(&server->live);
  free(server);
}

static int check_labels(void *ctx, const struct pyr__member_view *view) {
  const struct server *server = ctx;
  const pyr_str_t *url = pyr__labels_find(
      view->discovered.labels, view->discovered.label_count, "__meta_url");
  assert_true(pyr__str_equal(*url, server->config.url));
  assert_int_equal(view->discovered.label_count, 3);
  return 0;
}

static void list__is_followed(void **state) {
  struct server *server = prepare(30);
  struct live *live = &server->live;
  (void)state;
  start(server);
  say_body(server, OK("application/json"),
           "[{\"targets\":[\"h:1\",\"h:2\"],\"labels\":{\"a\":\"b\"}}]");
  live_until_addresses(live, "h:1 h:2");
  live_until(live, live->syncs == 1);
  assert_int_equal(pyr__target_set_each(&live->world.set, check_labels, server),
                   0);
  assert_non_null(
      strstr(server->script.last, "GET /targets HTTP/1.1\r\nHost: 127.0.0.1:"));
  assert_non_null(
      strstr(server->script.last, "\r\nAccept: application/json\r\n"));
  assert_non_null(
      strstr(server->script.last,
             "\r\nX-Prometheus-Refresh-Interval-Seconds: 0.03\r\n"));
  assert_null(strstr(server->script.last, "If-None-Match"));
  say_body(server, OK("Application/JSON; charset=utf-8"),
           "[{\"targets\":[\"h:3\"]},{\"targets\":[\"h:2\"]}]");
  live_until_addresses(live, "h:2 h:3");
  say_body(server, OK("application/json;charset=\"UTF-8\""),
           "[{\"targets\":[\"h:2\"]}]");
  live_until_addresses(live, "h:2");
  say_body(server, OK("application/json"), " []\n");
  live_until_addresses(live, "");
  assert_int_equal(live->syncs, 1);
  end(server);
}

static void bad_response__keeps_the_targets(void **state) {
  static const char good[] = "[{\"targets\":[\"h:2\"]}]";
  static const struct {
    const char *head, *body, *error;
  } cases[] = {
      {OK("text/html"), good, "unsupported content type \"text/html\""},
      {OK("application/json; charset=latin1"), good, "unsupported content"},
      {OK("application/jsonp"), good, "unsupported content"},
      {OK("application/json\r\nContent-Encoding: gzip"), good, "compressed"},
      {"HTTP/1.1 200 OK\r\n", good, "unsupported content type \"\""},
      {"HTTP/1.1 503 Gone Fishing\r\nContent-Type: application/json\r\n", good,
       "503 Gone Fishing"},
      {"HTTP/1.1 304 Not Modified\r\n", "", "304"},
      {OK("application/json"), "", "is empty, expected a JSON list"},
      {OK("application/json"), "{}", "expected a JSON list"},
      {OK("application/json"), "[{\"targets\":[\"h:2\"],\"x\":1}]",
       ":1:21: x: is no key"},
      {OK("application/json"), "[null]", "is nothing"},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n", good, "127.0.0.1"},
  };
  struct server *server = prepare(30);
  struct live *live = &server->live;
  size_t i;
  (void)state;
  start(server);
  say_body(server, OK("application/json"), "[{\"targets\":[\"h:1\"]}]");
  live_until_addresses(live, "h:1");
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    say_body(server, cases[i].head, cases[i].body);
    live_until(live, strstr(live->discoverer->error, cases[i].error) != NULL);
    assert_non_null(strstr(live->discoverer->error, server->url));
    assert_string_equal(live_addresses(live), "h:1");
  }
  say_body(server, OK("application/json"), good);
  live_until_addresses(live, "h:2");
  assert_string_equal(live->discoverer->stats.last_error, "");
  end(server);
}

static void etag__saves_the_body(void **state) {
  struct server *server = prepare(30);
  struct live *live = &server->live;
  uint64_t updates;
  int64_t success;
  (void)state;
  start(server);
  say_body(server, OK("application/json") "ETag: \"v1\"\r\n",
           "[{\"targets\":[\"h:1\"]}]");
  live_until_addresses(live, "h:1");
  live_until(live, strstr(server->script.last,
                          "\r\nIf-None-Match: \"v1\"\r\n") != NULL);
  updates = live->discoverer->stats.updates;
  say_body(server, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n", "");
  success = live->discoverer->stats.last_success_ns;
  live_until(live, live->discoverer->stats.last_success_ns > success);
  assert_int_equal(live->discoverer->stats.updates, updates);
  assert_string_equal(live_addresses(live), "h:1");
  say_body(server, OK("application/json"), "[{\"targets\":[\"h:2\"]}]");
  live_until_addresses(live, "h:2");
  live_until(live, strstr(server->script.last, "If-None-Match") == NULL);
  end(server);
}

static void same_body__is_no_update(void **state) {
  struct server *server = prepare(20);
  struct live *live = &server->live;
  uint64_t updates;
  unsigned requests;
  (void)state;
  start(server);
  say_body(server, OK("application/json"), "[{\"targets\":[\"h:1\"]}]");
  live_until_addresses(live, "h:1");
  updates = live->discoverer->stats.updates;
  requests = server->script.requests;
  live_until(live, server->script.requests > requests + 3);
  assert_int_equal(live->discoverer->stats.updates, updates);
  end(server);
}

static void cut_anywhere__keeps_the_targets(void **state) {
  static const char whole[] =
      OK("application/json") "Content-Length: 23\r\n\r\n"
                             "[{\"targets\": [\"h:2\"] }]";
  struct server *server = prepare(8);
  struct live *live = &server->live;
  size_t cut;
  (void)state;
  start(server);
  say_body(server, OK("application/json"), "[{\"targets\":[\"h:1\"]}]");
  live_until_addresses(live, "h:1");
  for (cut = 1; cut < strlen(whole); cut++) {
    uint64_t failures = live->discoverer->stats.failures;
    unsigned requests = server->script.requests;
    say(server, whole, cut);
    live_until(live, server->script.requests > requests &&
                         live->discoverer->stats.failures > failures);
    assert_string_equal(live_addresses(live), "h:1");
  }
  say(server, whole, 0);
  live_until_addresses(live, "h:2");
  end(server);
}

static void silence__ends_with_the_interval(void **state) {
  struct server *server = prepare(20);
  struct live *live = &server->live;
  (void)state;
  server->script.repeats = false;
  start(server);
  live_until(live, live->discoverer->stats.failures > 1);
  assert_non_null(strstr(live->discoverer->error,
                         "no whole response within the refresh interval"));
  assert_int_equal(live->syncs, 0);
  end(server);
}

/* A byte at a time, and never the end. */
static void slow_body__ends_with_the_interval(void **state) {
  static char text[4096];
  struct server *server = prepare(40);
  struct live *live = &server->live;
  (void)state;
  snprintf(text, sizeof(text),
           OK("application/json") "Content-Length: 999\r\n\r\n[{\"targets\":");
  say(server, text, 0);
  server->reply.piece = 1;
  server->reply.end = SCRIPT_KEEP;
  start(server);
  live_until(live,
             strstr(live->discoverer->error, "(reading the body)") != NULL);
  end(server);
}

static void huge_body__is_refused(void **state) {
  static const char head[] = OK("application/json") "\r\n[";
  size_t len = PYR__LIMIT_LIST_BYTES + 1000;
  char *text = malloc(len);
  struct server *server = prepare(3000);
  struct live *live = &server->live;
  (void)state;
  memset(text, ' ', len);
  memcpy(text, head, sizeof(head) - 1);
  say(server, text, len);
  start(server);
  live_until(live, strstr(live->discoverer->error,
                          "the body is larger than 16 MiB") != NULL);
  end(server);
  free(text);
}

static void nobody_there__is_a_failure(void **state) {
  struct server *server = prepare(20);
  struct live *live = &server->live;
  (void)state;
  script_close(&server->script);
  start(server);
  live_until(live, live->discoverer->stats.failures > 1);
  assert_non_null(strstr(live->discoverer->error, "refused"));
  end(server);
}

static void refused_group__is_offered_again(void **state) {
  struct server *server = prepare(20);
  struct live *live = &server->live;
  (void)state;
  live->fail_groups = 3;
  start(server);
  say_body(server, OK("application/json") "ETag: \"v1\"\r\n",
           "[{\"targets\":[\"h:1\"]}]");
  live_until_addresses(live, "h:1");
  assert_int_equal(live->discoverer->stats.failures, 3);
  end(server);
}

static void close__ends_what_runs(void **state) {
  struct server *server = prepare(10000);
  (void)state;
  server->script.repeats = false;
  start(server);
  live_until(&server->live, server->script.requests > 0);
  end(server);
  server = prepare(10000);
  start(server);
  end(server); /* before the first turn */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(list__is_followed),
      cmocka_unit_test(bad_response__keeps_the_targets),
      cmocka_unit_test(etag__saves_the_body),
      cmocka_unit_test(same_body__is_no_update),
      cmocka_unit_test(cut_anywhere__keeps_the_targets),
      cmocka_unit_test(silence__ends_with_the_interval),
      cmocka_unit_test(slow_body__ends_with_the_interval),
      cmocka_unit_test(huge_body__is_refused),
      cmocka_unit_test(nobody_there__is_a_failure),
      cmocka_unit_test(refused_group__is_offered_again),
      cmocka_unit_test(close__ends_what_runs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
