/* All targets of a job. */
#include "config_support.h"

#include "base/label.h"
#include "targets/making.h"

struct built {
  pyr_config_t *config;
  struct pyr__memory memory;
  struct pyr__arena arena;
  const struct pyr__target *targets;
  size_t count, errors;
  pyr_error_t first;
};

static void on_error(void *ctx, const pyr_error_t *error) {
  struct built *built = ctx;
  if (built->errors++ == 0)
    built->first = *error;
}

static void build(struct built *built, const char *text) {
  *built = (struct built){.config = parse_good(text)};
  pyr__memory_init(&built->memory, NULL);
  pyr__arena_init(&built->arena, &built->memory, PYR__MEM_SCRAPER, 1 << 20);
  assert_int_equal(pyr__targets_build(&built->config->jobs[0], &built->arena,
                                      &built->targets, &built->count, on_error,
                                      built, NULL),
                   0);
}

static void finish(struct built *built) {
  pyr__arena_release(&built->arena);
  pyr_config_unref(built->config);
}

#define JOB                                                                    \
  "scrape-configs:\n- job-name: j\n  enabled-profiles: [mem]\n"                \
  "  static-configs:\n"

static void bad_targets__harm_only_themselves(void **state) {
  struct built built;
  (void)state;
  build(&built,
        JOB "  - {application: a, targets: [a:1, \"http://x/\", b:1, \"\"]}\n"
            "  - {application: b, targets: [c:0]}\n"
            "  - {application: c, targets: [d:1]}\n");
  assert_int_equal(built.count, 3);
  assert_int_equal(built.errors, 3);
  assert_string_equal(built.first.text,
                      "config:5:5: job \"j\", target http://x/: \"http://x/\" "
                      "is not a valid hostname, "
                      "expected HOST or HOST:PORT without a scheme, a user, a "
                      "path and a query");
  assert_int_equal(built.first.line, 5);
  assert_int_equal(built.first.column, 5);
  assert_true(pyr__str_is(built.targets[1].address, "b:1"));
  assert_true(pyr__str_is(built.targets[2].address, "d:1"));
  finish(&built);
}

static void repeated_targets__are_one(void **state) {
  struct built built;
  (void)state;
  build(&built,
        JOB "  - {application: a, targets: [a, \"a:80\", a, b]}\n"
            "  - {application: a, targets: [a], spy-name: other,\n"
            "     labels: {__profile_cpu_enabled: \"false\"}}\n"
            "  - {application: a, targets: [a], labels: {env: x}}\n"
            "  - {application: a, targets: [a], labels: {__param_x: \"1\"}}\n"
            "  - {application: b, targets: [a]}\n"
            "  - {application: a, targets: [c, d],\n"
            "     labels: {__profile_mem_enabled: \"false\"}}\n");
  assert_int_equal(built.errors, 0);
  assert_int_equal(built.count, 5);
  finish(&built);
}

static pyr_str_t address_of(struct built *built, size_t group,
                            const char *self) {
  const struct pyr__static_part part = {group, 0, 1};
  struct pyr__target_group out;
  assert_int_equal(pyr__static_group(&built->config->jobs[0], &part,
                                     pyr__str(self), &built->arena, &out, NULL),
                   0);
  assert_int_equal(out.target_count, 1);
  return *pyr__labels_find(out.targets[0].labels, out.targets[0].label_count,
                           "__address__");
}

static void self__moves_with_the_process(void **state) {
  static const char text[] =
      "server: {listen: \"127.0.0.1:0\"}\n" JOB
      "  - {application: self, targets: [\"127.0.0.1:0\"]}\n"
      "  - {application: other, targets: [a:1]}\n";
  struct built built;
  (void)state;
  build(&built, text);
  assert_int_equal(built.count, 1);
  assert_int_equal(built.errors, 1);
  assert_true(pyr__str_is(address_of(&built, 0, ""), "127.0.0.1:0"));
  assert_true(
      pyr__str_is(address_of(&built, 0, "127.0.0.1:7777"), "127.0.0.1:7777"));
  assert_true(pyr__str_is(address_of(&built, 1, "127.0.0.1:7777"), "a:1"));
  finish(&built);
}

