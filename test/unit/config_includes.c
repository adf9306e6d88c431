#include "config_folder.h"

#include "base/limits.h"

/* The names of all jobs, in their order. */
static void assert_jobs(const pyr_config_t *config, const char *names) {
  char seen[256] = "";
  size_t i;
  for (i = 0; i < config->job_count; i++)
    snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%.*s",
             i > 0 ? " " : "", PYR__STR_ARG(config->jobs[i].name));
  assert_string_equal(seen, names);
}

#define JOB(name) "  - {job-name: " name ", enabled-profiles: [mem]}\n"
#define JOBS(...) "scrape-configs:\n" __VA_ARGS__

/* ---- what is found ------------------------------------------------------ */

static void jobs__come_behind_those_of_the_main_file(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  put(fixture, "jobs/b.yml", JOBS(JOB("b1") JOB("b2")));
  put(fixture, "jobs/a.yml", JOBS(JOB("a")));
  put(fixture, "jobs/.c.yml", JOBS(JOB("c")));
  put(fixture, "jobs/d.yaml", JOBS(JOB("no")));
  put(fixture, "one.yml", JOBS(JOB("one")));
  put(fixture, "main.yml",
      "scrape_config_files: [one.yml, jobs/*.yml]\n" JOBS(JOB("main")));
  config = load_good(fixture);
  assert_jobs(config, "main one c a b1 b2");
  pyr_config_unref(config);
  put(fixture, "main.yml", "scrape-config-files: jobs/[ab].yml\n");
  config = load_good(fixture);
  assert_jobs(config, "a b1 b2");
  assert_int_equal(config->note_count, 3); /* that they have no targets */
  pyr_config_unref(config);
}

static void global__counts_for_them(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  put(fixture, "a.yml", JOBS(JOB("a")));
  put(fixture, "main.yml",
      "scrape-config-files: [a.yml]\n"
      "global: {scrape-interval: 7s, scrape-timeout: 3s, target-limit: 5}\n");
  config = load_good(fixture);
  assert_int_equal(config->jobs[0].interval_ns, 7000000000);
  assert_int_equal(config->jobs[0].timeout_ns, 3000000000);
  assert_int_equal(config->jobs[0].target_limits.targets, 5);
  pyr_config_unref(config);
}

static void paths__are_relative_to_the_file_that_has_them(void **state) {
  static const char jobs[] =
      JOBS("  - job-name: a\n    enabled-profiles: [mem]\n"
           "    file-sd-configs: [{files: [t.yml]}]\n");
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  uint64_t inside;
  put(fixture, "jobs/a.yml", jobs);
  put(fixture, "main.yml", "scrape-config-files: [jobs/a.yml]\n");
  config = load_good(fixture);
  inside = config->jobs[0].fingerprint;
  assert_string_equal(config->jobs[0].sd.file[0].files[0].base,
                      path_of(fixture, "jobs/t.yml"));
  pyr_config_unref(config);
  /* The same job elsewhere says something else; in the same place, not. */
  put(fixture, "main.yml", jobs);
  config = load_good(fixture);
  assert_true(config->jobs[0].fingerprint != inside);
  pyr_config_unref(config);
  put(fixture, "main.yml", "scrape-config-files: [jobs/b.yml]\n");
  put(fixture, "jobs/b.yml", jobs);
  config = load_good(fixture);
  assert_true(config->jobs[0].fingerprint == inside);
  pyr_config_unref(config);
}

static void nothing__in_them_is_no_error(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  put(fixture, "empty.yml", "");
  put(fixture, "null.yml", "scrape-configs:\nx-mine: {a: b}\n");
  put(fixture, "none.yml", "scrape-configs: []\n");
  put(fixture, "main.yml",
      "scrape-config-files: [empty.yml, null.yml, "
      "none.yml, not-there.yml, no/*.yml]\n");
  config = load_good(fixture);
  assert_int_equal(config->job_count, 0);
  assert_int_equal(config->note_count, 3);
  assert_string_equal(config->notes[0].base,
                      "scrape-config-files: there is no file that matches "
                      "not-there.yml");
  assert_string_equal(config->notes[1].base,
                      "scrape-config-files: there is no file that matches "
                      "no/*.yml");
  pyr_config_unref(config);
  put(fixture, "main.yml", "scrape-config-files:\n" JOBS(JOB("main")));
  config = load_good(fixture);
  assert_jobs(config, "main");
  pyr_config_unref(config);
}

