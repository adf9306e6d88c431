/* The store when something fails: what was written before stays readable, what
 * is lost is counted, and it goes on as soon as it can. */
#include "store_fixture.h"

static void a_full_disk__drops_and_resumes(void **state) {
  struct fixture *f = *state;
  unsigned round;
  int dropped = 0;
  f->options.buffer_bytes = 4 << 10;
  open_store(f);
  append_rounds(f, 0, 3);
  f->disk.room = 100; /* the next write is cut */
  for (round = 3; round < 60; round++) {
    int rc = append(f, "cpu", round);
    assert_true(rc == 0 || rc == PYR_EFULL);
    dropped += rc == PYR_EFULL;
    made_clock_step(&f->clock, PYR__NS_PER_S);
    assert_true(pyr__store_tick(f->store) > f->clock.monotonic_ns);
  }
  assert_true(dropped > 10);
  assert_int_equal(stats(f)->dropped_profiles, dropped);
  assert_non_null(strstr(f->err.text, "No space left"));
  assert_non_null(strstr(stats(f)->last_error, "No space left"));
  assert_true(stats(f)->buffered_bytes < 8 << 10);
  assert_in_range(check_all(f), 6, 7); /* what was flushed before */
  f->disk.room = 1 << 24;
  made_clock_step(&f->clock, PYR__NS_PER_S);
  pyr__store_tick(f->store);
  assert_string_equal(stats(f)->last_error, "");
  made_clock_step(&f->clock, -PYR__NS_PER_S);
  append_rounds(f, 60, 63);
  close_store(f);
  assert_int_equal(check_all(f), 6 + (57 - dropped) + 6);
}

static void a_full_disk__is_freed_by_retention(void **state) {
  struct fixture *f = *state;
  f->options.segment_max_bytes = 8 << 10;
  f->options.retention_bytes = 40 << 10;
  f->disk.room = 64 << 10;
  open_store(f);
  append_rounds(f, 0, 120);
  assert_int_equal(stats(f)->dropped_profiles, 0);
  close_store(f);
}

/* Each call of the whole life of a store fails once: nothing that came before
 * or after is lost, but what the failure says. */
static void each_failing_call__leaves_readable_files(void **state) {
  struct fixture *f = *state;
  size_t n, tear;
  for (tear = 0; tear <= 30; tear += 30)
    for (n = 1;; n++) {
      int rc;
      uint64_t kept;
      memory_release(&f->disk);
      memory_init(&f->disk);
      made_clock_init(&f->clock);
      f->options.segment_max_bytes = 3 << 9;
      f->options.retention_bytes = 24 << 10;
      f->disk.fail_at = n;
      f->disk.tear = tear;
      rc = pyr__store_open(&f->store, &f->memory, &f->io, "/store", &f->options,
                           &f->err);
      if (rc != 0) {
        assert_int_equal(rc, -EIO);
        continue;
      }
      append_rounds(f, 0, 6);
      kept = stats(f)->profiles - stats(f)->dropped_profiles;
      rc = pyr__store_close(f->store, &f->err);
      f->store = NULL;
      assert_true(rc == 0 || rc == -EIO);
      if (f->disk.calls < n)
        break; /* none failed */
      f->disk.fail_at = 0;
      assert_in_range(check_all(f), 8, kept);
    }
  assert_in_range(n, 20, 1000);
}

/* A write that fails, whose part that was written cannot be taken back: the
 * file is given up, and what waited is counted. */
static void a_file_of_unknown_size__is_given_up(void **state) {
  struct fixture *f = *state;
  struct memory_file *files[MEMORY_FILES];
  open_store(f);
  append_rounds(f, 0, 3);
  f->disk.fail_truncate = 1;
  f->disk.tear = 40;
  f->disk.fail_at = f->disk.calls + 1;
  assert_int_equal(append(f, "cpu", 3), 0);
  made_clock_step(&f->clock, PYR__NS_PER_S);
  pyr__store_tick(f->store);
  assert_int_equal(stats(f)->dropped_profiles, 1);
  append_rounds(f, 4, 6);
  close_store(f);
  assert_int_equal(memory_segments(&f->disk, files), 2);
  assert_int_equal(check_all(f), 10);
}

static void closing__says_what_could_not_be_written(void **state) {
  struct fixture *f = *state;
  open_store(f);
  assert_int_equal(append(f, "cpu", 0), 0);
  f->disk.room = 0;
  assert_int_equal(pyr__store_close(f->store, &f->err), -ENOSPC);
  f->store = NULL;
  assert_non_null(strstr(f->err.text, "/store/"));
}

