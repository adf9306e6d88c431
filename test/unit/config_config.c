#include "config_support.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

#define JOB "scrape-configs:\n- job-name: a\n  enabled-profiles: [mem]\n"

static const struct pyr__profile_config *
find_profile(const pyr_config_t *config, size_t job, const char *name) {
  size_t i;
  for (i = 0; i < config->jobs[job].profile_count; i++)
    if (pyr__str_is(config->jobs[job].profiles[i].name, name))
      return &config->jobs[job].profiles[i];
  fail_msg("there is no %s", name);
  return NULL;
}

static const struct pyr__sample_type_config *
find_type(const struct pyr__profile_config *profile, const char *name) {
  size_t i;
  for (i = 0; i < profile->sample_type_count; i++)
    if (pyr__str_is(profile->sample_types[i].name, name))
      return &profile->sample_types[i];
  fail_msg("there is no %s", name);
  return NULL;
}

static void assert_str(pyr_str_t text, const char *expected) {
  if (!pyr__str_is(text, expected))
    fail_msg("%.*s is not %s", PYR__STR_ARG(text), expected);
}

/* ---- defaults ----------------------------------------------------------- */

static void defaults__are_those_of_the_classic_server(void **state) {
  pyr_config_t *config = parse_good(JOB);
  const struct pyr__job_config *job = &config->jobs[0];
  (void)state;
  assert_int_equal(job->interval_ns, 10 * PYR__NS_PER_S);
  assert_int_equal(job->timeout_ns, 0);
  assert_str(job->scheme, "http");
  assert_int_equal(job->body_size_limit, 64 << 20);
  assert_false(job->access.follow_redirects);
  assert_false(job->use_delta_profiles);
  assert_int_equal(job->profile_count, 5);
  assert_int_equal(job->group_count, 0);
  assert_str(config->storage.path, "pyrite-data");
  assert_int_equal(config->storage.flush_interval_ns, PYR__NS_PER_S);
  assert_int_equal(config->storage.sync_interval_ns, 10 * PYR__NS_PER_S);
  assert_int_equal(config->storage.segment_max_bytes, 64 << 20);
  assert_int_equal(config->storage.segment_max_age_ns, 3600 * PYR__NS_PER_S);
  assert_int_equal(config->storage.retention_age_ns, 0);
  assert_int_equal(config->storage.retention_bytes, 0);
  assert_int_equal(config->limits.in_flight, 2000);
  assert_int_equal(config->limits.scrape_bytes, 10 << 20);
  assert_int_equal(config->limits.delta_bytes, 16 << 20);
  assert_int_equal(config->limits.dictionary_bytes, 32 << 20);
  assert_int_equal(config->limits.buffer_bytes, 8 << 20);
  assert_int_equal(config->limits.stack_frames, 65536);
  assert_int_equal(config->limits.server_connections, 64);
  assert_str(config->server.listen, "127.0.0.1:4041");
  assert_int_equal(config->log_level, PYR_LOG_INFO);
  assert_int_equal(config->log_format, PYR__LOG_LOGFMT);
  pyr_config_unref(config);
}

