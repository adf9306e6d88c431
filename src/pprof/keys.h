/* One number for each sample's stack and labels, by what they say and not by
 * where the body's tables have it: names, lines and addresses.
 *
 * Left out is what changes while a program runs: a mapping's name gets
 * "(deleted)" and loses its build id when the binary is replaced, and labels
 * may come in any order.  What the numbers stand for is not kept: two samples
 * that get the same one are taken for one, which a million samples make happen
 * once in a million scrapes. */
#ifndef PYR__PPROF_KEYS_H
#define PYR__PPROF_KEYS_H

#include "base/arena.h"
#include "base/profile.h"

/* A key a sample, in the arena. */
int pyr__keys_of(const struct pyr__profile *profile, uint64_t seed,
                 struct pyr__arena *arena, uint64_t **out, pyr_error_t *err);

#endif