/* These numbers are for ever: phases hang on them. */
static void identities__stay_over_versions(void **state) {
  struct built built;
  (void)state;
  build(&built,
        JOB "  - {application: a, targets: [h:1, h:2], labels: {env: x}}\n"
            "  - {application: a, targets: [h:1], labels: {env: y}}\n"
            "  - {application: a, targets: [h:1],\n"
            "     labels: {env: x, __param_a: b}}\n");
  assert_int_equal(built.count, 4);
  assert_int_equal(built.targets[0].hash, UINT64_C(0x870827d6560422cb));
  assert_int_equal(built.targets[1].hash, UINT64_C(0xcce9662fe3937190));
  assert_int_equal(built.targets[2].hash, UINT64_C(0x6cb987261698488));
  assert_int_equal(built.targets[3].hash, UINT64_C(0xab357d61bc4a6f36));
  finish(&built);
}

static void memory__may_end_anywhere(void **state) {
  struct failing_allocator allocator = {0};
  pyr_config_t *config =
      parse_good(JOB "  - application: a\n"
                     "    targets: [a, b, c, a, \"x/\"]\n"
                     "    labels: {__param_a: b, __scrape_interval__: 3s,\n"
                     "             __profile_cpu_enabled: \"true\"}\n");
  int rc = PYR__ENOMEM;
  (void)state;
  while (rc == PYR__ENOMEM) {
    pyr_alloc_t alloc = failing_alloc(&allocator);
    struct pyr__memory memory;
    struct pyr__arena arena;
    const struct pyr__target *targets;
    size_t count;
    pyr_error_t err = {0};
    allocator.fail_at++;
    allocator.calls = 0;
    pyr__memory_init(&memory, &alloc);
    pyr__arena_init(&arena, &memory, PYR__MEM_SCRAPER, 1 << 20);
    rc = pyr__targets_build(&config->jobs[0], &arena, &targets, &count, NULL,
                            NULL, &err);
    if (rc == PYR__ENOMEM)
      assert_string_equal(err.text, "out of memory");
    else
      assert_int_equal(count, 3);
    pyr__arena_release(&arena);
    assert_int_equal(allocator.live, 0);
  }
  assert_int_equal(rc, 0);
  assert_true(allocator.fail_at > 10);
  pyr_config_unref(config);
}

static void ignore_request(void *ctx, const pyr_request_t *request) {
  size_t *count = ctx;
  *count += request->url != NULL;
}

static void requests__may_lack_memory(void **state) {
  static const char text[] = JOB "  - {application: a, targets: [a, b, x/]}\n"
                                 "- job-name: k\n"
                                 "  enabled-profiles: [cpu]\n"
                                 "  static-configs:\n"
                                 "  - {application: a, targets: [a]}\n";
  struct failing_allocator allocator = {0};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct parsed parsed;
  size_t live, calls, count;
  int rc = PYR__ENOMEM;
  (void)state;
  assert_int_equal(parse_with(&parsed, text, strlen(text),
                              (pyr_config_options_t){.alloc = &alloc}),
                   0);
  live = allocator.live;
  for (calls = 1; rc == PYR__ENOMEM; calls++) {
    allocator.calls = 0;
    allocator.fail_at = calls;
    count = 0;
    rc = pyr_config_each_request(parsed.config, ignore_request, NULL, &count,
                                 NULL);
    assert_int_equal(allocator.live, live);
  }
  assert_int_equal(rc, 0);
  assert_int_equal(count, 3);
  assert_true(calls > 5);
  pyr_config_unref(parsed.config);
  assert_int_equal(allocator.live, 0);
}

/* Wherever it is passed, it is told as what it is. */
static void memory__may_be_limited(void **state) {
  pyr_config_t *config =
      parse_good(JOB "  - {application: a, targets: [a, b, c, d]}\n");
  size_t limit;
  int rc = PYR_ELIMIT;
  (void)state;
  for (limit = 0; rc == PYR_ELIMIT; limit += 8) {
    struct pyr__memory memory;
    struct pyr__arena arena;
    const struct pyr__target *targets;
    size_t count;
    pyr_error_t err;
    pyr__memory_init(&memory, NULL);
    pyr__arena_init(&arena, &memory, PYR__MEM_SCRAPER, limit);
    rc = pyr__targets_build(&config->jobs[0], &arena, &targets, &count, NULL,
                            NULL, &err);
    if (rc == PYR_ELIMIT)
      assert_memory_equal(err.text, "what targets need takes more than ", 34);
    pyr__arena_release(&arena);
  }
  assert_int_equal(rc, 0);
  assert_true(limit > 1000);
  pyr_config_unref(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_targets__harm_only_themselves),
      cmocka_unit_test(repeated_targets__are_one),
      cmocka_unit_test(self__moves_with_the_process),
      cmocka_unit_test(identities__stay_over_versions),
      cmocka_unit_test(memory__may_end_anywhere),
      cmocka_unit_test(requests__may_lack_memory),
      cmocka_unit_test(memory__may_be_limited),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
