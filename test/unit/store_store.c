/* The store on a file system in memory: what is written is read again. */
#include "store_fixture.h"

/* ---- what goes in comes out --------------------------------------------- */

static void profiles__come_out_as_they_went_in(void **state) {
  struct fixture *f = *state;
  open_store(f);
  append_rounds(f, 0, 40);
  assert_int_equal(check_all(f), 80); /* while it is being written */
  assert_int_equal(stats(f)->profiles, 80);
  assert_int_equal(stats(f)->segments, 1);
  close_store(f);
  assert_int_equal(check_all(f), 80); /* and sealed */
}

static void profiles__of_a_time_range_are_merged(void **state) {
  struct fixture *f = *state;
  struct memory_file *files[MEMORY_FILES];
  struct pyr__segment *segment;
  struct pyr__arena arena;
  const struct pyr__profile *profile;
  struct pyr__merge *merge;
  struct pyr__profile expected;
  uint8_t wanted[2] = {1, 0};
  char *text, *expected_text;
  size_t count;
  unsigned round;
  open_store(f);
  append_rounds(f, 0, 40);
  close_store(f);
  assert_int_equal(pyr__merge_new(&merge, &f->memory, 1 << 28, NULL), 0);
  for (round = 10; round < 30; round++) {
    struct made_profile *made = made_profile_new(round, 2, 'c');
    assert_int_equal(pyr__merge_add(merge, &made->profile, NULL), 0);
    free(made);
  }
  assert_int_equal(pyr__merge_finish(merge, &expected, NULL), 0);
  assert_int_equal(memory_segments(&f->disk, files), 1);
  assert_int_equal(pyr__segment_open(&segment, &f->memory, &f->io,
                                     files[0]->path, NULL, NULL, NULL),
                   0);
  pyr__arena_init(&arena, &f->memory, PYR__MEM_QUERY, 1 << 24);
  assert_int_equal(pyr__segment_merge(segment, wanted,
                                      f->clock.wall_ns - 30 * PYR__NS_PER_S,
                                      f->clock.wall_ns - 10 * PYR__NS_PER_S,
                                      &arena, &profile, &count, NULL),
                   0);
  assert_int_equal(count, 20);
  text = normal_text(&f->memory, profile);
  expected_text = profile_text(&f->memory, &expected);
  assert_string_equal(text, expected_text);
  free(text);
  free(expected_text);
  pyr__merge_free(merge);
  pyr__arena_release(&arena);
  pyr__segment_close(segment);
}

static void merging__series_of_other_types_is_refused(void **state) {
  struct fixture *f = *state;
  struct memory_file *files[MEMORY_FILES];
  struct pyr__segment *segment;
  struct pyr__arena arena;
  const struct pyr__profile *profile;
  const uint8_t wanted[2] = {1, 1};
  size_t count;
  open_store(f);
  append_rounds(f, 0, 1);
  close_store(f);
  memory_segments(&f->disk, files);
  assert_int_equal(pyr__segment_open(&segment, &f->memory, &f->io,
                                     files[0]->path, NULL, NULL, NULL),
                   0);
  pyr__arena_init(&arena, &f->memory, PYR__MEM_QUERY, 1 << 24);
  assert_int_equal(pyr__segment_merge(segment, wanted, INT64_MIN, INT64_MAX,
                                      &arena, &profile, &count, &f->err),
                   PYR_EUSAGE);
  pyr__segment_close(segment);
}

static void repeated_scrapes__cost_their_columns_alone(void **state) {
  struct fixture *f = *state;
  uint64_t first;
  unsigned i;
  open_store(f);
  append_rounds(f, 0, 1);
  first = stats(f)->store_bytes;
  for (i = 0; i < 10; i++) { /* the same again */
    assert_int_equal(append(f, "cpu", 0), 0);
    made_clock_step(&f->clock, PYR__NS_PER_S);
    pyr__store_tick(f->store);
  }
  assert_true(stats(f)->store_bytes - first < 10 * 80);
  close_store(f);
}

static void a_profile_without_samples__is_kept(void **state) {
  struct fixture *f = *state;
  struct made_profile *made = made_profile_new(0, 2, 'c');
  struct memory_file *files[MEMORY_FILES];
  struct pyr__segment *segment;
  static struct made_read read;
  open_store(f);
  made->profile.sample_count = 0;
  assert_int_equal(
      made_append(f->store, &f->clock, "cpu", &made->profile, &f->err), 0);
  close_store(f);
  memory_segments(&f->disk, files);
  assert_int_equal(pyr__segment_open(&segment, &f->memory, &f->io,
                                     files[0]->path, NULL, NULL, NULL),
                   0);
  made_read_heads(segment, &f->memory, &read);
  assert_int_equal(read.count, 1);
  assert_int_equal(read.heads[0].samples, 0);
  assert_int_equal(read.heads[0].totals[0], 0);
  pyr__segment_close(segment);
  free(made);
}

