/* All timers of an instance in one binary heap; the caller's single uv_timer_t
 * waits for the first.  Timers are embedded in what they wake. */
#ifndef PYR__SCHEDULE_TIMER_HEAP_H
#define PYR__SCHEDULE_TIMER_HEAP_H

#include "base/memory.h"

struct pyr__timer {
  int64_t due_ns;  /* monotonic */
  size_t position; /* in the heap, from 1; 0: not in it */
  void (*fire)(struct pyr__timer *timer);
};

struct pyr__timer_heap {
  struct pyr__memory *memory;
  struct pyr__timer **timers;
  size_t count, capacity;
};

void pyr__timer_heap_init(struct pyr__timer_heap *heap,
                          struct pyr__memory *memory);
void pyr__timer_heap_release(struct pyr__timer_heap *heap);
/* Room for `count` timers in all, so that setting one cannot fail. */
int pyr__timer_heap_reserve(struct pyr__timer_heap *heap, size_t count);
/* Sets or moves; there must be room. */
void pyr__timer_set(struct pyr__timer_heap *heap, struct pyr__timer *timer,
                    int64_t due_ns);
void pyr__timer_clear(struct pyr__timer_heap *heap, struct pyr__timer *timer);
/* When the first is due, or INT64_MAX. */
int64_t pyr__timer_heap_due(const struct pyr__timer_heap *heap);
/* Takes the first timer out where it is due at `now_ns`, else NULL. */
struct pyr__timer *pyr__timer_heap_take(struct pyr__timer_heap *heap,
                                        int64_t now_ns);

#endif
