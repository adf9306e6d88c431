/* A sampled CPU profile of the thread that starts it, which is the only one of
 * a process that is Pyrite; in a program with more threads it is that of the
 * loop, and the others are left in peace.
 *
 * A CPU-time timer sends SIGPROF a hundred times for each second of CPU; the
 * handler walks the stack and counts it.  Signals are the process's, so there
 * is one sampler at a time, and one pointer to it that the handler reads. */
#ifndef PYR__SELF_CPU_SAMPLER_H
#define PYR__SELF_CPU_SAMPLER_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/profile.h"

struct pyr__cpu_sampler;

/* -EBUSY where one runs in this process already. */
int pyr__cpu_sampler_start(struct pyr__cpu_sampler **out,
                           struct pyr__memory *memory,
                           const struct pyr__clock *clock, pyr_error_t *err);
/* The samples so far. */
uint64_t pyr__cpu_sampler_samples(const struct pyr__cpu_sampler *sampler);
/* Ends the sampling and gives SIGPROF back; again is no harm. */
void pyr__cpu_sampler_stop(struct pyr__cpu_sampler *sampler);
/* After the stop: the profile, in `arena`, with functions from the symbol
 * tables of the files that are mapped. */
int pyr__cpu_sampler_profile(const struct pyr__cpu_sampler *sampler,
                             struct pyr__arena *arena, struct pyr__profile *out,
                             pyr_error_t *err);
/* Stops it, too; NULL is allowed. */
void pyr__cpu_sampler_free(struct pyr__cpu_sampler *sampler);

#endif