static void default_profiles__are_five(void **state) {
  static const struct {
    const char *name, *type, *path;
    int64_t seconds;
  } profiles[] = {
      {"cpu", "process_cpu", "/debug/pprof/profile", 10},
      {"mem", "memory", "/debug/pprof/heap", 0},
      {"goroutines", "goroutine", "/debug/pprof/goroutine", 0},
      {"mutex", "mutex", "/debug/pprof/mutex", 0},
      {"block", "block", "/debug/pprof/block", 0},
  };
  static const struct {
    const char *profile, *name, *units, *display_name, *aggregation;
    int cumulative, sampled;
  } types[] = {
      {"cpu", "samples", "samples", "cpu", "", 0, 1},
      {"mem", "alloc_objects", "objects", "", "", 1, 0},
      {"mem", "alloc_space", "bytes", "", "", 1, 0},
      {"mem", "inuse_objects", "objects", "", "average", 0, 0},
      {"mem", "inuse_space", "bytes", "", "average", 0, 0},
      {"goroutines", "goroutine", "goroutines", "goroutines", "average", 0, 0},
      {"mutex", "contentions", "lock_samples", "mutex_count", "", 1, 0},
      {"mutex", "delay", "lock_nanoseconds", "mutex_duration", "", 1, 0},
      {"block", "contentions", "lock_samples", "block_count", "", 1, 0},
      {"block", "delay", "lock_nanoseconds", "block_duration", "", 1, 0},
  };
  pyr_config_t *config = parse_good(JOB);
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
    const struct pyr__profile_config *profile = &config->jobs[0].profiles[i];
    assert_str(profile->name, profiles[i].name);
    assert_str(profile->type_name, profiles[i].type);
    assert_str(profile->path, profiles[i].path);
    assert_int_equal(profile->seconds_ns, profiles[i].seconds * PYR__NS_PER_S);
    assert_int_equal(profile->seconds_default, i == 0);
    assert_int_equal(profile->is_cpu, i == 0);
    assert_int_equal(profile->enabled, i == 1);
    assert_int_equal(profile->param_count, i == 0);
  }
  for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    const struct pyr__sample_type_config *type =
        find_type(find_profile(config, 0, types[i].profile), types[i].name);
    assert_str(type->units, types[i].units);
    assert_str(type->display_name, types[i].display_name);
    assert_str(type->aggregation, types[i].aggregation);
    assert_int_equal(type->cumulative, types[i].cumulative);
    assert_int_equal(type->sampled, types[i].sampled);
  }
  pyr_config_unref(config);
}

static void no_configuration__scrapes_itself(void **state) {
  pyr_config_t *config;
  const struct pyr__group_config *group;
  (void)state;
  assert_int_equal(pyr_config_default(&config, NULL, NULL), 0);
  assert_int_equal(config->job_count, 1);
  assert_int_equal(config->jobs[0].group_count, 1);
  group = &config->jobs[0].groups[0];
  assert_str(group->application, "pyrite");
  assert_str(group->targets[0], "127.0.0.1:4041");
  assert_true(group->self_target);
  assert_true(find_profile(config, 0, "cpu")->enabled);
  assert_true(find_profile(config, 0, "mem")->enabled);
  assert_int_equal(config->note_count, 0);
  pyr_config_unref(config);
}

/* ---- what a file sets --------------------------------------------------- */

static void sections__are_read(void **state) {
  pyr_config_t *config = parse_good(
      "log-level: warn\nlog-format: json\n"
      "storage: {path: /data, flush-interval: 500ms, sync-interval: 1m,\n"
      "  segment-max-bytes: 1MB, segment-max-age: 10m, retention-age: 7d,\n"
      "  retention-bytes: 1.5GiB}\n"
      "server: {listen: \"\"}\n"
      "limits: {in-flight: 7, scrape-bytes: 1MB, delta-bytes: 2MB,\n"
      "  dictionary-bytes: 3MB, buffer-bytes: 4MB, stack-frames: 100,\n"
      "  server-connections: 5}\n");
  (void)state;
  assert_int_equal(config->log_level, PYR_LOG_WARN);
  assert_int_equal(config->log_format, PYR__LOG_JSON);
  assert_str(config->storage.path, "/data");
  assert_int_equal(config->storage.flush_interval_ns, 500 * PYR__NS_PER_MS);
  assert_int_equal(config->storage.sync_interval_ns, 60 * PYR__NS_PER_S);
  assert_int_equal(config->storage.segment_max_bytes, 1 << 20);
  assert_int_equal(config->storage.segment_max_age_ns, 600 * PYR__NS_PER_S);
  assert_int_equal(config->storage.retention_age_ns, 7 * 86400 * PYR__NS_PER_S);
  assert_int_equal(config->storage.retention_bytes, UINT64_C(1610612736));
  assert_str(config->server.listen, "");
  assert_int_equal(config->limits.in_flight, 7);
  assert_int_equal(config->limits.scrape_bytes, 1 << 20);
  assert_int_equal(config->limits.delta_bytes, 2 << 20);
  assert_int_equal(config->limits.dictionary_bytes, 3 << 20);
  assert_int_equal(config->limits.buffer_bytes, 4 << 20);
  assert_int_equal(config->limits.stack_frames, 100);
  assert_int_equal(config->limits.server_connections, 5);
  pyr_config_unref(config);
}

