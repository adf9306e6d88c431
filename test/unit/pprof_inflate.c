#include "support.h"

#include "pprof_support.h"

#include "pprof/inflate.h"

enum { TEXT_BYTES = 1500 };

struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__gunzip gunzip;
  struct pyr__buf in, out;
  char text[TEXT_BYTES]; /* compresses a little, so that its blocks are real */
  int next_fails;
  pyr_error_t err;
};

static int collect(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct fixture *f = ctx;
  assert_true(len > 0);
  if (f->next_fails)
    return pyr__error(err, PYR_EPPROF, "the next stage failed");
  assert_int_equal(pyr__buf_add(&f->out, data, len), 0);
  return 0;
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  size_t i;
  pyr__memory_init(&f->memory, &alloc);
  pyr__gunzip_init(&f->gunzip, &f->memory, collect, f);
  body_init(&f->in, &f->memory);
  body_init(&f->out, &f->memory);
  for (i = 0; i < TEXT_BYTES; i++)
    f->text[i] = (char)("abcdefgh"[(i * i / 7 + i / 100) % 8]);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  pyr__gunzip_release(&f->gunzip);
  pyr__buf_release(&f->in);
  pyr__buf_release(&f->out);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

/* The first `len` bytes of `in`, in pieces that end at `cut` and, where `step`
 * is not 0, after every step. */
static int run(struct fixture *f, size_t len, size_t cut, size_t step) {
  size_t at, end;
  int rc = 0;
  pyr__buf_clear(&f->out);
  pyr__gunzip_begin(&f->gunzip, 1 << 20);
  for (at = 0; at < len && rc == 0; at = end) {
    end = at < cut ? cut : len;
    if (step != 0 && end - at > step)
      end = at + step;
    rc = pyr__gunzip_write(&f->gunzip, f->in.data + at, end - at, &f->err);
  }
  return rc == 0 ? pyr__gunzip_finish(&f->gunzip, &f->err) : rc;
}

static void must_give(struct fixture *f, const char *text, size_t len) {
  assert_int_equal(f->out.len, len);
  if (len > 0)
    assert_memory_equal(f->out.data, text, len);
}

/* The whole of `in`, cut everywhere, gives the text, or fails in one way. */
static void everywhere(struct fixture *f, int code, const char *error) {
  size_t cut;
  for (cut = 0; cut <= f->in.len; cut++) {
    f->err.text[0] = '\0';
    assert_int_equal(run(f, f->in.len, cut, 0), code);
    if (code == 0)
      must_give(f, f->text, TEXT_BYTES);
    else if (strstr(f->err.text, error) == NULL)
      fail_msg("cut at %zu: %s, not %s", cut, f->err.text, error);
  }
  assert_int_equal(run(f, f->in.len, 0, 1), code);
}

static void plain__passes(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__buf_add(&f->in, f->text, TEXT_BYTES), 0);
  everywhere(f, 0, NULL);
}

static void nothing__passes(void **state) {
  struct fixture *f = *state;
  assert_int_equal(run(f, 0, 0, 0), 0);
  must_give(f, "", 0);
}

static void half_a_magic__passes(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__buf_add(&f->in, "\x1f", 1), 0);
  assert_int_equal(run(f, 1, 0, 0), 0);
  must_give(f, "\x1f", 1);
  assert_int_equal(pyr__buf_add(&f->in, "\x8c.", 2), 0);
  assert_int_equal(run(f, 3, 1, 0), 0);
  must_give(f, "\x1f\x8c.", 3);
  assert_int_equal(run(f, 3, 2, 0), 0);
  must_give(f, "\x1f\x8c.", 3);
}

static void one_member__is_inflated(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  everywhere(f, 0, NULL);
}

static void members__follow_each_other(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, 700);
  gzip_bytes(&f->in, f->text, 0);
  gzip_bytes(&f->in, f->text + 700, TEXT_BYTES - 700);
  everywhere(f, 0, NULL);
}

static void zeros_behind__are_padding(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  assert_int_equal(pyr__buf_add(&f->in, "\0\0\0\0\0", 5), 0);
  everywhere(f, 0, NULL);
}

static void garbage_behind__fails(void **state) {
  static const char *const garbage[] = {"x", "\x1e", "<html>"};
  struct fixture *f = *state;
  size_t i, len;
  char expected[64];
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  len = f->in.len;
  for (i = 0; i < 3; i++) {
    f->in.len = len;
    assert_int_equal(pyr__buf_add_text(&f->in, garbage[i]), 0);
    snprintf(expected, sizeof(expected),
             "garbage after the end of the data, at compressed byte %zu", len);
    everywhere(f, PYR_EGZIP, expected);
  }
}

static void garbage_behind_padding__fails(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  assert_int_equal(pyr__buf_add(&f->in, "\0\x1f\x8b", 3), 0);
  everywhere(f, PYR_EGZIP, "garbage after the end of the data");
}

static void half_a_member_behind__fails(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  assert_int_equal(pyr__buf_add(&f->in, "\x1f", 1), 0);
  everywhere(f, PYR_EGZIP, "cut off after");
  assert_int_equal(pyr__buf_add(&f->in, "x", 1), 0);
  everywhere(f, PYR_EGZIP, "incorrect header check");
}

