/* Counted stacks to a profile with functions. */
#ifndef PYR__SELF_CPU_PROFILE_H
#define PYR__SELF_CPU_PROFILE_H

#include "base/arena.h"
#include "base/profile.h"
#include "self/sample_table.h"

#define PYR__CPU_PERIOD_NS 10000000

/* Types and period as Go's; time and duration are the caller's to fill. */
int pyr__cpu_profile_build(const struct pyr__sample_table *table,
                           struct pyr__arena *arena, struct pyr__profile *out,
                           pyr_error_t *err);

#endif
