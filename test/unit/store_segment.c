/* Segments that are cut, damaged, or made to hurt. */
#include "store_support.h"

#include "memory_io.h"
#include "store/format.h"
#include "store/tables.h"

enum { ROUNDS = 3, PROFILES = 2 * ROUNDS, SAMPLES = 3 };

struct fixture {
  struct pyr__memory memory;
  struct failing_allocator allocator;
  struct memory_io disk;
  struct pyr__io io;
  struct made_clock clock;
  int64_t start_ns;
  char *texts[PROFILES]; /* by series, then round */
  uint8_t *whole;        /* the sealed segment as it was written */
  size_t size, unsealed; /* bytes with and without a footer */
  struct memory_file *file;
  struct made_read read;
};

static void append(struct fixture *f, struct pyr__store *store, unsigned round,
                   unsigned series) {
  struct made_profile *made = made_profile_new(round, 2, series);
  made->profile.sample_count = SAMPLES;
  made->profile.comment_count = 0;
  assert_int_equal(made_append(store, &f->clock, series ? "mem" : "cpu",
                               &made->profile, NULL),
                   0);
  f->texts[series * ROUNDS + round] = normal_text(&f->memory, &made->profile);
  free(made);
}

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  struct pyr__store_options options = made_options(&f->clock);
  struct pyr__store *store;
  unsigned round, series;

  pyr__memory_init(&f->memory, &alloc);
  memory_init(&f->disk);
  f->io = memory_io(&f->disk);
  made_clock_init(&f->clock);
  f->start_ns = f->clock.wall_ns;
  assert_int_equal(
      pyr__store_open(&store, &f->memory, &f->io, "/store", &options, NULL), 0);
  for (round = 0; round < ROUNDS; round++)
    for (series = 0; series < 2; series++) {
      append(f, store, round, series);
      made_clock_step(&f->clock, PYR__NS_PER_S);
      pyr__store_tick(store);
    }
  f->unsealed = pyr__store_stats(store)->store_bytes;
  assert_int_equal(pyr__store_close(store, NULL), 0);
  assert_int_equal(memory_segments(&f->disk, &f->file), 1);
  f->size = f->file->size;
  f->whole = malloc(f->size);
  memcpy(f->whole, f->file->data, f->size);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  int i;
  for (i = 0; i < PROFILES; i++)
    free(f->texts[i]);
  assert_int_equal(f->allocator.live, 0);
  for (i = 0; i < MEMORY_FDS; i++)
    assert_int_equal(f->disk.fds[i], 0);
  memory_release(&f->disk);
  free(f->whole);
  free(f);
  return 0;
}

static int open_segment(struct fixture *f, struct pyr__segment **out) {
  f->read.bad = f->read.count = 0;
  return pyr__segment_open(out, &f->memory, &f->io, f->file->path,
                           made_note_bad, &f->read, NULL);
}

/* Which of the profiles is it? */
static unsigned number_of(const struct fixture *f, int64_t time_ns) {
  unsigned second = (unsigned)((time_ns - f->start_ns) / PYR__NS_PER_S);
  assert_true(second < PROFILES);
  return second % 2 * ROUNDS + second / 2;
}

enum outcome { ABSENT, UNREADABLE, PARTLY_LOST, INTACT };

/* What has become of each profile; nothing may be other than it was. */
static int read_all(struct fixture *f, enum outcome out[PROFILES]) {
  struct pyr__segment *segment;
  size_t i;
  memset(out, 0, PROFILES * sizeof(*out));
  if (open_segment(f, &segment) != 0)
    return -1;
  made_read_heads(segment, &f->memory, &f->read);
  for (i = 0; i < f->read.count; i++) {
    unsigned number = number_of(f, f->read.heads[i].time_ns);
    char *text = made_read_text(segment, &f->memory, f->read.heads[i].series,
                                f->read.heads[i].time_ns);
    assert_int_equal(out[number], ABSENT);
    if (text == NULL)
      out[number] = UNREADABLE;
    else if (strcmp(text, f->texts[number]) == 0)
      out[number] = INTACT;
    else if (strstr(text, "[lost]") != NULL)
      out[number] = PARTLY_LOST;
    else
      assert_string_equal(text, f->texts[number]);
    free(text);
  }
  pyr__segment_close(segment);
  return 0;
}

static uint32_t type_at(const struct fixture *f, size_t at, size_t *length) {
  uint32_t word;
  memcpy(&word, f->whole + at, sizeof(word));
  *length = word & 0xfffffff;
  return word >> 28 & 7;
}

/* The frame that byte `at` is in. */
static size_t frame_of(const struct fixture *f, size_t at) {
  size_t frame = PYR__SEGMENT_HEADER, length;
  for (;;) {
    type_at(f, frame, &length);
    if (at < frame + PYR__FRAME_HEADER + length)
      return frame;
    frame += PYR__FRAME_HEADER + length;
  }
}

/* ---- cuts --------------------------------------------------------------- */

