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
  if (set->all < set->capacity)
    return 0;
  targets = pyr__realloc(set->memory, PYR__MEM_DISCOVERY_TARGETS, set->targets,
                         capacity, sizeof(struct pyr__live_target *));
  if (targets == NULL)
    return PYR__ENOMEM;
  set->targets = targets;
  set->capacity = capacity;
  return 0;
}

/* ---- its place ---------------------------------------------------------- */

static void move_to(struct pyr__target_set *set, struct pyr__live_target *live,
                    uint32_t id) {
  live->id = id;
  set->targets[id] = live;
  /* It was taken out before, so that there is room. */
  (void)pyr__index_add(&set->target_index, live->hash, id);
}

/* Changes places with the one that is there. */
static void swap_to(struct pyr__target_set *set, struct pyr__live_target *live,
                    uint32_t id) {
  struct pyr__live_target *other = set->targets[id];
  uint32_t from = live->id;
  if (other == live)
    return;
  pyr__index_remove(&set->target_index, live->hash, from);
  pyr__index_remove(&set->target_index, other->hash, id);
  move_to(set, live, id);
  move_to(set, other, from);
}

static bool is_in_force(const struct pyr__target_set *set,
                        const struct pyr__live_target *live) {
  return live->id < set->count;
}

static void bring_into_force(struct pyr__target_set *set,
                             struct pyr__live_target *live) {
  if (is_in_force(set, live))
    return;
  swap_to(set, live, set->count++);
}

static void take_out_of_force(struct pyr__target_set *set,
                              struct pyr__live_target *live) {
  if (is_in_force(set, live))
    swap_to(set, live, --set->count);
}

static void take_out(struct pyr__target_set *set,
                     struct pyr__live_target *live) {
  take_out_of_force(set, live);
  swap_to(set, live, --set->all);
  pyr__index_remove(&set->target_index, live->hash, live->id);
  pyr__list_remove(&live->link);
}

/* ---- coming and going --------------------------------------------------- */

static void remove_live(struct pyr__target_set *set,
                        struct pyr__live_target *live) {
  if (live->is_out)
    pyr__list_remove(&live->link);
  else
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
  live->id = set->all;
  live->is_fresh = true;
  rc = pyr__index_add(&set->target_index, hash, live->id);
  if (rc != 0) {
    pyr__live_target_drop(live);
    return pyr__error_nomem(err);
  }
  set->targets[set->all++] = live;
  rc = set->events.added(set->events.ctx, live, err);
  if (rc != 0) {
    take_out(set, live);
    pyr__live_target_drop(live);
    return rc;
  }
  *out = live;
  return 0;
}

static void refer(struct pyr__target_set *set, struct pyr__live_target *live,
                  bool on_trial) {
  if (on_trial) {
    live->on_trial++;
  } else if (live->references++ == 0) {
    set->active++;
    bring_into_force(set, live);
  }
  pyr__list_remove(&live->link); /* of the leaving */
}

/* One that a trial needs stays where it is until that is over. */
static void unrefer(struct pyr__target_set *set, struct pyr__live_target *live,
                    bool on_trial) {
  if (on_trial)
    live->on_trial--;
  else if (--live->references == 0)
    set->active--;
  if (live->references > 0)
    return;
  if (live->is_fresh && live->on_trial == 0)
    remove_live(set, live);
  else if (live->is_fresh)
    take_out_of_force(set, live);
  else if (live->on_trial == 0)
    pyr__list_add_before(&set->leaving, &live->link);
}

static int take_live(struct pyr__target_set *set,
                     const struct pyr__target *target, struct pyr__member *out,
                     pyr_error_t *err) {
  uint64_t hash = pyr__target_identity(set->seed, target);
  struct pyr__live_target *live = find(set, target, hash);
  int rc = 0;
  if (live == NULL)
    rc = add_live(set, target, hash, &live, err);
  else if (!out->on_trial && !is_in_force(set, live))
    pyr__live_target_move(live, set->job); /* a trial has made it */
  if (live == NULL)
    return rc;
  refer(set, live, out->on_trial);
  out->as.live = live;
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
    return take_live(set, &target, out, err);
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
    refer(set, old->as.live, out->on_trial);
}

void pyr__member_admit(struct pyr__target_set *set,
                       struct pyr__member *member) {
  if (member->outcome == PYR__OUTCOME_TARGET) {
    refer(set, member->as.live, false);
    member->as.live->on_trial--;
  }
  member->on_trial = false;
}

void pyr__member_end(struct pyr__target_set *set, struct pyr__member *member) {
  if (member->outcome == PYR__OUTCOME_BAD) {
    pyr__free(set->memory, member->as.error);
  } else if (member->outcome == PYR__OUTCOME_TARGET) {
    unrefer(set, member->as.live, member->on_trial);
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

static void begin(struct pyr__target_set *set, struct pyr__live_target *live) {
  if (!live->is_fresh)
    return;
  live->is_fresh = false;
  set->events.begun(set->events.ctx, live);
}

void pyr__members_settle(struct pyr__target_set *set,
                         const struct pyr__discovered_group *group) {
  size_t i;
  count(set, group, true);
  for (i = 0; i < group->count; i++) {
    const struct pyr__member *member = &group->members[i];
    if (member->outcome == PYR__OUTCOME_TARGET)
      begin(set, member->as.live);
    else if (member->outcome == PYR__OUTCOME_BAD && !member->is_kept &&
             set->events.bad != NULL)
      set->events.bad(set->events.ctx, group->source, i, member->as.error);
  }
}

void pyr__members_uncount(struct pyr__target_set *set,
                          const struct pyr__discovered_group *group) {
  count(set, group, false);
}

void pyr__targets_withdraw(struct pyr__target_set *set) {
  struct pyr__list leaving;
  pyr__list_init(&leaving);
  pyr__list_move(&leaving, &set->leaving);
  while (!pyr__list_is_empty(&leaving)) {
    struct pyr__live_target *live =
        pyr__container_of(leaving.next, struct pyr__live_target, link);
    if (live->is_out) {
      pyr__list_remove(&live->link);
    } else {
      take_out(set, live);
      live->is_out = true;
      set->events.ended(set->events.ctx, live);
    }
    pyr__list_add_before(&set->leaving, &live->link);
  }
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
