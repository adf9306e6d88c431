/* From nodes to values by tables: a map's keys are rows, each with its reader
 * and the place of its value in the struct that is filled.  Values that a file
 * does not give stay as they were, so defaults are filled in before.
 *
 * A reader notes what is wrong and leaves the value alone; nobody stops, so
 * that all problems of a file are found. */
#ifndef PYR__CONFIG_READ_H
#define PYR__CONFIG_READ_H

#include "base/label.h"
#include "config/tree.h"

struct pyr__reading {
  struct pyr__problems *problems;
  struct pyr__arena *arena; /* where values live */
  int rc;                   /* PYR__ENOMEM or PYR_ELIMIT: there is no room */
  void *ctx;                /* for readers of the file's own */
};

struct pyr__keys;

/* What a reader is given: a value, and what it belongs to. */
struct pyr__item {
  pyr_str_t key; /* as written, for texts */
  const struct pyr__node *node;
  const struct pyr__entry *entry; /* NULL: an element of a list */
  const void *arg;                /* of the row */
};

typedef void (*pyr__read_cb)(struct pyr__reading *reading,
                             const struct pyr__item *item, void *out);

enum {
  PYR__KEY_REQUIRED = 1,
  PYR__KEY_TAKES_NULL = 2 /* else null is as if the key were not there */
};

struct pyr__key {
  const char *name;  /* with "-"; a file may write "_" */
  pyr__read_cb read; /* NULL: `refused` */
  size_t offset;
  const void *arg; /* what the reader wants */
  unsigned flags;
  const char *refused; /* why it is known and yet an error, what to do */
};

struct pyr__keys {
  const struct pyr__key *rows;
  size_t count;
  const char *what;   /* "a job", for texts */
  bool has_strangers; /* unknown keys are somebody else's */
  bool has_extras;    /* keys that begin with x- are nobody's: for anchors */
};

#define PYR__KEYS(rows_, what_)                                                \
  { (rows_), sizeof(rows_) / sizeof((rows_)[0]), (what_), false, false }

/* Reads the map `item->node` into `out`. */
void pyr__read_map(struct pyr__reading *reading, const struct pyr__item *item,
                   const struct pyr__keys *keys, void *out);
/* The same as a reader: `arg` is the struct pyr__keys. */
void pyr__read_section(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out);

/* The entry of a map, with "_" for "-" or without, or NULL.  `map` may be of
 * any kind. */
const struct pyr__entry *pyr__map_find(const struct pyr__node *map,
                                       const char *name);
bool pyr__key_equal(pyr_str_t written, const char *name);
/* A problem "is KIND, expected WHAT" where the node is not of `kind`. */
bool pyr__expect(struct pyr__reading *reading, const struct pyr__item *item,
                 enum pyr__node_kind kind, const char *what);
/* Appends where it fits into `size` bytes; how many are used then. */
size_t pyr__append(char *out, size_t size, size_t used, const char *text);
/* Memory for values; NULL sets reading->rc. */
void *pyr__read_alloc(struct pyr__reading *reading, size_t count, size_t size);
/* Room for one more than `count`. */
void *pyr__read_grow(struct pyr__reading *reading, void *block, size_t count,
                     size_t size);
/* A terminated copy; "" where there is no room, and reading->rc. */
pyr_str_t pyr__read_copy(struct pyr__reading *reading, pyr_str_t text);

/* ---- readers ------------------------------------------------------------ */

struct pyr__texts {
  const pyr_str_t *items;
  size_t count;
};

struct pyr__label_list {
  const pyr_label_t *items; /* sorted */
  size_t count;
};

struct pyr__range { /* of sizes, counts and durations; both may be had */
  uint64_t least, most;
};

struct pyr__choice {
  const char *text; /* NULL ends them */
  int value;
  const char *refused; /* as a key's */
};

void pyr__read_text(struct pyr__reading *reading, const struct pyr__item *item,
                    void *out); /* pyr_str_t */
/* The same, and not empty; `arg` says what is expected. */
void pyr__read_some_text(struct pyr__reading *reading,
                         const struct pyr__item *item, void *out);
void pyr__read_bool(struct pyr__reading *reading, const struct pyr__item *item,
                    void *out); /* bool */
/* int64_t nanoseconds; `arg` is a struct pyr__range. */
void pyr__read_duration(struct pyr__reading *reading,
                        const struct pyr__item *item, void *out);
/* uint64_t bytes; `arg` is a struct pyr__range. */
void pyr__read_size(struct pyr__reading *reading, const struct pyr__item *item,
                    void *out);
/* uint64_t; `arg` is a struct pyr__range. */
void pyr__read_count(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out);
/* int; `arg` is a list of struct pyr__choice. */
void pyr__read_choice(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out);
/* struct pyr__texts, of a list or of one scalar. */
void pyr__read_texts(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out);
/* struct pyr__label_list, of a map of names and texts. */
void pyr__read_labels(struct pyr__reading *reading,
                      const struct pyr__item *item, void *out);
/* const struct pyr__entry *, to be read later. */
void pyr__read_later(struct pyr__reading *reading, const struct pyr__item *item,
                     void *out);

#endif
