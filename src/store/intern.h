/* One profile's tables in ids of the dictionary: only what its samples refer
 * to, each thing once. */
#ifndef PYR__STORE_INTERN_H
#define PYR__STORE_INTERN_H

#include "store/dictionary.h"

/* A location of the profile in the dictionary. */
struct pyr__intern_location {
  uint64_t code; /* its part of the hash of a stack; 0: not known yet */
  uint32_t step; /* the step to it from the frame outside of it */
};

struct pyr__intern {
  struct pyr__dictionary *dictionary;
  const struct pyr__profile *from;
  struct pyr__rows map;       /* id + 1 by id of the profile, 0: not yet */
  struct pyr__rows locations; /* pyr__intern_location, by id of the profile */
  struct pyr__rows powers;    /* uint64_t: the weight of a frame by its place */
  struct pyr__rows lines;     /* of the location at hand */
  struct pyr__rows labels;    /* of the sample at hand */
  struct pyr__rows words;     /* of the series, or comments */
  uint32_t *strings, *mappings, *functions; /* in `map` */
};

void pyr__intern_init(struct pyr__intern *intern, struct pyr__memory *memory,
                      struct pyr__dictionary *dictionary);
void pyr__intern_release(struct pyr__intern *intern);
void pyr__intern_trim(struct pyr__intern *intern, size_t most);
/* Begins a profile.  All return 0, PYR__ENOMEM or PYR_ELIMIT. */
int pyr__intern_begin(struct pyr__intern *intern,
                      const struct pyr__profile *from);
int pyr__intern_sample(struct pyr__intern *intern,
                       const struct pyr__sample *sample, uint32_t *out);
/* For intern_samples.c: a string's id; whether it is a certain one; a
 * location's step and code. */
int pyr__intern_string(struct pyr__intern *intern, uint32_t id, uint32_t *out);
int pyr__intern_is_string_slow(struct pyr__intern *intern, uint32_t id,
                               uint32_t known);
static inline int pyr__intern_is_string(struct pyr__intern *intern, uint32_t id,
                                        uint32_t known) {
  return intern->strings[id] != 0
             ? intern->strings[id] == known + 1
             : pyr__intern_is_string_slow(intern, id, known);
}
int pyr__intern_need_location(struct pyr__intern *intern, uint32_t id);
int pyr__intern_attributes(struct pyr__intern *intern, uint32_t *out);
int pyr__intern_series(struct pyr__intern *intern, const pyr_label_t *labels,
                       size_t label_count, pyr_str_t profile_name,
                       pyr_str_t type_name, uint32_t *out);

#endif
