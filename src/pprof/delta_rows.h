/* The two steps of a difference: the samples of a profile become rows, each
 * with the row of the baseline that it is compared with; and the rows become
 * the profile of what was gained, and the next baseline. */
#ifndef PYR__PPROF_DELTA_ROWS_H
#define PYR__PPROF_DELTA_ROWS_H

#include "base/arena.h"
#include "base/profile.h"

/* A row is a key, whose low bits are the number of profiles it was not in, and
 * a value for each cumulative column. */
struct pyr__delta_rows {
  uint64_t *words; /* count rows of stride */
  uint32_t count, stride;
};

enum { PYR__DELTA_AGE_MASK = 15 };

static inline uint64_t *pyr__delta_row(const struct pyr__delta_rows *rows,
                                       uint32_t row) {
  return rows->words + (size_t)row * rows->stride;
}
static inline uint64_t pyr__delta_key(const struct pyr__delta_rows *rows,
                                      uint32_t row) {
  return *pyr__delta_row(rows, row) & ~(uint64_t)PYR__DELTA_AGE_MASK;
}

struct pyr__delta_match {
  const struct pyr__profile *in;
  struct pyr__delta_rows old;  /* the baseline */
  struct pyr__delta_rows next; /* those in this profile, then those gone */
  uint32_t present;            /* rows of this profile */
  uint64_t cumulative;
  int64_t *values;   /* in->type_count a row, samples of equal keys added up */
  uint32_t *samples; /* the first sample of each row */
  uint32_t *before;  /* its row of the baseline, or PYR__NONE */
  uint32_t *after;   /* of each row of the baseline: its row here + 1, or 0 */
  int went_back;     /* a cumulative value is less than it was */
};

/* In the arena; `old` may be empty. */
int pyr__delta_match(struct pyr__delta_match *match,
                     const struct pyr__profile *in,
                     const struct pyr__delta_rows *old, uint64_t cumulative,
                     uint64_t seed, struct pyr__arena *arena, pyr_error_t *err);
/* Adds to match->next what is gone but remembered, up to `most` rows in all. */
void pyr__delta_keep_gone(struct pyr__delta_match *match, uint64_t most);

enum pyr__delta_gain { PYR__GAIN_NONE, PYR__GAIN_DIFFERENCE, PYR__GAIN_ALL };

/* The profile of what was gained; takes the values of `match`. */
int pyr__delta_gain(struct pyr__delta_match *match, enum pyr__delta_gain gain,
                    struct pyr__arena *arena, const struct pyr__profile **out,
                    pyr_error_t *err);

#endif
