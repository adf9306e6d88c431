#include "self/stack_walk.h"

/* Numbers from registers are what a stack is read by. */
/* NOLINTBEGIN(performance-no-int-to-ptr) */

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

static int is_own(uintptr_t pc, const struct pyr__stack_bounds *bounds) {
  return pc >= bounds->text_low && pc < bounds->text_high;
}

/* Whether the instruction before `pc`, which is ours, is a call. */
static int is_behind_call(uintptr_t pc,
                          const struct pyr__stack_bounds *bounds) {
#if defined(__x86_64__) || defined(__i386__)
  const uint8_t *code = (const uint8_t *)pc;
  enum { LONGEST_CALL = 7 };
  if (pc - bounds->text_low < LONGEST_CALL)
    return 0;
  return code[-5] == 0xe8 || (code[-6] == 0xff && code[-5] == 0x15) ||
         (code[-2] == 0xff && (code[-1] & 0xf8) == 0xd0) ||
         (code[-3] == 0xff && (code[-2] & 0xf8) == 0x50) ||
         (code[-6] == 0xff && (code[-5] & 0xf8) == 0x90);
#else
  (void)pc;
  (void)bounds;
  return 0;
#endif
}

/* A leaf of a library, as memcpy or a system call, has no frame, and the frame
 * pointer is still its caller's: that chain leaves the caller itself out.  Its
 * return address is on top of the stack then.  0: it is not. */
__attribute__((no_sanitize("address"))) static uintptr_t
caller_of_leaf(const struct pyr__stack_registers *registers,
               const struct pyr__stack_bounds *bounds) {
  uintptr_t top;
  if (is_own(registers->pc, bounds) ||
      !is_readable(registers->sp, registers->sp, bounds))
    return 0;
  top = *(const volatile uintptr_t *)registers->sp;
  return is_own(top, bounds) && is_behind_call(top, bounds) ? top : 0;
}

/* Each frame lies above the one before, so the walk ends.  A function without
 * a frame of its own (libraries of the distribution have none) costs the rest
 * of the stack at worst.  The address sanitizer must not look: a stray pointer
 * may lead into its guards. */
__attribute__((no_sanitize("address"))) size_t
pyr__stack_walk(const struct pyr__stack_registers *registers,
                const struct pyr__stack_bounds *bounds, uintptr_t *out,
                size_t max) {
  uintptr_t fp = registers->fp, floor = registers->sp;
  uintptr_t caller = caller_of_leaf(registers, bounds);
  size_t count = 0;

  out[count++] = registers->pc;
  if (caller != 0 && count < max)
    out[count++] = caller;
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

/* NOLINTEND(performance-no-int-to-ptr) */
