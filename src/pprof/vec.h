/* Growing arrays that share one ceiling with an arena, and give it their
 * memory's use back when they go.  Unlike blocks of the arena they grow in
 * place or move as a whole, so nothing is left behind, and they stay for the
 * next body. */
#ifndef PYR__PPROF_VEC_H
#define PYR__PPROF_VEC_H

#include "base/arena.h"

struct pyr__vec {
  void *data;
  uint32_t count, capacity; /* items */
};

/* Makes room for `extra` more items of `size` bytes behind `count`; the arena's
 * limit shrinks by what that takes.  `what` names the array in the error. */
int pyr__vec_reserve(struct pyr__vec *vec, struct pyr__arena *arena,
                     size_t extra, size_t size, const char *what,
                     pyr_error_t *err);
void pyr__vec_release(struct pyr__vec *vec, struct pyr__arena *arena,
                      size_t size);

#endif