static void a_chart__includes_too(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  put(fixture, "a.yml", JOBS(JOB("a")));
  put(fixture, "main.yml",
      "pyroscopeConfigs:\n  scrape-config-files: [a.yml]\n");
  config = load_good(fixture);
  assert_jobs(config, "a");
  pyr_config_unref(config);
}

static void many_files__are_read(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  char name[32], text[128];
  unsigned i;
  for (i = 0; i < 300; i++) {
    snprintf(name, sizeof(name), "jobs/%03u.yml", i);
    snprintf(text, sizeof(text), JOBS(JOB("%u")), i);
    put(fixture, name, text);
  }
  put(fixture, "main.yml", "scrape-config-files: [jobs/*]\n");
  config = load_good(fixture);
  assert_int_equal(config->job_count, 300);
  assert_true(pyr__str_is(config->jobs[299].name, "299"));
  pyr_config_unref(config);
}

/* ---- what is wrong ------------------------------------------------------ */

static void names__are_taken_in_all_files(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "a.yml", JOBS(JOB("x") JOB("main")));
  put(fixture, "b.yml", JOBS(JOB("b") JOB("x") JOB("b")));
  put(fixture, "main.yml",
      "scrape-config-files: [a.yml, b.yml]\n" JOBS(JOB("main")));
  assert_bad(fixture,
             "a.yml:3:16: job-name: found multiple scrape configs with "
             "job name \"main\", first found in main.yml:3:16\n"
             "b.yml:3:16: job-name: found multiple scrape configs with "
             "job name \"x\", first found in a.yml:2:16\n"
             "b.yml:4:16: job-name: found multiple scrape configs with "
             "job name \"b\", the first in line 2\n");
  /* A file that two patterns lead to is read twice, as in Prometheus. */
  put(fixture, "main.yml", "scrape-config-files: [c.yml, '?.yml']\n");
  put(fixture, "a.yml", "");
  put(fixture, "b.yml", "");
  put(fixture, "c.yml", JOBS(JOB("c")));
  assert_bad(fixture,
             "c.yml:2:16: job-name: found multiple scrape configs with "
             "job name \"c\", first found in c.yml:2:16\n");
}

static void errors__have_the_place_in_their_file(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "a.yml",
      "scrape-configs:\n  - {job-nam: x}\n"
      "scrape-config-files: [b.yml]\n");
  put(fixture, "b.yml", "a: [\n");
  put(fixture, "c.yml", "[]\n");
  put(fixture, "d.yml", "scrape-configs: x\n");
  put(fixture, "main.yml",
      "scrape-config-files: [a.yml, b.yml, c.yml, d.yml]\n"
      "scrape-configs:\n\n\n\n  - {}\n");
  assert_bad(fixture,
             "main.yml:6:5: job-name: is missing, expected in a job\n"
             "a.yml:2:5: job-name: is missing, expected in a job\n"
             "a.yml:2:6: job-nam: is no key of a job, expected job-name\n"
             "a.yml:3:1: scrape-config-files: is no key of a file of "
             "scrape-config-files, expected scrape-configs\n"
             "b.yml:2:1: YAML: did not find expected node content, while "
             "parsing a flow node\n"
             "c.yml:1:1: YAML: is a list, expected a map of keys\n"
             "d.yml:1:17: scrape-configs: is text, expected a list of jobs\n");
}

static void a_timeout_of_global__is_told_at_the_job(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "a.yml",
      "\n\nscrape-configs:\n"
      "  - {job-name: a, enabled-profiles: [cpu]}\n");
  put(fixture, "main.yml",
      "scrape-config-files: [a.yml]\n"
      "global: {scrape-timeout: 3s}\n");
  assert_bad(fixture,
             "a.yml:4:5: scrape-timeout: is not longer than the 10s that a "
             "profile takes by default (profiles: cpu: params: seconds), "
             "expected more, or no scrape-timeout at all\n");
}

