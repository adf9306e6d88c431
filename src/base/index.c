#include "base/index.h"

#include <string.h>

enum { SMALLEST = 64 };

void pyr__index_init(struct pyr__index *index, struct pyr__memory *memory,
                     enum pyr__purpose purpose) {
  *index = (struct pyr__index){memory, purpose, NULL, 0, 0};
}

void pyr__index_release(struct pyr__index *index) {
  pyr__free(index->memory, index->slots);
  index->slots = NULL;
  index->size = index->used = 0;
}

void pyr__index_clear(struct pyr__index *index) {
  if (index->used > 0)
    memset(index->slots, 0, index->size * sizeof(*index->slots));
  index->used = 0;
}

static size_t home(const struct pyr__index *index, uint64_t slot) {
  return (size_t)(slot >> 32) & (index->size - 1);
}

static void place(struct pyr__index *index, uint64_t slot) {
  size_t at = home(index, slot);
  while (index->slots[at] != 0)
    at = (at + 1) & (index->size - 1);
  index->slots[at] = slot;
}

static int grow(struct pyr__index *index) {
  struct pyr__index larger = *index;
  size_t i;

  larger.size = index->size == 0 ? SMALLEST : index->size * 2;
  larger.slots = pyr__calloc(index->memory, index->purpose, larger.size,
                             sizeof(*larger.slots));
  if (larger.slots == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < index->size; i++)
    if (index->slots[i] != 0)
      place(&larger, index->slots[i]);
  pyr__free(index->memory, index->slots);
  *index = larger;
  return 0;
}

int pyr__index_reserve(struct pyr__index *index, size_t extra) {
  int rc = 0;
  /* At most two thirds full. */
  while (rc == 0 && (index->used + extra) * 3 > index->size * 2)
    rc = grow(index);
  return rc;
}

int pyr__index_add(struct pyr__index *index, uint64_t hash, uint32_t id) {
  int rc = pyr__index_reserve(index, 1);
  if (rc != 0)
    return rc;
  place(index, hash << 32 | (uint64_t)(id + 1));
  index->used++;
  return 0;
}

void pyr__index_remove(struct pyr__index *index, uint64_t hash, uint32_t id) {
  uint64_t wanted = hash << 32 | (uint64_t)(id + 1);
  size_t mask = index->size - 1;
  size_t hole = (size_t)(uint32_t)hash & mask, at;

  while (index->slots[hole] != wanted)
    hole = (hole + 1) & mask;
  /* Move later entries of the run back, so that no probe stops at the hole. */
  for (at = (hole + 1) & mask; index->slots[at] != 0; at = (at + 1) & mask) {
    size_t distance = (at - home(index, index->slots[at])) & mask;
    if (distance >= ((at - hole) & mask)) {
      index->slots[hole] = index->slots[at];
      hole = at;
    }
  }
  index->slots[hole] = 0;
  index->used--;
}
