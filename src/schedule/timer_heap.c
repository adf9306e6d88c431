#include "schedule/timer_heap.h"

void pyr__timer_heap_init(struct pyr__timer_heap *heap,
                          struct pyr__memory *memory) {
  *heap = (struct pyr__timer_heap){memory, NULL, 0, 0};
}

void pyr__timer_heap_release(struct pyr__timer_heap *heap) {
  pyr__free(heap->memory, heap->timers);
  heap->timers = NULL;
  heap->count = heap->capacity = 0;
}

int pyr__timer_heap_reserve(struct pyr__timer_heap *heap, size_t count) {
  struct pyr__timer **timers;
  if (count <= heap->capacity)
    return 0;
  /* Half as much again, so that one more each time is not a copy each time. */
  if (count < heap->capacity + heap->capacity / 2)
    count = heap->capacity + heap->capacity / 2;
  timers = pyr__realloc(heap->memory, PYR__MEM_SCHEDULE, heap->timers, count,
                        sizeof(struct pyr__timer *));
  if (timers == NULL)
    return PYR__ENOMEM;
  heap->timers = timers;
  heap->capacity = count;
  return 0;
}

/* Positions count from 1: the parent of p is p / 2. */
static struct pyr__timer *at(const struct pyr__timer_heap *heap,
                             size_t position) {
  return heap->timers[position - 1];
}

static void put(struct pyr__timer_heap *heap, struct pyr__timer *timer,
                size_t position) {
  heap->timers[position - 1] = timer;
  timer->position = position;
}

static void sift_up(struct pyr__timer_heap *heap, struct pyr__timer *timer) {
  size_t position = timer->position;
  while (position > 1 && at(heap, position / 2)->due_ns > timer->due_ns) {
    put(heap, at(heap, position / 2), position);
    position /= 2;
  }
  put(heap, timer, position);
}

static void sift_down(struct pyr__timer_heap *heap, struct pyr__timer *timer) {
  size_t position = timer->position, child;
  for (child = position * 2; child <= heap->count; child = position * 2) {
    if (child < heap->count &&
        at(heap, child + 1)->due_ns < at(heap, child)->due_ns)
      child++;
    if (at(heap, child)->due_ns >= timer->due_ns)
      break;
    put(heap, at(heap, child), position);
    position = child;
  }
  put(heap, timer, position);
}

void pyr__timer_set(struct pyr__timer_heap *heap, struct pyr__timer *timer,
                    int64_t due_ns) {
  if (timer->position == 0)
    put(heap, timer, ++heap->count);
  timer->due_ns = due_ns;
  sift_up(heap, timer);
  sift_down(heap, timer);
}

void pyr__timer_clear(struct pyr__timer_heap *heap, struct pyr__timer *timer) {
  size_t position = timer->position;
  struct pyr__timer *last;
  if (position == 0)
    return;
  timer->position = 0;
  last = at(heap, heap->count--);
  if (last == timer)
    return;
  put(heap, last, position);
  sift_up(heap, last);
  sift_down(heap, last);
}

int64_t pyr__timer_heap_due(const struct pyr__timer_heap *heap) {
  return heap->count == 0 ? INT64_MAX : at(heap, 1)->due_ns;
}

struct pyr__timer *pyr__timer_heap_take(struct pyr__timer_heap *heap,
                                        int64_t now_ns) {
  struct pyr__timer *first;
  if (heap->count == 0 || at(heap, 1)->due_ns > now_ns)
    return NULL;
  first = at(heap, 1);
  pyr__timer_clear(heap, first);
  return first;
}
