#include "support.h"

#include "base/limits.h"
#include "delta_support.h"
#include "pprof/delta.h"

enum { IN_USE_TOO = 1 }; /* of two columns, only the first is cumulative */

struct fixture {
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__delta *delta;
  struct made made;
  struct pyr__delta_result result;
  pyr_error_t err;
};

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_alloc_t alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  pyr__arena_init(&f->arena, &f->memory, PYR__MEM_PPROF_PROFILE, 16 << 20);
  *state = f;
  return pyr__delta_new(&f->delta, &f->memory, 1 << 20);
}

static int teardown(void **state) {
  struct fixture *f = *state;
  pyr__delta_free(f->delta);
  pyr__arena_release(&f->arena);
  assert_int_equal(f->allocator.live, 0);
  free(f);
  return 0;
}

static int apply(struct fixture *f, uint64_t cumulative, int64_t now_ns) {
  pyr__arena_reset(&f->arena, 0);
  return pyr__delta_apply(f->delta, &f->made.profile, cumulative, now_ns,
                          &f->arena, &f->result, &f->err);
}

static void must_apply(struct fixture *f, int64_t now_ns,
                       enum pyr__delta_outcome outcome, int64_t since_ns) {
  if (apply(f, IN_USE_TOO, now_ns) != 0)
    fail_msg("%s", f->err.text);
  assert_int_equal(f->result.outcome, outcome);
  assert_int_equal(f->result.since_ns, since_ns);
}

static void must_commit(struct fixture *f) {
  assert_int_equal(pyr__delta_commit(f->delta, &f->err), 0);
}

/* A profile of two columns and one sample. */
static void one(struct fixture *f, uint32_t stack, int64_t total,
                int64_t in_use) {
  made_begin(&f->made, 2, 0);
  made_add(&f->made, stack, (int64_t[]){total, in_use});
}

static void more(struct fixture *f, uint32_t stack, int64_t total,
                 int64_t in_use) {
  made_add(&f->made, stack, (int64_t[]){total, in_use});
}

/* The result has the sample with these values, or, without values, has it
 * not. */
static void expect_sample(struct fixture *f, uint32_t stack,
                          const int64_t *values) {
  const struct pyr__profile *p = f->result.profile;
  uint32_t i, found = 0;
  for (i = 0; i < p->sample_count; i++) {
    if (made_stack(&f->made, p, i) != stack)
      continue;
    found++;
    if (values != NULL)
      assert_memory_equal(p->values + (size_t)i * p->type_count, values,
                          p->type_count * sizeof(*values));
  }
  assert_int_equal(found, values != NULL);
}

/* After a first scrape of stack 5 at time 100, which counted 1000. */
static void begin_at_thousand(struct fixture *f) {
  one(f, 5, 1000, 7);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
}

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

/* ---- memory ------------------------------------------------------------- */

static void gone__is_remembered_for_a_while(void **state) {
  struct fixture *f = *state;
  size_t absent, i;
  for (absent = 1; absent <= PYR__LIMIT_GONE_SCRAPES + 1; absent++) {
    pyr__delta_free(f->delta);
    assert_int_equal(pyr__delta_new(&f->delta, &f->memory, 1 << 20), 0);
    begin_at_thousand(f);
    for (i = 0; i < absent; i++) {
      one(f, 6, 10, 1);
      must_apply(f, 200, PYR__DELTA_DIFFERENCE, i == 0 ? 100 : 200);
      must_commit(f);
    }
    one(f, 5, 1010, 1);
    must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
    if (absent <= PYR__LIMIT_GONE_SCRAPES) {
      expect_sample(f, 5, (int64_t[]){10, 1});
    } else {
      assert_int_equal(pyr__delta_stacks(f->delta), 1);
      expect_sample(f, 5, (int64_t[]){1010, 1});
    }
  }
}

static void reset_and_restart__forget_what_is_gone(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  one(f, 6, 10, 1);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  must_commit(f);
  assert_int_equal(pyr__delta_stacks(f->delta), 2);
  one(f, 6, 9, 1);
  must_apply(f, 300, PYR__DELTA_RESET, 0);
  must_commit(f);
  assert_int_equal(pyr__delta_stacks(f->delta), 1);
  one(f, 7, 9, 1);
  made_program(&f->made, "second", 0x400000);
  must_apply(f, 300, PYR__DELTA_RESTART, 300);
  must_commit(f);
  assert_int_equal(pyr__delta_stacks(f->delta), 1);
}

static void too_many_stacks__fail_by_name_and_keep_the_baseline(void **state) {
  struct fixture *f = *state;
  uint32_t i;
  pyr__delta_free(f->delta);
  assert_int_equal(pyr__delta_new(&f->delta, &f->memory, 10 * 16), 0);
  begin_at_thousand(f);
  made_begin(&f->made, 2, 0);
  for (i = 0; i < 11; i++)
    more(f, i, 2000, 1);
  assert_int_equal(apply(f, IN_USE_TOO, 200), PYR_ELIMIT);
  assert_non_null(strstr(f->err.text, "delta-bytes (160)"));
  assert_int_equal(pyr__delta_commit(f->delta, &f->err), PYR_EUSAGE);
  made_begin(&f->made, 2, 0);
  for (i = 0; i < 10; i++)
    more(f, i, 2000, 1);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  expect_sample(f, 5, (int64_t[]){1000, 1});
  must_commit(f);
  assert_true(pyr__delta_bytes(f->delta) <= 160 + 256);
}

