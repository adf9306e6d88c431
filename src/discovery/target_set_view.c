/* A target set as pages and metrics see it. */
#include "discovery/target_members.h"

#include "base/str.h"

/* For "%.*s": at most 50 bytes of a text. */
#define SHORT_ARG(text) (int)((text).len < 50 ? (text).len : 50), (text).base

/* False where enough of its kind were shown. */
static bool is_shown(const struct pyr__target_set *set,
                     const struct pyr__member *member,
                     uint64_t shown[PYR__OUTCOME_BAD + 1]) {
  uint64_t limit =
      member->outcome == PYR__OUTCOME_TARGET ? 0 : set->limits.keep_dropped;
  if (limit > 0 && shown[member->outcome] >= limit)
    return false;
  shown[member->outcome]++;
  return true;
}

static void fill(struct pyr__target_set *set, struct pyr__member_view *view,
                 const struct pyr__member *member) {
  view->outcome = (enum pyr__outcome)member->outcome;
  if (member->outcome == PYR__OUTCOME_DROPPED) {
    view->rule = member->as.rule;
  } else if (member->outcome == PYR__OUTCOME_BAD) {
    view->error = member->as.error;
  } else {
    struct pyr__live_target *live = member->as.live;
    view->live = live;
    view->is_repeat = live->sight == set->sight;
    live->sight = set->sight;
  }
}

static int show(struct pyr__target_set *set,
                const struct pyr__discovered_group *group, size_t number,
                int (*cb)(void *ctx, const struct pyr__member_view *view),
                void *ctx) {
  struct pyr__member_view view = {
      .from = group->from, .source = group->source, .number = number};
  size_t count;
  int rc;

  view.discovered.labels = pyr__packed_open(
      &set->names, pyr__member_packed(group, number), &set->scratch, &count);
  if (view.discovered.labels == NULL)
    return PYR__ENOMEM;
  view.discovered.label_count = count;
  fill(set, &view, &group->members[number]);
  rc = cb(ctx, &view);
  pyr__arena_reset(&set->scratch, PYR__TARGET_SCRATCH_KEPT);
  return rc;
}

int pyr__target_set_each(struct pyr__target_set *set,
                         int (*cb)(void *ctx,
                                   const struct pyr__member_view *view),
                         void *ctx) {
  uint64_t shown[PYR__OUTCOME_BAD + 1] = {0};
  size_t i, k;
  int rc = 0;

  set->sight++;
  for (i = 0; i < set->group_count && rc == 0; i++)
    for (k = 0; k < set->groups[i]->count && rc == 0; k++)
      if (is_shown(set, &set->groups[i]->members[k], shown))
        rc = show(set, set->groups[i], k, cb, ctx);
  return rc;
}

static const struct pyr__member *member_at(const struct pyr__target_set *set,
                                           uint32_t group, uint32_t number) {
  if (group >= set->group_count || number >= set->groups[group]->count)
    return NULL;
  return &set->groups[group]->members[number];
}

static bool is_of(const struct pyr__member *member,
                  const struct pyr__live_target *live) {
  return member != NULL && member->outcome == PYR__OUTCOME_TARGET &&
         member->as.live == live;
}

/* Tells all targets where they are, so that a view of all looks once. */
static void note_places(struct pyr__target_set *set) {
  uint32_t group, number;
  for (group = 0; group < set->group_count; group++)
    for (number = 0; number < set->groups[group]->count; number++) {
      const struct pyr__member *member = member_at(set, group, number);
      if (member->outcome != PYR__OUTCOME_TARGET)
        continue;
      member->as.live->seen_group = group;
      member->as.live->seen_member = number;
    }
}

int pyr__target_set_discovered(struct pyr__target_set *set,
                               struct pyr__live_target *live,
                               struct pyr__arena *arena,
                               struct pyr__discovered *out) {
  const struct pyr__member *member =
      member_at(set, live->seen_group, live->seen_member);
  size_t count;

  *out = (struct pyr__discovered){NULL, 0};
  if (!is_of(member, live)) {
    note_places(set);
    member = member_at(set, live->seen_group, live->seen_member);
  }
  if (!is_of(member, live))
    return 0; /* no member any more: it is leaving */
  out->labels = pyr__packed_open(
      &set->names,
      pyr__member_packed(set->groups[live->seen_group], live->seen_member),
      arena, &count);
  if (out->labels == NULL)
    return PYR__ENOMEM;
  out->label_count = count;
  return 0;
}

static int check_label(const struct pyr__target_set *set,
                       const struct pyr__target *target,
                       const pyr_label_t *label, pyr_error_t *err) {
  const struct pyr__target_limits *limits = &set->limits;
  pyr_str_t name = target->application;

  if (limits->label_name_length > 0 &&
      label->name.len > limits->label_name_length)
    return pyr__error(err, PYR_ELIMIT,
                      "label-name-length-limit exceeded (application: %.*s, "
                      "label name: %.*s, length: %zu, limit: %llu)",
                      SHORT_ARG(name), SHORT_ARG(label->name), label->name.len,
                      (unsigned long long)limits->label_name_length);
  if (limits->label_value_length > 0 &&
      label->value.len > limits->label_value_length)
    return pyr__error(err, PYR_ELIMIT,
                      "label-value-length-limit exceeded (application: %.*s, "
                      "label name: %.*s, value: \"%.*s\", length: %zu, limit: "
                      "%llu)",
                      SHORT_ARG(name), SHORT_ARG(label->name),
                      SHORT_ARG(label->value), label->value.len,
                      (unsigned long long)limits->label_value_length);
  return 0;
}

int pyr__target_set_check(const struct pyr__target_set *set,
                          const struct pyr__live_target *live,
                          pyr_error_t *err) {
  const struct pyr__target_limits *limits = &set->limits;
  const struct pyr__target *target = &live->target;
  size_t i;
  int rc = 0;

  if (limits->targets > 0 && set->active > limits->targets)
    return pyr__error(err, PYR_ELIMIT,
                      "target-limit exceeded (number of targets: %u, limit: "
                      "%llu)",
                      set->active, (unsigned long long)limits->targets);
  if (limits->labels > 0 && target->label_count > limits->labels)
    return pyr__error(err, PYR_ELIMIT,
                      "label-limit exceeded (application: %.*s, number of "
                      "labels: %zu, limit: %llu)",
                      SHORT_ARG(target->application), target->label_count,
                      (unsigned long long)limits->labels);
  for (i = 0; i < target->label_count && rc == 0; i++)
    rc = check_label(set, target, &target->labels[i], err);
  return rc;
}
