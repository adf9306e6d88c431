/* Inside of a merge: merge.c takes profiles in, merge_keys.c and
 * merge_samples.c decide what is the same thing. */
#ifndef PYR__QUERY_MERGE_STATE_H
#define PYR__QUERY_MERGE_STATE_H

#include "query/merge.h"
#include "query/merge_table.h"

struct pyr__merge {
  struct pyr__budget budget;
  uint64_t seed;
  struct pyr__table text; /* bytes of all strings */
  struct pyr__table string_spans;
  struct pyr__table strings; /* views, made by finish */
  struct pyr__table types, mappings, functions, lines, locations;
  struct pyr__table frames, labels, samples, values, comments;
  struct pyr__table map;     /* ids of the profile being added to ids here */
  struct pyr__table scratch; /* labels of the sample being added */
  struct pyr__profile head;  /* all but the arrays */
  int has_head;
};

/* The bytes of a string in `text`. */
struct pyr__span {
  size_t at, len;
};

/* Ids of one profile's things, found here so far: id + 1, 0 for not yet. */
struct pyr__id_map {
  const struct pyr__profile *from;
  uint32_t *strings, *mappings, *functions, *locations;
};

/* Each finds or adds the thing and gives its id. */
int pyr__merge_string(struct pyr__merge *merge, struct pyr__id_map *map,
                      uint32_t id, uint32_t *out, pyr_error_t *err);
int pyr__merge_text(struct pyr__merge *merge, pyr_str_t text, uint32_t *out,
                    pyr_error_t *err);
int pyr__merge_mapping(struct pyr__merge *merge, struct pyr__id_map *map,
                       uint32_t id, uint32_t *out, pyr_error_t *err);
int pyr__merge_location(struct pyr__merge *merge, struct pyr__id_map *map,
                        uint32_t id, uint32_t *out, pyr_error_t *err);
/* Adds the values to the sample's here. */
int pyr__merge_sample(struct pyr__merge *merge, struct pyr__id_map *map,
                      const struct pyr__sample *from, const int64_t *values,
                      pyr_error_t *err);
pyr_str_t pyr__merge_string_at(const struct pyr__merge *merge, uint32_t id);

#endif
