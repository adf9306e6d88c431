#include "support.h"

#include "pprof_support.h"

#include "pprof/encode.h"

struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__decoder *decoder;
  struct pyr__buf body, part;
  pyr_error_t err;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  body_init(&f->body, &f->memory);
  body_init(&f->part, &f->memory);
  *state = f;
  return pyr__decoder_new(&f->decoder, &f->memory);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  pyr__decoder_free(f->decoder);
  pyr__buf_release(&f->body);
  pyr__buf_release(&f->part);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

static const struct pyr__profile *must_decode(struct fixture *f) {
  const struct pyr__profile *profile = NULL;
  if (decode(f->decoder, &f->body, &profile, &f->err) != 0)
    fail_msg("%s", f->err.text);
  return profile;
}

static void small__has_every_field(void **state) {
  struct fixture *f = *state;
  const struct pyr__profile *p;

  put_small_profile(&f->body);
  p = must_decode(f);
  assert_int_equal(p->type_count, 2);
  assert_int_equal(p->types[1].type, 3);
  assert_int_equal(p->sample_count, 2);
  assert_int_equal(p->samples[0].frame_count, 2);
  assert_int_equal(p->frames[0], 0);
  assert_int_equal(p->frames[1], 1);
  assert_int_equal(p->frames[p->samples[1].first_frame], 0);
  assert_int_equal(p->values[2], 701);
  assert_int_equal(p->label_count, 2);
  assert_int_equal(p->labels[0].string, 10);
  assert_int_equal(p->labels[1].number, 512);
  assert_int_equal(p->labels[1].unit, 2);
  assert_int_equal(p->mapping_count, 1);
  assert_int_equal(p->mappings[0].flags, PYR__MAPPING_HAS_FUNCTIONS);
  assert_int_equal(p->mappings[0].limit, 0x500000);
  assert_int_equal(p->locations[1].line_count, 2);
  assert_int_equal(p->lines[p->locations[1].first_line].function, 1);
  assert_int_equal(p->lines[p->locations[1].first_line].line, 42);
  assert_int_equal(p->functions[1].name, 6);
  assert_true(pyr__str_is(p->strings[p->functions[1].name], "inner"));
  assert_int_equal(p->time_ns, 1700000000000000000);
  assert_int_equal(p->period, 524288);
  assert_int_equal(p->comments[0], 11);
  assert_int_equal(p->default_type, 3);
  assert_int_equal(pyr__decoder_body_bytes(f->decoder), f->body.len);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(small__has_every_field, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
