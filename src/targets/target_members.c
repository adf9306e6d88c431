#include "targets/target_members.h"

#include "base/str.h"

enum { FIRST_CAPACITY = 16 };

static struct pyr__live_target *find(const struct pyr__target_set *set,
                                     const struct pyr__target *target,
                                     uint64_t hash) {
  size_t at;
  uint32_t id = pyr__index_first(&set->target_index, hash, &at);
  while (id != PYR__NONE &&
         !pyr__target_is_same(&set->targets[id]->target, target))
    id = pyr__index_next(&set->target_index, hash, &at);
  return id == PYR__NONE ? NULL : set->targets[id];
}

static int reserve(struct pyr__target_set *set) {
  uint32_t capacity = set->capacity == 0 ? FIRST_CAPACITY : set->capacity * 2;
  struct pyr__live_target **targets;
  if (set->count < set->capacity)
    return 0;
  targets = pyr__realloc(set->memory, PYR__MEM_DISCOVERY_TARGETS, set->targets,
                         capacity, sizeof(struct pyr__live_target *));
  if (targets == NULL)
    return PYR__ENOMEM;
  set->targets = targets;
  set->capacity = capacity;
  return 0;
}

static void take_out(struct pyr__target_set *set,
                     struct pyr__live_target *live) {
  struct pyr__live_target *last = set->targets[--set->count];

  pyr__index_remove(&set->target_index, live->hash, live->id);
  if (last != live) {
    pyr__index_remove(&set->target_index, last->hash, last->id);
    last->id = live->id;
    set->targets[last->id] = last;
    /* Two were taken out, so that there is room for one. */
    (void)pyr__index_add(&set->target_index, last->hash, last->id);
  }
  pyr__list_remove(&live->link);
}

static void remove_live(struct pyr__target_set *set,
                        struct pyr__live_target *live) {
  take_out(set, live);
  set->events.gone(set->events.ctx, live);
  pyr__live_target_drop(live);
}

static int add_live(struct pyr__target_set *set,
                    const struct pyr__target *target, uint64_t hash,
                    struct pyr__live_target **out, pyr_error_t *err) {
  struct pyr__live_target *live;
  int rc = reserve(set);

  if (rc != 0)
    return pyr__error_nomem(err);
  live = pyr__live_target_new(set->memory, target);
  if (live == NULL)
    return pyr__error_nomem(err);
  live->hash = hash;
  live->id = set->count;
  live->is_fresh = true;
  rc = pyr__index_add(&set->target_index, hash, live->id);
  if (rc != 0) {
    pyr__live_target_drop(live);
    return pyr__error_nomem(err);
  }
  set->targets[set->count++] = live;
  rc = set->events.added(set->events.ctx, live, err);
  if (rc != 0) {
    take_out(set, live);
    pyr__live_target_drop(live);
    return rc;
  }
  *out = live;
  return 0;
}

static void refer(struct pyr__target_set *set, struct pyr__live_target *live) {
  set->active += live->references++ == 0;
  pyr__list_remove(&live->link); /* of the leaving */
}

static int take_live(struct pyr__target_set *set,
                     const struct pyr__target *target,
                     struct pyr__live_target **out, pyr_error_t *err) {
  uint64_t hash = pyr__target_identity(set->seed, target);
  struct pyr__live_target *live = find(set, target, hash);
  int rc = 0;
  if (live == NULL)
    rc = add_live(set, target, hash, &live, err);
  if (live == NULL)
    return rc;
  refer(set, live);
  *out = live;
  return 0;
}

