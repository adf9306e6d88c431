/* The tables that a merge grows, all under one ceiling. */
#ifndef PYR__QUERY_MERGE_TABLE_H
#define PYR__QUERY_MERGE_TABLE_H

#include "base/index.h"
#include "base/profile.h"

struct pyr__budget {
  struct pyr__memory *memory;
  size_t limit, used; /* bytes */
};

/* A growing array; `index` (where the table is one of distinct things) finds
 * an item by its hash. */
struct pyr__table {
  void *items;
  size_t item_size;
  uint32_t count, capacity;
  struct pyr__index index;
};

void pyr__table_init(struct pyr__table *table, struct pyr__budget *budget,
                     size_t item_size);
void pyr__table_release(struct pyr__table *table);
/* Makes room for `extra` more; 0, PYR_ELIMIT or PYR__ENOMEM. */
int pyr__table_reserve(struct pyr__table *table, struct pyr__budget *budget,
                       size_t extra, pyr_error_t *err);
/* Appends a copy; NULL `item` appends zeros. */
int pyr__table_push(struct pyr__table *table, struct pyr__budget *budget,
                    const void *item, pyr_error_t *err);
/* Lets the index find the last item under `hash`. */
int pyr__table_index_last(struct pyr__table *table, struct pyr__budget *budget,
                          uint64_t hash, pyr_error_t *err);

#endif
