#include "serve_fixture.h"

/* ---- metrics ------------------------------------------------------------ */

/* Past the labels of a series; values may hold anything but a newline. */
static const char *skip_labels(const char *at) {
  if (*at != '{')
    return at;
  for (at++; *at != '}';) {
    at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
    assert_memory_equal(at, "=\"", 2);
    for (at += 2; *at != '"'; at++) {
      if (*at == '\\') {
        at++;
        assert_true(*at == '\\' || *at == '"' || *at == 'n');
      }
      assert_true(*at != '\0' && *at != '\n');
    }
    at++;
    if (*at == ',')
      at++;
  }
  return at + 1;
}

static void check_line(const char *line, const char *family) {
  const char *at = line;
  char *end;
  size_t len = strlen(family);
  assert_memory_equal(line, family, len);
  at += strspn(at, "abcdefghijklmnopqrstuvwxyz_");
  at = skip_labels(at);
  assert_int_equal(*at, ' ');
  (void)strtod(at + 1, &end);
  assert_int_equal(*end, '\0');
}

/* Every family has its HELP and TYPE once, before its lines; every line is of
 * the family before it.  Returns the number of lines. */
static size_t check_exposition(char *text) {
  static char seen[200][80];
  char family[80] = "", *line, *save = NULL;
  size_t count = 0, families = 0, i;
  for (line = strtok_r(text, "\n", &save); line != NULL;
       line = strtok_r(NULL, "\n", &save)) {
    if (strncmp(line, "# HELP ", 7) == 0) {
      assert_int_equal(sscanf(line + 7, "%79s", family), 1);
      for (i = 0; i < families; i++)
        assert_string_not_equal(seen[i], family);
      strcpy(seen[families++], family);
      line = strtok_r(NULL, "\n", &save);
      assert_memory_equal(line, "# TYPE ", 7);
      assert_memory_equal(line + 7, family, strlen(family));
      continue;
    }
    check_line(line, family);
    count++;
  }
  return count;
}

static void check_histogram(const char *text, const char *prefix) {
  uint64_t before = 0, value = 0;
  int buckets = 0;
  const char *at;
  for (at = strstr(text, prefix); at != NULL; at = strstr(at + 1, prefix)) {
    const char *number = strstr(at, "\"} ");
    assert_non_null(number);
    value = strtoull(number + 3, NULL, 10);
    assert_true(value >= before);
    before = value;
    buckets++;
  }
  assert_int_equal(buckets, PYR__HISTOGRAM_BUCKETS + 1);
  assert_int_equal(value, 100);
}

static void metrics__are_well_formed(void **state) {
  struct fixture f;
  char *body;
  (void)state;
  open_serve(&f, 3);
  body = get(&f, "/metrics", 200);
  assert_non_null(strstr(body, "pyrite_discovery_failures_total{job=\"plain\","
                               "mechanism=\"file\",number=\"0\"} 2\n"));
  assert_non_null(strstr(body, "pyrite_discovery_targets{job=\"plain\","
                               "mechanism=\"file\",number=\"0\"} 8\n"));
  assert_non_null(strstr(body, "pyrite_targets_dropped{job=\"plain\"} 0\n"));
  assert_non_null(strstr(body, "pyrite_targets_bad{job=\"a\\\"b"));
  assert_non_null(strstr(body, "pyrite_scrapes_total{job=\"plain\"} 7\n"));
  assert_non_null(strstr(
      body, "pyrite_scrape_failures_total{job=\"plain\",reason=\"timeout\"} "
            "3\n"));
  assert_non_null(
      strstr(body, "pyrite_cpu_coverage_ratio{job=\"plain\"} 0.99\n"));
  assert_non_null(strstr(body, "process_cpu_seconds_total 1.5\n"));
  assert_non_null(strstr(body, "pyrite_store_bytes 123456\n"));
  assert_non_null(strstr(body, "{job=\"a\\\"b\\\\c\\nd<script>alert(1)"));
  assert_non_null(strstr(body, "\xef\xbf\xbd")); /* for the byte that is none */
  assert_non_null(
      strstr(body, "pyrite_target_up{job=\"plain\",instance=\"10.0.0.1:6060\","
                   "application=\"shop\",profile=\"cpu\"} 1\n"));
  assert_non_null(strstr(body, "room=\"net\",purpose=\"server\"} "));
  check_histogram(body, "pyrite_scrape_duration_seconds_bucket{job=\"plain\"");
  check_histogram(body, "pyrite_scrape_size_bytes_bucket{job=\"plain\"");
  assert_non_null(strstr(body, "le=\"+Inf\"} 100\n"));
  assert_true(check_exposition(body) > 150);
  free(body);
  close_serve(&f);
}

