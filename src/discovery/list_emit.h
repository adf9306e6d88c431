/* From a list of targets to groups for the sink, in slices that are numbered
 * over the whole list. */
#ifndef PYR__DISCOVERY_LIST_EMIT_H
#define PYR__DISCOVERY_LIST_EMIT_H

#include "discovery/slices.h"
#include "discovery/target_list.h"

struct pyr__list_emit {
  struct pyr__slices slices;    /* of the file or URL, not copied */
  const char *meta_label;       /* has it as its value */
  size_t group, target;         /* the next of the list */
  struct pyr__target_list list; /* owned */
  struct pyr__arena scratch;    /* one slice */
};

/* Takes the list over; `sources` are there from the list before. */
void pyr__list_emit_begin(struct pyr__list_emit *emit,
                          struct pyr__discoverer *discoverer, pyr_str_t origin,
                          const char *meta_label, uint32_t sources,
                          const struct pyr__target_list *list);
/* 1: there is more to do; 0: all is done, and `slices.sources` is how many
 * there are now; or an error, and it is how many there may be. */
int pyr__list_emit_step(struct pyr__list_emit *emit, pyr_error_t *err);
void pyr__list_emit_end(struct pyr__list_emit *emit);

#endif