/* Wherever global stands, and whether a job says so itself. */
static void global__is_what_jobs_start_from(void **state) {
  pyr_config_t *config = parse_good(
      "scrape-configs:\n"
      "- {job-name: a, enabled-profiles: [cpu]}\n"
      "- {job-name: b, enabled-profiles: [cpu], scrape-interval: 5s,\n"
      "   scrape-timeout: 6s, body-size-limit: 0, follow-redirects: true}\n"
      "global: {scrape-interval: 30s, scrape-timeout: 20s}\n");
  (void)state;
  assert_int_equal(config->jobs[0].interval_ns, 30 * PYR__NS_PER_S);
  assert_int_equal(config->jobs[0].timeout_ns, 20 * PYR__NS_PER_S);
  assert_int_equal(config->jobs[1].interval_ns, 5 * PYR__NS_PER_S);
  assert_int_equal(config->jobs[1].timeout_ns, 6 * PYR__NS_PER_S);
  assert_int_equal(config->jobs[1].body_size_limit, 64 << 20);
  assert_true(config->jobs[1].access.follow_redirects);
  pyr_config_unref(config);
}

static void seconds__follow_the_interval(void **state) {
  static const struct {
    const char *interval, *seconds;
  } cases[] = {{"1m", "10"},    {"10s", "10"}, {"5s", "5"},
               {"2500ms", "2"}, {"1s", "1"},   {"300ms", "1"}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    char text[200];
    pyr_config_t *config;
    const struct pyr__profile_config *cpu;
    snprintf(text, sizeof(text),
             "scrape-configs: [{job-name: a, enabled-profiles: [cpu],"
             " scrape-interval: %s}]",
             cases[i].interval);
    config = parse_good(text);
    cpu = find_profile(config, 0, "cpu");
    assert_int_equal(cpu->seconds_ns, atoi(cases[i].seconds) * PYR__NS_PER_S);
    assert_str(cpu->params[0].name, "seconds");
    assert_str(cpu->params[0].values[0], cases[i].seconds);
    pyr_config_unref(config);
  }
}

