/* A target set from one configuration to the next. */
#include "discovery/target_members.h"

static int stage_member(struct pyr__target_set *set,
                        const struct pyr__discovered_group *group,
                        size_t number, struct pyr__member *out,
                        pyr_error_t *err) {
  size_t count;
  const pyr_label_t *labels = pyr__packed_open(
      &set->names, pyr__member_packed(group, number), &set->scratch, &count);
  struct pyr__discovered discovered = {labels, count};
  if (labels == NULL)
    return pyr__arena_error(&set->scratch, count * sizeof(*labels),
                            "a target's labels", err);
  return pyr__member_make(set, set->staged_job, &discovered, out, err);
}

static int stage_all(struct pyr__target_set *set, size_t *made,
                     pyr_error_t *err) {
  size_t i, k;
  for (i = 0; i < set->group_count; i++) {
    const struct pyr__discovered_group *group = set->groups[i];
    for (k = 0; k < group->count; k++) {
      int rc = stage_member(set, group, k, &set->staged[*made], err);
      if (rc != 0)
        return rc;
      *made += 1;
    }
  }
  return 0;
}

static void drop_staged(struct pyr__target_set *set, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    pyr__member_end(set, &set->staged[i]);
  pyr__free(set->memory, set->staged);
  set->staged = NULL;
}

int pyr__target_set_stage(struct pyr__target_set *set,
                          const struct pyr__job_config *job,
                          const struct pyr__target_limits *limits,
                          pyr_error_t *err) {
  size_t made = 0;
  int rc;

  set->staged = pyr__calloc(set->memory, PYR__MEM_DISCOVERY_GROUPS,
                            set->member_count, sizeof(*set->staged));
  if (set->staged == NULL)
    return pyr__error_nomem(err);
  set->staged_job = job;
  set->staged_limits = *limits;
  rc = stage_all(set, &made, err);
  if (rc != 0)
    drop_staged(set, made);
  return rc;
}

void pyr__target_set_discard(struct pyr__target_set *set) {
  drop_staged(set, set->member_count);
}

static void commit_group(struct pyr__target_set *set,
                         struct pyr__discovered_group *group,
                         const struct pyr__member *staged) {
  size_t i;
  pyr__members_uncount(set, group);
  for (i = 0; i < group->count; i++) {
    struct pyr__member *member = &group->members[i];
    pyr__member_end(set, member);
    member->as = staged[i].as;
    member->outcome = staged[i].outcome;
    member->is_kept = false;
  }
  pyr__members_settle(set, group);
}

void pyr__target_set_commit(struct pyr__target_set *set) {
  const struct pyr__member *staged = set->staged;
  size_t i;

  for (i = 0; i < set->group_count; i++) {
    commit_group(set, set->groups[i], staged);
    staged += set->groups[i]->count;
  }
  pyr__free(set->memory, set->staged);
  set->staged = NULL;
  set->limits = set->staged_limits;
  pyr__target_set_settle(set);
  pyr__target_set_rebase(set, set->staged_job);
}
