/* What a cumulative profile gained since the last one of its (target, profile).
 * The baseline is keyed by stack and labels, by content and not by address, is
 * bounded, and forgets stacks that are gone.
 *
 * Samples of equal stack and labels become one.  A stack that is not in a
 * profile is remembered for PYR__LIMIT_GONE_SCRAPES more, as there are programs
 * that leave out what has nothing in use, and would otherwise be counted from
 * its beginning when it comes back. */
#ifndef PYR__PPROF_DELTA_H
#define PYR__PPROF_DELTA_H

#include "base/arena.h"
#include "base/profile.h"

struct pyr__delta;

enum pyr__delta_outcome {
  PYR__DELTA_FIRST,      /* no baseline before: cumulative columns are empty */
  PYR__DELTA_DIFFERENCE, /* the usual */
  PYR__DELTA_RESTART,    /* surely a new process: its counts are the gain */
  PYR__DELTA_RESET       /* a counter went back: as FIRST */
};

struct pyr__delta_result {
  enum pyr__delta_outcome outcome;
  const struct pyr__profile
      *profile;     /* in the arena; all-zero samples left out */
  int64_t since_ns; /* time of the baseline, 0 for FIRST and RESET */
};

int pyr__delta_new(struct pyr__delta **out, struct pyr__memory *memory,
                   uint64_t limit_bytes);
void pyr__delta_free(struct pyr__delta *delta); /* NULL is allowed */
/* `cumulative` has a bit for each column whose difference is taken; others are
 * as seen.  `now_ns` is this scrape's time.  Nothing of the baseline changes
 * before commit.  The result's profile shares the tables of `in`. */
int pyr__delta_apply(struct pyr__delta *delta, const struct pyr__profile *in,
                     uint64_t cumulative, int64_t now_ns,
                     struct pyr__arena *arena, struct pyr__delta_result *result,
                     pyr_error_t *err);
/* The result has been stored: this scrape is the new baseline.  Not called:
 * the next result covers both intervals.  Before the arena is reset, once an
 * apply; fails only where there is none. */
int pyr__delta_commit(struct pyr__delta *delta, pyr_error_t *err);
size_t pyr__delta_stacks(const struct pyr__delta *delta);
size_t pyr__delta_bytes(const struct pyr__delta *delta);

#endif
