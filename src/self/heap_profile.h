/* The memory accounts as a heap profile: a stack is a purpose in a room. */
#ifndef PYR__SELF_HEAP_PROFILE_H
#define PYR__SELF_HEAP_PROFILE_H

#include "base/arena.h"
#include "base/profile.h"

/* alloc_* are cumulative, so that the difference of two is what came between.
 */
int pyr__heap_profile_build(
    const struct pyr__account accounts[PYR__PURPOSE_COUNT], int64_t wall_ns,
    struct pyr__arena *arena, struct pyr__profile *out, pyr_error_t *err);

#endif