/* What is in the store, as one number: nothing of it may change when an append
 * fails. */
static uint64_t fingerprint(const struct fixture *f) {
  const struct pyr__store_stats *now = stats(f);
  return now->profiles * 1000003 + now->samples * 7919 + now->buffered_bytes;
}

static void each_failing_allocation__leaves_the_store_as_it_was(void **state) {
  struct fixture *f = *state;
  unsigned round;
  open_store(f);
  for (round = 0; round < 20; round++) {
    size_t n;
    for (n = 1;; n++) {
      uint64_t before = fingerprint(f);
      int rc;
      f->allocator.calls = 0;
      f->allocator.fail_at = n;
      rc = append(f, round % 2 ? "mem" : "cpu", round);
      f->allocator.fail_at = 0;
      if (rc == 0)
        break;
      assert_int_equal(rc, PYR__ENOMEM);
      pyr__store_tick(f->store);
      assert_true(fingerprint(f) == before);
    }
    made_clock_step(&f->clock, PYR__NS_PER_S);
    f->allocator.calls = 0;
    f->allocator.fail_at = 1 + round % 4; /* in the flush */
    pyr__store_tick(f->store);
    f->allocator.fail_at = 0;
  }
  close_store(f);
  assert_int_equal(check_all(f), 20);
}

static void each_failing_allocation__when_opening_and_closing(void **state) {
  struct fixture *f = *state;
  size_t n;
  for (n = 1;; n++) {
    int rc;
    f->allocator.calls = 0;
    f->allocator.fail_at = n;
    rc = pyr__store_open(&f->store, &f->memory, &f->io, "/store", &f->options,
                         &f->err);
    f->allocator.fail_at = 0;
    if (rc == 0)
      break;
    assert_int_equal(rc, PYR__ENOMEM);
    assert_int_equal(f->allocator.live, 0);
  }
  for (n = 1; n < 40; n++) {
    append_rounds(f, (unsigned)n - 1, (unsigned)n);
    f->allocator.calls = 0;
    f->allocator.fail_at = n;
    pyr__store_close(f->store, &f->err);
    f->allocator.fail_at = 0;
    open_store(f);
  }
  close_store(f);
  assert_int_equal(check_all(f), 78);
}

static void too_much__is_refused_by_name(void **state) {
  struct fixture *f = *state;
  struct made_profile *made = made_profile_new(0, 2, 'c');
  uint64_t before;
  open_store(f);
  assert_int_equal(append(f, "cpu", 0), 0);
  before = fingerprint(f);
  made->profile.type_count = PYR__LIMIT_SAMPLE_TYPES + 1;
  assert_int_equal(
      made_append(f->store, &f->clock, "cpu", &made->profile, &f->err),
      PYR_ELIMIT);
  assert_true(fingerprint(f) == before);
  free(made);
}

static void deep_stacks__are_kept_up_to_the_limit(void **state) {
  struct fixture *f = *state;
  struct made_profile *made = made_profile_new(0, 2, 'c');
  uint32_t *frames = calloc(PYR__LIMIT_STACK_FRAMES + 1, sizeof(*frames));
  open_store(f);
  made->profile.frames = frames;
  made->profile.sample_count = 2;
  made->samples[0] =
      (struct pyr__sample){.frame_count = PYR__LIMIT_STACK_FRAMES};
  made->samples[1] =
      (struct pyr__sample){.frame_count = PYR__LIMIT_STACK_FRAMES - 1};
  assert_int_equal(
      made_append(f->store, &f->clock, "cpu", &made->profile, &f->err), 0);
  assert_int_equal(
      made_append(f->store, &f->clock, "cpu", &made->profile, &f->err), 0);
  made->samples[0].frame_count++;
  assert_int_equal(
      made_append(f->store, &f->clock, "cpu", &made->profile, &f->err),
      PYR_ELIMIT);
  close_store(f);
  free(frames);
  free(made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
      T(a_full_disk__drops_and_resumes),
      T(a_full_disk__is_freed_by_retention),
      T(each_failing_call__leaves_readable_files),
      T(a_file_of_unknown_size__is_given_up),
      T(closing__says_what_could_not_be_written),
      T(each_failing_allocation__leaves_the_store_as_it_was),
      T(each_failing_allocation__when_opening_and_closing),
      T(too_much__is_refused_by_name),
      T(deep_stacks__are_kept_up_to_the_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
