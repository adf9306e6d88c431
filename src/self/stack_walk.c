#include "self/stack_walk.h"

#include <string.h>

/* Numbers from registers are what a stack is read by. */
/* NOLINTBEGIN(performance-no-int-to-ptr) */

enum { SCAN_WORDS = 1024 /* of the stack of a library */ };

#if defined(__x86_64__) || defined(__i386__)
enum { KNOWS_CALLS = 1 };
#else
enum { KNOWS_CALLS = 0 };
#endif

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

static int is_in(uintptr_t pc, const struct pyr__code *code) {
  return pc >= code->low && pc < code->high;
}

/* Whether the instruction before `pc`, which is ours, is a call. */
static int is_behind_call(uintptr_t pc,
                          const struct pyr__stack_bounds *bounds) {
  const uint8_t *code = (const uint8_t *)pc;
  enum { LONGEST_CALL = 7 };
  if (!KNOWS_CALLS)
    return 1;
  if (pc - bounds->own.low < LONGEST_CALL)
    return 0;
  return code[-5] == 0xe8 || (code[-6] == 0xff && code[-5] == 0x15) ||
         (code[-2] == 0xff && (code[-1] & 0xf8) == 0xd0) ||
         (code[-3] == 0xff && (code[-2] & 0xf8) == 0x50) ||
         (code[-6] == 0xff && (code[-5] & 0xf8) == 0x90);
}

static int is_return_address(uintptr_t pc,
                             const struct pyr__stack_bounds *bounds) {
  size_t i;
  if (is_in(pc, &bounds->own))
    return is_behind_call(pc, bounds);
  for (i = 0; i < bounds->library_count; i++)
    if (is_in(pc, &bounds->libraries[i]))
      return 1;
  return 0;
}

/* Whether a function's frame may be at `fp`.  Libraries keep numbers of their
 * own where ours keep the frame pointer, so any number may come here: the
 * return address tells. */
__attribute__((no_sanitize("address"))) static int
is_frame(uintptr_t fp, uintptr_t floor,
         const struct pyr__stack_bounds *bounds) {
  return is_readable(fp, floor, bounds) &&
         is_return_address(((const volatile struct frame *)fp)->return_address,
                           bounds);
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

__attribute__((no_sanitize("address"))) static struct caller
find_caller(const struct pyr__stack_registers *registers,
            const struct pyr__stack_bounds *bounds) {
  struct caller caller = {0, 0, registers->fp};
  uintptr_t slot = registers->sp, saved = 0;
  int i;

  for (i = 0; KNOWS_CALLS && i < SCAN_WORDS &&
              is_readable(slot, registers->sp, bounds);
       i++) {
    uintptr_t word = *(const volatile uintptr_t *)slot;
    if (is_in(word, &bounds->own) && is_behind_call(word, bounds)) {
      caller.slot = slot;
      caller.pc = word;
      break;
    }
    /* Above all, the frame pointer of ours that the library put away. */
    if (word > slot && is_frame(word, slot, bounds))
      saved = word;
    slot += sizeof(uintptr_t);
  }
  if (caller.slot != 0 &&
      !is_frame(caller.fp, caller.slot + sizeof(slot), bounds))
    caller.fp = saved;
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
  if (!is_in(top, &bounds->own) || top - bounds->own.low < CALL_BYTES ||
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

/* Each frame lies above the one before, so the walk ends.  A library that
 * called us costs its own frames and, where it uses the frame pointer for
 * something else, the rest of the stack.  The address sanitizer must not look:
 * a stray pointer may lead into its guards. */
__attribute__((no_sanitize("address"))) size_t
pyr__stack_walk(const struct pyr__stack_registers *registers,
                const struct pyr__stack_bounds *bounds, uintptr_t *out,
                size_t max) {
  uintptr_t fp = registers->fp, floor = registers->sp;
  size_t count = 0;

  out[count++] = registers->pc;
  if (is_in(registers->pc, &bounds->own)) {
    uintptr_t caller = caller_of_own_leaf(registers, bounds);
    if (caller != 0 && count < max)
      out[count++] = caller;
  } else {
    struct caller caller = find_caller(registers, bounds);
    if (caller.slot != 0 && count < max) {
      out[count++] = caller.pc;
      floor = caller.slot + sizeof(caller.slot);
      fp = caller.fp;
    }
  }
  while (count < max && is_frame(fp, floor, bounds)) {
    const volatile struct frame *frame = (const struct frame *)fp;
    /* `bounds` are of a stack, and none begins at 0. */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    uintptr_t next = frame->next;
    out[count++] = frame->return_address;
    floor = fp + sizeof(struct frame);
    fp = next;
  }
  return count;
}

/* NOLINTEND(performance-no-int-to-ptr) */