/* Unlike the classic server's, where a zero could not be set. */
static void profiles__merge_key_by_key(void **state) {
  pyr_config_t *config = parse_good(
      JOB "  profiles:\n"
          "    cpu:\n"
          "      params: {hz: 99, a: [x, y]}\n"
          "      sample-types: {samples: {sampled: false, units: \"\"}}\n"
          "    mem:\n"
          "      path: /mem\n"
          "      sample-types:\n"
          "        alloc_space: {cumulative: no, aggregation: avg}\n"
          "        other: {units: things, display-name: o, cumulative: true}\n"
          "        new:\n"
          "    block: {params: {seconds: \"7\"}}\n"
          "    own: {path: /own, params: {seconds: 3}}\n"
          "    typed: {path: /t, sample-types: {x: {cumulative: true}}}\n"
          "    second-cpu: {path: /debug/pprof/profile}\n");
  const struct pyr__profile_config *cpu = find_profile(config, 0, "cpu");
  const struct pyr__profile_config *mem = find_profile(config, 0, "mem");
  const struct pyr__profile_config *own = find_profile(config, 0, "own");
  (void)state;
  assert_str(cpu->path, "/debug/pprof/profile");
  assert_int_equal(cpu->param_count, 3);
  assert_str(cpu->params[0].name, "a");
  assert_int_equal(cpu->params[0].value_count, 2);
  assert_str(cpu->params[0].values[1], "y");
  assert_str(cpu->params[1].name, "hz");
  assert_str(cpu->params[2].name, "seconds");
  assert_true(cpu->seconds_default);
  assert_false(find_type(cpu, "samples")->sampled);
  assert_str(find_type(cpu, "samples")->units, "");
  assert_str(find_type(cpu, "samples")->display_name, "cpu");
  assert_str(mem->path, "/mem");
  assert_str(mem->type_name, "memory");
  assert_int_equal(mem->sample_type_count, 6);
  assert_false(find_type(mem, "alloc_space")->cumulative);
  assert_str(find_type(mem, "alloc_space")->aggregation, "average");
  assert_str(find_type(mem, "alloc_space")->units, "bytes");
  assert_true(find_type(mem, "alloc_objects")->cumulative);
  assert_true(find_type(mem, "other")->cumulative);
  assert_str(find_type(mem, "other")->display_name, "o");
  assert_str(find_type(mem, "new")->units, "");
  assert_int_equal(find_profile(config, 0, "block")->seconds_ns,
                   7 * PYR__NS_PER_S);
  assert_str(own->type_name, "own");
  assert_int_equal(own->seconds_ns, 3 * PYR__NS_PER_S);
  assert_false(own->seconds_default);
  /* Go's names mean in it what they mean elsewhere. */
  assert_true(find_type(own, "alloc_space")->cumulative);
  assert_int_equal(find_profile(config, 0, "typed")->sample_type_count, 1);
  assert_true(find_profile(config, 0, "second-cpu")->is_cpu);
  assert_false(own->is_cpu);
  pyr_config_unref(config);
}

static void delta_profiles__are_asked_and_not_made(void **state) {
  pyr_config_t *config = parse_good(
      JOB "  use-delta-endpoints: true\n"
          "  profiles: {block: {params: {seconds: 30}},\n"
          "             mutex: {path: /own, sample-types: {delay: {cumulative: "
          "true}}}}\n");
  const struct pyr__profile_config *mem = find_profile(config, 0, "mem");
  const struct pyr__profile_config *block = find_profile(config, 0, "block");
  const struct pyr__profile_config *mutex = find_profile(config, 0, "mutex");
  (void)state;
  assert_true(config->jobs[0].use_delta_profiles);
  assert_str(mem->path, "/debug/pprof/delta_heap");
  assert_false(find_type(mem, "alloc_space")->cumulative);
  assert_str(find_type(mem, "inuse_space")->aggregation, "average");
  assert_str(block->path, "/debug/pprof/delta_block");
  assert_int_equal(block->seconds_ns, 30 * PYR__NS_PER_S);
  assert_str(mutex->path, "/own");
  assert_true(find_type(mutex, "delay")->cumulative);
  assert_false(find_type(mutex, "contentions")->cumulative);
  assert_str(find_profile(config, 0, "cpu")->path, "/debug/pprof/profile");
  pyr_config_unref(config);
}

static void groups__are_read(void **state) {
  pyr_config_t *config =
      parse_good("server: {listen: \":4041\"}\n" JOB "  static-configs:\n"
                 "  - application: shop\n"
                 "    spy-name: gospy\n"
                 "    targets: [b:1, a:1]\n"
                 "    labels: {zone: 1.10, env: ~, ab: yes}\n"
                 "  - {application: self, targets: \":4041\"}\n"
                 "  - {application: both, targets: [\":4041\", a]}\n"
                 "  - application: none\n");
  const struct pyr__group_config *groups = config->jobs[0].groups;
  (void)state;
  assert_int_equal(config->jobs[0].group_count, 4);
  assert_str(groups[0].application, "shop");
  assert_str(groups[0].spy_name, "gospy");
  assert_int_equal(groups[0].target_count, 2);
  assert_str(groups[0].targets[0], "b:1");
  assert_int_equal(groups[0].label_count, 3);
  assert_str(groups[0].labels[0].name, "ab");
  assert_str(groups[0].labels[0].value, "yes");
  assert_str(groups[0].labels[1].value, "");
  assert_str(groups[0].labels[2].value, "1.10");
  assert_int_equal(groups[0].line, 6);
  assert_int_equal(groups[0].column, 5);
  assert_false(groups[0].self_target);
  assert_true(groups[1].self_target);
  assert_false(groups[2].self_target);
  assert_int_equal(groups[3].target_count, 0);
  pyr_config_unref(config);
}

