/* Groups of two discoverers that come, change and go at random, beside what a
 * target set was told of them: whatever came, in whatever order, it holds what
 * one holds that was told of the present state alone. */
#ifndef TEST_DISCOVERY_MODEL_H
#define TEST_DISCOVERY_MODEL_H

#include "discovery_support.h"

#include "targets/target_members.h"

enum { SOURCES = 6, MEMBERS = 5 };

/* The present content of each group, as numbers of its texts. */
struct model {
  const char *const *texts;
  unsigned text_count;
  unsigned count[2][SOURCES];
  unsigned sets[2][SOURCES][MEMBERS];
};

static inline unsigned random_below(unsigned limit) {
  return (unsigned)(rand() % (int)limit);
}

static inline const void *discoverer(unsigned which) {
  static const int ids[2];
  return &ids[which];
}

static inline int put(struct world *world, const struct model *model,
                      unsigned from, unsigned source) {
  const char *texts[MEMBERS + 1];
  char name[16];
  unsigned i, count = model->count[from][source];
  snprintf(name, sizeof(name), "s%u", source);
  for (i = 0; i < count; i++)
    texts[i] = model->texts[model->sets[from][source][i]];
  texts[count] = NULL;
  return try_update(world, discoverer(from), name, texts, NULL);
}

static inline void change(struct model *model, unsigned from, unsigned source) {
  unsigned i, *count = &model->count[from][source];
  unsigned *members = model->sets[from][source];
  unsigned at = *count == 0 ? 0 : random_below(*count);
  switch (random_below(4)) {
  case 0: /* all anew */
    *count = random_below(MEMBERS + 1);
    for (i = 0; i < *count; i++)
      members[i] = random_below(model->text_count);
    break;
  case 1: /* the first one goes */
    if (*count > 0)
      memmove(members, members + 1, --*count * sizeof(*members));
    break;
  case 2:
    members[at] = random_below(model->text_count);
    if (*count == 0)
      *count = 1;
    break;
  default:
    *count = 0;
  }
}

static inline void forget(struct world *world, struct model *model,
                          unsigned from) {
  memset(model->count[from], 0, sizeof(model->count[from]));
  pyr__target_set_forget(&world->set, discoverer(from));
}

/* To `other`, with the groups of b as `after` has them, a member at a time;
 * meanwhile those of a change, and `model` with them, where that is not NULL.
 */
static inline int stage(struct world *world,
                        const struct pyr__job_config *other,
                        const struct model *after, struct model *model) {
  const struct pyr__staging staging = {other, &other->target_limits,
                                       discoverer(1)};
  unsigned source, i;
  int rc = 0;
  pyr__target_set_stage(&world->set, &staging);
  for (source = 0; rc == 0 && source < SOURCES; source++) {
    struct pyr__discovered targets[MEMBERS];
    struct pyr__target_group group = {.targets = targets,
                                      .target_count = after->count[1][source]};
    char name[16];
    snprintf(name, sizeof(name), "s%u", source);
    group.source = pyr__str(name);
    for (i = 0; i < group.target_count; i++)
      targets[i] = toy_labels(after->texts[after->sets[1][source][i]]);
    rc = pyr__target_set_stage_group(&world->set, &group, NULL);
  }
  if (rc == 0)
    rc = 1;
  while (rc > 0) {
    rc = pyr__target_set_stage_some(&world->set, 1, NULL);
    if (rc > 0 && model != NULL && random_below(3) == 0) {
      source = random_below(SOURCES);
      change(model, 0, source);
      assert_int_equal(put(world, model, 0, source), 0);
    }
  }
  if (rc < 0)
    pyr__target_set_discard(&world->set);
  return rc;
}

/* What it had for the groups of b is there now. */
static inline void take_staged(struct model *model, const struct model *after) {
  memcpy(model->count[1], after->count[1], sizeof(model->count[1]));
  memcpy(model->sets[1], after->sets[1], sizeof(model->sets[1]));
}

/* What limits say of it. */
static inline void assert_same_check(const struct pyr__target_set *a,
                                     const struct pyr__live_target *one,
                                     const struct pyr__target_set *b,
                                     const struct pyr__live_target *other) {
  pyr_error_t error = {0}, other_error = {0};
  assert_int_equal(pyr__target_set_check(a, one, &error),
                   pyr__target_set_check(b, other, &other_error));
  assert_string_equal(error.text, other_error.text);
}

/* What became of each: a target, dropped by which rule, bad for what reason. */
static inline void assert_same_members(const struct pyr__target_set *a,
                                       const struct pyr__target_set *b) {
  uint32_t i, k;
  for (i = 0; i < a->group_count; i++) {
    const struct pyr__discovered_group *one = a->groups[i], *other;
    other = pyr__group_find(b, one->from, one->source,
                            pyr__group_hash(b, one->from, one->source));
    assert_non_null(other);
    assert_int_equal(one->count, other->count);
    for (k = 0; k < one->count; k++) {
      const struct pyr__member *x = &one->members[k], *y = &other->members[k];
      assert_int_equal(x->outcome, y->outcome);
      if (x->outcome == PYR__OUTCOME_TARGET)
        assert_true(
            pyr__target_is_same(&x->as.live->target, &y->as.live->target));
      else if (x->outcome == PYR__OUTCOME_DROPPED)
        assert_int_equal(x->as.rule, y->as.rule);
      else
        assert_string_equal(x->as.error, y->as.error);
    }
  }
}

/* Both hold the same targets, dropped and bad members. */
static inline void assert_same(struct world *a, struct world *b) {
  uint32_t i, k;
  pyr__target_set_settle(&a->set);
  assert_int_equal(a->set.count, b->set.count);
  assert_int_equal(a->set.active, b->set.active);
  assert_int_equal(a->set.active, a->set.count);
  assert_int_equal(a->set.dropped, b->set.dropped);
  assert_int_equal(a->set.bad, b->set.bad);
  assert_int_equal(a->set.member_count, b->set.member_count);
  assert_int_equal(a->set.group_count, b->set.group_count);
  assert_int_equal(a->set.all, a->set.count);
  assert_int_equal(a->added - a->gone, a->set.count);
  assert_true(a->ended <= a->begun && a->begun <= a->added);
  for (i = 0; i < a->set.count; i++) {
    const struct pyr__live_target *live = a->set.targets[i];
    for (k = 0; k < b->set.count; k++)
      if (pyr__target_is_same(&live->target, &b->set.targets[k]->target))
        break;
    assert_true(k < b->set.count);
    assert_int_equal(live->references, b->set.targets[k]->references);
    assert_same_check(&a->set, live, &b->set, b->set.targets[k]);
    assert_ptr_equal(live->owner, a);
  }
  assert_same_members(&a->set, &b->set);
}

static inline void assert_from_scratch(struct world *world,
                                       const struct model *model) {
  struct world fresh;
  unsigned from, source;
  begin(&fresh, world->job.target_limits);
  fresh.job = world->job;
  fresh.set.maker = world->set.maker;
  for (from = 0; from < 2; from++)
    for (source = 0; source < SOURCES; source++)
      assert_int_equal(put(&fresh, model, from, source), 0);
  assert_same(world, &fresh);
  finish(&fresh);
}

#endif