static void gone__goes_first_when_room_is_scarce(void **state) {
  struct fixture *f = *state;
  uint32_t i;
  pyr__delta_free(f->delta);
  assert_int_equal(pyr__delta_new(&f->delta, &f->memory, 10 * 16), 0);
  made_begin(&f->made, 2, 0);
  for (i = 0; i < 10; i++)
    more(f, i, 1000, 1);
  must_apply(f, 100, PYR__DELTA_FIRST, 0);
  must_commit(f);
  made_begin(&f->made, 2, 0);
  for (i = 9; i < 17; i++)
    more(f, i, 1000, 1);
  must_apply(f, 200, PYR__DELTA_DIFFERENCE, 100);
  must_commit(f);
  assert_int_equal(pyr__delta_stacks(f->delta), 10);
  one(f, 9, 1001, 0);
  more(f, 0, 1001, 0);
  more(f, 8, 1001, 0);
  must_apply(f, 300, PYR__DELTA_DIFFERENCE, 200);
  expect_sample(f, 9, (int64_t[]){1, 0});
  expect_sample(f, 0, (int64_t[]){1, 0});
  expect_sample(f, 8, (int64_t[]){1001, 0});
}

static void memory__is_compact_and_given_back(void **state) {
  struct fixture *f = *state;
  uint32_t i;
  size_t most;
  made_begin(&f->made, MADE_COLUMNS, 0);
  for (i = 0; i < MADE_STACKS; i++)
    made_add(&f->made, i, (int64_t[]){1, 2, 3, 4});
  assert_int_equal(apply(f, 15, 100), 0);
  must_commit(f);
  most = pyr__delta_bytes(f->delta);
  print_message("%zu bytes for %d stacks of 4 columns: %zu each\n", most,
                MADE_STACKS, most / MADE_STACKS);
  assert_true(most / MADE_STACKS <= 48);
  made_begin(&f->made, MADE_COLUMNS, 0);
  made_add(&f->made, 0, (int64_t[]){0, 2, 3, 4});
  assert_int_equal(apply(f, 15, 200), 0);
  assert_int_equal(f->result.outcome, PYR__DELTA_RESET);
  must_commit(f);
  assert_true(pyr__delta_bytes(f->delta) < most / 10);
  assert_int_equal(pyr__delta_bytes(f->delta),
                   f->memory.accounts[PYR__MEM_PPROF_DELTA].used_bytes);
}

static void commit_without_apply__is_wrong_use(void **state) {
  struct fixture *f = *state;
  assert_int_equal(pyr__delta_commit(f->delta, &f->err), PYR_EUSAGE);
  begin_at_thousand(f);
  assert_int_equal(pyr__delta_commit(f->delta, &f->err), PYR_EUSAGE);
}

static void impossible_count__is_refused(void **state) {
  struct fixture *f = *state;
  begin_at_thousand(f);
  f->made.profile.sample_count = UINT32_MAX - 1;
  assert_int_equal(apply(f, IN_USE_TOO, 200), PYR_ELIMIT);
}

static void full_arena__is_a_limit(void **state) {
  struct fixture *f = *state;
  size_t limit;
  begin_at_thousand(f);
  one(f, 5, 1010, 3);
  for (limit = 0;; limit += 8) {
    f->arena.limit = limit;
    if (apply(f, IN_USE_TOO, 200) == 0)
      break;
    assert_int_equal(f->err.code, PYR_ELIMIT);
  }
  assert_true(limit > 100);
  expect_sample(f, 5, (int64_t[]){10, 3});
}

static void nth_allocation__fails_and_leaves_the_baseline(void **state) {
  struct fixture *f = *state;
  uint32_t i;
  size_t n;
  begin_at_thousand(f);
  made_begin(&f->made, 2, 0);
  for (i = 0; i < MADE_STACKS; i++)
    more(f, i, 1001, 1);
  for (n = 1;; n++) {
    f->allocator.calls = 0;
    f->allocator.fail_at = n;
    if (apply(f, IN_USE_TOO, 200) == 0)
      break;
    assert_int_equal(f->err.code, PYR__ENOMEM);
    assert_int_equal(pyr__delta_stacks(f->delta), 1);
  }
  assert_true(n > 2);
  f->allocator.fail_at = 0;
  assert_int_equal(f->result.outcome, PYR__DELTA_DIFFERENCE);
  expect_sample(f, 5, (int64_t[]){1, 1});
  /* commit needs no memory, and does not mind that it cannot shrink */
  f->allocator.calls = 0;
  f->allocator.fail_at = 1;
  must_commit(f);
  made_begin(&f->made, 2, 0);
  more(f, 0, 1, 0);
  assert_int_equal(f->allocator.calls, 0);
  f->allocator.fail_at = 0;
  must_apply(f, 300, PYR__DELTA_RESET, 0);
  f->allocator.calls = 0;
  f->allocator.fail_at = 1;
  must_commit(f);
  assert_int_equal(f->allocator.calls, 1);
  f->allocator.fail_at = 0;
}

static void new__fails_without_memory(void **state) {
  struct fixture *f = *state;
  struct pyr__delta *other = NULL;
  f->allocator.calls = 0;
  f->allocator.fail_at = 1;
  assert_int_equal(pyr__delta_new(&other, &f->memory, 1), PYR__ENOMEM);
  f->allocator.fail_at = 0;
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
      TEST(gone__is_remembered_for_a_while),
      TEST(reset_and_restart__forget_what_is_gone),
      TEST(too_many_stacks__fail_by_name_and_keep_the_baseline),
      TEST(gone__goes_first_when_room_is_scarce),
      TEST(memory__is_compact_and_given_back),
      TEST(commit_without_apply__is_wrong_use),
      TEST(impossible_count__is_refused),
      TEST(full_arena__is_a_limit),
      TEST(nth_allocation__fails_and_leaves_the_baseline),
      TEST(new__fails_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
