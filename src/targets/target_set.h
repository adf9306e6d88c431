/* The targets of one job: groups go in, differences come out.
 *
 * Each member of each group becomes a target, is dropped by a rule, or is bad.
 * Members that become the same target share it, and it stays the same object
 * for as long as any member becomes it, through every update and every new
 * configuration.  An update costs what its group costs, not what the job does;
 * members whose labels did not change cost a comparison.  What fails leaves
 * everything as it was. */
#ifndef PYR__TARGETS_TARGET_SET_H
#define PYR__TARGETS_TARGET_SET_H

#include "discovery/group.h"
#include "targets/live_target.h"
#include "targets/packed_labels.h"

/* From a job and what was discovered to a target; injected. */
struct pyr__target_maker {
  /* 0: `*out` is the target, in `arena`.  PYR__TARGET_DROPPED: by the job's
   * relabelling rule number `*rule`.  PYR__ENOMEM fails the update, any other
   * error is that of this one target. */
  int (*make)(void *ctx, const struct pyr__job_config *job,
              const struct pyr__discovered *from, struct pyr__arena *arena,
              struct pyr__target *out, size_t *rule, pyr_error_t *err);
  void *ctx;
};

/* None of these may call into the set. */
struct pyr__target_events {
  /* An error fails the update that would have added it; then, and where
   * another part of the update fails, `gone` follows for those added before. */
  int (*added)(void *ctx, struct pyr__live_target *live, pyr_error_t *err);
  /* One that was added is in force from now on, until it has ended or is gone.
   * One that has ended will be gone; its job and profiles may be gone before.
   */
  void (*begun)(void *ctx, struct pyr__live_target *live);
  void (*ended)(void *ctx, struct pyr__live_target *live);
  void (*gone)(void *ctx, struct pyr__live_target *live);
  /* A member that cannot be a target, each time that its labels or the job
   * changed.  May be NULL. */
  void (*bad)(void *ctx, pyr_str_t source, size_t number, const char *error);
  void *ctx;
};

struct pyr__discovered_group;

/* A new configuration on trial, beside the one in force. */
struct pyr__target_trial {
  const struct pyr__job_config *job; /* NULL: there is none */
  struct pyr__target_limits limits;
  const void *from; /* whose groups are replaced by these: */
  struct pyr__discovered_group **groups;
  uint32_t group_count, capacity;
  bool keeps;               /* members, as it would make them again */
  struct pyr__list waiting; /* groups with members that it is yet to make */
};

struct pyr__target_set {
  struct pyr__memory *memory;
  const struct pyr__job_config *job;
  struct pyr__target_limits limits;
  struct pyr__target_maker maker;
  struct pyr__target_events events;

  struct pyr__live_target **targets; /* `count` in force, in no order */
  uint32_t count, capacity;
  uint32_t all;          /* and those behind them that only a trial has made */
  uint32_t active;       /* those that are not leaving */
  uint32_t dropped, bad; /* members */
  struct pyr__index target_index;
  struct pyr__list leaving; /* no member becomes them, but one may yet */

  struct pyr__discovered_group **groups; /* in no order */
  uint32_t group_count, group_capacity;
  uint32_t member_count;
  struct pyr__index group_index;
  struct pyr__label_names names;
  uint64_t seed;

  struct pyr__target_trial trial;

  struct pyr__arena scratch; /* of one member */
  struct pyr__buf packing;   /* of one group */
};

void pyr__target_set_init(struct pyr__target_set *set,
                          struct pyr__memory *memory,
                          const struct pyr__job_config *job,
                          const struct pyr__target_limits *limits,
                          const struct pyr__target_maker *maker,
                          const struct pyr__target_events *events);
/* All targets are gone, and said to be. */
void pyr__target_set_release(struct pyr__target_set *set);

/* A group, or with no targets its end; `from` is who discovered it.  Targets
 * that no member becomes any more are told of by the next `settle`: what an
 * update takes from one group, the next one may give to another. */