static void totals__are_sums_that_stop_at_the_ends(void **state) {
  struct fixture *f = *state;
  struct made_profile *made = made_profile_new(0, 2, 'c');
  struct memory_file *files[MEMORY_FILES];
  struct pyr__segment *segment;
  static struct made_read read;
  made->profile.sample_count = 3;
  made->values[0] = 5;
  made->values[2] = -7;
  made->values[4] = 1;
  made->values[1] = made->values[3] = INT64_MAX;
  made->values[5] = INT64_MAX;
  open_store(f);
  assert_int_equal(
      made_append(f->store, &f->clock, "cpu", &made->profile, &f->err), 0);
  close_store(f);
  memory_segments(&f->disk, files);
  assert_int_equal(pyr__segment_open(&segment, &f->memory, &f->io,
                                     files[0]->path, NULL, NULL, NULL),
                   0);
  made_read_heads(segment, &f->memory, &read);
  assert_int_equal(read.heads[0].totals[0], -1);
  assert_true(read.heads[0].totals[1] == INT64_MAX);
  pyr__segment_close(segment);
  free(made);
}

/* ---- when things are done ----------------------------------------------- */

static void flush__waits_for_its_interval(void **state) {
  struct fixture *f = *state;
  open_store(f);
  assert_int_equal(pyr__store_tick(f->store), INT64_MAX);
  assert_int_equal(append(f, "cpu", 0), 0);
  assert_int_equal(pyr__store_tick(f->store),
                   f->clock.monotonic_ns + PYR__NS_PER_S);
  assert_int_equal(f->disk.appends, 0);
  assert_true(stats(f)->buffered_bytes > 0);
  made_clock_step(&f->clock, PYR__NS_PER_S);
  assert_int_equal(pyr__store_tick(f->store),
                   f->clock.monotonic_ns + 10 * PYR__NS_PER_S);
  assert_int_equal(f->disk.appends, 1); /* one call a flush */
  assert_int_equal(f->disk.dir_syncs, 1);
  assert_int_equal(stats(f)->buffered_bytes, 0);
  assert_int_equal(f->disk.syncs, 0);
  made_clock_step(&f->clock, 10 * PYR__NS_PER_S);
  pyr__store_tick(f->store);
  assert_int_equal(f->disk.syncs, 1);
  close_store(f);
}

static void a_slow_sync__is_not_waited_for(void **state) {
  struct fixture *f = *state;
  int64_t due;
  f->disk.has_queue = 1;
  open_store(f);
  append_rounds(f, 0, 2);
  assert_int_equal(f->disk.begun, 1); /* of the directory */
  append_rounds(f, 2, 20);
  assert_int_equal(f->disk.begun, 1); /* one at a time */
  assert_int_equal(stats(f)->syncs, 0);
  due = pyr__store_tick(f->store);
  assert_int_equal(due, f->clock.monotonic_ns + PYR__NS_PER_S / 10);
  made_clock_step(&f->clock, PYR__NS_PER_S / 20);
  assert_int_equal(pyr__store_due(f->store), due); /* appending puts off none */
  made_clock_step(&f->clock, -PYR__NS_PER_S / 20);
  f->disk.may_end = 1;
  pyr__store_tick(f->store);
  assert_int_equal(stats(f)->syncs, 1);
  assert_int_equal(f->disk.begun, 1); /* that of the file, which was due */
  append_rounds(f, 20, 40);
  f->disk.may_end = 1;
  pyr__store_tick(f->store);
  assert_int_equal(stats(f)->syncs, 2);
  assert_true(stats(f)->longest_sync_ns >= 19 * PYR__NS_PER_S);
  assert_int_equal(f->disk.syncs, 0);
  close_store(f); /* which waits for all */
  assert_int_equal(f->disk.syncs, 1);
  assert_int_equal(check_all(f), 80);
}

static void a_sealed_segment__is_synced_without_waiting(void **state) {
  struct fixture *f = *state;
  f->disk.has_queue = 1;
  f->options.segment_max_age_ns = 10 * PYR__NS_PER_S;
  open_store(f);
  append_rounds(f, 0, 35);
  assert_int_equal(stats(f)->segments_sealed, 3);
  assert_int_equal(f->disk.syncs, 0);
  assert_int_equal(f->disk.begun, 4 + 3); /* each made, and each sealed */
  close_store(f);
  assert_int_equal(check_all(f), 70);
}