static int make(struct pyr__target_set *set, const struct pyr__job_config *job,
                const struct pyr__discovered *from, struct pyr__member *out,
                pyr_error_t *err) {
  const struct pyr__target_maker *maker = &set->maker;
  struct pyr__target target = {.job = job};
  pyr_error_t error = {0};
  size_t rule = 0;
  int rc =
      maker->make(maker->ctx, job, from, &set->scratch, &target, &rule, &error);

  if (rc == 0) {
    out->outcome = PYR__OUTCOME_TARGET;
    return take_live(set, &target, &out->as.live, err);
  }
  if (rc == PYR__TARGET_DROPPED) {
    out->outcome = PYR__OUTCOME_DROPPED;
    out->as.rule = rule;
    return 0;
  }
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  out->outcome = PYR__OUTCOME_BAD;
  out->as.error = pyr__copy_text(set->memory, PYR__MEM_DISCOVERY_GROUPS,
                                 pyr__str(error.text));
  return out->as.error == NULL ? pyr__error_nomem(err) : 0;
}

int pyr__member_make(struct pyr__target_set *set,
                     const struct pyr__job_config *job,
                     const struct pyr__discovered *from,
                     struct pyr__member *out, pyr_error_t *err) {
  int rc = make(set, job, from, out, err);
  pyr__arena_reset(&set->scratch, PYR__TARGET_SCRATCH_KEPT);
  return rc;
}

void pyr__member_keep(struct pyr__target_set *set,
                      const struct pyr__member *old, struct pyr__member *out) {
  out->outcome = old->outcome;
  out->as = old->as;
  out->is_kept = true;
  if (old->outcome == PYR__OUTCOME_TARGET)
    refer(set, old->as.live);
}

void pyr__member_end(struct pyr__target_set *set, struct pyr__member *member) {
  if (member->outcome == PYR__OUTCOME_BAD) {
    pyr__free(set->memory, member->as.error);
  } else if (member->outcome == PYR__OUTCOME_TARGET) {
    struct pyr__live_target *live = member->as.live;
    if (--live->references > 0)
      return;
    set->active--;
    if (live->is_fresh)
      remove_live(set, live);
    else
      pyr__list_add_before(&set->leaving, &live->link);
  }
}

void pyr__member_undo(struct pyr__target_set *set, struct pyr__member *member) {
  if (!member->is_kept || member->outcome == PYR__OUTCOME_TARGET)
    pyr__member_end(set, member);
}

static void count(struct pyr__target_set *set,
                  const struct pyr__discovered_group *group, bool is_added) {
  uint32_t outcomes[PYR__OUTCOME_BAD + 1] = {0};
  size_t i;
  for (i = 0; i < group->count; i++)
    outcomes[group->members[i].outcome]++;
  if (is_added) {
    set->member_count += group->count;
    set->dropped += outcomes[PYR__OUTCOME_DROPPED];
    set->bad += outcomes[PYR__OUTCOME_BAD];
  } else {
    set->member_count -= group->count;
    set->dropped -= outcomes[PYR__OUTCOME_DROPPED];
    set->bad -= outcomes[PYR__OUTCOME_BAD];
  }
}

void pyr__members_settle(struct pyr__target_set *set,
                         const struct pyr__discovered_group *group) {
  size_t i;
  count(set, group, true);
  for (i = 0; i < group->count; i++) {
    const struct pyr__member *member = &group->members[i];
    if (member->outcome == PYR__OUTCOME_TARGET)
      member->as.live->is_fresh = false;
    else if (member->outcome == PYR__OUTCOME_BAD && !member->is_kept &&
             set->events.bad != NULL)
      set->events.bad(set->events.ctx, group->source, i, member->as.error);
  }
}

void pyr__members_uncount(struct pyr__target_set *set,
                          const struct pyr__discovered_group *group) {
  count(set, group, false);
}

bool pyr__target_set_settle_some(struct pyr__target_set *set, size_t most) {
  for (; most > 0 && !pyr__list_is_empty(&set->leaving); most--)
    remove_live(set, pyr__container_of(set->leaving.next,
                                       struct pyr__live_target, link));
  return !pyr__list_is_empty(&set->leaving);
}

void pyr__target_set_settle(struct pyr__target_set *set) {
  (void)pyr__target_set_settle_some(set, SIZE_MAX);
}