int pyr__target_set_update(struct pyr__target_set *set, const void *from,
                           const struct pyr__target_group *group,
                           pyr_error_t *err);
/* Ends all groups of `from`. */
void pyr__target_set_forget(struct pyr__target_set *set, const void *from);
/* Tells `gone` of those that no member became since. */
void pyr__target_set_settle(struct pyr__target_set *set);
/* The same for at most `most` of them; true: there are more. */
bool pyr__target_set_settle_some(struct pyr__target_set *set, size_t most);

/* A configuration that says the same of this job: only pointers move. */
void pyr__target_set_rebase(struct pyr__target_set *set,
                            const struct pyr__job_config *job);
/* One that does not is tried, over as many turns of the loop as that takes:
 * `stage` begins, `stage_group` adds a group that is part of the configuration
 * itself, and `stage_some` makes members anew until none is left.  Where it
 * would make the same target that there is, it takes that one; others are added
 * and not begun.  Updates that come meanwhile are those of the configuration in
 * force, and made anew with the rest. */
struct pyr__staging {
  const struct pyr__job_config *job;
  const struct pyr__target_limits *limits;
  const void *from; /* whose groups are replaced; NULL: nobody's */
};
void pyr__target_set_stage(struct pyr__target_set *set,
                           const struct pyr__staging *staging);
/* No two with one source. */
int pyr__target_set_stage_group(struct pyr__target_set *set,
                                const struct pyr__target_group *group,
                                pyr_error_t *err);
/* At most `most` members.  1: there may be more; 0: all are made, until the
 * next update.  After an error of either, `discard` must follow. */
int pyr__target_set_stage_some(struct pyr__target_set *set, size_t most,
                               pyr_error_t *err);
/* `commit`, right after a 0, cannot fail: the new configuration takes over, and
 * what only the former one made has ended, and waits for `settle`.  `discard`
 * undoes it, at any time. */
void pyr__target_set_commit(struct pyr__target_set *set);
void pyr__target_set_discard(struct pyr__target_set *set);

/* What a target was discovered as, by one of the members that became it; in
 * `arena`.  0 or PYR__ENOMEM. */
int pyr__target_set_discovered(struct pyr__target_set *set,
                               struct pyr__live_target *live,
                               struct pyr__arena *arena,
                               struct pyr__discovered *out);

/* 0 where a target may be asked; PYR_ELIMIT with the text where a limit says
 * that it must count as down: its labels, or the number of targets. */
int pyr__target_set_check(const struct pyr__target_set *set,
                          const struct pyr__live_target *live,
                          pyr_error_t *err);

enum pyr__outcome {
  PYR__OUTCOME_TARGET,
  PYR__OUTCOME_DROPPED,
  PYR__OUTCOME_BAD
};

struct pyr__member_view { /* good until the set changes */
  const void *from;
  pyr_str_t source;
  size_t number; /* in its group */
  enum pyr__outcome outcome;
  const struct pyr__target *target; /* TARGET */
  uint32_t members;                 /* TARGET: those that became it */
  size_t rule;                      /* DROPPED */
  const char *error;                /* BAD */
  bool is_beyond; /* enough of the dropped or the bad were seen before */
  pyr_str_t packed;
  struct pyr__discovered discovered; /* by pyr__target_set_open */
};

/* Where a walk over all members is; all 0: at its beginning.  It may rest while
 * the set changes: what does may be missed or seen twice then. */
struct pyr__member_cursor {
  uint32_t group, number;
  uint64_t seen[PYR__OUTCOME_BAD + 1];
};
/* The next member, without its labels; false: there is none.  Costs the same
 * for each. */
bool pyr__target_set_next(const struct pyr__target_set *set,
                          struct pyr__member_cursor *cursor,
                          struct pyr__member_view *out);
/* Its labels, in `arena`.  0 or PYR__ENOMEM. */
int pyr__target_set_open(const struct pyr__target_set *set,
                         struct pyr__member_view *view,
                         struct pyr__arena *arena);

#endif
