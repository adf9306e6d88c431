/* The dictionaries of one segment as plain arrays: the writer adds to them, the
 * reader fills them from dictionary frames.  Ids are array indexes; 0 is always
 * there and is the empty string, the empty label set, the root of all stacks.
 *
 * A stack is a node of a tree: its parent is the stack without its innermost
 * frame.  The labels of a sample are one more node below its stack, so that one
 * number says both. */
#ifndef PYR__STORE_TABLES_H
#define PYR__STORE_TABLES_H

#include "base/buf.h"
#include "base/profile.h"
#include "store/rows.h"

/* In the reader, for what was in a frame that is lost. */
#define PYR__LOST UINT32_MAX

struct pyr__text {
  uint32_t at, len; /* in `bytes` */
};

struct pyr__label_set {
  uint32_t first, count; /* in `labels` */
};

struct pyr__node {
  uint32_t parent;
  uint32_t step; /* location << 1, or label set << 1 | 1 */
};

/* What the body says beside its samples, and hardly ever changes. */
struct pyr__attributes {
  int64_t period;
  uint32_t default_type, doc_url, drop_frames, keep_frames; /* strings */
  uint32_t program; /* the first mapping, or PYR__NO_MAPPING */
  uint32_t first_comment, comment_count; /* in `comments` */
};

/* Its part of `words` is label names and values by turns, then types and units
 * by turns. */
struct pyr__series_row {
  uint32_t profile_name, type_name; /* strings */
  uint32_t first_word, label_count, type_count;
  struct pyr__value_type period_type;
};

/* name, type of an item.  First those that have ids, in such an order that each
 * refers only to earlier ones; then the parts of some of them. */
#define PYR__TABLES(X)                                                         \
  X(strings, struct pyr__text)                                                 \
  X(mappings, struct pyr__mapping)                                             \
  X(functions, struct pyr__function)                                           \
  X(locations, struct pyr__location)                                           \
  X(label_sets, struct pyr__label_set)                                         \
  X(stacks, struct pyr__node)                                                  \
  X(attributes, struct pyr__attributes)                                        \
  X(series, struct pyr__series_row)                                            \
  X(lines, struct pyr__line)                                                   \
  X(labels, struct pyr__label)                                                 \
  X(comments, uint32_t)                                                        \
  X(words, uint32_t)                                                           \
  X(bytes, char)

enum pyr__table_id {
#define X(name, type) PYR__TABLE_##name,
  PYR__TABLES(X)
#undef X
      PYR__TABLE_COUNT,
  PYR__TABLE_IDS = PYR__TABLE_series + 1
};

struct pyr__tables {
  size_t limit; /* bytes that decoding may make of them */
  struct pyr__rows rows[PYR__TABLE_COUNT];
};

/* How much of each there is, to go back to or to encode from. */
struct pyr__tables_mark {
  uint32_t counts[PYR__TABLE_COUNT];
};

/* Items by name: pyr__tables_stacks(tables)[id]; the pointer moves when the
 * table grows. */
#define X(name, type)                                                          \
  static inline type *pyr__tables_##name(const struct pyr__tables *tables) {   \
    return tables->rows[PYR__TABLE_##name].items;                              \
  }
PYR__TABLES(X)
#undef X

static inline uint32_t pyr__tables_count(const struct pyr__tables *tables,
                                         enum pyr__table_id id) {
  return tables->rows[id].count;
}
pyr_str_t pyr__tables_text(const struct pyr__tables *tables, uint32_t string);

/* With the items of id 0, and no limit.  0 or PYR__ENOMEM, and then nothing is
 * left. */
int pyr__tables_init(struct pyr__tables *tables, struct pyr__memory *memory,
                     enum pyr__purpose purpose);
void pyr__tables_release(struct pyr__tables *tables);
void pyr__tables_mark(const struct pyr__tables *tables,
                      struct pyr__tables_mark *out);
/* Forgets what was added since the mark. */
void pyr__tables_cut(struct pyr__tables *tables,
                     const struct pyr__tables_mark *mark);
size_t pyr__tables_bytes_held(const struct pyr__tables *tables);

/* Appends the payload of a dictionary frame: all that was added since `from`.
 * 0, PYR__ENOMEM or PYR_ELIMIT. */
int pyr__tables_encode(const struct pyr__tables *tables,
                       const struct pyr__tables_mark *from,
                       struct pyr__buf *out);
/* What that payload is never longer than. */
uint64_t pyr__tables_most_bytes(const struct pyr__tables *tables,
                                const struct pyr__tables_mark *from);
/* Adds a payload to the tables.  Ids that are missing before it were in a lost
 * frame, and are filled with what says so; `max_lost` bounds them.  On
 * PYR_ESTORE (it is malformed, `*what` says how) the tables are as they were,
 * on PYR__ENOMEM and PYR_ELIMIT too. */
int pyr__tables_decode(struct pyr__tables *tables, const void *data, size_t len,
                       uint32_t max_lost, const char **what);

#endif
