/* Adds profiles up as google/pprof merges: mappings, functions, locations and
 * samples are the same when their content is, wherever they came from; values
 * of the same sample are added, durations summed; time is the earliest, period
 * the longest.  Differences to google/pprof: a time of 0 is "none" and not the
 * earliest; every line's column counts; sums stop at the ends of int64. */
#ifndef PYR__QUERY_MERGE_H
#define PYR__QUERY_MERGE_H

#include "base/memory.h"
#include "base/profile.h"

struct pyr__merge;

/* `limit` bounds the bytes of all tables together. */
int pyr__merge_new(struct pyr__merge **out, struct pyr__memory *memory,
                   size_t limit, pyr_error_t *err);
void pyr__merge_free(struct pyr__merge *merge); /* NULL is allowed */
/* The profile is in normal form; nothing of it is referred to afterwards.
 * PYR_EUSAGE: its types differ from the first one's, and nothing was added.
 * After any other failure only free is left. */
int pyr__merge_add(struct pyr__merge *merge, const struct pyr__profile *profile,
                   pyr_error_t *err);
/* Makes averages of what was added so far: values and the duration become an
 * n-th of themselves, rounded; n > 0. */
void pyr__merge_divide(struct pyr__merge *merge, int64_t n);
/* What was added so far, in normal form: every string, function, mapping,
 * location and sample once, in the order they came, none that no sample needs
 * (but the first mapping, which is the program), no sample that is all zero,
 * labels of a sample sorted.  Lives until the next add or free. */
int pyr__merge_finish(struct pyr__merge *merge, struct pyr__profile *out,
                      pyr_error_t *err);

#endif