/* ---- JSON --------------------------------------------------------------- */

static void api__has_the_shape_of_prometheus(void **state) {
  struct fixture f;
  json_t *json, *data, *active, *entry, *profiles;
  (void)state;
  open_serve(&f, 3);
  json = get_json(&f, "/api/v1/targets");
  assert_string_equal(text_of(json, "status"), "success");
  data = json_object_get(json, "data");
  active = json_object_get(data, "activeTargets");
  assert_int_equal(json_array_size(active), 3);
  entry = json_array_get(active, 0);
  assert_string_equal(text_of(entry, "health"), "unknown");
  assert_string_equal(text_of(entry, "lastScrape"), "0001-01-01T00:00:00Z");
  entry = json_array_get(active, 2);
  assert_string_equal(text_of(entry, "health"), "down");
  assert_string_equal(text_of(entry, "scrapePool"), "plain");
  assert_string_equal(text_of(entry, "scrapeInterval"), "1m30s");
  assert_string_equal(text_of(entry, "scrapeTimeout"), "15s");
  assert_string_equal(text_of(entry, "lastScrape"), "2026-01-02T03:04:05.678Z");
  assert_string_equal(text_of(entry, "lastError"),
                      "mem: a\"b\\c\nd<script>alert(1)</script>&'\xef\xbf\xbd");
  assert_true(json_real_value(json_object_get(entry, "lastScrapeDuration")) >
              10.0122);
  assert_string_equal(
      text_of(json_object_get(entry, "discoveredLabels"), "__address__"),
      "10.0.0.1:6060");
  assert_string_equal(text_of(json_object_get(entry, "labels"), "__name__"),
                      "shop");
  profiles = json_object_get(entry, "profiles");
  assert_int_equal(json_array_size(profiles), 2);
  assert_string_equal(text_of(json_array_get(profiles, 0), "health"), "up");
  json_decref(json);
  close_serve(&f);
}

static void targets__have_the_shape_of_the_classic_server(void **state) {
  struct fixture f;
  json_t *json, *entry;
  (void)state;
  open_serve(&f, 0);
  json = get_json(&f, "/targets");
  assert_true(json_is_array(json) && json_array_size(json) == 0);
  json_decref(json);
  f.targets = 300;
  json = get_json(&f, "/targets");
  assert_int_equal(json_array_size(json), 600);
  entry = json_array_get(json, 3);
  assert_string_equal(text_of(entry, "lastScrapeDuration"), "10.0123s");
  assert_string_equal(text_of(entry, "health"), "down");
  entry = json_array_get(json, 0);
  assert_string_equal(text_of(entry, "job"), "plain");
  assert_string_equal(text_of(entry, "lastScrape"), "0001-01-01T00:00:00Z");
  assert_string_equal(text_of(entry, "lastScrapeDuration"), "0s");
  json_decref(json);
  close_serve(&f);
}

/* ---- pages -------------------------------------------------------------- */

static void page__escapes_everything(void **state) {
  struct fixture f;
  char *body;
  (void)state;
  open_serve(&f, 5);
  body = get(&f,
             "/?job=" /* hostile filter, too */
             "%3Cscript%3E%22",
             200);
  assert_null(strstr(body, "<script"));
  free(body);
  body = get(&f, "/", 200);
  assert_null(strstr(body, "<script"));
  assert_null(strstr(body, "<b>\""));
  assert_non_null(strstr(body, "&lt;script&gt;alert(1)"));
  assert_non_null(strstr(body, "seconds=10&amp;a=&lt;b&gt;"));
  assert_non_null(strstr(body, "</html>"));
  free(body);
  expect(&f, "/style.css", 200, "prefers-color-scheme");
  close_serve(&f);
}

static void page__shows_a_hundred_targets_at_a_time(void **state) {
  struct fixture f;
  (void)state;
  open_serve(&f, 250);
  expect(&f, "/", 200, "next page");
  expect(&f, "/?page=3", 200, "previous page");
  expect(&f, "/?page=4", 200, "No targets here.");
  expect(&f, "/?health=up", 200, "No targets here.");
  expect(&f, "/?health=down&page=2&job=plain", 200, "previous page");
  expect(&f, "/?page=0", 400, "page:");
  expect(&f, "/?page=x", 400, "page:");
  expect(&f, "/?page=99999999999999999999", 400, "page:");
  close_serve(&f);
}

