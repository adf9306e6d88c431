#include "support.h"

#include <stdio.h>

#include "base/str.h"
#include "schedule/gate.h"

struct admitted {
  struct pyr__pass *passes[64];
  size_t count;
};

static void on_admit(void *ctx, struct pyr__pass *pass) {
  struct admitted *admitted = ctx;
  admitted->passes[admitted->count++] = pass;
}

struct fixture {
  struct pyr__memory memory;
  struct pyr__gate gate;
  struct admitted admitted;
};

static void setup(struct fixture *f, size_t limit) {
  memset(f, 0, sizeof(*f));
  pyr__memory_init(&f->memory, NULL);
  pyr__gate_init(&f->gate, &f->memory, limit, on_admit, &f->admitted);
}

static void teardown(struct fixture *f) {
  pyr__gate_release(&f->gate);
  assert_int_equal(f->memory.accounts[PYR__MEM_SCHEDULE].used_blocks, 0);
}

static void enter__admits_up_to_the_limit_in_order(void **state) {
  struct pyr__pass passes[5] = {0};
  struct fixture f;
  size_t i;
  (void)state;
  setup(&f, 2);
  for (i = 0; i < 5; i++)
    pyr__gate_enter(&f.gate, &passes[i]);
  assert_int_equal(f.admitted.count, 2);
  assert_int_equal(f.gate.queued, 3);
  for (i = 0; i < 5; i++)
    pyr__gate_leave(&f.gate, f.admitted.passes[i]);
  assert_int_equal(f.admitted.count, 5);
  for (i = 0; i < 5; i++)
    assert_ptr_equal(f.admitted.passes[i], &passes[i]);
  assert_int_equal(f.gate.in_flight, 0);
  teardown(&f);
}

static void enter__never_admits_two_cpu_profiles_of_an_address(void **state) {
  struct pyr__pass first = {0}, second = {0}, other = {0}, heap = {0};
  struct fixture f;
  (void)state;
  setup(&f, 10);
  first.lock = pyr__gate_lock(&f.gate, pyr__str("a:1"));
  second.lock = pyr__gate_lock(&f.gate, pyr__str("a:1"));
  other.lock = pyr__gate_lock(&f.gate, pyr__str("b:1"));
  assert_ptr_equal(first.lock, second.lock);
  pyr__gate_enter(&f.gate, &first);
  pyr__gate_enter(&f.gate, &second);
  pyr__gate_enter(&f.gate, &other);
  pyr__gate_enter(&f.gate, &heap);
  assert_int_equal(f.admitted.count, 3);
  assert_int_equal(second.state, PYR__PASS_WAITING);
  pyr__gate_leave(&f.gate, &first);
  assert_int_equal(second.state, PYR__PASS_HELD);
  pyr__gate_leave(&f.gate, &second);
  pyr__gate_enter(&f.gate, &first);
  assert_int_equal(first.state, PYR__PASS_HELD);
  pyr__gate_leave(&f.gate, &first);
  teardown(&f);
}

static void abandon__forgets_who_waits_and_not_who_holds(void **state) {
  struct pyr__pass passes[4] = {0};
  struct fixture f;
  size_t i;
  (void)state;
  setup(&f, 1);
  for (i = 0; i < 4; i++) {
    passes[i].lock =
        pyr__gate_lock(&f.gate, pyr__str(i % 2 == 0 ? "even:1" : "odd:1"));
    pyr__gate_enter(&f.gate, &passes[i]);
  }
  for (i = 0; i < 4; i++)
    pyr__gate_abandon(&f.gate, &passes[i]);
  assert_int_equal(passes[0].state, PYR__PASS_HELD);
  for (i = 1; i < 4; i++)
    assert_int_equal(passes[i].state, PYR__PASS_NONE);
  assert_int_equal(f.gate.queued, 0);
  pyr__gate_leave(&f.gate, &passes[0]);
  assert_int_equal(f.admitted.count, 1);
  pyr__gate_enter(&f.gate, &passes[3]);
  assert_int_equal(passes[3].state, PYR__PASS_HELD);
  pyr__gate_leave(&f.gate, &passes[3]);
  teardown(&f);
}

/* The one that has the address's turn, but no place yet, goes away: the next
 * one of the address has the turn then. */
static void abandon__hands_the_turn_of_an_address_on(void **state) {
  struct pyr__pass other = {0}, first = {0}, second = {0};
  struct fixture f;
  (void)state;
  setup(&f, 1);
  first.lock = pyr__gate_lock(&f.gate, pyr__str("a:1"));
  second.lock = pyr__gate_lock(&f.gate, pyr__str("a:1"));
  pyr__gate_enter(&f.gate, &other);
  pyr__gate_enter(&f.gate, &first);
  pyr__gate_enter(&f.gate, &second);
  pyr__gate_abandon(&f.gate, &first);
  assert_int_equal(second.state, PYR__PASS_WAITING);
  pyr__gate_leave(&f.gate, &other);
  assert_int_equal(second.state, PYR__PASS_HELD);
  pyr__gate_leave(&f.gate, &second);
  teardown(&f);
}

static void unlock__frees_a_lock_with_its_last_reference(void **state) {
  struct pyr__cpu_lock *locks[40];
  char name[16];
  struct fixture f;
  size_t i;
  (void)state;
  setup(&f, 1);
  for (i = 0; i < 40; i++) {
    snprintf(name, sizeof(name), "host%zu:1", i);
    locks[i] = pyr__gate_lock(&f.gate, pyr__str(name));
    assert_ptr_equal(pyr__gate_lock(&f.gate, pyr__str(name)), locks[i]);
    pyr__gate_unlock(&f.gate, locks[i]);
  }
  assert_int_equal(f.gate.lock_count, 40);
  for (i = 0; i < 40; i += 2)
    pyr__gate_unlock(&f.gate, locks[i]);
  assert_int_equal(f.gate.lock_count, 20);
  assert_ptr_equal(pyr__gate_lock(&f.gate, pyr__str("host39:1")), locks[39]);
  pyr__gate_unlock(&f.gate, locks[39]);
  for (i = 1; i < 40; i += 2)
    pyr__gate_unlock(&f.gate, locks[i]);
  assert_int_equal(f.gate.lock_count, 0);
  pyr__gate_unlock(&f.gate, NULL);
  teardown(&f);
}

static void lock__without_memory_is_null_and_leaks_nothing(void **state) {
  struct failing_allocator allocator = {0};
  (void)state;
  for (allocator.fail_at = 1; allocator.fail_at < 5; allocator.fail_at++) {
    pyr_alloc_t alloc = failing_alloc(&allocator);
    struct pyr__memory memory;
    struct pyr__gate gate;
    allocator.calls = 0;
    pyr__memory_init(&memory, &alloc);
    pyr__gate_init(&gate, &memory, 1, on_admit, NULL);
    assert_true((pyr__gate_lock(&gate, pyr__str("a:1")) == NULL) ==
                (allocator.fail_at <= 3));
    pyr__gate_release(&gate);
    assert_int_equal(allocator.live, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(enter__admits_up_to_the_limit_in_order),
      cmocka_unit_test(enter__never_admits_two_cpu_profiles_of_an_address),
      cmocka_unit_test(abandon__forgets_who_waits_and_not_who_holds),
      cmocka_unit_test(abandon__hands_the_turn_of_an_address_on),
      cmocka_unit_test(unlock__frees_a_lock_with_its_last_reference),
      cmocka_unit_test(lock__without_memory_is_null_and_leaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
