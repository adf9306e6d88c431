/* A stack by its frame pointers, in a signal handler: it reads nothing outside
 * the bounds and ends at whatever does not look like a frame.  A caller that it
 * names is one: code that was loaded when the bounds were taken and, in our
 * own, behind a call. */
#ifndef PYR__SELF_STACK_WALK_H
#define PYR__SELF_STACK_WALK_H

#include <stddef.h>
#include <stdint.h>

enum { PYR__STACK_LIBRARIES = 64 };

struct pyr__code {
  uintptr_t low, high;
};

struct pyr__stack_bounds {
  uintptr_t low, high;  /* of the thread's stack */
  struct pyr__code own; /* keeps frame pointers; it is read */
  /* The rest, which keeps none and may be gone by now: it is not read. */
  struct pyr__code libraries[PYR__STACK_LIBRARIES];
  size_t library_count;
};

struct pyr__stack_registers {
  uintptr_t pc, fp, sp;
};

/* Leaf first; callers are return addresses.  Returns how many, at least 1. */
size_t pyr__stack_walk(const struct pyr__stack_registers *registers,
                       const struct pyr__stack_bounds *bounds, uintptr_t *out,
                       size_t max);

#endif
