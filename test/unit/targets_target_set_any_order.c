/* What holds for a target set whatever comes, in whatever order. */
#include "discovery_model.h"

enum { ROUNDS = 300, STEPS = 40 };

static const char *const sets[] = {
    "__address__=h:1",
    "__address__=h:1,__meta_x=1", /* the same target as the one before */
    "__address__=h:1,app=x",
    "__address__=h:2,app=x",
    "__address__=h:2,app=y",
    "__address__=h:3,app=x",
    "__address__=h:4",
    "app=nowhere",
    "app=nowhere,more=1",
    "__address__=h:1,drop=1",
    "drop=2",
};
enum { SETS = sizeof(sets) / sizeof(sets[0]) };

static void reload(struct world *world, struct model *model,
                   struct pyr__job_config *other) {
  struct model after = *model;
  *other = world->job;
  other->interval_ns += random_below(2) * TOY_SECOND;
  other->making = (uint64_t)other->interval_ns; /* all that it depends on */
  change(&after, 1, random_below(SOURCES));
  change(&after, 1, random_below(SOURCES));
  assert_int_equal(stage(world, other, &after, model), 0);
  if (random_below(2) == 0) {
    pyr__target_set_discard(&world->set);
  } else {
    pyr__target_set_commit(&world->set);
    take_staged(model, &after);
    world->job = *other;
    pyr__target_set_rebase(&world->set, &world->job);
  }
}

static void any_order__ends_as_from_scratch(void **state) {
  unsigned round, step;
  (void)state;
  for (round = 0; round < ROUNDS; round++) {
    struct model model = {.texts = sets, .text_count = SETS};
    struct pyr__job_config other;
    struct world world;
    srand(round);
    begin(&world, (struct pyr__target_limits){0});
    world.job.making = (uint64_t)world.job.interval_ns;
    for (step = 0; step < STEPS; step++) {
      unsigned from = random_below(2), source = random_below(SOURCES);
      unsigned dice = random_below(20);
      if (dice == 0)
        forget(&world, &model, from);
      else if (dice == 1)
        reload(&world, &model, &other);
      else if (dice == 2)
        pyr__target_set_settle(&world.set);
      change(&model, from, source);
      assert_int_equal(put(&world, &model, from, source), 0);
    }
    assert_from_scratch(&world, &model);
    finish(&world);
  }
}

/* Fails the n-th allocation of each update, for every n, and looks that the
 * former state is there. */
static void update__without_memory_leaves_what_was(void **state) {
  struct model before = {.texts = sets, .text_count = SETS}, after;
  struct world world;
  unsigned step;
  (void)state;
  srand(1);
  begin(&world, (struct pyr__target_limits){0});
  for (step = 0; step < STEPS * 2; step++) {
    unsigned from = random_below(2), source = random_below(SOURCES);
    size_t nth = 0;
    int rc;
    after = before;
    change(&after, from, source);
    do {
      world.allocator.calls = 0;
      world.allocator.fail_at = ++nth;
      rc = put(&world, &after, from, source);
      world.allocator.fail_at = 0;
      if (rc != 0) {
        assert_int_equal(rc, PYR__ENOMEM);
        assert_from_scratch(&world, &before);
      }
    } while (rc != 0);
    before = after;
    assert_from_scratch(&world, &before);
  }
  finish(&world);
}

/* `making`: of the jobs before and after, which say the same if it is not 0. */
static void stage_without_memory(uint64_t making) {
  struct pyr__job_config other;
  struct model model = {.texts = sets, .text_count = SETS}, after;
  struct world world;
  size_t nth = 0;
  unsigned step;
  int rc;
  srand(2);
  begin(&world, (struct pyr__target_limits){0});
  world.job.making = making;
  for (step = 0; step < STEPS; step++) {
    unsigned from = random_below(2), source = random_below(SOURCES);
    change(&model, from, source);
    assert_int_equal(put(&world, &model, from, source), 0);
  }
  other = world.job;
  other.interval_ns += making == 0;
  after = model;
  for (step = 0; step < SOURCES; step++)
    change(&after, 1, step);
  do {
    world.allocator.calls = 0;
    world.allocator.fail_at = ++nth;
    rc = stage(&world, &other, &after, NULL);
    world.allocator.fail_at = 0;
    if (rc != 0)
      assert_from_scratch(&world, &model);
  } while (rc != 0);
  assert_true(nth > (making == 0 ? 10 : 5));
  pyr__target_set_commit(&world.set);
  world.job = other;
  pyr__target_set_rebase(&world.set, &world.job);
  assert_from_scratch(&world, &after);
  finish(&world);
}

static void stage__without_memory_leaves_what_was(void **state) {
  (void)state;
  stage_without_memory(0);
  stage_without_memory(1);
}

/* Names are kept once for all, and gone with the last set that has them. */
static void names__are_counted(void **state) {
  struct world world;
  char text[64];
  unsigned i, k;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  for (i = 0; i < 50; i++) {
    for (k = 0; k < 10; k++) {
      snprintf(text, sizeof(text), "__address__=h:1,__meta_%u_%u=1", i, k);
      update(&world, discoverer(0), "g", text);
    }
    assert_true(world.set.names.count <= 4);
  }
  assert_int_equal(world.set.count, 1);
  finish(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order__ends_as_from_scratch),
      cmocka_unit_test(update__without_memory_leaves_what_was),
      cmocka_unit_test(stage__without_memory_leaves_what_was),
      cmocka_unit_test(names__are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
