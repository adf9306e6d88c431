/* The frames of a profile by what they are called: what top and folded count.
 * Functions of the same name are one, and so is all without a name that lies in
 * one file, as in pprof; what lies in none is its address. */
#ifndef PYR__QUERY_NODES_H
#define PYR__QUERY_NODES_H

#include "base/arena.h"
#include "base/profile.h"

struct pyr__nodes {
  const struct pyr__profile *profile;
  pyr_str_t *names;
  uint32_t count;
  uint32_t *of_line;     /* node of each line */
  uint32_t *of_location; /* node of each location without lines */
};

/* All of it lives in the arena. */
int pyr__nodes_build(struct pyr__nodes *nodes,
                     const struct pyr__profile *profile,
                     struct pyr__arena *arena, pyr_error_t *err);
/* The longest stack, in nodes. */
uint32_t pyr__nodes_deepest(const struct pyr__nodes *nodes);
/* Writes the sample's nodes, root first, and `inlined` (may be NULL): whether
 * the node was inlined into the one before it. */
uint32_t pyr__nodes_of_sample(const struct pyr__nodes *nodes, uint32_t sample,
                              uint32_t *out, uint8_t *inlined);

#endif