static void cut__anywhere_leaves_what_was_whole(void **state) {
  struct fixture *f = *state;
  struct pyr__segment *segment;
  size_t cut, at = PYR__SEGMENT_HEADER, length, profiles = 0;
  for (cut = 0; cut <= f->size; cut++) {
    f->file->size = cut;
    while (at < f->size && at < cut) {
      uint32_t type = type_at(f, at, &length);
      if (at + PYR__FRAME_HEADER + length > cut)
        break;
      profiles += type == PYR__FRAME_PROFILES;
      at += PYR__FRAME_HEADER + length;
    }
    assert_int_equal(open_segment(f, &segment), 0);
    made_read_heads(segment, &f->memory, &f->read);
    assert_int_equal(f->read.count, profiles);
    assert_int_equal(f->read.bad, 0);
    pyr__segment_close(segment);
  }
  assert_int_equal(profiles, PROFILES);
}

static void without_a_footer__the_same_is_read(void **state) {
  struct fixture *f = *state;
  enum outcome sealed[PROFILES], unsealed[PROFILES];
  int i;
  assert_int_equal(read_all(f, sealed), 0);
  f->file->size = f->unsealed;
  assert_int_equal(read_all(f, unsealed), 0);
  for (i = 0; i < PROFILES; i++) {
    assert_int_equal(sealed[i], INTACT);
    assert_int_equal(unsealed[i], INTACT);
  }
  assert_int_equal(f->read.bad, 0);
}

/* ---- damage ------------------------------------------------------------- */

static void check_damage(struct fixture *f, size_t at, int sealed) {
  enum outcome outcomes[PROFILES];
  size_t frame = frame_of(f, at), length, series, i;
  uint32_t type = type_at(f, frame, &length);
  size_t harmed[2] = {0, 0};

  assert_int_equal(read_all(f, outcomes), 0);
  assert_true(f->read.bad > 0);
  for (series = 0; series < 2; series++)
    for (i = 0; i < ROUNDS; i++)
      harmed[series] += outcomes[series * ROUNDS + i] != INTACT;
  if (type == PYR__FRAME_DICTIONARY) {
    if (sealed)
      for (i = 0; i < PROFILES; i++)
        assert_true(outcomes[i] >= PARTLY_LOST);
  } else if (type == PYR__FRAME_FOOTER || type == PYR__FRAME_END) {
    assert_int_equal(harmed[0] + harmed[1], 0);
  } else { /* one profile, and the changes that build on it */
    assert_true(harmed[0] == 0 || harmed[1] == 0);
    assert_true(harmed[0] + harmed[1] >= 1);
  }
}

static void damage__costs_its_frame_and_is_reported(void **state) {
  struct fixture *f = *state;
  size_t at;
  for (at = PYR__SEGMENT_HEADER; at < f->size; at++) {
    f->file->data[at] ^= 0xff;
    check_damage(f, at, 1);
    f->file->data[at] = f->whole[at];
  }
}

static void damage__without_a_footer_too(void **state) {
  struct fixture *f = *state;
  size_t at;
  f->file->size = f->unsealed;
  for (at = PYR__SEGMENT_HEADER; at < f->unsealed; at += 3) {
    f->file->data[at] ^= (uint8_t)(1 << at % 8);
    check_damage(f, at, 0);
    f->file->data[at] = f->whole[at];
  }
}

static void damage__of_the_file_header_is_overcome(void **state) {
  struct fixture *f = *state;
  enum outcome outcomes[PROFILES];
  size_t at, i;
  for (at = 0; at < PYR__SEGMENT_HEADER; at++) {
    f->file->data[at] ^= 0x11;
    assert_int_equal(read_all(f, outcomes), 0);
    assert_int_equal(f->read.bad, 1);
    for (i = 0; i < PROFILES; i++)
      assert_int_equal(outcomes[i], INTACT);
    f->file->data[at] = f->whole[at];
  }
}

static void zeros_at_the_end__are_reported(void **state) {
  struct fixture *f = *state;
  enum outcome outcomes[PROFILES];
  static const uint8_t zeros[4096];
  size_t i;
  f->file->size = f->unsealed;
  memory_put(&f->disk, f->file, zeros, sizeof(zeros));
  assert_int_equal(read_all(f, outcomes), 0);
  assert_int_equal(f->read.bad, 1);
  assert_non_null(strstr(f->read.first_bad, "4096 bytes skipped"));
  for (i = 0; i < PROFILES; i++)
    assert_int_equal(outcomes[i], INTACT);
}

/* A piece of the file moved to another place in it is no frame. */
static void a_moved_frame__is_none(void **state) {
  struct fixture *f = *state;
  enum outcome outcomes[PROFILES];
  size_t i;
  f->file->size = f->unsealed;
  memory_put(&f->disk, f->file, f->whole + PYR__SEGMENT_HEADER,
             f->unsealed - PYR__SEGMENT_HEADER);
  assert_int_equal(read_all(f, outcomes), 0);
  assert_int_equal(f->read.bad, 1);
  assert_int_equal(f->read.count, PROFILES);
  for (i = 0; i < PROFILES; i++)
    assert_int_equal(outcomes[i], INTACT);
}

