#include "store/tables.h"

#include <string.h>

static const uint32_t item_sizes[PYR__TABLE_COUNT] = {
#define X(name, type) sizeof(type),
    PYR__TABLES(X)
#undef X
};

/* Tables whose id 0 means "none", "empty" or "root". */
static const uint8_t has_zero[PYR__TABLE_COUNT] = {[PYR__TABLE_strings] = 1,
                                                   [PYR__TABLE_label_sets] = 1,
                                                   [PYR__TABLE_stacks] = 1};

int pyr__tables_init(struct pyr__tables *tables, struct pyr__memory *memory,
                     enum pyr__purpose purpose) {
  size_t i;
  tables->limit = SIZE_MAX;
  for (i = 0; i < PYR__TABLE_COUNT; i++)
    pyr__rows_init(&tables->rows[i], memory, purpose, item_sizes[i]);
  for (i = 0; i < PYR__TABLE_COUNT; i++) {
    struct pyr__rows *rows = &tables->rows[i];
    if (pyr__rows_reserve(rows, 1) != 0) {
      pyr__tables_release(tables);
      return PYR__ENOMEM;
    }
    memset(rows->items, 0, rows->item_size);
    rows->count = has_zero[i];
  }
  return 0;
}

void pyr__tables_release(struct pyr__tables *tables) {
  size_t i;
  for (i = 0; i < PYR__TABLE_COUNT; i++)
    if (tables->rows[i].items != NULL)
      pyr__rows_release(&tables->rows[i]);
}

void pyr__tables_mark(const struct pyr__tables *tables,
                      struct pyr__tables_mark *out) {
  size_t i;
  for (i = 0; i < PYR__TABLE_COUNT; i++)
    out->counts[i] = tables->rows[i].count;
}

void pyr__tables_cut(struct pyr__tables *tables,
                     const struct pyr__tables_mark *mark) {
  size_t i;
  for (i = 0; i < PYR__TABLE_COUNT; i++)
    tables->rows[i].count = mark->counts[i];
}

size_t pyr__tables_bytes_held(const struct pyr__tables *tables) {
  size_t i, held = 0;
  for (i = 0; i < PYR__TABLE_COUNT; i++)
    held += pyr__rows_bytes(&tables->rows[i]);
  return held;
}

pyr_str_t pyr__tables_text(const struct pyr__tables *tables, uint32_t string) {
  static const pyr_str_t lost = {"[lost]", 6};
  const struct pyr__text *text;
  if (string == PYR__LOST)
    return lost;
  text = pyr__tables_strings(tables) + string;
  if (text->at == PYR__LOST)
    return lost;
  return (pyr_str_t){pyr__tables_bytes(tables) + text->at, text->len};
}