/* ---- the calls ---------------------------------------------------------- */

static void options__may_be_older_than_the_library(void **state) {
  struct parsed parsed;
  pyr_config_options_t options = {.size = offsetof(pyr_config_options_t, alloc),
                                  .name = "old"};
  pyr_error_t err;
  (void)state;
  options.on_error = count_error; /* beyond what it says it has */
  options.ctx = &parsed;
  parsed.errors = 0;
  assert_int_equal(pyr_config_parse(&parsed.config, "x", 1, &options, &err),
                   PYR_ECONFIG);
  assert_int_equal(parsed.errors, 0);
  assert_string_equal(err.text,
                      "old:1:1: YAML: is text, expected a map of keys");
  assert_int_equal(pyr_config_parse(&parsed.config, "x", 1, NULL, &err),
                   PYR_ECONFIG);
  assert_string_equal(err.text,
                      "config:1:1: YAML: is text, expected a map of keys");
  assert_int_equal(err.line, 1);
  assert_int_equal(err.column, 1);
  assert_int_equal(pyr_config_parse(&parsed.config, "x", 1, NULL, NULL),
                   PYR_ECONFIG);
}

static void references__keep_it(void **state) {
  struct failing_allocator allocator = {0};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse_with(&parsed, JOB, strlen(JOB),
                              (pyr_config_options_t){.alloc = &alloc}),
                   0);
  assert_ptr_equal(pyr_config_ref(parsed.config), parsed.config);
  pyr_config_unref(parsed.config);
  assert_str(parsed.config->jobs[0].name, "a");
  pyr_config_unref(parsed.config);
  pyr_config_unref(NULL);
  assert_int_equal(allocator.live, 0);
}

static void errors__are_told_up_to_a_limit(void **state) {
  char text[8192] = "", *at = text;
  struct parsed parsed;
  int i;
  (void)state;
  for (i = 0; i < 250; i++)
    at += sprintf(at, "unknown-%d: 1\n", i);
  assert_int_equal(parse_with(&parsed, text, strlen(text),
                              (pyr_config_options_t){.name = "f"}),
                   PYR_ECONFIG);
  assert_int_equal(parsed.errors, PYR__LIMIT_YAML_ERRORS + 1);
  assert_int_equal(parsed.first.line, 1);
  assert_string_equal(parsed.last.text, "f: and 150 errors more");
}

static void environment__is_asked_only_on_demand(void **state) {
  static const char text[] =
      "scrape-configs:\n- job-name: ${PYR_TEST_JOB}\n  enabled-profiles: mem\n";
  struct parsed parsed;
  (void)state;
  setenv("PYR_TEST_JOB", "named", 1);
  assert_int_equal(parse_with(&parsed, text, strlen(text),
                              (pyr_config_options_t){.expand_env = 1}),
                   0);
  assert_str(parsed.config->jobs[0].name, "named");
  pyr_config_unref(parsed.config);
  parsed.config = parse_good(text);
  assert_str(parsed.config->jobs[0].name, "${PYR_TEST_JOB}");
  pyr_config_unref(parsed.config);
}

