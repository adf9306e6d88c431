/* A target set from one configuration to the next.
 *
 * What the new one makes of each member stands beside what the one in force
 * made of it, and is made a few members at a time.  Meanwhile groups come,
 * change and go under the one in force: whose members have none yet is in a
 * list, to which such a group comes again. */
#include "targets/target_members.h"

static bool is_replaced(const struct pyr__target_set *set,
                        const struct pyr__discovered_group *group) {
  return set->trial.from != NULL && group->from == set->trial.from;
}

void pyr__group_await_stage(struct pyr__target_set *set,
                            struct pyr__discovered_group *group) {
  if (set->trial.job != NULL && !is_replaced(set, group))
    pyr__list_add_before(&set->trial.waiting, &group->trial.link);
}

void pyr__group_unstage(struct pyr__target_set *set,
                        struct pyr__discovered_group *group) {
  uint32_t i;
  pyr__list_remove(&group->trial.link);
  for (i = 0; i < group->trial.count; i++)
    pyr__member_undo(set, &group->trial.members[i]);
  pyr__free(set->memory, group->trial.members);
  group->trial.members = NULL;
  group->trial.count = 0;
}

void pyr__target_set_stage(struct pyr__target_set *set,
                           const struct pyr__staging *staging) {
  uint32_t i;
  set->trial = (struct pyr__target_trial){
      .job = staging->job,
      .limits = *staging->limits,
      .from = staging->from,
      .keeps = set->job != NULL && set->job->making != 0 &&
               set->job->making == staging->job->making};
  pyr__list_init(&set->trial.waiting);
  for (i = 0; i < set->group_count; i++)
    pyr__group_await_stage(set, set->groups[i]);
}

/* ---- groups of its own -------------------------------------------------- */

/* The one that has its place now, where its members may be kept. */
static const struct pyr__discovered_group *
former(const struct pyr__target_set *set, pyr_str_t source) {
  const void *from = set->trial.from;
  if (!set->trial.keeps)
    return NULL;
  return pyr__group_find(set, from, source, pyr__group_hash(set, from, source));
}

static int reserve(struct pyr__target_trial *trial, struct pyr__memory *memory,
                   pyr_error_t *err) {
  uint32_t capacity = trial->capacity == 0 ? 16 : trial->capacity * 2;
  struct pyr__discovered_group **groups;

  if (trial->group_count < trial->capacity)
    return 0;
  groups = pyr__realloc(memory, PYR__MEM_DISCOVERY_GROUPS, trial->groups,
                        capacity, sizeof(struct pyr__discovered_group *));
  if (groups == NULL)
    return pyr__error_nomem(err);
  trial->groups = groups;
  trial->capacity = capacity;
  return 0;
}

int pyr__target_set_stage_group(struct pyr__target_set *set,
                                const struct pyr__target_group *group,
                                pyr_error_t *err) {
  struct pyr__target_trial *trial = &set->trial;
  const struct pyr__group_making making = {trial->job, trial->from,
                                           former(set, group->source), true};
  struct pyr__discovered_group *made = NULL;
  int rc = group->target_count == 0 ? 0 : reserve(trial, set->memory, err);

  if (group->target_count == 0 || rc != 0)
    return rc;
  rc = pyr__group_make(set, &making, group, &made, err);
  if (rc == 0)
    trial->groups[trial->group_count++] = made;
  return rc;
}

/* ---- groups that were discovered ---------------------------------------- */

static int stage_member(struct pyr__target_set *set,
                        const struct pyr__discovered_group *group,
                        size_t number, struct pyr__member *out,
                        pyr_error_t *err) {
  struct pyr__discovered discovered;
  const pyr_label_t *labels;
  size_t count;

  out->on_trial = true;
  if (set->trial.keeps) {
    pyr__member_keep(set, &group->members[number], out);
    return 0;
  }
  labels = pyr__packed_open(&set->names, pyr__member_packed(group, number),
                            &set->scratch, &count);
  discovered = (struct pyr__discovered){labels, count};
  if (labels == NULL)
    return pyr__arena_error(&set->scratch, count * sizeof(*labels),
                            "a target's labels", err);
  return pyr__member_make(set, set->trial.job, &discovered, out, err);
}

