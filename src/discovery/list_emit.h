/* From a list of targets to groups for the sink, a slice at a time, so that a
 * list of 10,000 targets does not hold up the loop.  Slices are numbered over
 * the whole list: "list:0", "list:1", ... are the sources, and those that the
 * last list had more of are ended. */
#ifndef PYR__DISCOVERY_LIST_EMIT_H
#define PYR__DISCOVERY_LIST_EMIT_H

#include "discovery/discoverer.h"
#include "discovery/target_list.h"

enum {
  PYR__SLICE_TARGETS = 256,
  PYR__EMIT_TURN_NS = 4000000 /* of the loop's time, at a time */
};

struct pyr__list_emit {
  struct pyr__discoverer *discoverer;
  pyr_str_t origin;       /* the file or URL, not copied */
  const char *meta_label; /* has it as its value */
  uint32_t sources;       /* how many there are of this list */
  uint32_t next_source;
  size_t group, target;         /* the next of the list */
  struct pyr__target_list list; /* owned */
  struct pyr__arena scratch;    /* one slice */
};

/* Takes the list over; `sources` are there from the list before. */
void pyr__list_emit_begin(struct pyr__list_emit *emit,
                          struct pyr__discoverer *discoverer, pyr_str_t origin,
                          const char *meta_label, uint32_t sources,
                          const struct pyr__target_list *list);
/* 1: there is more to do; 0: all is done, and `sources` is how many there are
 * now; or an error, and `sources` is how many there may be. */
int pyr__list_emit_step(struct pyr__list_emit *emit, pyr_error_t *err);
void pyr__list_emit_end(struct pyr__list_emit *emit);

#endif
