#include "self/stack_walk.h"

#include <string.h>

/* Numbers from registers are what a stack is read by. */
/* NOLINTBEGIN(performance-no-int-to-ptr) */

enum {
  FIRST_PAGE = 4096,
  SCAN_WORDS = 1024 /* of the stack of a library */
};

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

/* A library of the distribution keeps no frame pointers, so inside one neither
 * the stack nor the frame pointer can be followed.  But whoever of ours called
 * it left a return address, and the first one from the top is taken for it:
 * what the library has not written over since is the only thing that can
 * deceive. */
struct caller {
  uintptr_t slot; /* where its return address is; 0: none was found */
  uintptr_t pc, fp;
};

/* The frame of the caller of `slot`, by a value that may be one. */
__attribute__((no_sanitize("address"))) static int
is_frame_of(uintptr_t fp, uintptr_t slot,
            const struct pyr__stack_bounds *bounds) {
  if (!is_readable(fp, slot + sizeof(uintptr_t), bounds))
    return 0;
  return ((const volatile struct frame *)fp)->return_address >= FIRST_PAGE;
}

__attribute__((no_sanitize("address"))) static struct caller
find_caller(const struct pyr__stack_registers *registers,
            const struct pyr__stack_bounds *bounds) {
  struct caller caller = {0, 0, registers->fp};
  uintptr_t slot = registers->sp, saved = 0;
  int i;

  for (i = 0; i < SCAN_WORDS && is_readable(slot, registers->sp, bounds); i++) {
    uintptr_t word = *(const volatile uintptr_t *)slot;
    if (is_own(word, bounds) && is_behind_call(word, bounds)) {
      caller.slot = slot;
      caller.pc = word;
      break;
    }
    /* Above all, the frame pointer of ours that the library put away. */
    if (word > slot && is_readable(word, slot, bounds))
      saved = word;
    slot += sizeof(uintptr_t);
  }
  if (caller.slot != 0 && !is_frame_of(caller.fp, caller.slot, bounds))
    caller.fp = is_frame_of(saved, caller.slot, bounds) ? saved : 0;
  return caller;
}

/* A leaf of ours that needs no stack has no frame either, and the chain leaves
 * its caller out; its return address is on top of the stack then.  That this is
 * one shows by the call in front of it, which leads to where we are.  0: it is
 * none. */
__attribute__((no_sanitize("address"))) static uintptr_t
caller_of_own_leaf(const struct pyr__stack_registers *registers,
                   const struct pyr__stack_bounds *bounds) {
#if defined(__x86_64__)
  enum { CALL = 0xe8, CALL_BYTES = 5, LONGEST_LEAF = 4096 };
  uintptr_t top, target;
  int32_t distance;

  if (!is_readable(registers->sp, registers->sp, bounds))
    return 0;
  top = *(const volatile uintptr_t *)registers->sp;
  if (!is_own(top, bounds) || top - bounds->text_low < CALL_BYTES ||
      ((const uint8_t *)top)[-CALL_BYTES] != CALL)
    return 0;
  memcpy(&distance, (const uint8_t *)top - sizeof(distance), sizeof(distance));
  target = top + (uintptr_t)(intptr_t)distance;
  return registers->pc - target < LONGEST_LEAF ? top : 0;
#else
  (void)registers;
  (void)bounds;
  return 0;
#endif
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
  size_t count = 0;

  out[count++] = registers->pc;
  if (is_own(registers->pc, bounds)) {
    uintptr_t caller = caller_of_own_leaf(registers, bounds);
    if (caller != 0 && count < max)
      out[count++] = caller;
  } else {
    struct caller caller = find_caller(registers, bounds);
    if (caller.slot != 0 && count < max) {
      out[count++] = caller.pc;
      fp = caller.fp;
    }
  }
  while (count < max && is_readable(fp, floor, bounds)) {
    const volatile struct frame *frame = (const struct frame *)fp;
    /* `bounds` are of a stack, and none begins at 0. */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
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
