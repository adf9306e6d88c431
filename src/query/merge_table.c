#include "query/merge_table.h"

#include <string.h>

enum { FIRST_CAPACITY = 16 };

void pyr__table_init(struct pyr__table *table, struct pyr__budget *budget,
                     size_t item_size) {
  *table = (struct pyr__table){.item_size = item_size};
  pyr__index_init(&table->index, budget->memory, PYR__MEM_QUERY);
}

void pyr__table_release(struct pyr__table *table) {
  pyr__free(table->index.memory, table->items);
  pyr__index_release(&table->index);
  table->items = NULL;
  table->count = table->capacity = 0;
}

static int over(const struct pyr__budget *budget, pyr_error_t *err) {
  return pyr__error(err, PYR_ELIMIT,
                    "the merged profile takes more than %zu MiB: narrow the "
                    "time range or the matchers",
                    budget->limit >> 20);
}

static int take(struct pyr__budget *budget, size_t bytes, pyr_error_t *err) {
  if (bytes > budget->limit - budget->used)
    return over(budget, err);
  budget->used += bytes;
  return 0;
}

int pyr__table_reserve(struct pyr__table *table, struct pyr__budget *budget,
                       size_t extra, pyr_error_t *err) {
  size_t wanted = table->count + extra;
  size_t capacity =
      table->capacity == 0 ? FIRST_CAPACITY : table->capacity * (size_t)2;
  size_t added;
  void *items;
  int rc;

  if (wanted <= table->capacity)
    return 0;
  if (capacity < wanted)
    capacity = wanted;
  if (capacity >= UINT32_MAX)
    return over(budget, err);
  added = (capacity - table->capacity) * table->item_size;
  rc = take(budget, added, err);
  if (rc != 0)
    return rc;
  items = pyr__realloc(budget->memory, PYR__MEM_QUERY, table->items, capacity,
                       table->item_size);
  if (items == NULL) {
    budget->used -= added;
    return pyr__error_nomem(err);
  }
  table->items = items;
  table->capacity = (uint32_t)capacity;
  return 0;
}

int pyr__table_push(struct pyr__table *table, struct pyr__budget *budget,
                    const void *item, pyr_error_t *err) {
  char *at;
  int rc = pyr__table_reserve(table, budget, 1, err);
  if (rc != 0)
    return rc;
  at = (char *)table->items + table->count * table->item_size;
  if (item == NULL)
    memset(at, 0, table->item_size);
  else
    memcpy(at, item, table->item_size);
  table->count++;
  return 0;
}

int pyr__table_index_last(struct pyr__table *table, struct pyr__budget *budget,
                          uint64_t hash, pyr_error_t *err) {
  size_t before = table->index.size;
  if (pyr__index_add(&table->index, hash, table->count - 1) != 0)
    return pyr__error_nomem(err);
  return take(budget, (table->index.size - before) * sizeof(uint64_t), err);
}
