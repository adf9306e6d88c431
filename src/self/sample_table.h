/* Stacks and how often each was seen.  All memory is there from the start, so
 * that a signal handler can add; what does not fit is counted. */
#ifndef PYR__SELF_SAMPLE_TABLE_H
#define PYR__SELF_SAMPLE_TABLE_H

#include "base/memory.h"

enum { PYR__SAMPLE_DEPTH = 128 };

struct pyr__sample_stack {
  uint64_t hash, samples;
  uint32_t first_frame, frame_count;
};

struct pyr__sample_table {
  uint32_t *slots; /* stack + 1, by hash */
  struct pyr__sample_stack *stacks;
  uintptr_t *frames; /* leaf first */
  uint32_t slot_count, stack_count, stack_capacity, frame_count, frame_capacity;
  uint64_t samples; /* added, with those dropped */
  uint64_t dropped;
};

/* 0 or PYR__ENOMEM */
int pyr__sample_table_init(struct pyr__sample_table *table,
                           struct pyr__memory *memory, uint32_t stacks,
                           uint32_t frames);
void pyr__sample_table_release(struct pyr__sample_table *table,
                               struct pyr__memory *memory);
/* Async-signal-safe. */
void pyr__sample_table_add(struct pyr__sample_table *table,
                           const uintptr_t *frames, size_t count,
                           uint64_t samples);

#endif
