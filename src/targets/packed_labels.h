/* Label sets as they are kept for as long as their group lives: names once for
 * all sets, values in place.  A pod has some sixty labels with long names, so
 * this is a third of what arrays of pyr_label_t would be. */
#ifndef PYR__TARGETS_PACKED_LABELS_H
#define PYR__TARGETS_PACKED_LABELS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/index.h"

struct pyr__label_slot;

struct pyr__label_names { /* counted: gone with the last set that has them */
  struct pyr__memory *memory;
  uint64_t seed;
  struct pyr__label_slot *slots; /* by id */
  uint32_t count, capacity;
  uint32_t first_free; /* or PYR__NONE */
  struct pyr__index index;
};

void pyr__label_names_init(struct pyr__label_names *names,
                           struct pyr__memory *memory);
void pyr__label_names_release(struct pyr__label_names *names);

/* Appends a set to `out` and counts its names.  On failure (PYR__ENOMEM,
 * PYR_ELIMIT) both are as before. */
int pyr__labels_pack(struct pyr__label_names *names, struct pyr__buf *out,
                     const pyr_label_t *labels, size_t count);
/* Is the packed set this one? */
bool pyr__packed_is(const struct pyr__label_names *names, pyr_str_t packed,
                    const pyr_label_t *labels, size_t count);
/* The set as an array in `arena`, whose texts point to where they are kept;
 * NULL with no memory. */
pyr_label_t *pyr__packed_open(const struct pyr__label_names *names,
                              pyr_str_t packed, struct pyr__arena *arena,
                              size_t *count);
/* Gives back the names of the set. */
void pyr__packed_drop(struct pyr__label_names *names, pyr_str_t packed);

#endif
