#include "support.h"

#include "pprof_support.h"

#include "pprof/encode.h"

struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__decoder *decoder, *other;
  struct pyr__buf body, out, again;
  pyr_error_t err;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  body_init(&f->body, &f->memory);
  body_init(&f->out, &f->memory);
  body_init(&f->again, &f->memory);
  assert_int_equal(pyr__decoder_new(&f->other, &f->memory), 0);
  *state = f;
  return pyr__decoder_new(&f->decoder, &f->memory);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  pyr__decoder_free(f->decoder);
  pyr__decoder_free(f->other);
  pyr__buf_release(&f->body);
  pyr__buf_release(&f->out);
  pyr__buf_release(&f->again);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

/* Decoded, encoded, decoded: the same; encoded again: the same bytes. */
static void round_trip(struct fixture *f) {
  const struct pyr__profile *in = NULL, *out = NULL;
  pyr__buf_clear(&f->out);
  pyr__buf_clear(&f->again);
  assert_int_equal(decode(f->decoder, &f->body, &in, &f->err), 0);
  assert_int_equal(pyr__pprof_encode(in, &f->out, &f->err), 0);
  if (decode(f->other, &f->out, &out, &f->err) != 0)
    fail_msg("%s", f->err.text);
  assert_true(same_profile(in, out));
  assert_int_equal(pyr__pprof_encode(out, &f->again, &f->err), 0);
  assert_int_equal(f->out.len, f->again.len);
  assert_memory_equal(f->out.data, f->again.data, f->out.len);
}

static void small__comes_back(void **state) {
  struct fixture *f = *state;
  put_small_profile(&f->body);
  round_trip(f);
}

static void one_body(void *ctx, const char *name) {
  struct fixture *f = ctx;
  pyr__buf_clear(&f->body);
  put_corpus(&f->body, name);
  round_trip(f);
}

static void corpus__comes_back(void **state) {
  each_corpus(one_body, *state);
}

static void nothing__comes_back(void **state) {
  struct fixture *f = *state;
  static const pyr_str_t empty = {"", 0};
  static const struct pyr__value_type type = {0, 0};
  const struct pyr__profile profile = {
      .strings = &empty, .string_count = 1, .types = &type, .type_count = 1};
  const struct pyr__profile *out = NULL;
  assert_int_equal(pyr__pprof_encode(&profile, &f->out, &f->err), 0);
  assert_int_equal(decode(f->decoder, &f->out, &out, &f->err), 0);
  assert_true(same_profile(&profile, out));
}

static void gzip__is_the_same_compressed(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *in = NULL, *out = NULL;
  put_corpus(&f->body, "medium/cpu/0");
  assert_int_equal(decode(f->decoder, &f->body, &in, &f->err), 0);
  assert_int_equal(pyr__buf_add_text(&f->out, "before"), 0);
  assert_int_equal(pyr__pprof_encode_gzip(in, &f->out, &f->err), 0);
  assert_memory_equal(f->out.data, "before\x1f\x8b", 8);
  memmove(f->out.data, f->out.data + 6, f->out.len - 6);
  f->out.len -= 6;
  assert_true(f->out.len < pyr__decoder_body_bytes(f->decoder) * 2 / 3);
  assert_int_equal(decode(f->other, &f->out, &out, &f->err), 0);
  assert_true(same_profile(in, out));
}

static void limit_of_the_buffer__is_heard(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *in = NULL;
  put_small_profile(&f->body);
  assert_int_equal(decode(f->decoder, &f->body, &in, &f->err), 0);
  for (f->out.limit = 0; f->out.limit < 200; f->out.limit += 10) {
    assert_int_equal(pyr__pprof_encode(in, &f->out, &f->err), PYR_ELIMIT);
    assert_non_null(strstr(f->err.text, "the encoded profile takes more"));
    assert_int_equal(pyr__pprof_encode_gzip(in, &f->out, &f->err), PYR_ELIMIT);
    assert_int_equal(f->out.len, 0);
  }
}

static void nth_allocation__fails(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *in = NULL;
  size_t n;
  int gzip, rc;
  put_small_profile(&f->body);
  assert_int_equal(decode(f->decoder, &f->body, &in, &f->err), 0);
  for (gzip = 0; gzip < 2; gzip++) {
    for (n = 1;; n++) {
      pyr__buf_release(&f->out);
      f->allocator.calls = 0;
      f->allocator.fail_at = n;
      rc = gzip ? pyr__pprof_encode_gzip(in, &f->out, &f->err)
                : pyr__pprof_encode(in, &f->out, &f->err);
      if (rc == 0)
        break;
      assert_int_equal(rc, PYR__ENOMEM);
      assert_string_equal(f->err.text, "out of memory");
      assert_int_equal(f->out.len, 0);
    }
    f->allocator.fail_at = 0;
    assert_in_range(n, 3, 100);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(small__comes_back),
      TEST(corpus__comes_back),
      TEST(nothing__comes_back),
      TEST(gzip__is_the_same_compressed),
      TEST(limit_of_the_buffer__is_heard),
      TEST(nth_allocation__fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
