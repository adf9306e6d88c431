/* From many targets to groups for the sink, a slice at a time, so that 10,000
 * of them do not hold up the loop.  Slices are numbered: "origin:0",
 * "origin:1", ... are the sources, and those that were told of before and are
 * not needed any more are ended. */
#ifndef PYR__DISCOVERY_SLICES_H
#define PYR__DISCOVERY_SLICES_H

#include "base/arena.h"
#include "discovery/discoverer.h"

enum {
  PYR__SLICE_TARGETS = 128,
  PYR__EMIT_TURN_NS = 4000000 /* of the loop's time, at a time */
};

struct pyr__slices {
  struct pyr__discoverer *discoverer;
  pyr_str_t origin; /* not copied */
  uint32_t sources; /* how many there may be */
  uint32_t next;    /* 0: of a new state */
};

/* Both use `scratch` for the name of the source. */
int pyr__slices_add(struct pyr__slices *slices, struct pyr__arena *scratch,
                    const struct pyr__discovered *targets, size_t count,
                    pyr_error_t *err);
/* Ends the last of the sources that were not told of again.  1: it did; 0:
 * there is none left. */
int pyr__slices_end(struct pyr__slices *slices, struct pyr__arena *scratch,
                    pyr_error_t *err);

#endif
