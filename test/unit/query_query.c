/* Over segments made up here: what the reader of the store gives is the store's
 * tests' business; here it is what a query makes of it. */
#include "query_support.h"

#include "base/arena.h"
#include "query/merge.h"
#include "query/query.h"
#include "store/reader.h"

#define S(text)                                                                \
  { text, sizeof(text) - 1 }

static const pyr_str_t cpu_types[] = {
    S("process_cpu:samples:count:cpu:nanoseconds"),
    S("process_cpu:cpu:nanoseconds:cpu:nanoseconds")};
static const pyr_str_t half_types[] = {
    S("process_cpu:cpu:nanoseconds:cpu:nanoseconds")};
static const pyr_label_t shop[] = {{S("__name__"), S("shop")},
                                   {S("env"), S("dev")}};
static const pyr_label_t cart[] = {{S("__name__"), S("my cart")},
                                   {S("env"), S("prod\n")}};

static const struct pyr__series series[] = {
    {shop, 2, S("cpu"), S("process_cpu"), cpu_types, NULL, 2, {S(""), S("")}},
    {cart, 2, S("cpu"), S("process_cpu"), cpu_types, NULL, 2, {S(""), S("")}},
    {shop, 2, S("mine"), S("mine"), cpu_types, NULL, 2, {S(""), S("")}},
    {cart, 2, S("cpu"), S("process_cpu"), half_types, NULL, 1, {S(""), S("")}},
};

static const struct {
  const char *file;
  size_t series;
  int64_t time_ns;
} stored[] = {
    {"a.pyr", 0, 1000}, {"a.pyr", 1, 2000}, {"b.pyr", 0, 3000},
    {"b.pyr", 2, 4000}, {"c.pyr", 3, 5000},
};
enum { STORED = sizeof(stored) / sizeof(stored[0]), SERIES = 4 };

/* ---- the store's side --------------------------------------------------- */

struct pyr__segment {
  struct pyr__memory *memory;
  const char *file;
};

struct pyr__io pyr__io_files(void) {
  return (struct pyr__io){0};
}

static struct hand_profile *hand; /* what every stored profile holds */

int pyr__segment_open(struct pyr__segment **out, struct pyr__memory *memory,
                      const struct pyr__io *io, const char *path,
                      pyr__bad_frame_cb on_bad, void *ctx, pyr_error_t *err) {
  struct pyr__segment *segment;
  const char *file = strrchr(path, '/') + 1;
  (void)io;
  if (strcmp(file, "gone.pyr") == 0)
    return pyr__error_errno(err, ENOENT, path);
  if (strcmp(file, "bad.pyr") == 0)
    return pyr__error(err, PYR_ESTORE, "%s: no segment", file);
  if (strcmp(file, "b.pyr") == 0)
    on_bad(ctx, "b.pyr: frame at 12: checksum differs, skipped");
  segment = pyr__alloc(memory, PYR__MEM_STORE_READER, sizeof(*segment));
  if (segment == NULL)
    return pyr__error_nomem(err);
  segment->memory = memory;
  segment->file = file[0] == 'a' ? "a.pyr" : file[0] == 'b' ? "b.pyr" : "c.pyr";
  *out = segment;
  return 0;
}

void pyr__segment_close(struct pyr__segment *segment) {
  if (segment != NULL)
    pyr__free(segment->memory, segment);
}

void pyr__segment_range(const struct pyr__segment *segment, int64_t *from_ns,
                        int64_t *to_ns) {
  size_t i;
  *from_ns = *to_ns = 0;
  for (i = 0; i < STORED; i++)
    if (strcmp(stored[i].file, segment->file) == 0) {
      *from_ns = *from_ns == 0 ? stored[i].time_ns : *from_ns;
      *to_ns = stored[i].time_ns;
    }
}

size_t pyr__segment_series_count(const struct pyr__segment *segment) {
  (void)segment;
  return SERIES;
}

const struct pyr__series *
pyr__segment_series(const struct pyr__segment *segment, size_t which) {
  (void)segment;
  return &series[which];
}

static int is_wanted(const struct pyr__segment *segment, size_t i,
                     const uint8_t *wanted, int64_t from_ns, int64_t to_ns) {
  return strcmp(stored[i].file, segment->file) == 0 &&
         wanted[stored[i].series] && stored[i].time_ns >= from_ns &&
         stored[i].time_ns < to_ns;
}

