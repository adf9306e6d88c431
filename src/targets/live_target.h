/* A target as it lives in a set: one block with copies of all it needs, the
 * same object from when it first appears to when it is gone, whatever happens
 * to the groups and configurations that it comes from.  Schedules, baselines
 * and health hang on it. */
#ifndef PYR__TARGETS_LIVE_TARGET_H
#define PYR__TARGETS_LIVE_TARGET_H

#include <stdbool.h>

#include "base/list.h"
#include "targets/target.h"

struct pyr__live_target {
  struct pyr__target target; /* `discovered` is empty: groups have it */
  void *owner;               /* of who uses the set */

  /* the set's own */
  struct pyr__memory *memory;
  uint64_t hash; /* of the identity, with the set's seed */
  uint32_t id;
  uint32_t references; /* members of groups; 0: it will be gone */
  uint32_t on_trial;   /* those of a configuration that is not in force */
  uint32_t holds;
  uint32_t seen_group, seen_member; /* where a member became it, a guess */
  bool is_fresh;                    /* it has not begun */
  bool is_out; /* it has ended: no set has it, and its job may be gone */
  struct pyr__list link; /* of those with no references */
};

/* A copy of `from`, with one hold; NULL with no memory. */
struct pyr__live_target *pyr__live_target_new(struct pyr__memory *memory,
                                              const struct pyr__target *from);
/* Who holds a target may use it after it is gone from its set, to end what runs
 * (the job must then be held too).  The block goes with the last hold. */
void pyr__live_target_hold(struct pyr__live_target *live);
void pyr__live_target_drop(struct pyr__live_target *live);

/* Identity: what profiles are stored under, what is asked and how often. */
uint64_t pyr__target_identity(uint64_t seed, const struct pyr__target *target);
bool pyr__target_is_same(const struct pyr__target *a,
                         const struct pyr__target *b);
/* Has it point into another configuration's job, which must have all of its
 * profiles. */
void pyr__live_target_move(struct pyr__live_target *live,
                           const struct pyr__job_config *job);

#endif
