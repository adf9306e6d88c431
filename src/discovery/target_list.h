/* Lists of targets, as files and HTTP servers give them:
 *
 *   - application: api          # becomes __name__; Prometheus has no such key
 *     spy-name: gospy           # and none of this one
 *     targets: [10.0.0.1:6060]
 *     labels: {zone: a}
 *
 * JSON goes the same way as YAML, which it is nearly all a part of, so that
 * there is one parser and every error has a place. */
#ifndef PYR__DISCOVERY_TARGET_LIST_H
#define PYR__DISCOVERY_TARGET_LIST_H

#include "config/group.h"

struct pyr__target_list {
  struct pyr__arena arena;
  struct pyr__group_draft *groups;
  size_t group_count, capacity;
};

enum pyr__list_format { PYR__LIST_YAML, PYR__LIST_JSON };

/* A text that becomes a list, in steps of a millisecond or so: the loop has
 * more to do.  The list is there when its last byte was read, or not at all. */
struct pyr__list_reading {
  struct pyr__memory *memory;
  const char *name; /* what errors call it; not copied */
  char *text;       /* used up; not copied */
  size_t len;
  enum pyr__list_format format;

  struct pyr__problems problems;
  struct pyr__tree_options options;
  struct pyr__tree_builder *builder; /* NULL: there is none yet, or no more */
  struct pyr__tree tree;
  struct pyr__reading values;
  struct pyr__target_list list;
};

void pyr__list_reading_begin(struct pyr__list_reading *reading,
                             struct pyr__memory *memory, char *text, size_t len,
                             enum pyr__list_format format, const char *name);
/* 1: there is more to do; 0: `list` is whole; PYR_ECONFIG with the first of the
 * errors, "name:line:column: key: what is wrong", PYR_ELIMIT or PYR__ENOMEM. */
int pyr__list_reading_step(struct pyr__list_reading *reading, pyr_error_t *err);
/* At any time; also releases the list. */
void pyr__list_reading_end(struct pyr__list_reading *reading);

#endif
