/* A stack by its frame pointers, in a signal handler: it reads nothing outside
 * the bounds and ends at whatever does not look like a frame. */
#ifndef PYR__SELF_STACK_WALK_H
#define PYR__SELF_STACK_WALK_H

#include <stddef.h>
#include <stdint.h>

struct pyr__stack_bounds {
  uintptr_t low, high;           /* of the thread's stack */
  uintptr_t text_low, text_high; /* of the code that keeps frame pointers */
};

struct pyr__stack_registers {
  uintptr_t pc, fp, sp;
};

/* Leaf first; callers are return addresses.  Returns how many, at least 1. */
size_t pyr__stack_walk(const struct pyr__stack_registers *registers,
                       const struct pyr__stack_bounds *bounds, uintptr_t *out,
                       size_t max);

#endif
