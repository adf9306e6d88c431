/* What unit tests share. */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"

/* An allocator that fails its n-th call (counted from 1; 0: never), and knows
 * how many blocks are out.  Run a piece of work with n = 1, 2, ... until it
 * succeeds: every failure must be an ordinary error and leave nothing. */
struct failing_allocator {
  size_t fail_at, calls, live;
};

static inline void *failing_malloc(void *ctx, size_t size) {
  struct failing_allocator *state = (struct failing_allocator *)ctx;
  void *block;
  if (++state->calls == state->fail_at)
    return NULL;
  block = malloc(size);
  state->live += block != NULL;
  return block;
}

static inline void *failing_realloc(void *ctx, void *ptr, size_t size) {
  struct failing_allocator *state = (struct failing_allocator *)ctx;
  if (ptr == NULL)
    return failing_malloc(ctx, size);
  return ++state->calls == state->fail_at ? NULL : realloc(ptr, size);
}

static inline void failing_free(void *ctx, void *ptr) {
  struct failing_allocator *state = (struct failing_allocator *)ctx;
  state->live -= ptr != NULL;
  free(ptr);
}

static inline pyr_alloc_t failing_alloc(struct failing_allocator *state) {
  return (pyr_alloc_t){failing_malloc, failing_realloc, failing_free, state};
}

#endif