static int stage_some(struct pyr__target_set *set,
                      struct pyr__discovered_group *group, size_t *most,
                      pyr_error_t *err) {
  int rc = 0;
  if (group->trial.members == NULL)
    group->trial.members =
        pyr__calloc(set->memory, PYR__MEM_DISCOVERY_GROUPS, group->count,
                    sizeof(*group->trial.members));
  if (group->trial.members == NULL)
    return pyr__error_nomem(err);
  for (; rc == 0 && *most > 0 && group->trial.count < group->count; --*most) {
    rc = stage_member(set, group, group->trial.count,
                      &group->trial.members[group->trial.count], err);
    group->trial.count += rc == 0;
  }
  if (group->trial.count == group->count)
    pyr__list_remove(&group->trial.link);
  return rc;
}

int pyr__target_set_stage_some(struct pyr__target_set *set, size_t most,
                               pyr_error_t *err) {
  struct pyr__list *waiting = &set->trial.waiting;
  int rc = 0;

  while (rc == 0 && most > 0 && !pyr__list_is_empty(waiting))
    rc = stage_some(set,
                    pyr__container_of(waiting->next,
                                      struct pyr__discovered_group, trial.link),
                    &most, err);
  if (rc != 0 || !pyr__list_is_empty(waiting))
    return rc != 0 ? rc : 1;
  if (pyr__groups_reserve(set, set->trial.group_count) != 0)
    return pyr__error_nomem(err);
  return 0;
}

/* ---- its end ------------------------------------------------------------ */

static void forget_trial(struct pyr__target_set *set) {
  pyr__free(set->memory, set->trial.groups);
  set->trial = (struct pyr__target_trial){0};
}

void pyr__target_set_discard(struct pyr__target_set *set) {
  uint32_t i;
  if (set->trial.job == NULL)
    return;
  for (i = 0; i < set->trial.group_count; i++)
    pyr__group_undo(set, set->trial.groups[i]);
  for (i = 0; i < set->group_count; i++)
    pyr__group_unstage(set, set->groups[i]);
  forget_trial(set);
}

static void commit_group(struct pyr__target_set *set,
                         struct pyr__discovered_group *group) {
  struct pyr__member *made = group->trial.members;
  uint32_t i;

  pyr__members_uncount(set, group);
  for (i = 0; i < group->count; i++) {
    struct pyr__member *member = &group->members[i];
    if (made[i].is_kept && member->outcome == PYR__OUTCOME_BAD)
      member->as.error = NULL; /* it is the new one's now */
    pyr__member_admit(set, &made[i]);
    pyr__member_end(set, member);
    member->as = made[i].as;
    member->outcome = made[i].outcome;
    member->is_kept = made[i].is_kept;
  }
  pyr__free(set->memory, made);
  group->trial.members = NULL;
  group->trial.count = 0;
  pyr__members_settle(set, group);
}

/* What the new group has kept is no longer that of the one it replaces. */
static void admit_group(struct pyr__target_set *set,
                        struct pyr__discovered_group *group) {
  struct pyr__discovered_group *old =
      pyr__group_find(set, group->from, group->source, group->hash);
  uint32_t i;
  if (old != NULL)
    pyr__group_take_over(group, old);
  for (i = 0; i < group->count; i++)
    pyr__member_admit(set, &group->members[i]);
}

void pyr__target_set_commit(struct pyr__target_set *set) {
  struct pyr__target_trial trial = set->trial;
  uint32_t i;

  for (i = 0; i < set->group_count; i++)
    if (!is_replaced(set, set->groups[i]))
      commit_group(set, set->groups[i]);
  set->trial = (struct pyr__target_trial){0};
  for (i = 0; i < trial.group_count; i++)
    admit_group(set, trial.groups[i]);
  if (trial.from != NULL)
    pyr__target_set_forget(set, trial.from);
  for (i = 0; i < trial.group_count; i++)
    pyr__group_add(set, trial.groups[i]);
  pyr__free(set->memory, trial.groups);
  set->limits = trial.limits;
  pyr__targets_withdraw(set);
  pyr__target_set_rebase(set, trial.job);
}