static void a_sync_that_failed__is_told_and_tried_again(void **state) {
  struct fixture *f = *state;
  f->disk.has_queue = 1;
  open_store(f);
  append_rounds(f, 0, 2);
  f->disk.may_end = 1;
  f->disk.sync_result = -EIO;
  pyr__store_tick(f->store);
  assert_int_equal(stats(f)->write_errors, 1);
  assert_non_null(strstr(stats(f)->last_error, "Input/output error"));
  f->disk.sync_result = 0;
  append_rounds(f, 2, 14);
  assert_int_equal(f->disk.begun, 1);
  f->disk.may_end = 1;
  pyr__store_tick(f->store);
  assert_string_equal(stats(f)->last_error, "");
  append_rounds(f, 14, 26);
  f->disk.sync_result = -EIO;
  assert_int_equal(pyr__store_close(f->store, &f->err), -EIO);
  f->store = NULL;
  assert_non_null(strstr(f->err.text, "Input/output error"));
}

static void segment__is_sealed_by_size(void **state) {
  struct fixture *f = *state;
  f->options.segment_max_bytes = 5 << 10;
  open_store(f);
  append_rounds(f, 0, 60);
  assert_true(stats(f)->segments_sealed >= 2);
  assert_true(stats(f)->segments >= 3);
  close_store(f);
  assert_int_equal(check_all(f), 120);
}

static void segment__is_sealed_by_age(void **state) {
  struct fixture *f = *state;
  struct memory_file *files[MEMORY_FILES];
  f->options.segment_max_age_ns = 10 * PYR__NS_PER_S;
  open_store(f);
  append_rounds(f, 0, 25);
  assert_int_equal(stats(f)->segments_sealed, 2);
  close_store(f);
  assert_int_equal(memory_segments(&f->disk, files), 3);
  assert_int_equal(files[0]->synced, files[0]->size);
  assert_int_equal(check_all(f), 50);
}

static void segment__is_sealed_by_its_dictionary(void **state) {
  struct fixture *f = *state;
  f->options.dictionary_bytes = 24 << 10;
  open_store(f);
  append_rounds(f, 0, 40);
  assert_in_range(stats(f)->segments_sealed, 1, 40);
  assert_in_range(stats(f)->dictionary_bytes, 1 << 10, 80 << 10);
  close_store(f);
  assert_int_equal(check_all(f), 80);
}

static void an_empty_store__leaves_no_segment(void **state) {
  struct fixture *f = *state;
  struct memory_file *files[MEMORY_FILES];
  open_store(f);
  pyr__store_tick(f->store);
  close_store(f);
  assert_int_equal(memory_segments(&f->disk, files), 0);
}

static void a_new_start__is_a_new_segment(void **state) {
  struct fixture *f = *state;
  open_store(f);
  append_rounds(f, 0, 3);
  close_store(f);
  open_store(f);
  assert_int_equal(stats(f)->segments, 1);
  append_rounds(f, 3, 5);
  assert_int_equal(stats(f)->segments, 2);
  close_store(f);
  assert_int_equal(check_all(f), 10);
}

static void a_name_that_is_taken__is_left_alone(void **state) {
  struct fixture *f = *state;
  char name[PYR__SEGMENT_NAME], path[64];
  int fd;
  made_clock_step(&f->clock, PYR__NS_PER_S);
  pyr__segment_name(name, f->clock.wall_ns);
  snprintf(path, sizeof(path), "/store/%s", name);
  assert_int_equal(f->io.create(f->io.ctx, path, &fd), 0);
  f->io.close(f->io.ctx, fd);
  made_clock_step(&f->clock, -PYR__NS_PER_S);
  open_store(f);
  append_rounds(f, 0, 1);
  close_store(f);
  assert_int_equal(check_all(f), 2);
  assert_int_equal(f->disk.files[memory_find(&f->disk, path)].size, 0);
}

/* ---- lock --------------------------------------------------------------- */

static void a_store__has_one_writer(void **state) {
  struct fixture *f = *state;
  struct pyr__store *other = NULL;
  open_store(f);
  assert_int_equal(pyr__store_open(&other, &f->memory, &f->io, "/store",
                                   &f->options, &f->err),
                   PYR_ELOCKED);
  assert_non_null(strstr(f->err.text, "4711"));
  close_store(f);
  open_store(f);
}