static void values__are_limited(void **state) {
  size_t big = 1 << 20, count = 300, len = 0, i;
  char *text = malloc(big + 100 + 8 * count);
  (void)state;
  len += (size_t)sprintf(text, "x-a: &a ");
  memset(text + len, 'x', big);
  len += big;
  len += (size_t)sprintf(text + len, "\n" JOB "  static-configs:\n"
                                     "  - application: a\n    targets: [");
  for (i = 0; i < count; i++)
    len += (size_t)sprintf(text + len, "*a , ");
  len += (size_t)sprintf(text + len, "]\n");
  assert_int_equal(
      parse_bad(text, len,
                "f:1:1: YAML: the configuration takes more than 268435456 "
                "bytes"),
      1);
  free(text);
}

static void files__are_loaded(void **state) {
  char path[] = "/tmp/pyrite-config-XXXXXX", expected[256];
  int fd = mkstemp(path);
  pyr_config_t *config;
  pyr_error_t err;
  (void)state;
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, JOB, strlen(JOB), 0), strlen(JOB));
  assert_int_equal(pyr_config_load(&config, path, NULL, &err), 0);
  assert_str(config->jobs[0].name, "a");
  pyr_config_unref(config);
  assert_int_equal(pwrite(fd, "s", 1, 0), 1);
  assert_int_equal(pwrite(fd, ": ", 2, 1), 2);
  assert_int_equal(pyr_config_load(&config, path, NULL, &err), PYR_ECONFIG);
  snprintf(expected, sizeof(expected), "%s:1:", path);
  assert_memory_equal(err.text, expected, strlen(expected));
  assert_int_equal(ftruncate(fd, PYR__LIMIT_CONFIG_BYTES + 5), 0);
  assert_int_equal(pyr_config_load(&config, path, NULL, &err), PYR_ECONFIG);
  assert_non_null(strstr(err.text, "expected a file of at most 16777216"));
  close(fd);
  unlink(path);
  assert_int_equal(pyr_config_load(&config, path, NULL, &err), -ENOENT);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(pyr_config_load(&config, "/", NULL, &err), -EISDIR);
}

static void memory__may_end_anywhere(void **state) {
  static const char *const files[] = {TEST_SOURCE_DIR "/../conf/pyrite.yml",
                                      TEST_SOURCE_DIR
                                      "/config/good/relabel.yml",
                                      TEST_SOURCE_DIR "/config/bad/relabel.yml",
                                      TEST_SOURCE_DIR "/config/bad/jobs.yml",
                                      TEST_SOURCE_DIR "/config/bad/top.yml"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
    struct failing_allocator allocator = {0};
    pyr_alloc_t alloc = failing_alloc(&allocator);
    pyr_config_options_t options = {.size = sizeof(options), .alloc = &alloc};
    pyr_config_t *config = NULL;
    pyr_error_t err;
    int rc = PYR__ENOMEM;
    while (rc == PYR__ENOMEM) {
      allocator.fail_at++;
      allocator.calls = 0;
      rc = pyr_config_load(&config, files[i], &options, &err);
      if (rc == PYR__ENOMEM)
        assert_string_equal(err.text, "out of memory");
      if (rc == 0)
        pyr_config_unref(config);
      assert_int_equal(allocator.live, 0);
    }
    assert_int_equal(rc, i < 2 ? 0 : PYR_ECONFIG);
    assert_true(allocator.fail_at > 5);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults__are_those_of_the_classic_server),
      cmocka_unit_test(default_profiles__are_five),
      cmocka_unit_test(no_configuration__scrapes_itself),
      cmocka_unit_test(sections__are_read),
      cmocka_unit_test(global__is_what_jobs_start_from),
      cmocka_unit_test(seconds__follow_the_interval),
      cmocka_unit_test(profiles__merge_key_by_key),
      cmocka_unit_test(delta_profiles__are_asked_and_not_made),
      cmocka_unit_test(groups__are_read),
      cmocka_unit_test(options__may_be_older_than_the_library),
      cmocka_unit_test(references__keep_it),
      cmocka_unit_test(errors__are_told_up_to_a_limit),
      cmocka_unit_test(environment__is_asked_only_on_demand),
      cmocka_unit_test(values__are_limited),
      cmocka_unit_test(files__are_loaded),
      cmocka_unit_test(memory__may_end_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