int pyr__segment_each(struct pyr__segment *segment, const uint8_t *wanted,
                      int64_t from_ns, int64_t to_ns,
                      int (*each)(void *ctx,
                                  const struct pyr__stored_profile *profile),
                      void *ctx, pyr_error_t *err) {
  static const int64_t totals[] = {6, 60000000};
  size_t i;
  int rc = 0;
  (void)err;
  for (i = 0; rc == 0 && i < STORED; i++) {
    struct pyr__stored_profile one = {(uint32_t)stored[i].series,
                                      stored[i].time_ns,
                                      10,
                                      3,
                                      totals + (stored[i].series == 3),
                                      i};
    if (is_wanted(segment, i, wanted, from_ns, to_ns))
      rc = each(ctx, &one);
  }
  return rc;
}

int pyr__segment_merge(struct pyr__segment *segment, const uint8_t *wanted,
                       int64_t from_ns, int64_t to_ns, struct pyr__arena *arena,
                       const struct pyr__profile **out, size_t *out_count,
                       pyr_error_t *err) {
  struct pyr__profile *copy = pyr__arena_alloc(arena, 1, sizeof(*copy));
  size_t i;
  if (copy == NULL)
    return pyr__arena_error(arena, sizeof(*copy), "segment", err);
  *copy = hand->profile;
  *out_count = 0;
  for (i = 0; i < STORED; i++)
    *out_count += is_wanted(segment, i, wanted, from_ns, to_ns) != 0;
  if (wanted[3]) { /* the one with the last type only */
    int64_t *values = pyr__arena_alloc(arena, 3, sizeof(*values));
    if (values == NULL)
      return pyr__arena_error(arena, 24, "segment", err);
    for (i = 0; i < 3; i++)
      values[i] = copy->values[i * 2 + 1];
    copy->values = values;
    copy->types++;
    copy->type_count = 1;
  }
  *out = copy;
  return 0;
}

static int list_files(void *ctx, const char *path,
                      int (*each)(void *each_ctx, const char *name),
                      void *each_ctx) {
  static const char *const names[] = {"lock",    "c.pyr",   "a.pyr", "gone.pyr",
                                      "bad.pyr", "a.pyr.1", "b.pyr", ".pyr"};
  size_t i;
  int rc = 0;
  (void)ctx;
  if (strcmp(path, "/nowhere") == 0)
    return -ENOENT;
  for (i = 0; rc == 0 && i < sizeof(names) / sizeof(names[0]); i++)
    rc = each(each_ctx, names[i]);
  return rc;
}

/* ---- the tests ---------------------------------------------------------- */

struct fixture {
  struct pyr__memory memory;
  struct pyr__io io;
  struct pyr__query query;
  struct pyr__matchers *matchers;
  struct kept_text kept;
  struct pyr__output output;
  struct kept_text bad;
};

static void keep_bad(void *ctx, const char *text) {
  struct fixture *f = ctx;
  keep_text(&f->bad, text, strlen(text), NULL);
  keep_text(&f->bad, "\n", 1, NULL);
}

static int begin(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
  hand = hand_profile_new(0x400000, 0);
  f->io.list = list_files;
  f->output = (struct pyr__output){keep_text, &f->kept};
  f->query = (struct pyr__query){.memory = &f->memory,
                                 .io = &f->io,
                                 .storage = "/store",
                                 .from_ns = INT64_MIN,
                                 .to_ns = INT64_MAX,
                                 .profile = {"", 0},
                                 .limit = 1 << 20,
                                 .on_bad_frame = keep_bad,
                                 .ctx = f};
  *state = f;
  return 0;
}

static int end(void **state) {
  struct fixture *f = *state;
  pyr__matchers_free(f->matchers);
  assert_int_equal(f->memory.accounts[PYR__MEM_QUERY].used_blocks, 0);
  assert_int_equal(f->memory.accounts[PYR__MEM_STORE_READER].used_blocks, 0);
  free(f);
  free(hand);
  return 0;
}

static void match(struct fixture *f, const char *profile, const char *text) {
  pyr__matchers_free(f->matchers);
  f->matchers = NULL;
  assert_int_equal(
      pyr__matchers_parse(&f->matchers, &f->memory, pyr__str(text), NULL), 0);
  f->query.matchers = f->matchers;
  f->query.profile = pyr__str(profile);
}

