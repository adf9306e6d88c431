#include "store/rows.h"

enum { SMALLEST = 32 };

void pyr__rows_init(struct pyr__rows *rows, struct pyr__memory *memory,
                    enum pyr__purpose purpose, size_t item_size) {
  *rows = (struct pyr__rows){
      .memory = memory, .purpose = purpose, .item_size = (uint32_t)item_size};
}

void pyr__rows_release(struct pyr__rows *rows) {
  pyr__free(rows->memory, rows->items);
  rows->items = NULL;
  rows->count = rows->capacity = 0;
}

void pyr__rows_trim(struct pyr__rows *rows, size_t most) {
  if (pyr__rows_bytes(rows) > most)
    pyr__rows_release(rows);
}

int pyr__rows_grow(struct pyr__rows *rows, size_t extra) {
  size_t capacity = (size_t)rows->capacity + rows->capacity / 2;
  void *items;

  if (extra >= UINT32_MAX - rows->count)
    return PYR_ELIMIT;
  if (capacity < SMALLEST)
    capacity = SMALLEST;
  if (capacity < rows->count + extra)
    capacity = rows->count + extra;
  if (capacity > UINT32_MAX - 1)
    capacity = UINT32_MAX - 1;
  items = pyr__realloc(rows->memory, rows->purpose, rows->items, capacity,
                       rows->item_size);
  if (items == NULL)
    return PYR__ENOMEM;
  rows->items = items;
  rows->capacity = (uint32_t)capacity;
  return 0;
}
