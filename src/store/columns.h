/* What a dictionary frame is made of: which columns there are, in which order,
 * and how each is written.  One table says it for both directions. */
#ifndef PYR__STORE_COLUMNS_H
#define PYR__STORE_COLUMNS_H

#include <string.h>

#include "store/tables.h"

enum pyr__column_as {
  PYR__AS_PLAIN,    /* as it is */
  PYR__AS_NEXT,     /* plus one, so that "none" (all ones) is 0 */
  PYR__AS_SIGNED,   /* zigzag */
  PYR__AS_DELTA,    /* zigzag of the difference to the row before */
  PYR__AS_RELATIVE, /* zigzag of the difference to the field at `other` */
  PYR__AS_BACK      /* the row's id minus the value: 1 is the row before */
};

#define PYR__NO_TABLE PYR__TABLE_COUNT

struct pyr__column {
  uint8_t table, mode, is_wide;
  uint8_t refers; /* the table of which it must be an id, or PYR__NO_TABLE */
  uint8_t offset, other;
};

extern const struct pyr__column pyr__columns[];
extern const size_t pyr__column_count;

/* The table that holds the parts of another one's rows, or PYR__NO_TABLE. */
enum pyr__table_id pyr__parts_of(enum pyr__table_id table);

static inline uint64_t pyr__column_get(const uint8_t *field, int is_wide) {
  uint64_t wide;
  uint32_t narrow;
  if (is_wide) {
    memcpy(&wide, field, sizeof(wide));
    return wide;
  }
  memcpy(&narrow, field, sizeof(narrow));
  return narrow;
}

static inline void pyr__column_set(uint8_t *field, int is_wide,
                                   uint64_t value) {
  uint32_t narrow = (uint32_t)value;
  if (is_wide)
    memcpy(field, &value, sizeof(value));
  else
    memcpy(field, &narrow, sizeof(narrow));
}

/* In the width of the field. */
static inline uint64_t pyr__column_cut(uint64_t value, int is_wide) {
  return is_wide ? value : (uint32_t)value;
}

#endif
