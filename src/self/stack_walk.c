#include "self/stack_walk.h"

enum { FIRST_PAGE = 4096 };

struct frame {
  uintptr_t next, return_address;
};

/* Whether a whole frame may be read at `fp`. */
static int is_readable(uintptr_t fp, uintptr_t floor,
                       const struct pyr__stack_bounds *bounds) {
  return fp >= floor && fp >= bounds->low && fp % sizeof(uintptr_t) == 0 &&
         bounds->high >= sizeof(struct frame) &&
         fp <= bounds->high - sizeof(struct frame);
}

/* Each frame lies above the one before, so the walk ends.  A function without
 * a frame of its own (libraries of the distribution have none) costs its
 * caller's entry, or the rest of the stack, but nothing worse.  The address
 * sanitizer must not look: a stray pointer may lead into its guards. */
__attribute__((no_sanitize("address"))) size_t
pyr__stack_walk(const struct pyr__stack_registers *registers,
                const struct pyr__stack_bounds *bounds, uintptr_t *out,
                size_t max) {
  uintptr_t fp = registers->fp, floor = registers->sp;
  size_t count = 0;

  out[count++] = registers->pc;
  while (count < max && is_readable(fp, floor, bounds)) {
    const volatile struct frame *frame = (const struct frame *)fp;
    uintptr_t next = frame->next, return_address = frame->return_address;
    if (return_address < FIRST_PAGE)
      break;
    out[count++] = return_address;
    floor = fp + sizeof(struct frame);
    fp = next;
  }
  return count;
}
