/* A target set as pages and metrics see it. */
#include "targets/target_members.h"

/* For "%.*s": at most 50 bytes of a text. */
#define SHORT_ARG(text) (int)((text).len < 50 ? (text).len : 50), (text).base

static const struct pyr__member *member_at(const struct pyr__target_set *set,
                                           uint32_t group, uint32_t number) {
  if (group >= set->group_count || number >= set->groups[group]->count)
    return NULL;
  return &set->groups[group]->members[number];
}

static void fill(struct pyr__member_view *view,
                 const struct pyr__member *member) {
  view->outcome = (enum pyr__outcome)member->outcome;
  if (member->outcome == PYR__OUTCOME_DROPPED) {
    view->rule = member->as.rule;
  } else if (member->outcome == PYR__OUTCOME_BAD) {
    view->error = member->as.error;
  } else {
    view->target = &member->as.live->target;
    view->members = member->as.live->references;
  }
}

bool pyr__target_set_next(const struct pyr__target_set *set,
                          struct pyr__member_cursor *cursor,
                          struct pyr__member_view *out) {
  const struct pyr__member *member =
      member_at(set, cursor->group, cursor->number);
  const struct pyr__discovered_group *group;
  uint64_t limit = set->limits.keep_dropped;

  if (member == NULL) { /* the group is at its end, or smaller than it was */
    cursor->group++;
    cursor->number = 0;
    member = member_at(set, cursor->group, 0);
  }
  if (member == NULL)
    return false;
  group = set->groups[cursor->group];
  *out = (struct pyr__member_view){
      .from = group->from,
      .source = group->source,
      .number = cursor->number,
      .packed = pyr__member_packed(group, cursor->number)};
  fill(out, member);
  out->is_beyond = out->outcome != PYR__OUTCOME_TARGET && limit > 0 &&
                   cursor->seen[out->outcome] >= limit;
  cursor->seen[out->outcome]++;
  cursor->number++;
  return true;
}

static int open_labels(const struct pyr__target_set *set, pyr_str_t packed,
                       struct pyr__arena *arena, struct pyr__discovered *out) {
  size_t count = 0;
  out->labels = pyr__packed_open(&set->names, packed, arena, &count);
  out->label_count = count;
  return out->labels == NULL ? PYR__ENOMEM : 0;
}

int pyr__target_set_open(const struct pyr__target_set *set,
                         struct pyr__member_view *view,
                         struct pyr__arena *arena) {
  return open_labels(set, view->packed, arena, &view->discovered);
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
  *out = (struct pyr__discovered){NULL, 0};
  if (live->references == 0)
    return 0; /* no member any more: it is leaving */
  if (!is_of(member_at(set, live->seen_group, live->seen_member), live))
    note_places(set);
  return open_labels(
      set, pyr__member_packed(set->groups[live->seen_group], live->seen_member),
      arena, out);
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
