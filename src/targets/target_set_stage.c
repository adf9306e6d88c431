/* A target set from one configuration to the next. */
#include "targets/target_members.h"

static int stage_member(struct pyr__target_set *set,
                        const struct pyr__discovered_group *group,
                        size_t number, struct pyr__member *out,
                        pyr_error_t *err) {
  struct pyr__discovered discovered;
  const pyr_label_t *labels;
  size_t count;

  if (set->staged_keeps) {
    pyr__member_keep(set, &group->members[number], out);
    return 0;
  }
  labels = pyr__packed_open(&set->names, pyr__member_packed(group, number),
                            &set->scratch, &count);
  discovered = (struct pyr__discovered){labels, count};
  if (labels == NULL)
    return pyr__arena_error(&set->scratch, count * sizeof(*labels),
                            "a target's labels", err);
  return pyr__member_make(set, set->staged_job, &discovered, out, err);
}

static bool is_replaced(const struct pyr__target_set *set,
                        const struct pyr__discovered_group *group) {
  return set->staged_from != NULL && group->from == set->staged_from;
}

/* Those of groups that are replaced stay as they are, of nothing. */
static int stage_members(struct pyr__target_set *set, size_t *made,
                         pyr_error_t *err) {
  size_t i, k;
  for (i = 0; i < set->group_count; i++) {
    const struct pyr__discovered_group *group = set->groups[i];
    for (k = 0; k < group->count; k++, ++*made) {
      struct pyr__member *member = &set->staged[*made];
      int rc = 0;
      member->outcome = PYR__OUTCOME_DROPPED;
      if (!is_replaced(set, group))
        rc = stage_member(set, group, k, member, err);
      if (rc != 0)
        return rc;
    }
  }
  return 0;
}

/* The one that has its place now, where its members may be kept. */
static const struct pyr__discovered_group *
former(const struct pyr__target_set *set, const void *from, pyr_str_t source) {
  if (!set->staged_keeps)
    return NULL;
  return pyr__group_find(set, from, source, pyr__group_hash(set, from, source));
}

static int stage_groups(struct pyr__target_set *set,
                        const struct pyr__staging *staging, pyr_error_t *err) {
  size_t i;
  for (i = 0; i < staging->group_count; i++) {
    const struct pyr__target_group *group = &staging->groups[i];
    struct pyr__discovered_group *made = NULL;
    int rc = 0;
    if (group->target_count == 0)
      continue;
    rc = pyr__group_make(set, staging->job, staging->from, group,
                         former(set, staging->from, group->source), &made, err);
    if (rc != 0)
      return rc;
    set->staged_groups[set->staged_group_count++] = made;
  }
  if (pyr__groups_reserve(set, set->staged_group_count) != 0)
    return pyr__error_nomem(err);
  return 0;
}

static void forget_staging(struct pyr__target_set *set) {
  pyr__free(set->memory, set->staged);
  pyr__free(set->memory, set->staged_groups);
  set->staged = NULL;
  set->staged_groups = NULL;
  set->staged_group_count = 0;
}

static void drop_staged(struct pyr__target_set *set, size_t members) {
  size_t i;
  for (i = 0; i < set->staged_group_count; i++)
    pyr__group_undo(set, set->staged_groups[i]);
  for (i = 0; i < members; i++)
    pyr__member_undo(set, &set->staged[i]);
  forget_staging(set);
}

int pyr__target_set_stage(struct pyr__target_set *set,
                          const struct pyr__staging *staging,
                          pyr_error_t *err) {
  size_t made = 0;
  int rc;

  set->staged = pyr__calloc(set->memory, PYR__MEM_DISCOVERY_GROUPS,
                            set->member_count, sizeof(*set->staged));
  set->staged_groups =
      pyr__calloc(set->memory, PYR__MEM_DISCOVERY_GROUPS, staging->group_count,
                  sizeof(struct pyr__discovered_group *));
  if (set->staged == NULL || set->staged_groups == NULL) {
    forget_staging(set);
    return pyr__error_nomem(err);
  }
  set->staged_from = staging->from;
  set->staged_keeps = set->job != NULL && set->job->making != 0 &&
                      set->job->making == staging->job->making;
  set->staged_job = staging->job;
  set->staged_limits = *staging->limits;
  rc = stage_members(set, &made, err);
  if (rc == 0)
    rc = stage_groups(set, staging, err);
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
    if (staged[i].is_kept && member->outcome == PYR__OUTCOME_BAD)
      member->as.error = NULL; /* it is the staged one's now */
    pyr__member_end(set, member);
    member->as = staged[i].as;
    member->outcome = staged[i].outcome;
    member->is_kept = staged[i].is_kept;
  }
  pyr__members_settle(set, group);
}

/* What the new groups have kept is no longer that of those they replace. */
static void take_over_former(struct pyr__target_set *set) {
  size_t i;
  for (i = 0; i < set->staged_group_count; i++) {
    const struct pyr__discovered_group *group = set->staged_groups[i];
    struct pyr__discovered_group *old =
        pyr__group_find(set, group->from, group->source, group->hash);
    if (old != NULL)
      pyr__group_take_over(group, old);
  }
}

void pyr__target_set_commit(struct pyr__target_set *set) {
  const struct pyr__member *staged = set->staged;
  size_t i;

  for (i = 0; i < set->group_count; i++) {
    struct pyr__discovered_group *group = set->groups[i];
    if (!is_replaced(set, group))
      commit_group(set, group, staged);
    staged += group->count;
  }
  take_over_former(set);
  if (set->staged_from != NULL)
    pyr__target_set_forget(set, set->staged_from);
  for (i = 0; i < set->staged_group_count; i++)
    pyr__group_add(set, set->staged_groups[i]);
  forget_staging(set);
  set->limits = set->staged_limits;
  pyr__target_set_settle(set);
  pyr__target_set_rebase(set, set->staged_job);
}