/* ---- retention ---------------------------------------------------------- */

static void retention__is_by_age(void **state) {
  struct fixture *f = *state;
  unsigned i;
  f->options.segment_max_age_ns = 10 * PYR__NS_PER_S;
  f->options.retention_age_ns = 15 * PYR__NS_PER_S;
  open_store(f);
  append_rounds(f, 0, 60);
  /* Whole segments that ended more than 15 s ago, when the last was sealed. */
  assert_true(stats(f)->segments_retired >= 2);
  assert_true(stats(f)->segments <= 4);
  made_clock_step(&f->clock, 200 * PYR__NS_PER_S);
  for (i = 0; i < 10; i++) { /* one at a time */
    pyr__store_tick(f->store);
    made_clock_step(&f->clock, 100 * PYR__NS_PER_S);
  }
  assert_int_equal(stats(f)->segments, 0);
  close_store(f);
}

static void retention__is_by_bytes(void **state) {
  struct fixture *f = *state;
  f->options.segment_max_bytes = 8 << 10;
  f->options.retention_bytes = 30 << 10;
  open_store(f);
  append_rounds(f, 0, 130);
  assert_true(stats(f)->segments_retired > 0);
  assert_true(stats(f)->store_bytes < 40 << 10);
  close_store(f);
  assert_true(check_all(f) > 20);
}

static void retention__leaves_other_files(void **state) {
  struct fixture *f = *state;
  int fd;
  assert_int_equal(f->io.create(f->io.ctx, "/store/mine.pyr", &fd), 0);
  f->io.close(f->io.ctx, fd);
  f->options.retention_age_ns = 1;
  f->options.retention_bytes = 1;
  open_store(f);
  append_rounds(f, 0, 2);
  close_store(f);
  assert_true(memory_find(&f->disk, "/store/mine.pyr") >= 0);
}

static void retention__removes_at_start(void **state) {
  struct fixture *f = *state;
  struct memory_file *files[MEMORY_FILES];
  open_store(f);
  append_rounds(f, 0, 2);
  close_store(f);
  made_clock_step(&f->clock, 1000 * PYR__NS_PER_S);
  open_store(f);
  append_rounds(f, 1002, 1004);
  close_store(f);
  made_clock_step(&f->clock, 50 * PYR__NS_PER_S);
  f->options.retention_age_ns = 10 * PYR__NS_PER_S;
  open_store(f);
  assert_int_equal(memory_segments(&f->disk, files), 1);
}

static void retention__removes_one_at_a_time(void **state) {
  struct fixture *f = *state;
  int64_t due;
  f->options.segment_max_age_ns = 2 * PYR__NS_PER_S;
  open_store(f);
  append_rounds(f, 0, 22);
  close_store(f);
  made_clock_step(&f->clock, 100 * PYR__NS_PER_S);
  f->options.retention_age_ns = PYR__NS_PER_S;
  open_store(f);
  assert_int_equal(stats(f)->segments_retired, 1);
  assert_true(stats(f)->segments > 0);
  while (stats(f)->segments > 0) {
    uint64_t before = stats(f)->segments_retired;
    due = pyr__store_tick(f->store);
    assert_true(due - f->clock.monotonic_ns <= 60 * PYR__NS_PER_S);
    made_clock_step(&f->clock, due - f->clock.monotonic_ns);
    pyr__store_tick(f->store);
    assert_in_range(stats(f)->segments_retired - before, 0, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
      T(profiles__come_out_as_they_went_in),
      T(profiles__of_a_time_range_are_merged),
      T(merging__series_of_other_types_is_refused),
      T(repeated_scrapes__cost_their_columns_alone),
      T(a_profile_without_samples__is_kept),
      T(totals__are_sums_that_stop_at_the_ends),
      T(flush__waits_for_its_interval),
      T(a_slow_sync__is_not_waited_for),
      T(a_sealed_segment__is_synced_without_waiting),
      T(a_sync_that_failed__is_told_and_tried_again),
      T(segment__is_sealed_by_size),
      T(segment__is_sealed_by_age),
      T(segment__is_sealed_by_its_dictionary),
      T(an_empty_store__leaves_no_segment),
      T(a_new_start__is_a_new_segment),
      T(a_name_that_is_taken__is_left_alone),
      T(a_store__has_one_writer),
      T(retention__is_by_age),
      T(retention__is_by_bytes),
      T(retention__leaves_other_files),
      T(retention__removes_at_start),
      T(retention__removes_one_at_a_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
