/* What a baseline remembers, what it takes, and what happens when there is no
 * more. */
#include "support.h"

#include "base/limits.h"
#include "delta_fixture.h"

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
    assert_non_null(strstr(f->err.text, "limits: scrape-bytes"));
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