static void cut_off_anywhere__fails(void **state) {
  struct fixture *f = *state;
  char expected[64];
  size_t len;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  for (len = 2; len < f->in.len; len++) {
    assert_int_equal(run(f, len, 0, 0), PYR_EGZIP);
    snprintf(expected, sizeof(expected),
             "gzip: cut off after %zu compressed bytes", len);
    assert_string_equal(f->err.text, expected);
  }
}

static void damage__has_a_name(void **state) {
  struct fixture *f = *state;
  static const struct {
    size_t from_end; /* which byte; 0: by `at` */
    size_t at;
    const char *error;
  } cases[] = {{0, 2, "unknown compression method"},
               {0, 3, "unknown header flags set"},
               {8, 0, "incorrect data check"},
               {1, 0, "incorrect length check"}};
  size_t i, at;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr__buf_clear(&f->in);
    gzip_bytes(&f->in, f->text, TEXT_BYTES);
    at = cases[i].from_end > 0 ? f->in.len - cases[i].from_end : cases[i].at;
    f->in.data[at] ^= 0xe0;
    everywhere(f, PYR_EGZIP, cases[i].error);
    assert_non_null(strstr(f->err.text, "near compressed byte"));
  }
}

static void impossible_block__has_a_name(void **state) {
  struct fixture *f = *state;
  static const uint8_t bytes[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x07};
  assert_int_equal(pyr__buf_add(&f->in, bytes, sizeof(bytes)), 0);
  everywhere(f, PYR_EGZIP, "invalid block type");
}

/* 1 MiB of zeros in a kilobyte, against a limit of 100 KB. */
static void bomb__stops_at_the_limit(void **state) {
  struct fixture *f = *state;
  char *zeros = calloc(1, 1 << 20);
  size_t limit;
  gzip_bytes(&f->in, zeros, 1 << 20);
  free(zeros);
  assert_true(f->in.len < 2000);
  for (limit = 100000; limit < 100003; limit++) {
    pyr__buf_clear(&f->out);
    pyr__gunzip_begin(&f->gunzip, limit);
    assert_int_equal(
        pyr__gunzip_write(&f->gunzip, f->in.data, f->in.len, &f->err),
        PYR_ELIMIT);
    assert_non_null(strstr(f->err.text, "raise body-size-limit"));
    assert_true(f->out.len <= limit);
  }
  pyr__buf_clear(&f->out);
  pyr__gunzip_begin(&f->gunzip, 1 << 20); /* exactly its size is allowed */
  assert_int_equal(
      pyr__gunzip_write(&f->gunzip, f->in.data, f->in.len, &f->err), 0);
  assert_int_equal(pyr__gunzip_finish(&f->gunzip, &f->err), 0);
}

static void plain_too_long__stops_at_the_limit(void **state) {
  struct fixture *f = *state;
  pyr__gunzip_begin(&f->gunzip, TEXT_BYTES - 1);
  assert_int_equal(pyr__gunzip_write(&f->gunzip, (const uint8_t *)f->text,
                                     TEXT_BYTES, &f->err),
                   PYR_ELIMIT);
}

static void next_stage__is_heard(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  f->next_fails = 1;
  everywhere(f, PYR_EPPROF, "the next stage failed");
}

static void failure__does_not_outlive_begin(void **state) {
  struct fixture *f = *state;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  f->in.data[30] ^= 0x55;
  assert_int_equal(run(f, f->in.len, 0, 0), PYR_EGZIP);
  f->in.data[30] ^= 0x55;
  assert_int_equal(run(f, f->in.len, 0, 0), 0);
  must_give(f, f->text, TEXT_BYTES);
}

static void nth_allocation__fails(void **state) {
  struct fixture *f = *state;
  size_t n;
  gzip_bytes(&f->in, f->text, TEXT_BYTES);
  assert_int_equal(pyr__buf_reserve(&f->out, 2 * TEXT_BYTES), 0);
  for (n = 1;; n++) {
    f->allocator.calls = 0;
    f->allocator.fail_at = n;
    if (run(f, f->in.len, 0, 0) == 0)
      break;
    assert_int_equal(f->err.code, PYR__ENOMEM);
    assert_string_equal(f->err.text, "out of memory");
  }
  f->allocator.fail_at = 0;
  assert_true(n > 2);
  must_give(f, f->text, TEXT_BYTES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(plain__passes),
      TEST(nothing__passes),
      TEST(half_a_magic__passes),
      TEST(one_member__is_inflated),
      TEST(members__follow_each_other),
      TEST(zeros_behind__are_padding),
      TEST(garbage_behind__fails),
      TEST(garbage_behind_padding__fails),
      TEST(half_a_member_behind__fails),
      TEST(cut_off_anywhere__fails),
      TEST(damage__has_a_name),
      TEST(impossible_block__has_a_name),
      TEST(bomb__stops_at_the_limit),
      TEST(plain_too_long__stops_at_the_limit),
      TEST(next_stage__is_heard),
      TEST(failure__does_not_outlive_begin),
      TEST(nth_allocation__fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
