#include "targets/target_set.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"
#include "targets/target_members.h"

enum { FIRST_CAPACITY = 16 };

void pyr__target_set_init(struct pyr__target_set *set,
                          struct pyr__memory *memory,
                          const struct pyr__job_config *job,
                          const struct pyr__target_limits *limits,
                          const struct pyr__target_maker *maker,
                          const struct pyr__target_events *events) {
  *set = (struct pyr__target_set){.memory = memory,
                                  .job = job,
                                  .limits = *limits,
                                  .maker = *maker,
                                  .events = *events,
                                  .seed = pyr__hash_random_seed()};
  pyr__list_init(&set->leaving);
  pyr__index_init(&set->target_index, memory, PYR__MEM_DISCOVERY_TARGETS);
  pyr__index_init(&set->group_index, memory, PYR__MEM_DISCOVERY_GROUPS);
  pyr__label_names_init(&set->names, memory);
  pyr__arena_init(&set->scratch, memory, PYR__MEM_DISCOVERY_TARGETS,
                  PYR__LIMIT_TARGET_BYTES);
  pyr__buf_init(&set->packing, memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_GROUP_BYTES);
}

uint64_t pyr__group_hash(const struct pyr__target_set *set, const void *from,
                         pyr_str_t source) {
  return pyr__hash(pyr__hash_mix(set->seed, (uintptr_t)from), source.base,
                   source.len);
}

struct pyr__discovered_group *pyr__group_find(const struct pyr__target_set *set,
                                              const void *from,
                                              pyr_str_t source, uint64_t hash) {
  size_t at;
  uint32_t id = pyr__index_first(&set->group_index, hash, &at);
  while (id != PYR__NONE && !(set->groups[id]->from == from &&
                              pyr__str_equal(set->groups[id]->source, source)))
    id = pyr__index_next(&set->group_index, hash, &at);
  return id == PYR__NONE ? NULL : set->groups[id];
}

static void remove_group(struct pyr__target_set *set,
                         struct pyr__discovered_group *group) {
  struct pyr__discovered_group *last = set->groups[--set->group_count];

  pyr__index_remove(&set->group_index, group->hash, group->id);
  if (last != group) {
    pyr__index_remove(&set->group_index, last->hash, last->id);
    last->id = group->id;
    set->groups[last->id] = last;
    /* Two were taken out, so that there is room for one. */
    (void)pyr__index_add(&set->group_index, last->hash, last->id);
  }
  pyr__members_uncount(set, group);
  pyr__group_end(set, group);
}

void pyr__target_set_forget(struct pyr__target_set *set, const void *from) {
  size_t i = set->group_count;
  while (i-- > 0) /* what is put in the place of one was looked at before */
    if (set->groups[i]->from == from)
      remove_group(set, set->groups[i]);
}

void pyr__target_set_release(struct pyr__target_set *set) {
  pyr__target_set_discard(set);
  while (set->group_count > 0)
    remove_group(set, set->groups[set->group_count - 1]);
  pyr__target_set_settle(set);
  pyr__free(set->memory, set->targets);
  pyr__free(set->memory, set->groups);
  pyr__index_release(&set->target_index);
  pyr__index_release(&set->group_index);
  pyr__label_names_release(&set->names);
  pyr__arena_release(&set->scratch);
  pyr__buf_release(&set->packing);
}

int pyr__groups_reserve(struct pyr__target_set *set, size_t extra) {
  size_t capacity = set->group_capacity, wanted = set->group_count + extra;
  struct pyr__discovered_group **groups;
  if (capacity < wanted) {
    capacity = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
    if (capacity < wanted)
      capacity = wanted;
    groups = pyr__realloc(set->memory, PYR__MEM_DISCOVERY_GROUPS, set->groups,
                          capacity, sizeof(struct pyr__discovered_group *));
    if (groups == NULL)
      return PYR__ENOMEM;
    set->groups = groups;
    set->group_capacity = (uint32_t)capacity;
  }
  return pyr__index_reserve(&set->group_index, extra);
}

void pyr__group_add(struct pyr__target_set *set,
                    struct pyr__discovered_group *group) {
  group->id = set->group_count;
  (void)pyr__index_add(&set->group_index, group->hash, group->id);
  set->groups[set->group_count++] = group;
  pyr__members_settle(set, group);
  pyr__group_await_stage(set, group);
}

static void replace_group(struct pyr__target_set *set,
                          struct pyr__discovered_group *old,
                          struct pyr__discovered_group *group) {
  group->id = old->id;
  set->groups[group->id] = group;
  pyr__group_take_over(group, old);
  pyr__members_settle(set, group);
  pyr__group_await_stage(set, group);
  pyr__members_uncount(set, old);
  pyr__group_end(set, old);
}

static int check_size(const struct pyr__target_set *set, size_t before,
                      size_t after, pyr_error_t *err) {
  if (after <= PYR__LIMIT_JOB_TARGETS - (set->member_count - before))
    return 0;
  return pyr__error(err, PYR_ELIMIT, "the job has more than %d targets",
                    PYR__LIMIT_JOB_TARGETS);
}

int pyr__target_set_update(struct pyr__target_set *set, const void *from,
                           const struct pyr__target_group *group,
                           pyr_error_t *err) {
  uint64_t hash = pyr__group_hash(set, from, group->source);
  struct pyr__discovered_group *old =
      pyr__group_find(set, from, group->source, hash);
  const struct pyr__group_making making = {set->job, from, old, false};
  struct pyr__discovered_group *made = NULL;
  int rc =
      check_size(set, old == NULL ? 0 : old->count, group->target_count, err);

  if (rc == 0 && group->target_count == 0) {
    if (old != NULL)
      remove_group(set, old);
    return 0;
  }
  if (rc == 0 && old != NULL && pyr__group_is(set, old, group))
    return 0;
  if (rc == 0 && old == NULL && pyr__groups_reserve(set, 1) != 0)
    rc = pyr__error_nomem(err);
  if (rc == 0)
    rc = pyr__group_make(set, &making, group, &made, err);
  if (rc == 0 && old != NULL)
    replace_group(set, old, made);
  else if (rc == 0)
    pyr__group_add(set, made);
  if (rc != 0)
    pyr__error_prefix(err, "group \"%.*s\": ", PYR__STR_ARG(group->source));
  return rc;
}

void pyr__target_set_rebase(struct pyr__target_set *set,
                            const struct pyr__job_config *job) {
  uint32_t i;
  set->job = job;
  for (i = 0; i < set->count; i++)
    pyr__live_target_move(set->targets[i], job);
}
