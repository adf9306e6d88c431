#include "support.h"

#include "delta_fixture.h"

/* ---- outcomes ----------------------------------------------------------- */

static void first__has_only_what_is_in_use(void **state) {
  struct fixture *f = *state;
  one(f, 5, 1000, 7);
  more(f, 6, 1000, 0);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  assert_int_equal(f->result.profile->sample_count, 1);
  expect_sample(f, 5, (int64_t[]){0, 7});
  expect_sample(f, 6, NULL);
}

static void second__has_the_difference(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1010, 3);
  more(f, 6, 4, 0);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  assert_int_equal(f->result.profile->sample_count, 2);
  expect_sample(f, 5, (int64_t[]){10, 3});
  expect_sample(f, 6, (int64_t[]){4, 0});
}

static void nothing_gained__leaves_the_sample_out(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1000, 0);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  assert_int_equal(f->result.profile->sample_count, 0);
  must_commit(f);
  one(f, 5, 1001, 0);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
  expect_sample(f, 5, (int64_t[]){1, 0});
}

static void not_committed__covers_both_intervals(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1010, 3);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  one(f, 5, 1025, 3);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 100);
  expect_sample(f, 5, (int64_t[]){25, 3});
  must_commit(f);
  one(f, 5, 1026, 3);
  must_apply(f, 400, PYR__DELTA_DIFFERENCE, 300);
  expect_sample(f, 5, (int64_t[]){1, 3});
}

static void counter_went_back__is_a_reset(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 999, 3);
  more(f, 6, 50000, 1);
  must_apply(f, 200, PYR__DELTA_RESET, 0);
  expect_sample(f, 5, (int64_t[]){0, 3});
  expect_sample(f, 6, (int64_t[]){0, 1});
  must_commit(f);
  one(f, 5, 1000, 3);
  more(f, 6, 50002, 1);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
  expect_sample(f, 5, (int64_t[]){1, 3});
  expect_sample(f, 6, (int64_t[]){2, 1});
}

static void reset_not_committed__is_a_reset_again(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 10, 3);
  must_apply(f, 200, PYR__DELTA_RESET, 0);
  one(f, 5, 20, 3);
  must_apply(f, 300, PYR__DELTA_RESET, 0);
}

/* ---- processes ---------------------------------------------------------- */

static void other_build_id__is_a_restart(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1200, 3);
  made_program(&f->made, "second", 0x400000);
  must_apply(f, 200, PYR__DELTA_RESTART, 100);
  expect_sample(f, 5, (int64_t[]){1200, 3});
  must_commit(f);
  one(f, 5, 1300, 3);
  made_program(&f->made, "second", 0x400000);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
  expect_sample(f, 5, (int64_t[]){100, 3});
}

static void same_program_elsewhere__is_a_restart(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1200, 3);
  made_program(&f->made, "first", 0x500000);
  must_apply(f, 200, PYR__DELTA_RESTART, 100);
}

/* A running binary that is replaced on disk cannot be read any more. */
static void lost_build_id__is_no_restart(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1200, 3);
  f->made.strings[7] = pyr__str("/bin/program (deleted)");
  f->made.mappings[0].build_id = 0;
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  must_commit(f);
  one(f, 5, 1201, 3);
  made_program(&f->made, "second", 0x400000);
  must_apply(f, 300, PYR__DELTA_RESTART, 200);
}

static void library_before_the_program__is_no_restart(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1200, 3);
  f->made.mappings[1] = f->made.mappings[0];
  f->made.mappings[0] =
      (struct pyr__mapping){.start = 0x1000, .limit = 0x2000, .build_id = 6};
  f->made.profile.mapping_count = 2;
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  must_commit(f);
  one(f, 5, 1300, 3);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
}

static void no_mappings__compares_counters(void **state) {
  struct fixture *f = *state;
  one(f, 5, 1000, 7);
  f->made.profile.mapping_count = 0;
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
  one(f, 5, 1001, 7);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
}

/* ---- what is compared --------------------------------------------------- */

static void other_type__is_a_first(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1010, 3);
  f->made.types[1].unit = 6;
  must_apply(f, 200, PYR__DELTA_FIRST, 0);
}

static void other_columns__is_a_first(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1010, 8);
  assert_int_equal(apply(f, 3, 200), 0);
  assert_int_equal(f->result.outcome, PYR__DELTA_FIRST);
  assert_int_equal(f->result.profile->sample_count, 0);
}

static void columns_past_the_types__are_ignored(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1010, 3);
  assert_int_equal(apply(f, IN_USE_TOO | ~UINT64_C(3), 200), 0);
  assert_int_equal(f->result.outcome, PYR__DELTA_DIFFERENCE);
}