static void paths__that_cannot_be_are_refused(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "jobs/a.yml", "");
  assert_int_equal(mkfifo(path_of(fixture, "fifo.yml"), 0600), 0);
  assert_int_equal(symlink("nowhere", path_of(fixture, "link.yml")), 0);
  put(fixture, "main.yml",
      "scrape-config-files: ['*/a.yml', jobs, fifo.yml, [], 'x/*/y*']\n");
  assert_bad(fixture,
             "main.yml:1:23: scrape-config-files: invalid scrape config file "
             "path \"*/a.yml\", expected * in its last part only\n"
             "main.yml:1:34: scrape-config-files: jobs: is no regular file\n"
             "main.yml:1:40: scrape-config-files: fifo.yml: is no regular "
             "file\n"
             "main.yml:1:50: scrape-config-files: is a list, expected text\n"
             "main.yml:1:54: scrape-config-files: invalid scrape config file "
             "path \"x/*/y*\", expected * in its last part only\n");
  put(fixture, "main.yml", "scrape-config-files: {a: b}\n");
  assert_bad(fixture, "main.yml:1:22: scrape-config-files: is a map, expected "
                      "a list of texts\n");
  put(fixture, "main.yml", "scrape-config-files: [link.yml]\n");
  assert_bad(fixture, "main.yml:1:23: scrape-config-files: link.yml: No such "
                      "file or directory\n");
}

static void a_large_file__is_refused(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "a.yml", "");
  assert_int_equal(truncate(path_of(fixture, "a.yml"), 100 << 20), 0);
  put(fixture, "main.yml", "scrape-config-files: [a.yml]\n");
  assert_bad(fixture, "a.yml:1:1: YAML: 16777217 bytes, expected a file of at "
                      "most 16777216\n");
}

static void allocations__may_fail(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  struct failing_allocator failing = {.fail_at = 0};
  pyr_alloc_t alloc = failing_alloc(&failing);
  pyr_config_t *config = NULL;
  size_t n;
  int rc = PYR__ENOMEM;

  put(fixture, "a.yml", JOBS(JOB("a") JOB("b")));
  put(fixture, "b.yml", JOBS(JOB("c")));
  put(fixture, "main.yml", "scrape-config-files: [a.yml, b.yml, no.yml]\n");
  for (n = 1; rc != 0; n++) {
    failing = (struct failing_allocator){.fail_at = n};
    rc = load(fixture, &config, &alloc);
    assert_true(rc == 0 || rc == PYR__ENOMEM);
    if (rc != 0)
      assert_int_equal(failing.live, 0);
  }
  assert_true(n > 10);
  assert_jobs(config, "a b c");
  pyr_config_unref(config);
  assert_int_equal(failing.live, 0);
}

/* ---- for those who watch ------------------------------------------------ */

static void add_pattern(void *ctx, const char *pattern) {
  struct fixture *fixture = (struct fixture *)ctx;
  pyr__buf_add_format(&fixture->seen, "%s\n",
                      pattern + strlen(fixture->folder) + 1);
}

static int each(struct fixture *fixture, pyr_error_t *err) {
  return pyr_config_each_include(path_of(fixture, "main.yml"), NULL,
                                 add_pattern, fixture, err);
}

static void patterns__are_told_whatever_else_is_wrong(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_error_t err;
  put(fixture, "main.yml",
      "strange: 1\nscrape_config_files: [a.yml, 'b/*/c', d/*, []]\n");
  assert_int_equal(each(fixture, &err), 0);
  pyr__buf_add_byte(&fixture->seen, '\0');
  assert_string_equal((char *)fixture->seen.data, "a.yml\nd/*\n");
  pyr__buf_clear(&fixture->seen);
  put(fixture, "main.yml", "scrape-config-files: [a");
  assert_int_equal(each(fixture, &err), PYR_ECONFIG);
  assert_non_null(strstr(err.text, "main.yml:2:1: YAML: "));
  assert_int_equal(unlink(path_of(fixture, "main.yml")), 0);
  assert_int_equal(each(fixture, &err), -ENOENT);
  put(fixture, "main.yml", "[]");
  assert_int_equal(each(fixture, NULL), 0);
  assert_int_equal(fixture->seen.len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(jobs__come_behind_those_of_the_main_file),
      TEST(global__counts_for_them),
      TEST(paths__are_relative_to_the_file_that_has_them),
      TEST(nothing__in_them_is_no_error),
      TEST(a_chart__includes_too),
      TEST(many_files__are_read),
      TEST(names__are_taken_in_all_files),
      TEST(errors__have_the_place_in_their_file),
      TEST(a_timeout_of_global__is_told_at_the_job),
      TEST(paths__that_cannot_be_are_refused),
      TEST(a_large_file__is_refused),
      TEST(allocations__may_fail),
      TEST(patterns__are_told_whatever_else_is_wrong)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
