/* What goes wrong leaves the targets as they are. */
#include "consul_live.h"

#include "base/limits.h"

static void failure__keeps_the_targets(void **state) {
  static const struct {
    const char *head, *body, *error;
  } cases[] = {
      {"HTTP/1.1 403 Forbidden\r\n", "Permission denied", "Permission denied"},
      {"HTTP/1.1 500 Oops\r\n", "No cluster leader", "No cluster leader"},
      {"HTTP/1.1 200 OK\r\n", "[]", "no X-Consul-Index"},
      {OK("x"), "[]", "no X-Consul-Index"},
      {OK("18446744073709551616"), "[]", "no X-Consul-Index"},
      {OK("5\r\nContent-Encoding: gzip"), "[]", "compressed"},
      {OK("5"), "", "expected"},
      {OK("5"), "[", "JSON"},
      {OK("5"), "[]]", "JSON"},
      {OK("5"), "[][]", "expected"},
      {OK("5"), "nonsense", "JSON"}};
  struct consul *consul = prepare_polled();
  struct live *live = &consul->live;
  size_t i;
  (void)state;
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    answer(consul, HEALTH_AFTER("web", "11"), cases[i].head, cases[i].body);
    live_until(live, strstr(live->discoverer->error, cases[i].error) != NULL);
    assert_non_null(strstr(live->discoverer->error, ": service \"web\": "));
    assert_string_equal(live_addresses(live), "10.0.0.1:80");
    answer(consul, HEALTH_AFTER("web", "11"), OK("11"), "");
    live_until(live, live->discoverer->error[0] == '\0');
    answer(consul, CATALOG_AFTER("10"), cases[i].head, cases[i].body);
    live_until(live, strstr(live->discoverer->error, cases[i].error) != NULL);
    assert_non_null(strstr(live->discoverer->error, ": the catalog: "));
    assert_string_equal(live_addresses(live), "10.0.0.1:80");
    answer(consul, CATALOG_AFTER("10"), OK("10"), "");
    live_until(live, live->discoverer->error[0] == '\0');
  }
  end(consul);
}

static void the_wrong_shape__is_no_answer(void **state) {
  struct consul *consul = prepare_polled();
  struct live *live = &consul->live;
  (void)state;
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  answer(consul, HEALTH_AFTER("web", "11"), OK("5"), "{\"error\":\"x\"}");
  live_until(live, strstr(live->discoverer->error, "a list of objects"));
  answer(consul, HEALTH_AFTER("web", "11"), OK("11"), "");
  live_until(live, live->discoverer->error[0] == '\0');
  answer(consul, CATALOG_AFTER("10"), OK("5"), "[{\"a\":[]}]");
  live_until(live, strstr(live->discoverer->error, "expected one object"));
  answer(consul, CATALOG_AFTER("10"), OK("5"), "[]");
  live_until(live, strstr(live->discoverer->error, "expected one object"));
  assert_string_equal(live_addresses(live), "10.0.0.1:80");
  end(consul);
}

static void an_agent_that_fails__is_asked_again(void **state) {
  static const char *const bodies[] = {"{}", "{\"Config\":{}}", "[]",
                                       "{\"Config\":{\"Datacenter\":\"\"}}",
                                       "{\"Config\":[1]}"};
  struct consul *consul = prepare_web();
  uint64_t failures = 0;
  size_t i;
  (void)state;
  answer(consul, "/v1/agent/self", "HTTP/1.1 500 Oops\r\n", "");
  start(consul);
  live_until(&consul->live, consul->live.discoverer->stats.failures > 1);
  for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
    answer(consul, "/v1/agent/self", "HTTP/1.1 200 OK\r\n", bodies[i]);
    failures = consul->live.discoverer->stats.failures;
    live_until(&consul->live,
               consul->live.discoverer->stats.failures > failures + 1);
  }
  assert_null(strstr(consul->script.log, "catalog"));
  answer(consul, "/v1/agent/self", "HTTP/1.1 200 OK\r\n", AGENT);
  live_until_addresses(&consul->live, "10.0.0.1:80");
  end(consul);
}

static void one_failure__does_not_hide_another(void **state) {
  struct consul *consul = prepare_polled();
  struct live *live = &consul->live;
  (void)state;
  answer(consul, HEALTH("other"), "HTTP/1.1 403 No\r\n", "");
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  live_until(live, strstr(live->discoverer->error, "\"other\""));
  answer(consul, HEALTH_AFTER("web", "11"), "HTTP/1.1 500 No\r\n", "");
  live_until(live, live->discoverer->stats.failures > 20);
  assert_non_null(strstr(live->discoverer->error, "\"other\""));
  assert_int_equal(live->syncs, 0); /* nothing is known of it */
  answer(consul, HEALTH("other"), OK("1"), "[]");
  answer(consul, HEALTH_AFTER("web", "11"), OK("11"), "");
  live_until(live, live->discoverer->error[0] == '\0');
  live_until(live, live->syncs == 1);
  end(consul);
}

