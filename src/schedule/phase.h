/* When a (target, profile) is due.  Its phase is a hash of who it is, counted
 * from the Unix epoch: the same after a restart, and spread over the interval.
 * Waiting is on the monotonic clock, so that a step of the wall clock moves the
 * next scrape by less than an interval and never makes a burst. */
#ifndef PYR__SCHEDULE_PHASE_H
#define PYR__SCHEDULE_PHASE_H

#include <stdbool.h>

#include "pyrite.h"

struct pyr__phase {
  int64_t interval_ns;
  int64_t offset_ns; /* 0 <= offset < interval */
  bool back_to_back; /* the next one starts as the last one ends */
};

struct pyr__instant {
  int64_t monotonic_ns, wall_ns;
};

struct pyr__phase pyr__phase_of(uint64_t target_hash, pyr_str_t profile,
                                int64_t interval_ns, bool back_to_back);
/* Monotonic time of the first scrape: within one interval. */
int64_t pyr__phase_first(const struct pyr__phase *phase,
                         struct pyr__instant now);
/* Monotonic time of the scrape after the one that was due at `due_ns`, started
 * at `started_ns` and has ended now.  `*missed` is how many were due
 * meanwhile. */
int64_t pyr__phase_next(const struct pyr__phase *phase, int64_t due_ns,
                        int64_t started_ns, bool succeeded,
                        struct pyr__instant now, uint64_t *missed);

#endif
