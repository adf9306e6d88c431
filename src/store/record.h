/* The samples of one profile as columns: stacks in ascending order, and one
 * column of values a type.  A record on disk is whole, or says only what
 * changed since the profile before of the same series. */
#ifndef PYR__STORE_RECORD_H
#define PYR__STORE_RECORD_H

#include "base/buf.h"
#include "store/rows.h"

enum pyr__column_mode {
  PYR__COLUMN_PLAIN = 0,
  PYR__COLUMN_MULTIPLE = 1 /* of the column before */
};

struct pyr__record {
  struct pyr__rows stacks; /* uint32_t */
  struct pyr__rows values; /* int64_t: column after column */
  uint32_t types;
};

void pyr__record_init(struct pyr__record *record, struct pyr__memory *memory,
                      enum pyr__purpose purpose);
void pyr__record_release(struct pyr__record *record);
void pyr__record_trim(struct pyr__record *record, size_t most);
/* Room for `count` samples of `types` columns, and their counts. */
int pyr__record_resize(struct pyr__record *record, uint32_t count,
                       uint32_t types);

static inline uint32_t *pyr__record_stacks(const struct pyr__record *record) {
  return record->stacks.items;
}
static inline int64_t *pyr__record_column(const struct pyr__record *record,
                                          uint32_t type) {
  return (int64_t *)record->values.items + (size_t)type * record->stacks.count;
}

/* Scratch for the lists of a difference. */
struct pyr__edits {
  struct pyr__rows removed, changed, added; /* uint32_t: places in a record */
  struct pyr__rows column;                  /* int64_t */
};

void pyr__edits_init(struct pyr__edits *edits, struct pyr__memory *memory,
                     enum pyr__purpose purpose);
void pyr__edits_release(struct pyr__edits *edits);
void pyr__edits_trim(struct pyr__edits *edits, size_t most);

/* Append to `out`, or fail with PYR__ENOMEM or PYR_ELIMIT and leave it. */
int pyr__record_encode(const struct pyr__record *record, struct pyr__buf *out);
/* The change from `before`, which has the same types. */
int pyr__record_encode_change(const struct pyr__record *record,
                              const struct pyr__record *before,
                              struct pyr__edits *edits, struct pyr__buf *out);

/* Read all of `in`.  PYR_ESTORE: it is malformed; PYR_ELIMIT: more than
 * `max_values` numbers; PYR__ENOMEM.  Nothing but `out` changes. */
int pyr__record_decode(struct pyr__record *out, struct pyr__reader in,
                       uint32_t types, size_t max_values);
int pyr__record_decode_change(struct pyr__record *out,
                              const struct pyr__record *before,
                              struct pyr__edits *edits, struct pyr__reader in,
                              size_t max_values);

#endif
