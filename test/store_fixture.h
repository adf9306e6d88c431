/* A store on a file system in memory, and a check of all that is in it. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

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

static inline int begin(void **state) {
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

static inline int end(void **state) {
  struct fixture *f = *state;
  if (f->store != NULL)
    pyr__store_close(f->store, NULL);
  assert_int_equal(f->allocator.live, 0);
  assert_false(f->disk.locked);
  memory_release(&f->disk);
  free(f);
  return 0;
}

static inline void open_store(struct fixture *f) {
  assert_int_equal(pyr__store_open(&f->store, &f->memory, &f->io, "/store",
                                   &f->options, &f->err),
                   0);
}

static inline void close_store(struct fixture *f) {
  assert_int_equal(pyr__store_close(f->store, &f->err), 0);
  f->store = NULL;
}

static inline const struct pyr__store_stats *stats(const struct fixture *f) {
  return pyr__store_stats(f->store);
}

static inline int append(struct fixture *f, const char *name, unsigned round) {
  struct made_profile *made =
      made_profile_new(round, name[0] == 'm' ? 4 : 2, (uint64_t)name[0]);
  int rc = made_append(f->store, &f->clock, name, &made->profile, &f->err);
  free(made);
  return rc;
}

/* Rounds of two kinds, a second apart, each flushed. */
static inline void append_rounds(struct fixture *f, unsigned from,
                                 unsigned to) {
  for (; from < to; from++) {
    assert_int_equal(append(f, "cpu", from), 0);
    assert_int_equal(append(f, "mem", from), 0);
    made_clock_step(&f->clock, PYR__NS_PER_S);
    pyr__store_tick(f->store);
  }
}

/* Every profile of every segment is one that was put in, and whole; returns how
 * many there are. */
static inline size_t check_all(struct fixture *f) {
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

#endif
