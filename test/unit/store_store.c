/* The store on a file system in memory: what is written is read again, whatever
 * fails in between. */
#include "store_support.h"

#include "memory_io.h"
#include "store/directory.h"

struct fixture {
  struct pyr__memory memory;
  struct failing_allocator allocator;
  struct memory_io disk;
  struct pyr__io io;
  struct made_clock clock;
  struct pyr__store_options options;
  struct pyr__store *store;
  pyr_error_t err;
};

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  memory_init(&f->disk);
  f->io = memory_io(&f->disk);
  made_clock_init(&f->clock);
  f->options = made_options(&f->clock);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  if (f->store != NULL)
    pyr__store_close(f->store, NULL);
  assert_int_equal(f->allocator.live, 0);
  assert_false(f->disk.locked);
  memory_release(&f->disk);
  free(f);
  return 0;
}

static void open_store(struct fixture *f) {
  assert_int_equal(pyr__store_open(&f->store, &f->memory, &f->io, "/store",
                                   &f->options, &f->err),
                   0);
}

static void close_store(struct fixture *f) {
  assert_int_equal(pyr__store_close(f->store, &f->err), 0);
  f->store = NULL;
}

static const struct pyr__store_stats *stats(const struct fixture *f) {
  return pyr__store_stats(f->store);
}

static int append(struct fixture *f, const char *name, unsigned round) {
  struct made_profile *made =
      made_profile_new(round, name[0] == 'm' ? 4 : 2, (uint64_t)name[0]);
  int rc = made_append(f->store, &f->clock, name, &made->profile, &f->err);
  free(made);
  return rc;
}

/* Rounds of two kinds, a second apart, each flushed. */
static void append_rounds(struct fixture *f, unsigned from, unsigned to) {
  for (; from < to; from++) {
    assert_int_equal(append(f, "cpu", from), 0);
    assert_int_equal(append(f, "mem", from), 0);
    made_clock_step(&f->clock, PYR__NS_PER_S);
    pyr__store_tick(f->store);
  }
}

/* Every profile of every segment is one that was put in, and whole; returns how
 * many there are. */
static size_t check_all(struct fixture *f) {
  struct memory_file *files[MEMORY_FILES];
  size_t count = memory_segments(&f->disk, files), all = 0, i, j;
  static struct made_read read;
  int64_t start_ns = INT64_C(1767323045) * PYR__NS_PER_S;
  for (i = 0; i < count; i++) {
    struct pyr__segment *segment;
    read.bad = 0;
    assert_int_equal(pyr__segment_open(&segment, &f->memory, &f->io,
                                       files[i]->path, made_note_bad, &read,
                                       NULL),
                     0);
    made_read_heads(segment, &f->memory, &read);
    for (j = 0; j < read.count; j++) {
      const struct pyr__series *series =
          pyr__segment_series(segment, read.heads[j].series);
      unsigned round =
          (unsigned)((read.heads[j].time_ns - start_ns) / PYR__NS_PER_S);
      const char *name =
          pyr__str_is(series->profile_name, "mem") ? "mem" : "cpu";
      struct made_profile *made =
          made_profile_new(round, name[0] == 'm' ? 4 : 2, (uint64_t)name[0]);
      char *expected = normal_text(&f->memory, &made->profile);
      char *text = made_read_text(segment, &f->memory, read.heads[j].series,
                                  read.heads[j].time_ns);
      assert_non_null(text);
      assert_string_equal(text, expected);
      free(text);
      free(expected);
      free(made);
    }
    assert_int_equal(read.bad, 0);
    all += read.count;
    pyr__segment_close(segment);
  }
  return all;
}

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
  f->options.segment_max_age_ns = 10 * PYR__NS_PER_S;
  f->options.retention_age_ns = 15 * PYR__NS_PER_S;
  open_store(f);
  append_rounds(f, 0, 60);
  /* Whole segments that ended more than 15 s ago, when the last was sealed. */
  assert_true(stats(f)->segments_retired >= 2);
  assert_true(stats(f)->segments <= 4);
  made_clock_step(&f->clock, 200 * PYR__NS_PER_S);
  pyr__store_tick(f->store);
  pyr__store_tick(f->store);
  made_clock_step(&f->clock, 200 * PYR__NS_PER_S);
  pyr__store_tick(f->store);
  assert_int_equal(stats(f)->segments, 0);
  close_store(f);
}

static void retention__is_by_bytes(void **state) {
  struct fixture *f = *state;
  f->options.segment_max_bytes = 8 << 10;
  f->options.retention_bytes = 30 << 10;
  open_store(f);
  append_rounds(f, 0, 100);
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

static void retention__removes_a_few_at_a_time(void **state) {
  struct fixture *f = *state;
  int64_t due;
  f->options.segment_max_age_ns = 2 * PYR__NS_PER_S;
  open_store(f);
  append_rounds(f, 0, 22);
  close_store(f);
  made_clock_step(&f->clock, 100 * PYR__NS_PER_S);
  f->options.retention_age_ns = PYR__NS_PER_S;
  open_store(f);
  assert_in_range(stats(f)->segments_retired, 1, 4);
  assert_true(stats(f)->segments > 0);
  while (stats(f)->segments > 0) {
    uint64_t before = stats(f)->segments_retired;
    due = pyr__store_tick(f->store);
    assert_true(due - f->clock.monotonic_ns <= 60 * PYR__NS_PER_S);
    made_clock_step(&f->clock, due - f->clock.monotonic_ns);
    pyr__store_tick(f->store);
    assert_in_range(stats(f)->segments_retired - before, 1, 4);
  }
}

/* ---- failures ----------------------------------------------------------- */

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
      T(profiles__come_out_as_they_went_in),
      T(profiles__of_a_time_range_are_merged),
      T(merging__series_of_other_types_is_refused),
      T(repeated_scrapes__cost_their_columns_alone),
      T(a_profile_without_samples__is_kept),
      T(totals__are_sums_that_stop_at_the_ends),
      T(flush__waits_for_its_interval),
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
      T(retention__removes_a_few_at_a_time),
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
