/* The writer's side of the tables: finds a thing by its content, or adds it. */
#ifndef PYR__STORE_DICTIONARY_H
#define PYR__STORE_DICTIONARY_H

#include "base/index.h"
#include "store/tables.h"

/* What helps to find a stack, by its id. */
struct pyr__walk {
  uint32_t below; /* the one that was last found below it, or 0 */
  uint32_t depth; /* frames */
  /* In the profile of this number, that its frames are those from `frame` on
   * has been seen already. */
  uint32_t profile, frame;
};

struct pyr__dictionary {
  struct pyr__tables tables;
  struct pyr__index indexes[PYR__TABLE_IDS];
  struct pyr__index paths; /* stacks by a hash of all their frames */
  /* uint32_t: by a hash of its address the location that was there last.  It
   * can be compared with before any of its names is hashed. */
  struct pyr__rows guesses;
  struct pyr__rows walks;
  uint32_t profile; /* the number of the one that is being taken in */
  uint64_t seed;
};

int pyr__dictionary_init(struct pyr__dictionary *dictionary,
                         struct pyr__memory *memory);
void pyr__dictionary_release(struct pyr__dictionary *dictionary);
/* Forgets everything; keeps no more memory than a small segment needs. */
int pyr__dictionary_clear(struct pyr__dictionary *dictionary);
size_t pyr__dictionary_bytes(const struct pyr__dictionary *dictionary);
/* Forgets what was added since the mark. */
void pyr__dictionary_cut(struct pyr__dictionary *dictionary,
                         const struct pyr__tables_mark *mark);

/* Each gives the id of the thing.  What it refers to are ids of this
 * dictionary; `first_*` in a row is set here.  0, PYR__ENOMEM or PYR_ELIMIT. */
int pyr__dictionary_string(struct pyr__dictionary *dictionary, pyr_str_t text,
                           uint32_t *out);
int pyr__dictionary_mapping(struct pyr__dictionary *dictionary,
                            const struct pyr__mapping *mapping, uint32_t *out);
int pyr__dictionary_function(struct pyr__dictionary *dictionary,
                             const struct pyr__function *function,
                             uint32_t *out);
int pyr__dictionary_location(struct pyr__dictionary *dictionary,
                             const struct pyr__location *location,
                             const struct pyr__line *lines, uint32_t *out);
int pyr__dictionary_label_set(struct pyr__dictionary *dictionary,
                              const struct pyr__label *labels, uint32_t count,
                              uint32_t *out);
int pyr__dictionary_attributes(struct pyr__dictionary *dictionary,
                               const struct pyr__attributes *attributes,
                               const uint32_t *comments, uint32_t *out);
/* `*out` may be one more than before: a new series. */
int pyr__dictionary_series(struct pyr__dictionary *dictionary,
                           const struct pyr__series_row *series,
                           const uint32_t *words, uint32_t *out);
/* The location that may be the one at the address, or PYR__NONE. */
uint32_t pyr__dictionary_guess(const struct pyr__dictionary *dictionary,
                               uint64_t address);
int pyr__dictionary_find_step(struct pyr__dictionary *dictionary,
                              struct pyr__node node, uint32_t *out);

static inline struct pyr__walk *
pyr__dictionary_walks(const struct pyr__dictionary *dictionary) {
  return dictionary->walks.items;
}

/* The stack that is one step below `parent`. */
static inline int pyr__dictionary_step(struct pyr__dictionary *dictionary,
                                       uint32_t parent, uint32_t step,
                                       uint32_t *out) {
  uint32_t below = pyr__dictionary_walks(dictionary)[parent].below;
  if (below != 0 &&
      pyr__tables_stacks(&dictionary->tables)[below].step == step) {
    *out = below;
    return 0;
  }
  return pyr__dictionary_find_step(dictionary, (struct pyr__node){parent, step},
                                   out);
}

#endif
