#include "support.h"

#include "schedule/timer_heap.h"

enum { COUNT = 500 };

static void heap_of(struct pyr__memory *memory, struct pyr__timer_heap *heap) {
  pyr__memory_init(memory, NULL);
  pyr__timer_heap_init(heap, memory);
  assert_int_equal(pyr__timer_heap_reserve(heap, COUNT), 0);
}

/* Any order in, with some moved and some cleared: ascending order out. */
static void take__gives_them_in_order(void **state) {
  static struct pyr__timer timers[COUNT];
  struct pyr__memory memory;
  struct pyr__timer_heap heap;
  struct pyr__timer *timer;
  int64_t last = -1;
  size_t i, taken = 0;
  (void)state;
  heap_of(&memory, &heap);
  for (i = 0; i < COUNT; i++)
    pyr__timer_set(&heap, &timers[i], (int64_t)(i * 7919 % 1000));
  for (i = 0; i < COUNT; i += 3)
    pyr__timer_set(&heap, &timers[i], (int64_t)(i * 104729 % 1000));
  for (i = 0; i < COUNT; i += 5)
    pyr__timer_clear(&heap, &timers[i]);
  while ((timer = pyr__timer_heap_take(&heap, INT64_MAX - 1)) != NULL) {
    assert_true(timer->due_ns >= last);
    assert_int_not_equal((timer - timers) % 5, 0);
    last = timer->due_ns;
    taken++;
  }
  assert_int_equal(taken, COUNT - COUNT / 5);
  pyr__timer_heap_release(&heap);
}

static void take__leaves_what_is_not_due(void **state) {
  struct pyr__timer early = {0}, late = {0};
  struct pyr__memory memory;
  struct pyr__timer_heap heap;
  (void)state;
  heap_of(&memory, &heap);
  assert_int_equal(pyr__timer_heap_due(&heap), INT64_MAX);
  pyr__timer_set(&heap, &late, 20);
  pyr__timer_set(&heap, &early, 10);
  assert_int_equal(pyr__timer_heap_due(&heap), 10);
  assert_null(pyr__timer_heap_take(&heap, 9));
  assert_ptr_equal(pyr__timer_heap_take(&heap, 10), &early);
  assert_null(pyr__timer_heap_take(&heap, 19));
  pyr__timer_clear(&heap, &early); /* not in it: nothing happens */
  assert_int_equal(pyr__timer_heap_due(&heap), 20);
  pyr__timer_heap_release(&heap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(take__gives_them_in_order),
      cmocka_unit_test(take__leaves_what_is_not_due),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
