/* What the stats endpoint says of discovery: pools, what is not a target and
 * why, and what each rule makes of labels. */
#include "serve_fixture.h"

static const json_t *data_of(const json_t *json) {
  const json_t *data = json_object_get(json, "data");
  assert_string_equal(text_of(json, "status"), "success");
  assert_non_null(data);
  return data;
}

static void pools__are_in_the_order_of_jobs(void **state) {
  struct fixture f;
  json_t *json;
  const json_t *pools;
  (void)state;
  open_serve(&f, 0);
  json = get_json(&f, "/api/v1/scrape_pools");
  pools = json_object_get(data_of(json), "scrapePools");
  assert_int_equal(json_array_size(pools), 2);
  assert_string_equal(json_string_value(json_array_get(pools, 0)), "plain");
  assert_memory_equal(json_string_value(json_array_get(pools, 1)), "a\"b", 3);
  json_decref(json);
  close_serve(&f);
}

struct expected {
  const char *query;
  size_t active, dropped, bad;
  bool has_counts;
};

static void check_targets(struct fixture *f, const struct expected *expected) {
  char path[128];
  json_t *json, *counts;
  const json_t *data;
  snprintf(path, sizeof(path), "/api/v1/targets%s", expected->query);
  json = get_json(f, path);
  data = data_of(json);
  assert_int_equal(json_array_size(json_object_get(data, "activeTargets")),
                   expected->active);
  assert_int_equal(json_array_size(json_object_get(data, "droppedTargets")),
                   expected->dropped);
  assert_int_equal(json_array_size(json_object_get(data, "badTargets")),
                   expected->bad);
  counts = json_object_get(data, "droppedTargetCounts");
  assert_int_equal(json_is_null(counts), !expected->has_counts);
  if (expected->has_counts) {
    assert_int_equal(json_object_size(counts), 2); /* of all pools, always */
    assert_int_equal(json_integer_value(json_object_get(counts, "plain")),
                     f->dropped);
  }
  json_decref(json);
}

static void targets__are_filtered_by_state_and_pool(void **state) {
  static const struct expected cases[] = {
      {"", 1000, 701, 301, true},
      {"?state=any", 1000, 701, 301, true},
      {"?state=Active", 1000, 0, 0, false},
      {"?state=DROPPED", 0, 701, 301, true},
      {"?state=active&scrapePool=plain", 500, 0, 0, false},
      {"?state=dropped&scrapePool=plain", 0, 700, 300, true},
      {"?state=&scrapePool=none", 0, 0, 0, true},
  };
  struct fixture f;
  size_t i;
  (void)state;
  open_serve(&f, 1000);
  f.dropped = 700;
  f.bad = 300;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
    check_targets(&f, &cases[i]);
  expect(&f, "/api/v1/targets?state=other", 400, "\"errorType\":\"bad_data\"");
  expect(&f, "/api/v1/targets?state=drop", 400, "active, dropped or any");
  expect(&f, "/api/v1/targets?state=anything", 400, "bad_data");
  close_serve(&f);
}

static void targets__say_why_they_are_none(void **state) {
  struct fixture f;
  json_t *json;
  const json_t *entry;
  (void)state;
  open_serve(&f, 1);
  f.dropped = f.bad = 1;
  json = get_json(&f, "/api/v1/targets?state=dropped");
  entry = json_array_get(json_object_get(data_of(json), "droppedTargets"), 1);
  assert_string_equal(text_of(entry, "droppedBy"), "a<b>.yml:14:9: drop");
  assert_memory_equal(text_of(entry, "scrapePool"), "a\"b", 3);
  assert_string_equal(
      text_of(json_object_get(entry, "discoveredLabels"), "env"),
      "a\"b\\c\nd<script>alert(1)</script>&'\xef\xbf\xbd");
  entry = json_array_get(json_object_get(data_of(json), "badTargets"), 0);
  assert_string_equal(text_of(entry, "scrapePool"), "plain");
  assert_memory_equal(text_of(entry, "error"), "no address a\"b", 14);
  json_decref(json);
  close_serve(&f);
}

/* ---- relabel_steps ------------------------------------------------------ */

#define STEPS "/api/v1/targets/relabel_steps"

