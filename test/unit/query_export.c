#include "query_support.h"

#include "query/merge.h"

struct fixture {
  struct pyr__memory memory;
  struct pyr__merge *merge;
  struct pyr__profile profile;
  struct kept_text kept;
  struct pyr__output output;
};

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  struct hand_profile *hand = hand_profile_new(0x400000, 0);
  setenv("TZ", "UTC", 1);
  pyr__memory_init(&f->memory, NULL);
  f->output = (struct pyr__output){keep_text, &f->kept};
  assert_int_equal(pyr__merge_new(&f->merge, &f->memory, 1 << 20, NULL), 0);
  assert_int_equal(pyr__merge_add(f->merge, &hand->profile, NULL), 0);
  assert_int_equal(pyr__merge_finish(f->merge, &f->profile, NULL), 0);
  free(hand);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  pyr__merge_free(f->merge);
  assert_int_equal(f->memory.accounts[PYR__MEM_QUERY].used_blocks, 0);
  free(f);
  return 0;
}

static void top__is_as_pprof_prints_it(void **state) {
  struct fixture *f = *state;
  assert_int_equal(
      pyr__export_top(&f->profile, 1, 0, &f->memory, &f->output, NULL), 0);
  assert_string_equal(
      f->kept.text,
      "File: shop\n"
      "Build ID: b01d\n"
      "Type: cpu\n"
      "Time: 2026-01-02 03:04:05 UTC\n"
      "Duration: 10s, Total samples = 60ms (  0.6%)\n"
      "Showing nodes accounting for 60ms, 100% of 60ms total\n"
      "      flat  flat%   sum%        cum   cum%\n"
      "      30ms 50.00% 50.00%       30ms 50.00%  [libc.so.6]\n"
      "      30ms 50.00%   100%       30ms 50.00%  main;idle?\n"
      "         0     0%   100%       60ms   100%  main.main\n"
      "         0     0%   100%       30ms 50.00%  main.work (inline)\n");
}

static void top__shows_as_many_rows_as_asked(void **state) {
  struct fixture *f = *state;
  assert_int_equal(
      pyr__export_top(&f->profile, 0, 1, &f->memory, &f->output, NULL), 0);
  assert_string_equal(
      f->kept.text,
      "File: shop\n"
      "Build ID: b01d\n"
      "Type: samples\n"
      "Time: 2026-01-02 03:04:05 UTC\n"
      "Duration: 10s, Total samples = 6 \n"
      "Showing nodes accounting for 3, 50.00% of 6 total\n"
      "Showing top 1 nodes out of 4\n"
      "      flat  flat%   sum%        cum   cum%\n"
      "         3 50.00% 50.00%          3 50.00%  [libc.so.6]\n");
}

static void folded__is_root_first_and_adds_equal_stacks(void **state) {
  struct fixture *f = *state;
  assert_int_equal(
      pyr__export_folded(&f->profile, 0, &f->memory, &f->output, NULL), 0);
  assert_string_equal(f->kept.text, "main.main;main.work;[libc.so.6] 3\n"
                                    "main.main;main:idle? 3\n");
}

static void pprof__is_gzip(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__export_pprof(&f->profile, &f->memory, &f->output, NULL),
                   0);
  assert_true(f->kept.len > 18);
  assert_memory_equal(f->kept.text, "\x1f\x8b", 2);
}

static void default_type__is_the_profiles_or_the_last(void **state) {
  struct fixture *f = *state;
  uint32_t i;
  assert_int_equal(pyr__export_default_type(&f->profile), 1);
  for (i = 0; i < f->profile.string_count; i++)
    if (pyr__str_is(f->profile.strings[i], "samples"))
      f->profile.default_type = i;
  assert_int_equal(pyr__export_default_type(&f->profile), 0);
  for (i = 0; i < f->profile.string_count; i++)
    if (pyr__str_is(f->profile.strings[i], "count"))
      f->profile.default_type = i;
  assert_int_equal(pyr__export_default_type(&f->profile), 1);
}

static int export_nth(const struct fixture *f, int which,
                      struct pyr__memory *memory, pyr_error_t *err) {
  if (which == 0)
    return pyr__export_top(&f->profile, 1, 0, memory, &f->output, err);
  if (which == 1)
    return pyr__export_folded(&f->profile, 1, memory, &f->output, err);
  return pyr__export_pprof(&f->profile, memory, &f->output, err);
}

static void exports__are_errors_where_writing_fails(void **state) {
  struct fixture *f = *state;
  pyr_error_t err;
  int which;
  for (which = 0; which < 3; which++) {
    f->kept.writes = 0;
    f->kept.fail_at = 1;
    assert_int_equal(export_nth(f, which, &f->memory, &err), -ENOSPC);
    assert_string_equal(err.text, "out: No space left on device");
  }
}

static void exports__are_errors_without_memory(void **state) {
  struct fixture *f = *state;
  pyr_error_t err;
  int which, rc;
  size_t n;
  for (which = 0; which < 3; which++)
    for (n = 1;; n++) {
      struct failing_allocator counts = {.fail_at = n};
      pyr_alloc_t alloc = failing_alloc(&counts);
      struct pyr__memory memory;
      pyr__memory_init(&memory, &alloc);
      f->kept.len = 0;
      rc = export_nth(f, which, &memory, &err);
      assert_int_equal(counts.live, 0);
      if (counts.calls < n)
        break;
      assert_int_equal(rc, PYR__ENOMEM);
    }
}

/* No samples, no mappings, no functions: still a table. */
static void exports__take_an_empty_profile(void **state) {
  struct fixture *f = *state;
  f->profile.sample_count = f->profile.mapping_count = 0;
  f->profile.location_count = f->profile.line_count = 0;
  f->profile.time_ns = f->profile.duration_ns = 0;
  assert_int_equal(export_nth(f, 1, &f->memory, NULL), 0);
  assert_int_equal(f->kept.len, 0);
  assert_int_equal(export_nth(f, 0, &f->memory, NULL), 0);
  assert_string_equal(f->kept.text,
                      "Type: cpu\n"
                      "Showing nodes accounting for 0, 0% of 0 total\n"
                      "      flat  flat%   sum%        cum   cum%\n");
}

int main(void) {
#define WITH_PROFILE(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
      WITH_PROFILE(top__is_as_pprof_prints_it),
      WITH_PROFILE(top__shows_as_many_rows_as_asked),
      WITH_PROFILE(folded__is_root_first_and_adds_equal_stacks),
      WITH_PROFILE(pprof__is_gzip),
      WITH_PROFILE(default_type__is_the_profiles_or_the_last),
      WITH_PROFILE(exports__are_errors_where_writing_fails),
      WITH_PROFILE(exports__are_errors_without_memory),
      WITH_PROFILE(exports__take_an_empty_profile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
