/* Bodies of real programs, through the store and back: equal in normal form. */
#include "store_support.h"

#include <dirent.h>

#include "memory_io.h"
#include "pprof/decoder.h"

struct fixture {
  struct pyr__memory memory;
  struct memory_io disk;
  struct pyr__io io;
  struct made_clock clock;
  struct pyr__decoder *decoder;
  struct pyr__store *store;
  struct pyr__segment *segment;
  int64_t time_ns; /* of the first body */
  size_t bodies;
  uint64_t gzip_bytes;
};

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
  memory_init(&f->disk);
  f->io = memory_io(&f->disk);
  made_clock_init(&f->clock);
  assert_int_equal(pyr__decoder_new(&f->decoder, &f->memory), 0);
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  pyr__segment_close(f->segment);
  pyr__decoder_free(f->decoder);
  memory_release(&f->disk);
  free(f);
  return 0;
}

static const struct pyr__profile *decode(struct fixture *f, const char *path,
                                         size_t *len) {
  static const struct pyr__decoder_limits limits = {
      .body_bytes = 64 << 20, .arena_bytes = 64 << 20, .stack_frames = 65536};
  static uint8_t bytes[1 << 20];
  const struct pyr__profile *profile = NULL;
  pyr_error_t err;
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  *len = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);
  assert_in_range(*len, 1, sizeof(bytes) - 1);
  pyr__decoder_begin(f->decoder, &limits);
  assert_int_equal(pyr__decoder_write(f->decoder, bytes, *len, &err), 0);
  assert_int_equal(pyr__decoder_finish(f->decoder, &profile, &err), 0);
  return profile;
}

static void store_body(struct fixture *f, const char *kind, const char *path) {
  size_t len;
  const struct pyr__profile *profile = decode(f, path, &len);
  assert_int_equal(made_append(f->store, &f->clock, kind, profile, NULL), 0);
  made_clock_step(&f->clock, PYR__NS_PER_S);
  pyr__store_tick(f->store);
  f->gzip_bytes += len;
  f->bodies++;
}

/* What is stored takes away what the body gives: nothing must be left. */
static void compare(const struct pyr__profile *body,
                    const struct pyr__profile *stored,
                    struct pyr__memory *memory) {
  struct pyr__merge *merge;
  struct pyr__profile minus = *stored, left;
  size_t count = (size_t)stored->sample_count * stored->type_count, i;
  int64_t *values = calloc(count + 1, sizeof(*values));
  for (i = 0; i < count; i++)
    values[i] = -stored->values[i];
  minus.values = values;
  assert_int_equal(pyr__merge_new(&merge, memory, 1 << 28, NULL), 0);
  assert_int_equal(pyr__merge_add(merge, body, NULL), 0);
  assert_int_equal(pyr__merge_add(merge, &minus, NULL), 0);
  assert_int_equal(pyr__merge_finish(merge, &left, NULL), 0);
  assert_int_equal(left.sample_count, 0);
  pyr__merge_free(merge);
  free(values);
  assert_true(stored->time_ns == body->time_ns);
  assert_true(stored->duration_ns == body->duration_ns);
  assert_true(stored->period == body->period);
  assert_int_equal(stored->comment_count, body->comment_count);
  assert_true(pyr__str_equal(stored->strings[stored->default_type],
                             body->strings[body->default_type]));
}

/* The series of that kind. */
static uint32_t series_of(const struct fixture *f, const char *kind) {
  uint32_t i = 0;
  while (!pyr__str_is(pyr__segment_series(f->segment, i)->profile_name, kind))
    i++;
  return i;
}

static void check_body(struct fixture *f, const char *kind, const char *path) {
  uint8_t wanted[64] = {0};
  size_t len, count;
  const struct pyr__profile *body = decode(f, path, &len), *stored;
  int64_t time_ns = f->time_ns + (int64_t)f->bodies++ * PYR__NS_PER_S;
  struct pyr__arena arena;
  wanted[series_of(f, kind)] = 1;
  pyr__arena_init(&arena, &f->memory, PYR__MEM_QUERY, 64 << 20);
  assert_int_equal(pyr__segment_merge(f->segment, wanted, time_ns, time_ns + 1,
                                      &arena, &stored, &count, NULL),
                   0);
  assert_int_equal(count, 1);
  compare(body, stored, &f->memory);
  pyr__arena_release(&arena);
}

static void each_body(struct fixture *f, const char *program,
                      void (*visit)(struct fixture *f, const char *kind,
                                    const char *path)) {
  static const char *const kinds[] = {
      "cpu",   "heap",       "allocs",      "goroutine",  "mutex",
      "block", "delta_heap", "delta_mutex", "delta_block"};
  char path[512];
  size_t kind;
  int i;
  for (i = 0; i < 6; i++)
    for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
      snprintf(path, sizeof(path), "%s/../bench/corpus/%s/%s/%d.pb.gz",
               TEST_SOURCE_DIR, program, kinds[kind], i);
      visit(f, kinds[kind], path);
    }
}

static void open_store(struct fixture *f) {
  struct pyr__store_options options = made_options(&f->clock);
  assert_int_equal(
      pyr__store_open(&f->store, &f->memory, &f->io, "/store", &options, NULL),
      0);
  f->time_ns = f->clock.wall_ns;
}

/* The size of the one segment that was written, which is open then. */
static uint64_t open_segment(struct fixture *f) {
  struct memory_file *files[MEMORY_FILES];
  assert_int_equal(pyr__store_close(f->store, NULL), 0);
  assert_int_equal(memory_segments(&f->disk, files), 1);
  assert_int_equal(pyr__segment_open(&f->segment, &f->memory, &f->io,
                                     files[0]->path, NULL, NULL, NULL),
                   0);
  f->bodies = 0;
  return files[0]->size;
}

static void check_program(struct fixture *f, const char *program) {
  open_store(f);
  each_body(f, program, store_body);
  /* Six rounds hold the names of all: more of them would be far smaller. */
  assert_true(open_segment(f) < f->gzip_bytes * 45 / 100);
  each_body(f, program, check_body);
}

static void small__comes_back(void **state) {
  check_program(*state, "small");
}

static void medium__comes_back(void **state) {
  check_program(*state, "medium");
}

/* Each body is a kind of its own: what two of them differ in is not added. */
static void each_producer(struct fixture *f,
                          void (*visit)(struct fixture *f, const char *kind,
                                        const char *path)) {
  const char *folder = TEST_SOURCE_DIR "/producers/bodies";
  struct dirent **entries;
  char path[512];
  int count = scandir(folder, &entries, NULL, alphasort), i;
  assert_true(count > 2);
  for (i = 0; i < count; i++) {
    snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.')
      visit(f, entries[i]->d_name, path);
    free(entries[i]);
  }
  free(entries);
}

static void other_producers__come_back(void **state) {
  struct fixture *f = *state;
  open_store(f);
  each_producer(f, store_body);
  open_segment(f);
  each_producer(f, check_body);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(small__comes_back, begin, end),
      cmocka_unit_test_setup_teardown(medium__comes_back, begin, end),
      cmocka_unit_test_setup_teardown(other_producers__come_back, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