static void steps__have_the_shape_of_prometheus(void **state) {
  struct fixture f;
  json_t *json;
  const json_t *steps, *step, *rule;
  (void)state;
  open_serve(&f, 0);
  json = get_json(
      &f, STEPS "?scrapePool=plain&labels=%7B%22b%22:%221%22,%22a%22:null%7D");
  steps = json_object_get(data_of(json), "steps");
  assert_int_equal(json_array_size(steps), 2);
  step = json_array_get(steps, 0);
  rule = json_object_get(step, "rule");
  assert_int_equal(json_object_size(rule), 6);
  assert_int_equal(json_array_size(json_object_get(rule, "source_labels")), 2);
  assert_string_equal(text_of(rule, "separator"), ";");
  assert_memory_equal(text_of(rule, "regex"), "a\"b", 3);
  assert_string_equal(text_of(rule, "target_label"), "env");
  assert_string_equal(text_of(rule, "replacement"), "$1");
  assert_string_equal(text_of(rule, "action"), "replace");
  assert_true(json_is_true(json_object_get(step, "keep")));
  assert_string_equal(text_of(json_object_get(step, "output"), "b"), "1");
  assert_string_equal(text_of(json_object_get(step, "output"), "a"), "");
  assert_string_equal(text_of(step, "file"), "a<b>.yml");
  assert_int_equal(json_integer_value(json_object_get(step, "line")), 12);
  step = json_array_get(steps, 1);
  rule = json_object_get(step, "rule");
  assert_int_equal(json_object_size(rule), 5);
  assert_int_equal(json_integer_value(json_object_get(rule, "modulus")), 7);
  assert_true(json_is_false(json_object_get(step, "keep")));
  assert_int_equal(json_object_size(json_object_get(step, "output")), 0);
  assert_memory_equal(text_of(step, "error"), "gave up a\"b", 11);
  json_decref(json);
  close_serve(&f);
}

static void steps__refuse_what_is_missing_or_no_labels(void **state) {
  static const char *const cases[][2] = {
      {STEPS, "no scrapePool parameter provided"},
      {STEPS "?scrapePool=&labels={}", "no scrapePool parameter provided"},
      {STEPS "?scrapePool=plain", "no labels parameter provided"},
      {STEPS "?scrapePool=plain&labels=", "no labels parameter provided"},
      {STEPS "?scrapePool=no&labels=%7B%7D",
       "error retrieving scrape config: there is no job"},
      {STEPS "?scrapePool=plain&labels=%7B", "error parsing labels: "},
      {STEPS "?scrapePool=plain&labels=%7B%7Dx", "error parsing labels: "},
      {STEPS "?scrapePool=plain&labels=%ff", "error parsing labels: "},
      {STEPS "?scrapePool=plain&labels=%5B%5D", "it is no object"},
      {STEPS "?scrapePool=plain&labels=%22x%22", "error parsing labels: "},
      {STEPS "?scrapePool=plain&labels=%7B%22a%22:1%7D", "is no text"},
      {STEPS "?scrapePool=plain&labels=%7B%22a%22:%7B%7D%7D", "is no text"},
  };
  struct fixture f;
  size_t i;
  (void)state;
  open_serve(&f, 0);
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    expect(&f, cases[i][0], 400, cases[i][1]);
    expect(&f, cases[i][0], 400, "\"errorType\":\"bad_data\"");
  }
  close_serve(&f);
}

/* ---- the page ----------------------------------------------------------- */

#define PAGE "/service-discovery"

static size_t count_of(const char *body, const char *text) {
  size_t count = 0;
  for (body = strstr(body, text); body != NULL; body = strstr(body + 1, text))
    count++;
  return count;
}

static void page__escapes_everything(void **state) {
  struct fixture f;
  char *body;
  (void)state;
  open_serve(&f, 2);
  f.dropped = f.bad = 1;
  body = get(&f, PAGE "?q=%3Cscript%3E%22&job=%3Cb%3E", 200);
  assert_null(strstr(body, "<script"));
  assert_null(strstr(body, "<b>"));
  assert_non_null(strstr(body, "value=\"&lt;script&gt;&quot;\""));
  assert_non_null(strstr(body, "Nothing here."));
  free(body);
  body = get(&f, PAGE, 200);
  assert_null(strstr(body, "<script"));
  assert_null(strstr(body, "a<b>.yml"));
  assert_non_null(strstr(body, "env=&quot;<bdi>a&quot;b\\c\nd&lt;script&gt;"));
  assert_non_null(strstr(body, "<code>a&lt;b&gt;.yml:12:9</code> replace"));
  assert_non_null(strstr(body, "file g&lt;1&gt;"));
  assert_non_null(strstr(body, "?job=a%22b%5Cc%0Ad%3Cscript%3E"));
  assert_non_null(strstr(body, "</html>"));
  free(body);
  close_serve(&f);
}

