#include "support.h"

#include <string.h>

#include "schedule/budget.h"

enum { SMALL = 100, LIMIT = 1000, SHARES = 20 };

struct fixture {
  struct pyr__budget budget;
  struct pyr__share shares[SHARES];
  struct pyr__share *went_on[SHARES];
  size_t count;
};

static void on_go_on(void *ctx, struct pyr__share *share) {
  struct fixture *f = ctx;
  assert_int_equal(share->state, PYR__SHARE_GROWING);
  f->went_on[f->count++] = share;
}

static void setup(struct fixture *f) {
  memset(f, 0, sizeof(*f));
  pyr__budget_init(&f->budget, LIMIT, SMALL, on_go_on, f);
}

/* Nothing is left of any share. */
static void teardown(struct fixture *f) {
  size_t i;
  for (i = 0; i < SHARES; i++)
    pyr__budget_leave(&f->budget, &f->shares[i]);
  assert_int_equal(f->budget.used, 0);
  assert_int_equal(f->budget.growing, 0);
  assert_int_equal(f->budget.waiting, 0);
  assert_true(pyr__list_is_empty(&f->budget.queue));
}

static bool note(struct fixture *f, size_t share, uint64_t held) {
  return pyr__budget_note(&f->budget, &f->shares[share], held);
}

static uint64_t allows(struct fixture *f, size_t share) {
  return pyr__budget_allows(&f->budget, &f->shares[share]);
}

static void small_ones__never_wait(void **state) {
  struct fixture f;
  size_t i;
  (void)state;
  setup(&f);
  assert_false(note(&f, 0, SMALL + LIMIT));
  for (i = 1; i < SHARES; i++) {
    assert_int_equal(allows(&f, i), SMALL);
    assert_false(note(&f, i, SMALL));
  }
  assert_int_equal(f.budget.used, LIMIT);
  teardown(&f);
  assert_int_equal(f.count, 0);
}

static void one_alone__may_take_all(void **state) {
  struct fixture f;
  uint64_t held;
  (void)state;
  setup(&f);
  for (held = 0; held <= SMALL + LIMIT; held++) {
    assert_int_equal(allows(&f, 0), SMALL + LIMIT);
    assert_false(note(&f, 0, held));
  }
  teardown(&f);
}

static void several__grow_while_half_is_free(void **state) {
  struct fixture f;
  size_t i;
  (void)state;
  setup(&f);
  for (i = 0; i < 5; i++)
    assert_false(note(&f, i, SMALL + LIMIT / 10));
  assert_int_equal(f.budget.growing, 5);
  assert_int_equal(allows(&f, 0), SMALL + LIMIT / 10 + LIMIT / 2);
  assert_int_equal(allows(&f, 9), SMALL + LIMIT / 2);
  teardown(&f);
}

static void beyond_half__one_grows_and_others_wait_in_order(void **state) {
  struct fixture f;
  (void)state;
  setup(&f);
  assert_false(note(&f, 0, SMALL + 300));
  assert_false(note(&f, 1, SMALL + 200));
  assert_true(note(&f, 1, SMALL + 201));
  assert_true(note(&f, 1, SMALL + 210)); /* what had come already */
  assert_true(note(&f, 2, SMALL + 1));
  assert_int_equal(f.budget.waiting, 2);
  assert_false(note(&f, 0, SMALL + 789)); /* the one that grows */
  assert_int_equal(allows(&f, 0), SMALL + 789);
  pyr__budget_leave(&f.budget, &f.shares[0]);
  assert_int_equal(f.count, 2);
  assert_ptr_equal(f.went_on[0], &f.shares[1]);
  assert_ptr_equal(f.went_on[1], &f.shares[2]);
  assert_int_equal(f.budget.used, 211);
  teardown(&f);
}

static void somebody__grows_while_all_is_taken(void **state) {
  struct fixture f;
  (void)state;
  setup(&f);
  assert_false(note(&f, 0, SMALL + 100));
  assert_true(note(&f, 1, SMALL + 700));
  assert_true(note(&f, 2, SMALL + 100));
  pyr__budget_leave(&f.budget, &f.shares[0]);
  assert_int_equal(f.count, 1); /* still scarce, but nobody else grows */
  assert_ptr_equal(f.went_on[0], &f.shares[1]);
  assert_true(note(&f, 2, SMALL + 100));
  pyr__budget_leave(&f.budget, &f.shares[1]);
  assert_int_equal(f.count, 2);
  teardown(&f);
}

static void one_that_waits__may_leave(void **state) {
  struct fixture f;
  (void)state;
  setup(&f);
  assert_false(note(&f, 0, SMALL + 600));
  assert_true(note(&f, 1, SMALL + 100));
  assert_true(note(&f, 2, SMALL + 100));
  pyr__budget_leave(&f.budget, &f.shares[1]);
  assert_int_equal(f.count, 0);
  pyr__budget_leave(&f.budget, &f.shares[0]);
  assert_int_equal(f.count, 1);
  assert_ptr_equal(f.went_on[0], &f.shares[2]);
  teardown(&f);
}

/* A reload takes memory away from those who have it. */
static void a_lower_limit__lets_all_keep_what_they_have(void **state) {
  struct fixture f;
  (void)state;
  setup(&f);
  assert_false(note(&f, 0, SMALL + 600));
  f.budget.limit = 50;
  assert_int_equal(allows(&f, 0), SMALL + 600);
  assert_int_equal(allows(&f, 1), SMALL);
  pyr__budget_leave(&f.budget, &f.shares[0]);
  assert_int_equal(allows(&f, 1), SMALL + 50);
  teardown(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_ones__never_wait),
      cmocka_unit_test(one_alone__may_take_all),
      cmocka_unit_test(several__grow_while_half_is_free),
      cmocka_unit_test(beyond_half__one_grows_and_others_wait_in_order),
      cmocka_unit_test(somebody__grows_while_all_is_taken),
      cmocka_unit_test(one_that_waits__may_leave),
      cmocka_unit_test(a_lower_limit__lets_all_keep_what_they_have),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
