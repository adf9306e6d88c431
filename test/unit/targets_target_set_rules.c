/* The same as targets_target_set_any_order.c, with the rules and the limits of
 * real jobs, from one of which to another reloads go. */
#include "discovery_model.h"

#include "config_support.h"
#include "targets/target.h"

enum { ROUNDS = 200, STEPS = 40, JOBS = 4 };

static const char jobs[] =
    "scrape-configs:\n"
    /* each outcome; two addresses that become one */
    "- job-name: a\n"
    "  enabled-profiles: [mem]\n"
    "  target-limit: 4\n"
    "  label-limit: 5\n"
    "  relabel-configs:\n"
    "  - {source-labels: [env], regex: 'old.*', action: drop}\n"
    "  - {source-labels: [__address__], regex: '(.+):\\d+',\n"
    "     target-label: __address__, replacement: '$1:9'}\n"
    "  - {source-labels: [app], target-label: __name__}\n"
    "  - {regex: __meta_(.+), action: labelmap}\n"
    /* half of them, under one name */
    "- job-name: b\n"
    "  enabled-profiles: [cpu, mem]\n"
    "  target-limit: 2\n"
    "  label-value-length-limit: 6\n"
    "  relabel-configs:\n"
    "  - {source-labels: [__address__, app], modulus: 2, action: hashmod,\n"
    "     target-label: __tmp}\n"
    "  - {source-labels: [__tmp], regex: '0', action: keep}\n"
    "  - {target-label: __name__, replacement: b}\n"
    /* what differs in its labels no longer does */
    "- job-name: c\n"
    "  enabled-profiles: [mem]\n"
    "  label-name-length-limit: 5\n"
    "  relabel-configs:\n"
    "  - {source-labels: [__meta_zone, zone], regex: 'z;(.+)',\n"
    "     target-label: zone, replacement: '${1}${1}'}\n"
    "  - {regex: app|env|__meta_.*, action: labeldrop}\n"
    "  - {target-label: __name__, replacement: c}\n"
    /* the rules of a, other limits */
    "- job-name: a-too\n"
    "  enabled-profiles: [mem]\n"
    "  target-limit: 9\n"
    "  relabel-configs:\n"
    "  - {source-labels: [env], regex: 'old.*', action: drop}\n"
    "  - {source-labels: [__address__], regex: '(.+):\\d+',\n"
    "     target-label: __address__, replacement: '$1:9'}\n"
    "  - {source-labels: [app], target-label: __name__}\n"
    "  - {regex: __meta_(.+), action: labelmap}\n";

static const char *const sets[] = {
    "__address__=h:1,app=x",
    "__address__=h:2,app=x", /* the same, for a */
    "__address__=h:1,app=x,__meta_zone=z,zone=y",
    "__address__=h:1,app=y,env=new",
    "__address__=h:2,app=z,env=old",
    "__address__=h:3,app=z,env=older",
    "__address__=i:1,app=x,long_name=1",
    "__address__=i:2,app=x,__meta_long=a long value",
    "__address__=i:3,app=x,l=1,m=2,n=3,o=4",
    "__address__=j:1", /* without a name, for a */
    "__address__=j:1,app=x,__port__=99999",
    "app=nowhere",
    "__address__=k:1,app=x,__scrape_interval__=never",
};
enum { SETS = sizeof(sets) / sizeof(sets[0]) };

static void reload(struct world *world, struct model *model,
                   const pyr_config_t *config) {
  const struct pyr__job_config *other = &config->jobs[random_below(JOBS)];
  struct model after = *model;

  change(&after, 1, random_below(SOURCES));
  assert_int_equal(stage(world, other, &after, model), 0);
  if (random_below(3) == 0) {
    pyr__target_set_discard(&world->set);
    return;
  }
  pyr__target_set_commit(&world->set);
  take_staged(model, &after);
  world->job = *other;
  pyr__target_set_rebase(&world->set, &world->job);
}

static void play(struct world *world, struct model *model,
                 const pyr_config_t *config) {
  unsigned step;
  for (step = 0; step < STEPS; step++) {
    unsigned from = random_below(2), source = random_below(SOURCES);
    unsigned dice = random_below(12);
    if (dice == 0)
      forget(world, model, from);
    else if (dice <= 2)
      reload(world, model, config);
    else if (dice == 3)
      pyr__target_set_settle(&world->set);
    change(model, from, source);
    assert_int_equal(put(world, model, from, source), 0);
  }
}

/* How many of its targets a limit says no to. */
static size_t count_refused(const struct world *world) {
  size_t refused = 0;
  uint32_t i;
  for (i = 0; i < world->set.count; i++)
    refused += pyr__target_set_check(&world->set, world->set.targets[i],
                                     NULL) == PYR_ELIMIT;
  return refused;
}

static void any_order__ends_as_from_scratch(void **state) {
  pyr_config_t *config = parse_good(jobs);
  size_t targets = 0, dropped = 0, bad = 0, refused = 0;
  unsigned round;
  (void)state;
  for (round = 0; round < ROUNDS; round++) {
    struct model model = {.texts = sets, .text_count = SETS};
    struct world world;
    srand(round);
    begin(&world, config->jobs[0].target_limits);
    world.job = config->jobs[0];
    world.set.maker =
        (struct pyr__target_maker){pyr__target_from_discovered, NULL};
    play(&world, &model, config);
    assert_from_scratch(&world, &model);
    targets += world.set.count;
    dropped += world.set.dropped;
    bad += world.set.bad;
    refused += count_refused(&world);
    finish(&world);
  }
  /* All of these were there. */
  assert_true(targets > ROUNDS && dropped > ROUNDS && bad > ROUNDS / 2);
  assert_true(refused > ROUNDS / 2 && refused < targets);
  pyr_config_unref(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order__ends_as_from_scratch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
