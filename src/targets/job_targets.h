/* Where the targets of one job come from, over all configurations that name it:
 * its static groups and what its discoverers find, in one set.
 *
 * A new configuration replaces what it says otherwise and nothing else: targets
 * that it still leads to stay the same objects, discoverers whose part of it is
 * the same go on.  Where it has new ones, what the former ones found stays
 * until they have found theirs. */
#ifndef PYR__TARGETS_JOB_TARGETS_H
#define PYR__TARGETS_JOB_TARGETS_H

#include "discovery/discoverer.h"
#include "targets/target_set.h"

struct pyr__job_targets;

struct pyr__job_targets_options {
  struct pyr__discovery_env env; /* without `job` */
  struct pyr__target_events events;
  pyr_str_t self; /* where this process listens, copied; "": as configured */
  /* Something was found, or all has been: for who waits for a first look; may
   * be NULL. */
  void (*changed)(void *ctx);
};

/* Once made, it must be closed. */
int pyr__job_targets_new(struct pyr__job_targets **out,
                         const struct pyr__job_targets_options *options,
                         pyr_error_t *err);
/* Once: adds the static targets, and starts the discoverers; one that cannot be
 * started is only logged.  `config` gets a reference, `job` is one of its. */
int pyr__job_targets_start(struct pyr__job_targets *targets,
                           pyr_config_t *config,
                           const struct pyr__job_config *job, pyr_error_t *err);
/* All targets are gone, and said to be; `cb` is called from the loop when no
 * handle is left.  Not from inside an event. */
void pyr__job_targets_close(struct pyr__job_targets *targets,
                            void (*cb)(void *ctx), void *ctx);

/* The job of a new configuration is tried beside the one in force: `stage`
 * begins, and each `stage_some` makes some of its targets until it returns 0
 * (1: there are more), over as many turns of the loop as that takes.  Then, in
 * one turn with a 0, `stage_sources` starts new discoverers, one that cannot be
 * started fails it, and `commit` takes over and cannot fail.  `discard` forgets
 * it, at any time, and must follow an error. */
void pyr__job_targets_stage(struct pyr__job_targets *targets,
                            pyr_config_t *config,
                            const struct pyr__job_config *job);
int pyr__job_targets_stage_some(struct pyr__job_targets *targets,
                                pyr_error_t *err);
int pyr__job_targets_stage_sources(struct pyr__job_targets *targets,
                                   pyr_error_t *err);
void pyr__job_targets_commit(struct pyr__job_targets *targets);
void pyr__job_targets_discard(struct pyr__job_targets *targets);

struct pyr__target_set *pyr__job_targets_set(struct pyr__job_targets *targets);
/* Every discoverer has found what there is at first. */
bool pyr__job_targets_is_synced(const struct pyr__job_targets *targets);
/* For views: where its targets come from; static-configs, if there are some,
 * last. */
void pyr__job_targets_each(const struct pyr__job_targets *targets,
                           void (*cb)(void *ctx, const char *mechanism,
                                      const struct pyr__discovery_stats *stats),
                           void *ctx);
/* Of a group of its set. */
const char *pyr__job_targets_mechanism(const struct pyr__job_targets *targets,
                                       const void *from);

#endif