static void merge__adds_over_segments(void **state) {
  struct fixture *f = *state;
  struct pyr__query_result result;
  match(f, "cpu", "shop");
  assert_int_equal(pyr__query_merge(&f->query, &result, NULL), 0);
  assert_int_equal(result.merged, 2);
  assert_int_equal(result.profile.type_count, 2);
  assert_int_equal(result.profile.values[0], 6);
  assert_int_equal(result.profile.values[1], 60000000);
  pyr__query_result_release(&result);
}

static void merge__keeps_to_the_time_range(void **state) {
  struct fixture *f = *state;
  struct pyr__query_result result;
  pyr_error_t err;
  match(f, "process_cpu", "shop");
  f->query.from_ns = 1000;
  f->query.to_ns = 3000;
  assert_int_equal(pyr__query_merge(&f->query, &result, NULL), 0);
  assert_int_equal(result.merged, 1);
  pyr__query_result_release(&result);
  f->query.from_ns = 1001;
  assert_int_equal(pyr__query_merge(&f->query, &result, &err), PYR_ENOMATCH);
}

static void merge__of_a_type_id_is_that_column(void **state) {
  struct fixture *f = *state;
  struct pyr__query_result result;
  match(f, "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "{env=~\"prod.\"}");
  assert_int_equal(pyr__query_merge(&f->query, &result, NULL), 0);
  assert_int_equal(result.merged, 2); /* of two series with other types */
  assert_int_equal(result.profile.type_count, 1);
  assert_int_equal(result.profile.values[0], 60000000);
  pyr__query_result_release(&result);
}

static void merge__asks_which_where_several_match(void **state) {
  struct fixture *f = *state;
  struct pyr__query_result result;
  pyr_error_t err;
  match(f, "", "shop");
  assert_int_equal(pyr__query_merge(&f->query, &result, &err), PYR_EUSAGE);
  assert_string_equal(err.text, "several kinds of profiles match: cpu, mine; "
                                "choose one with --profile");
  match(f, "cpu", "{}");
  assert_int_equal(pyr__query_merge(&f->query, &result, &err), PYR_EUSAGE);
  assert_string_equal(
      err.text,
      "what matches has different types: "
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds, and "
      "process_cpu:samples:count:cpu:nanoseconds, "
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds; choose one with --profile, "
      "or narrow the matchers");
}

static void damage__is_reported_and_costs_only_itself(void **state) {
  struct fixture *f = *state;
  struct pyr__query_result result;
  match(f, "mine", "");
  assert_int_equal(pyr__query_merge(&f->query, &result, NULL), 0);
  assert_int_equal(result.merged, 1);
  pyr__query_result_release(&result);
  /* The directory is read twice. */
  assert_string_equal(f->bad.text,
                      "b.pyr: frame at 12: checksum differs, skipped\n"
                      "bad.pyr: no segment\n"
                      "b.pyr: frame at 12: checksum differs, skipped\n"
                      "bad.pyr: no segment\n");
}

static void series__are_a_line_each(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__query_series(&f->query, &f->output, NULL), 0);
  assert_string_equal(
      f->kept.text,
      "cpu  1  1970-01-01T00:00:00.000005Z  1970-01-01T00:00:00.000005Z  "
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds  "
      "{__name__=\"my cart\",env=\"prod\\n\"}\n"
      "cpu  1  1970-01-01T00:00:00.000002Z  1970-01-01T00:00:00.000002Z  "
      "process_cpu:samples:count:cpu:nanoseconds,"
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds  "
      "{__name__=\"my cart\",env=\"prod\\n\"}\n"
      "cpu  2  1970-01-01T00:00:00.000001Z  1970-01-01T00:00:00.000003Z  "
      "process_cpu:samples:count:cpu:nanoseconds,"
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds  shop{env=\"dev\"}\n"
      "mine  1  1970-01-01T00:00:00.000004Z  1970-01-01T00:00:00.000004Z  "
      "process_cpu:samples:count:cpu:nanoseconds,"
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds  shop{env=\"dev\"}\n");
}

static void labels__count_their_values(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__query_labels(&f->query, &f->output, NULL), 0);
  assert_string_equal(f->kept.text,
                      "__name__  2 values  4 series  my cart, shop\n"
                      "env  2 values  4 series  dev, prod?\n");
}

static void profiles__are_lines_of_json(void **state) {
  struct fixture *f = *state;
  match(f, "mine", "");
  assert_int_equal(pyr__query_profiles(&f->query, &f->output, NULL), 0);
  assert_string_equal(
      f->kept.text,
      "{\"time\":\"1970-01-01T00:00:00.000004Z\",\"time_ns\":4000,"
      "\"duration_ns\":10,\"profile\":\"mine\",\"labels\":{\"__name__\":"
      "\"shop\",\"env\":\"dev\"},\"totals\":{"
      "\"process_cpu:samples:count:cpu:nanoseconds\":6,"
      "\"process_cpu:cpu:nanoseconds:cpu:nanoseconds\":60000000},"
      "\"samples\":3,\"segment\":\"b.pyr\"}\n");
}

static void nothing__is_explained(void **state) {
  struct fixture *f = *state;
  struct pyr__query_result result;
  match(f, "mem", "");
  assert_int_equal(pyr__query_merge(&f->query, &result, NULL), PYR_ENOMATCH);
  assert_int_equal(pyr__query_series(&f->query, &f->output, NULL),
                   PYR_ENOMATCH);
  assert_int_equal(pyr__query_labels(&f->query, &f->output, NULL),
                   PYR_ENOMATCH);
  assert_int_equal(pyr__query_profiles(&f->query, &f->output, NULL),
                   PYR_ENOMATCH);
  assert_int_equal(f->kept.len, 0);
  assert_int_equal(pyr__query_explain(&f->query, &f->output, NULL), 0);
  assert_string_equal(
      f->kept.text,
      "The store has:\n"
      "  profile cpu: process_cpu:cpu:nanoseconds:cpu:nanoseconds\n"
      "  profile cpu: process_cpu:samples:count:cpu:nanoseconds, "
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds\n"
      "  profile mine: process_cpu:samples:count:cpu:nanoseconds, "
      "process_cpu:cpu:nanoseconds:cpu:nanoseconds\n"
      "  label __name__  2 values  4 series  my cart, shop\n"
      "  label env  2 values  4 series  dev, prod?\n"
      "  times from 1970-01-01T00:00:00.000001Z to "
      "1970-01-01T00:00:00.000005Z\n");
}

static void directory__that_is_not_there_is_named(void **state) {
  struct fixture *f = *state;
  pyr_error_t err;
  f->query.storage = "/nowhere";
  assert_int_equal(pyr__query_series(&f->query, &f->output, &err), -ENOENT);
  assert_string_equal(err.text, "storage /nowhere: No such file or directory");
}

static int run_nth(struct fixture *f, int which, pyr_error_t *err) {
  struct pyr__query_result result;
  int rc;
  switch (which) {
  case 0:
    rc = pyr__query_merge(&f->query, &result, err);
    if (rc == 0)
      pyr__query_result_release(&result);
    return rc;
  case 1:
    return pyr__query_series(&f->query, &f->output, err);
  case 2:
    return pyr__query_labels(&f->query, &f->output, err);
  case 3:
    return pyr__query_profiles(&f->query, &f->output, err);
  default:
    return pyr__query_explain(&f->query, &f->output, err);
  }
}

static void queries__are_errors_without_memory(void **state) {
  struct fixture *f = *state;
  pyr_error_t err;
  int which, rc;
  size_t n;
  match(f, "process_cpu:cpu:nanoseconds:cpu:nanoseconds", "");
  for (which = 0; which < 5; which++)
    for (n = 1;; n++) {
      struct failing_allocator counts = {.fail_at = n};
      pyr_alloc_t alloc = failing_alloc(&counts);
      struct pyr__memory memory;
      pyr__memory_init(&memory, &alloc);
      f->query.memory = &memory;
      f->kept.len = f->bad.len = 0;
      rc = run_nth(f, which, &err);
      assert_int_equal(counts.live, 0);
      if (counts.calls < n)
        break;
      assert_int_equal(rc, PYR__ENOMEM);
    }
}

int main(void) {
#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
      WITH_STORE(merge__adds_over_segments),
      WITH_STORE(merge__keeps_to_the_time_range),
      WITH_STORE(merge__of_a_type_id_is_that_column),
      WITH_STORE(merge__asks_which_where_several_match),
      WITH_STORE(damage__is_reported_and_costs_only_itself),
      WITH_STORE(series__are_a_line_each),
      WITH_STORE(labels__count_their_values),
      WITH_STORE(profiles__are_lines_of_json),
      WITH_STORE(nothing__is_explained),
      WITH_STORE(directory__that_is_not_there_is_named),
      WITH_STORE(queries__are_errors_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
