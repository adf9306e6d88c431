#include "schedule/pace.h"

#include "base/hash.h"

struct pyr__pace pyr__pace_of(const struct pyr__phase *phase, uint64_t seed) {
  return (struct pyr__pace){.phase = *phase, .random = seed};
}

bool pyr__pace_is_absent(const struct pyr__pace *pace) {
  return pace->absences >= PYR__PACE_ABSENT_AFTER;
}

void pyr__pace_forget(struct pyr__pace *pace) {
  pace->failures = pace->absences = 0;
}

/* Between 0 and `range`, so that those that failed together do not come back
 * together. */
static int64_t jitter(struct pyr__pace *pace, int64_t range) {
  pace->random = pyr__hash_mix(pace->random, 1);
  return range <= 0 ? 0 : (int64_t)(pace->random % (uint64_t)range);
}

/* 1, 2, 4, 5, 5 ... intervals, the first without jitter: one failure does not
 * move the phase. */
static int64_t back_off(struct pyr__pace *pace) {
  int64_t intervals = pace->failures > 3 ? PYR__PACE_BACK_OFF_MAX
                                         : INT64_C(1) << (pace->failures - 1);
  if (intervals > PYR__PACE_BACK_OFF_MAX)
    intervals = PYR__PACE_BACK_OFF_MAX;
  if (intervals == 1)
    return 0;
  return (intervals - 1) * pace->phase.interval_ns +
         jitter(pace, pace->phase.interval_ns / 2);
}

/* The other profile may be over after a part of the interval.  Returns 0 where
 * none would be left for this one. */
static int64_t try_again(struct pyr__pace *pace,
                         const struct pyr__pace_scrape *scrape,
                         struct pyr__instant now) {
  int64_t interval = pace->phase.interval_ns;
  int64_t next = now.monotonic_ns + interval / 8 + jitter(pace, interval / 8);
  if (pace->phase.back_to_back ||
      next + scrape->seconds_ns <= scrape->due_ns + interval)
    return next;
  return 0;
}

static void count(struct pyr__pace *pace, enum pyr__pace_outcome outcome) {
  if (outcome == PYR__PACE_GOOD)
    pace->failures = 0;
  else if (pace->failures < UINT32_MAX)
    pace->failures++;
  if (outcome != PYR__PACE_ABSENT)
    pace->absences = 0;
  else if (pace->absences < UINT32_MAX)
    pace->absences++;
}

int64_t pyr__pace_next(struct pyr__pace *pace,
                       const struct pyr__pace_scrape *scrape,
                       struct pyr__instant now, uint64_t *missed) {
  int64_t next =
      pyr__phase_next(&pace->phase, scrape->due_ns, scrape->started_ns,
                      scrape->outcome == PYR__PACE_GOOD, now, missed);
  int64_t soon = 0;

  count(pace, scrape->outcome);
  if (pyr__pace_is_absent(pace))
    next += PYR__PACE_ABSENT_NS;
  else if (scrape->outcome == PYR__PACE_BUSY)
    soon = try_again(pace, scrape, now);
  else if (scrape->outcome != PYR__PACE_GOOD)
    next += back_off(pace);
  if (soon != 0)
    next = soon;
  if (scrape->retry_after_ns > 0 &&
      next < now.monotonic_ns + scrape->retry_after_ns)
    next = now.monotonic_ns + scrape->retry_after_ns;
  return next;
}