/* ---- what is no segment ------------------------------------------------- */

static int open_bytes(struct fixture *f, const void *data, size_t len,
                      pyr_error_t *err) {
  struct pyr__segment *segment;
  int rc;
  f->file->size = 0;
  memory_put(&f->disk, f->file, data, len);
  rc = pyr__segment_open(&segment, &f->memory, &f->io, f->file->path, NULL,
                         NULL, err);
  if (rc == 0) {
    int64_t from, to;
    pyr__segment_range(segment, &from, &to);
    assert_int_equal(from, 0);
    assert_int_equal(to, 0);
    assert_int_equal(pyr__segment_series_count(segment), 0);
    pyr__segment_close(segment);
  }
  return rc;
}

static void other_files__are_refused_by_name(void **state) {
  struct fixture *f = *state;
  pyr_error_t err;
  uint8_t other[PYR__SEGMENT_HEADER];
  assert_int_equal(open_bytes(f, "", 0, &err), 0);
  assert_int_equal(open_bytes(f, "PYRITE\1", 7, &err), 0); /* torn */
  assert_int_equal(open_bytes(f, "a text, and no segment at all", 29, &err),
                   PYR_ESTORE);
  assert_non_null(strstr(err.text, "not a segment"));
  pyr__segment_header_write(other, 7);
  assert_int_equal(open_bytes(f, other, sizeof(other), &err), 0);
  other[6] = 2;
  other[7] = (uint8_t)~2;
  assert_int_equal(open_bytes(f, other, sizeof(other), &err), PYR_ESTORE);
  assert_non_null(strstr(err.text, "version 2"));
}

static void a_missing_file__is_so_by_its_code(void **state) {
  struct fixture *f = *state;
  struct pyr__segment *segment;
  pyr_error_t err;
  assert_int_equal(pyr__segment_open(&segment, &f->memory, &f->io, "/no.pyr",
                                     NULL, NULL, &err),
                   -ENOENT);
}

/* ---- failures ----------------------------------------------------------- */

static void each_failing_read__is_an_error(void **state) {
  struct fixture *f = *state;
  enum outcome outcomes[PROFILES];
  size_t n;
  for (n = 1; n <= 4; n++) { /* what opening does */
    f->disk.calls = 0;
    f->disk.fail_at = n;
    assert_int_equal(read_all(f, outcomes), -1);
  }
}

static void each_failing_allocation__is_an_error(void **state) {
  struct fixture *f = *state;
  const uint8_t wanted[2] = {1, 1};
  size_t sealed, n;
  for (sealed = 0; sealed < 2; sealed++) {
    f->file->size = sealed ? f->size : f->unsealed;
    for (n = 1;; n++) {
      const struct pyr__profile *profile;
      struct pyr__segment *segment = NULL;
      struct pyr__arena arena;
      size_t count;
      int rc;
      pyr__arena_init(&arena, &f->memory, PYR__MEM_QUERY, 1 << 24);
      f->allocator.calls = 0;
      f->allocator.fail_at = n;
      rc = open_segment(f, &segment);
      if (rc == 0)
        rc = pyr__segment_merge(segment, wanted, INT64_MIN, INT64_MAX, &arena,
                                &profile, &count, NULL);
      f->allocator.fail_at = 0;
      pyr__segment_close(segment);
      pyr__arena_release(&arena);
      if (rc == 0)
        break;
      assert_int_equal(rc, PYR__ENOMEM);
      assert_int_equal(f->read.bad, 0);
    }
    assert_true(n > 20);
  }
}

static void a_merge__is_bounded_by_its_arena(void **state) {
  struct fixture *f = *state;
  const uint8_t wanted[2] = {1, 1};
  const struct pyr__profile *profile;
  struct pyr__segment *segment;
  struct pyr__arena arena;
  pyr_error_t err;
  size_t count, limit;
  int rc = PYR_ELIMIT;
  assert_int_equal(open_segment(f, &segment), 0);
  for (limit = 0; rc == PYR_ELIMIT; limit += 256) {
    assert_true(limit < 1 << 20);
    pyr__arena_init(&arena, &f->memory, PYR__MEM_QUERY, limit);
    rc = pyr__segment_merge(segment, wanted, INT64_MIN, INT64_MAX, &arena,
                            &profile, &count, &err);
    pyr__arena_release(&arena);
  }
  assert_int_equal(rc, 0);
  assert_true(limit > 1024);
  pyr__segment_close(segment);
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
      T(cut__anywhere_leaves_what_was_whole),
      T(without_a_footer__the_same_is_read),
      T(damage__costs_its_frame_and_is_reported),
      T(damage__without_a_footer_too),
      T(damage__of_the_file_header_is_overcome),
      T(zeros_at_the_end__are_reported),
      T(a_moved_frame__is_none),
      T(other_files__are_refused_by_name),
      T(a_missing_file__is_so_by_its_code),
      T(each_failing_read__is_an_error),
      T(each_failing_allocation__is_an_error),
      T(a_merge__is_bounded_by_its_arena),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