static void health__and_readiness(void **state) {
  struct fixture f;
  (void)state;
  open_serve(&f, 0);
  expect(&f, "/-/healthy", 200, "Pyrite is Healthy.\n");
  expect(&f, "/-/ready", 503, "Service Unavailable\n");
  f.ready = true;
  expect(&f, "/-/ready", 200, "Pyrite is Ready.\n");
  expect(&f, "/nothing", 404, "not found");
  expect(&f, "/debug/pprof/", 200, "/debug/pprof/heap");
  close_serve(&f);
}

/* Ten thousand targets: all there, in little memory. */
static void views__are_bounded_with_many_targets(void **state) {
  static const char *const paths[] = {"/metrics", "/api/v1/targets", "/targets",
                                      "/", "/?health=up"};
  struct fixture f;
  size_t i;
  (void)state;
  open_serve(&f, 10000);
  for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
    assert_true(peak_of(&f, paths[i]) < 64 * 1024);
  close_serve(&f);
}

/* ---- profiles of itself ------------------------------------------------- */

static void heap__is_served_as_gzip(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_serve(&f, 0);
  test_client_exchange(&client, &f.loop, pyr__serve_address(f.serve),
                       "GET /debug/pprof/heap" CLOSE);
  assert_int_equal(test_client_status(&client), 200);
  assert_memory_equal(test_client_body(&client), "\x1f\x8b", 2);
  test_client_close(&client);
  close_serve(&f);
}

static void profile__refuses_bad_seconds(void **state) {
  static const char *const bad[] = {
      "0", "-1", "301", "x", "1.5", "99999999999999999999", ""};
  struct fixture f;
  char path[80];
  size_t i;
  (void)state;
  open_serve(&f, 0);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    snprintf(path, sizeof(path), "/debug/pprof/profile?seconds=%s", bad[i]);
    expect(&f, path, 400, "from 1 to 300");
  }
  close_serve(&f);
}

/* A profile that runs. */
static void begin_profile(struct fixture *f, struct test_client *client,
                          const char *path) {
  begin_get(f, client, path);
  loop_until(&f->loop, f->memory.accounts[PYR__MEM_SELF].used_bytes != 0);
}

static void profile__is_taken_once_at_a_time(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_serve(&f, 0);
  begin_profile(&f, &client, "/debug/pprof/profile?seconds=1");
  expect(&f, "/debug/pprof/profile", 500,
         "Could not enable CPU profiling: cpu profiling already in use\n");
  test_run_until(&f.loop, &client.ended);
  assert_int_equal(test_client_status(&client), 200);
  assert_memory_equal(test_client_body(&client), "\x1f\x8b", 2);
  assert_int_equal(f.memory.accounts[PYR__MEM_SELF].used_bytes, 0);
  test_client_close(&client);
  close_serve(&f);
}

/* A client that leaves, and a server that closes, end the profile. */
static void profile__ends_with_the_client_and_with_the_server(void **state) {
  static const char path[] = "/debug/pprof/profile?seconds=300";
  struct fixture f;
  struct test_client client;
  (void)state;
  open_serve(&f, 0);
  begin_profile(&f, &client, path);
  test_client_close(&client);
  loop_until(&f.loop, f.memory.accounts[PYR__MEM_SELF].used_bytes == 0);
  begin_profile(&f, &client, path);
  pyr__serve_close(f.serve, test_set_flag, &f.closed);
  test_run_until(&f.loop, &f.closed);
  test_client_close(&client);
  assert_int_equal(uv_loop_close(&f.loop), 0);
  assert_int_equal(f.allocator.live, 0);
}

static void views__survive_each_failed_allocation(void **state) {
  static const char *const paths[] = {
      "/",        "/metrics",          "/api/v1/targets?scrapePool=plain",
      "/targets", "/debug/pprof/heap", "/?job=plain&health=down"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
    fail_each(paths[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(metrics__are_well_formed),
      cmocka_unit_test(api__has_the_shape_of_prometheus),
      cmocka_unit_test(targets__have_the_shape_of_the_classic_server),
      cmocka_unit_test(page__escapes_everything),
      cmocka_unit_test(page__shows_a_hundred_targets_at_a_time),
      cmocka_unit_test(health__and_readiness),
      cmocka_unit_test(views__are_bounded_with_many_targets),
      cmocka_unit_test(heap__is_served_as_gzip),
      cmocka_unit_test(profile__refuses_bad_seconds),
      cmocka_unit_test(profile__is_taken_once_at_a_time),
      cmocka_unit_test(profile__ends_with_the_client_and_with_the_server),
      cmocka_unit_test(views__survive_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