static void tables_in_another_order__are_the_same_stacks(void **state) {
  struct fixture *f = *state;
  uint32_t i;
  made_begin(&f->made, 2, 0);
  for (i = 0; i < MADE_STACKS; i++)
    more(f, i, 1000 + i, 1);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
  assert_int_equal(pyr__delta_stacks(f->delta), MADE_STACKS);
  made_begin(&f->made, 2, 3);
  for (i = MADE_STACKS; i-- > 0;)
    more(f, i, 1001 + 2 * i, 1);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  assert_int_equal(f->result.profile->sample_count, MADE_STACKS);
  for (i = 0; i < MADE_STACKS; i++)
    expect_sample(f, i, (int64_t[]){1 + (int64_t)i, 1});
}

/* Each difference makes another stack: what the baseline has is gone. */
static void content__tells_stacks_apart(void **state) {
  struct fixture *f = *state;
  size_t change;
  for (change = 0; change < 8; change++) {
    pyr__delta_free(f->delta);
    assert_int_equal(pyr__delta_new(&f->delta, &f->memory, 1 << 20), 0);
    one(f, 5, 1000, 0); /* stack 5 has labels of both sorts */
    must_apply(f, 100, PYR__DELTA_FIRST, 0);
    must_commit(f);
    one(f, 5, 1010, 0);
    switch (change) {
    case 0:
      f->made.locations[5].address++;
      break;
    case 1:
      f->made.lines[5].line++;
      break;
    case 2:
      f->made.lines[5].column++;
      break;
    case 3:
      f->made.functions[5].name = 6;
      break;
    case 4:
      f->made.functions[5].filename = 6;
      break;
    case 5:
      f->made.functions[5].system_name = 6;
      break;
    case 6:
      f->made.labels[0].string = 4;
      break;
    case 7:
      f->made.labels[1].number++;
      break;
    }
    must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
    assert_int_equal(f->result.profile->values[0], 1010);
    must_commit(f);
    assert_int_equal(pyr__delta_stacks(f->delta), 2);
  }
}

static void depth_and_order__tell_stacks_apart(void **state) {
  struct fixture *f = *state;
  const uint32_t ab = 1 + 2 * MADE_FUNCTIONS, ba = 2 + 1 * MADE_FUNCTIONS;
  one(f, ab, 1000, 0);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
  one(f, ab, 1001, 0);
  more(f, ba, 10, 0);
  more(f, ab, 20, 0);
  f->made.samples[2].frame_count--;
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  assert_int_equal(f->result.profile->sample_count, 3);
  assert_int_equal(f->result.profile->values[0], 1);
  assert_int_equal(f->result.profile->values[2], 10);
  assert_int_equal(f->result.profile->values[4], 20);
}

static void equal_samples__become_one(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 600, 3);
  more(f, 6, 1, 0);
  more(f, 5, 600, 4);
  more(f, 6, 2, 0);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  assert_int_equal(f->result.profile->sample_count, 2);
  expect_sample(f, 5, (int64_t[]){200, 7});
  expect_sample(f, 6, (int64_t[]){3, 0});
}

static void sums__stop_at_the_end(void **state) {
  struct fixture *f = *state;
  one(f, 5, INT64_MAX, INT64_MIN);
  more(f, 5, 1, -1);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  expect_sample(f, 5, (int64_t[]){0, INT64_MIN});
  must_commit(f);
  one(f, 5, INT64_MAX, 1);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  expect_sample(f, 5, (int64_t[]){0, 1});
}

static void negative_counter__is_never_stored(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 5, 1000, 1);
  more(f, 6, -5, 1);
  must_apply(f, 200, PYR__DELTA_RESET, 0);
  expect_sample(f, 6, (int64_t[]){0, 1});
  must_commit(f);
  one(f, 5, INT64_MAX, 1);
  more(f, 6, INT64_MAX, 1);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
  expect_sample(f, 6, (int64_t[]){INT64_MAX, 1});
  one(f, 5, -1, 1);
  made_program(&f->made, "second", 0x400000);
  must_apply(f, 300, PYR__DELTA_RESTART, 200);
  expect_sample(f, 5, (int64_t[]){0, 1});
}

static void no_samples__is_a_baseline(void **state) {
  struct fixture *f = *state;
  made_begin(&f->made, 2, 0);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
  one(f, 5, 10, 0);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  expect_sample(f, 5, (int64_t[]){10, 0});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(first__has_only_what_is_in_use),
      TEST(second__has_the_difference),
      TEST(nothing_gained__leaves_the_sample_out),
      TEST(not_committed__covers_both_intervals),
      TEST(counter_went_back__is_a_reset),
      TEST(reset_not_committed__is_a_reset_again),
      TEST(other_build_id__is_a_restart),
      TEST(same_program_elsewhere__is_a_restart),
      TEST(lost_build_id__is_no_restart),
      TEST(library_before_the_program__is_no_restart),
      TEST(no_mappings__compares_counters),
      TEST(other_type__is_a_first),
      TEST(other_columns__is_a_first),
      TEST(columns_past_the_types__are_ignored),
      TEST(tables_in_another_order__are_the_same_stacks),
      TEST(content__tells_stacks_apart),
      TEST(depth_and_order__tell_stacks_apart),
      TEST(equal_samples__become_one),
      TEST(sums__stop_at_the_end),
      TEST(negative_counter__is_never_stored),
      TEST(no_samples__is_a_baseline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
