/* Growing arrays of one kind of thing, under a ceiling in items. */
#ifndef PYR__STORE_ROWS_H
#define PYR__STORE_ROWS_H

#include "base/memory.h"

struct pyr__rows {
  struct pyr__memory *memory;
  enum pyr__purpose purpose;
  uint32_t item_size;
  uint32_t count, capacity; /* items */
  void *items;
};

void pyr__rows_init(struct pyr__rows *rows, struct pyr__memory *memory,
                    enum pyr__purpose purpose, size_t item_size);
void pyr__rows_release(struct pyr__rows *rows);
/* Gives the memory back where it is more than `most` bytes; then it is empty.
 */
void pyr__rows_trim(struct pyr__rows *rows, size_t most);
/* Room for `extra` more behind `count`: 0, PYR__ENOMEM, or PYR_ELIMIT where
 * there would be more than fit in 32 bits. */
int pyr__rows_grow(struct pyr__rows *rows, size_t extra);

static inline int pyr__rows_reserve(struct pyr__rows *rows, size_t extra) {
  return extra <= rows->capacity - rows->count ? 0
                                               : pyr__rows_grow(rows, extra);
}
static inline size_t pyr__rows_bytes(const struct pyr__rows *rows) {
  return (size_t)rows->capacity * rows->item_size;
}

#endif