static void page__shows_rules_and_reasons(void **state) {
  struct fixture f;
  char *body;
  (void)state;
  open_serve(&f, 1);
  f.dropped = f.bad = 1;
  body = get(&f, PAGE "?job=plain", 200);
  assert_int_equal(count_of(body, "<details"), 3);
  assert_non_null(strstr(body, "<b>shop</b> 10.0.0.1:6060"));
  assert_int_equal(count_of(body, "Labels of the target"), 1);
  assert_non_null(strstr(body, "dropped</span> by <code>a&lt;b&gt;.yml:14:9"
                               "</code> drop"));
  assert_non_null(strstr(body, "<span class=\"error\">no address a&quot;b"));
  assert_int_equal(count_of(body, "<div class=\"dim\">nothing</div>"), 3);
  assert_int_equal(count_of(body, "gave up"), 3);
  assert_non_null(strstr(body, "<td>file</td><td class=\"n\">8</td>"));
  free(body);
  close_serve(&f);
}

static void page__has_filters_and_pages(void **state) {
  struct fixture f;
  char *body;
  (void)state;
  open_serve(&f, 120);
  f.dropped = 60;
  f.bad = 10;
  body = get(&f, PAGE, 200);
  assert_int_equal(count_of(body, "<details"), 50);
  assert_null(strstr(body, "previous page"));
  assert_non_null(strstr(body, "&amp;page=2\">next page"));
  free(body);
  body = get(&f, PAGE "?page=4", 200); /* 190 here, and two of the other job */
  assert_int_equal(count_of(body, "<details"), 42);
  assert_null(strstr(body, "next page"));
  free(body);
  body = get(&f, PAGE "?state=dropped&page=2&job=plain&q=alert", 200);
  assert_int_equal(count_of(body, "<details"), 10);
  assert_non_null(strstr(body, "?job=plain&amp;state=dropped&amp;q=alert&amp;"
                               "page=1\">previous page"));
  free(body);
  expect(&f, PAGE "?state=bad&job=plain&q=10.0.0.1:6060", 200, "no address");
  expect(&f, PAGE "?q=nowhere", 200, "Nothing here.");
  expect(&f, PAGE "?page=9999999", 200, "Nothing here.");
  expect(&f, PAGE "?page=0", 400, "page:");
  expect(&f, PAGE "?state=up", 400, "active, dropped or bad");
  close_serve(&f);
}

static void views__are_bounded_with_many_entries(void **state) {
  static const char *const paths[] = {
      "/api/v1/targets?state=dropped",
      "/api/v1/targets?state=dropped&scrapePool=none", PAGE "?page=200",
      PAGE "?q=nowhere"};
  struct fixture f;
  size_t i;
  (void)state;
  open_serve(&f, 10000);
  f.dropped = f.bad = 10000;
  for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
    assert_true(peak_of(&f, paths[i]) < 64 * 1024);
  close_serve(&f);
}

static void views__survive_each_failed_allocation(void **state) {
  static const char *const paths[] = {
      "/api/v1/scrape_pools", "/api/v1/targets?state=dropped",
      STEPS "?scrapePool=plain&labels=%7B%22a%22:%22b%22%7D",
      PAGE "?job=plain&state=dropped&q=1"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
    fail_each(paths[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pools__are_in_the_order_of_jobs),
      cmocka_unit_test(targets__are_filtered_by_state_and_pool),
      cmocka_unit_test(targets__say_why_they_are_none),
      cmocka_unit_test(steps__have_the_shape_of_prometheus),
      cmocka_unit_test(steps__refuse_what_is_missing_or_no_labels),
      cmocka_unit_test(page__escapes_everything),
      cmocka_unit_test(page__shows_rules_and_reasons),
      cmocka_unit_test(page__has_filters_and_pages),
      cmocka_unit_test(views__are_bounded_with_many_entries),
      cmocka_unit_test(views__survive_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
