/* When one (target, profile) is asked next, by what became of the last time.
 *
 * A good scrape keeps to its phase.  One that fails backs off, up to a few
 * intervals; an endpoint that is absent is looked for now and then; where
 * another takes a CPU profile just now, it is tried again within the interval.
 */
#ifndef PYR__SCHEDULE_PACE_H
#define PYR__SCHEDULE_PACE_H

#include "schedule/phase.h"

enum {
  PYR__PACE_ABSENT_AFTER = 3, /* answers in a row that there is no such thing */
  PYR__PACE_BACK_OFF_MAX = 5  /* intervals */
};
#define PYR__PACE_ABSENT_NS (INT64_C(600) * 1000000000)

enum pyr__pace_outcome {
  PYR__PACE_GOOD,
  PYR__PACE_FAILED,
  PYR__PACE_ABSENT, /* 404, 405 */
  PYR__PACE_BUSY    /* another takes a CPU profile */
};

struct pyr__pace {
  struct pyr__phase phase;
  uint32_t failures; /* in a row */
  uint32_t absences; /* in a row */
  uint64_t random;   /* state of the jitter */
};

struct pyr__pace_scrape { /* the one that has ended; monotonic times */
  enum pyr__pace_outcome outcome;
  int64_t due_ns, started_ns;
  int64_t seconds_ns;     /* what the next one takes at least */
  int64_t retry_after_ns; /* the target asked for that much peace; 0: no */
};

struct pyr__pace pyr__pace_of(const struct pyr__phase *phase, uint64_t seed);
/* Whether it is looked for only now and then. */
bool pyr__pace_is_absent(const struct pyr__pace *pace);
/* Monotonic time of the next scrape.  `*missed` is how many were due while this
 * one went on; those that are left out on purpose are not missed. */
int64_t pyr__pace_next(struct pyr__pace *pace,
                       const struct pyr__pace_scrape *scrape,
                       struct pyr__instant now, uint64_t *missed);
/* The target has changed or restarted: nothing is known of it. */
void pyr__pace_forget(struct pyr__pace *pace);

#endif
