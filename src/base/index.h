/* A hash table from keys to small numbers.  The keys stay where they are, in an
 * array of the caller's; the table holds their hashes and array indexes, eight
 * bytes a slot:
 *
 *   size_t at;
 *   uint32_t id = pyr__index_first(&index, hash, &at);
 *   while (id != PYR__NONE && !equal(&items[id], key))
 *     id = pyr__index_next(&index, hash, &at);
 */
#ifndef PYR__BASE_INDEX_H
#define PYR__BASE_INDEX_H

#include "base/memory.h"

#define PYR__NONE UINT32_MAX

struct pyr__index {
  struct pyr__memory *memory;
  enum pyr__purpose purpose;
  uint64_t *slots; /* low half of the hash << 32 | id + 1; 0: free */
  size_t size;     /* a power of two, or 0 */
  size_t used;
};

void pyr__index_init(struct pyr__index *index, struct pyr__memory *memory,
                     enum pyr__purpose purpose);
void pyr__index_release(struct pyr__index *index);
void pyr__index_clear(struct pyr__index *index); /* keeps the memory */
/* Adds without looking whether it is there; 0 or PYR__ENOMEM. */
int pyr__index_add(struct pyr__index *index, uint64_t hash, uint32_t id);
/* Makes room, so that adding `extra` entries cannot fail. */
int pyr__index_reserve(struct pyr__index *index, size_t extra);
/* Takes out the entry of `id`, which must be there under `hash`. */
void pyr__index_remove(struct pyr__index *index, uint64_t hash, uint32_t id);

/* The next candidate at or after *at, or PYR__NONE. */
static inline uint32_t pyr__index_probe(const struct pyr__index *index,
                                        uint64_t hash, size_t *at) {
  for (;; *at = (*at + 1) & (index->size - 1)) {
    uint64_t slot = index->slots[*at];
    if (slot == 0)
      return PYR__NONE;
    if ((uint32_t)(slot >> 32) == (uint32_t)hash)
      return (uint32_t)slot - 1;
  }
}

static inline uint32_t pyr__index_first(const struct pyr__index *index,
                                        uint64_t hash, size_t *at) {
  if (index->size == 0)
    return PYR__NONE;
  *at = (size_t)(uint32_t)hash & (index->size - 1);
  return pyr__index_probe(index, hash, at);
}

static inline uint32_t pyr__index_next(const struct pyr__index *index,
                                       uint64_t hash, size_t *at) {
  *at = (*at + 1) & (index->size - 1);
  return pyr__index_probe(index, hash, at);
}

#endif