static void silence__has_an_end(void **state) {
  struct consul *consul = prepare_web();
  struct live *live = &consul->live;
  (void)state;
  consul->timing.wait = 10;
  consul->timing.grace = 10;
  hold(consul, HEALTH_AFTER("web", "11"));
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  live_until(live, strstr(live->discoverer->error, "no whole answer within"));
  assert_string_equal(live_addresses(live), "10.0.0.1:80");
  end(consul);
}

static void a_dead_agent__is_waited_for(void **state) {
  struct consul *consul = prepare_web();
  (void)state;
  consul->config.base = pyr__str("http://127.0.0.1:1");
  start(consul);
  live_until(&consul->live, consul->live.discoverer->stats.failures > 3);
  assert_int_equal(consul->live.syncs, 0);
  end(consul);
}

static void a_cut__keeps_the_targets(void **state) {
  static const char whole[] =
      OK("5") "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
              "2\r\n[]\r\n1\r\n\n\r\n0\r\n\r\n";
  struct consul *consul = prepare_polled();
  struct live *live = &consul->live;
  size_t cut;
  (void)state;
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  for (cut = 1; cut < sizeof(whole) - 1; cut++) {
    uint64_t failures = live->discoverer->stats.failures;
    consul->replies[consul->count - 1].text = whole;
    consul->replies[consul->count - 1].len = cut;
    live_until(live, live->discoverer->stats.failures > failures + 1);
    assert_string_equal(live_addresses(live), "10.0.0.1:80");
  }
  consul->replies[consul->count - 1].len = 0;
  live_until_addresses(live, "");
  end(consul);
}

static void an_instance_that_is_huge__is_refused(void **state) {
  struct consul *consul = prepare_polled();
  struct live *live = &consul->live;
  size_t size = PYR__LIMIT_JSON_TEXT + 1000;
  char *text = calloc(1, size);
  int head;
  (void)state;
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  answer(consul, HEALTH_AFTER("web", "11"), OK("5"), "");
  head =
      snprintf(text, size, "%sConnection: close\r\n\r\n[{\"Node\":{\"Node\":\"",
               OK("5"));
  memset(text + head, 'a', size - (size_t)head - 6);
  memcpy(text + size - 6, "\"}}]\n", 6);
  consul->replies[consul->count - 1].text = text;
  live_until(live, strstr(live->discoverer->error, "a text of more than"));
  assert_string_equal(live_addresses(live), "10.0.0.1:80");
  end(consul);
  free(text);
}

static void a_group_that_is_refused__comes_again(void **state) {
  struct consul *consul = prepare_web();
  struct live *live = &consul->live;
  (void)state;
  hold(consul, CATALOG_AFTER("10"));
  live->fail_groups = 2;
  start(consul);
  live_until_addresses(live, "10.0.0.1:80");
  live->fail_groups = 2;
  tell(consul, CATALOG_AFTER("10"), "11", "{}");
  live_until_addresses(live, "");
  assert_int_equal(live->fail_groups, 0);
  end(consul);
}

static void every_allocation__may_fail(void **state) {
  size_t nth = 0, calls;
  (void)state;
  do {
    struct consul *consul = prepare_polled();
    struct failing_allocator *allocator = &consul->live.world.allocator;
    pyr_error_t err;
    int rc;
    allocator->calls = 0;
    allocator->fail_at = ++nth;
    rc = pyr__consul_discoverer_new(&consul->live.discoverer, &consul->config,
                                    &consul->live.env, &consul->live.sink,
                                    &consul->options, &err);
    if (rc != 0) {
      assert_int_equal(rc, PYR__ENOMEM);
      start(consul);
    }
    live_until_addresses(&consul->live, "10.0.0.1:80");
    live_until(&consul->live, consul->live.syncs == 1);
    answer(consul, CATALOG, OK("11"), "{}");
    answer(consul, CATALOG_AFTER("10"), OK("11"), "{}");
    live_until_addresses(&consul->live, "");
    calls = allocator->calls;
    allocator->fail_at = 0;
    end(consul);
  } while (nth <= calls);
  assert_true(nth > 20);
}

static void closing__is_possible_at_any_time(void **state) {
  unsigned turns, turn;
  (void)state;
  for (turns = 0; turns < 60; turns++) {
    struct consul *consul = prepare_web();
    start(consul);
    for (turn = 0; turn < turns; turn++)
      uv_run(&consul->live.loop, UV_RUN_NOWAIT);
    end(consul);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(failure__keeps_the_targets),
      cmocka_unit_test(the_wrong_shape__is_no_answer),
      cmocka_unit_test(an_agent_that_fails__is_asked_again),
      cmocka_unit_test(one_failure__does_not_hide_another),
      cmocka_unit_test(silence__has_an_end),
      cmocka_unit_test(a_dead_agent__is_waited_for),
      cmocka_unit_test(a_cut__keeps_the_targets),
      cmocka_unit_test(an_instance_that_is_huge__is_refused),
      cmocka_unit_test(a_group_that_is_refused__comes_again),
      cmocka_unit_test(every_allocation__may_fail),
      cmocka_unit_test(closing__is_possible_at_any_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
