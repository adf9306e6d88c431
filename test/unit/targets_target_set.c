#include "discovery_support.h"

static int from_a, from_b; /* two who discover */

static void update__makes_targets_and_tells_the_difference(void **state) {
  struct world world;
  const struct pyr__live_target *one;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1,app=x", "__address__=h:2");
  assert_int_equal(world.added, 2);
  one = target_at(&world, "h:1");
  assert_non_null(one);
  assert_int_equal(one->target.label_count, 1);
  assert_true(pyr__str_is(one->target.labels[0].value, "x"));
  assert_string_equal(one->target.requests[1].url, "http://h:1/mem");
  assert_ptr_equal(one->target.requests[1].profile, &toy_profiles[1]);

  update(&world, &from_a, "g", "__address__=h:3", "__address__=h:1,app=x");
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.added, 3);
  assert_int_equal(world.gone, 1);
  assert_null(target_at(&world, "h:2"));
  assert_ptr_equal(target_at(&world, "h:1"), one);
  finish(&world);
}

/* Nothing is made again where nothing changed. */
static void update__costs_what_has_changed(void **state) {
  struct world world;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1", "bad=1", "drop=3");
  assert_int_equal(world.makes, 3);
  update(&world, &from_a, "g", "__address__=h:1", "bad=1", "drop=3");
  assert_int_equal(world.makes, 3);
  assert_int_equal(world.bad, 1);
  update(&world, &from_a, "g", "__address__=h:1", "bad=1", "drop=4");
  assert_int_equal(world.makes, 4);
  assert_int_equal(world.bad, 1);
  assert_int_equal(world.set.bad, 1);
  assert_int_equal(world.set.dropped, 1);
  update(&world, &from_a, "g", "__address__=h:1", "bad=2");
  assert_int_equal(world.makes, 5);
  assert_int_equal(world.bad, 2);
  assert_string_equal(world.last_bad, "g 1: no address");
  assert_int_equal(world.set.dropped, 0);
  finish(&world);
}

static void duplicates__are_one_target(void **state) {
  struct world world;
  const struct pyr__live_target *one;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1,__meta_x=1",
         "__address__=h:1,__meta_x=2");
  update(&world, &from_b, "g", "__address__=h:1");
  assert_int_equal(world.added, 1);
  assert_int_equal(world.set.group_count, 2);
  one = target_at(&world, "h:1");
  update(&world, &from_a, "g", NULL);
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.gone, 0);
  assert_ptr_equal(target_at(&world, "h:1"), one);
  pyr__target_set_forget(&world.set, &from_b);
  assert_int_equal(world.gone, 0);
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.gone, 1);
  finish(&world);
}

/* The labels differ, or what is asked: the URL alone does not say it. */
static void targets__differ_by_their_labels(void **state) {
  struct world world;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1,a=1", "__address__=h:1,a=2",
         "__address__=h:1,b=1", "__address__=h:1");
  assert_int_equal(world.set.active, 4);
  finish(&world);
}

/* A file whose first entry is removed gives each target to another group. */
static void targets__move_between_groups_unharmed(void **state) {
  struct world world;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "f:0", "__address__=h:1");
  update(&world, &from_a, "f:1", "__address__=h:2");
  update(&world, &from_a, "f:2", "__address__=h:3");
  update(&world, &from_a, "f:0", "__address__=h:2");
  assert_int_equal(world.set.active, 2);
  update(&world, &from_a, "f:1", "__address__=h:3");
  update(&world, &from_a, "f:2", NULL);
  assert_int_equal(world.gone, 0);
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.added, 3);
  assert_int_equal(world.gone, 1);
  assert_null(target_at(&world, "h:1"));
  finish(&world);
}

static void target__that_is_held_outlives_the_set(void **state) {
  struct world world;
  struct pyr__live_target *held;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1,app=x");
  held = target_at(&world, "h:1");
  pyr__live_target_hold(held);
  pyr__target_set_release(&world.set);
  assert_int_equal(world.gone, 1);
  assert_string_equal(held->target.requests[0].url, "http://h:1/cpu");
  pyr__live_target_drop(held);
  assert_int_equal(world.allocator.live, 0);
}

static void update__that_its_owner_refuses_leaves_what_was(void **state) {
  static const char *const more[] = {"__address__=h:1", "__address__=h:2",
                                     NULL};
  struct world world;
  pyr_error_t err;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1", "bad=1");
  world.refuse = true;
  assert_int_equal(try_update(&world, &from_a, "g", more, &err), PYR_ELIMIT);
  assert_string_equal(err.text, "group \"g\": refused");
  assert_int_equal(try_update(&world, &from_b, "g", more + 1, &err),
                   PYR_ELIMIT);
  world.refuse = false;
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.gone, 0);
  assert_int_equal(world.set.active, 1);
  assert_int_equal(world.set.bad, 1);
  assert_int_equal(world.set.group_count, 1);
  update(&world, &from_a, "g", "__address__=h:1", "__address__=h:2");
  assert_int_equal(world.set.active, 2);
  finish(&world);
}

static void rebase__moves_pointers_only(void **state) {
  static struct pyr__profile_config profiles[2];
  struct world world;
  struct pyr__job_config same;
  const struct pyr__live_target *one;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1");
  update(&world, &from_a, "leaving", "__address__=h:2");
  update(&world, &from_a, "leaving", NULL);
  memcpy(profiles, toy_profiles, sizeof(profiles));
  same = world.job;
  same.profiles = profiles;
  one = target_at(&world, "h:1");
  pyr__target_set_rebase(&world.set, &same);
  assert_ptr_equal(one->target.job, &same);
  assert_ptr_equal(one->target.requests[1].profile, &profiles[1]);
  assert_ptr_equal(target_at(&world, "h:2")->target.job, &same);
  assert_int_equal(world.makes, 2);
  finish(&world);
}

static int stage(struct world *world, const struct pyr__job_config *job,
                 const struct pyr__target_limits *limits,
                 const struct pyr__target_group *group) {
  const struct pyr__staging staging = {job, limits,
                                       group == NULL ? NULL : &from_b};
  int rc = 0;
  pyr__target_set_stage(&world->set, &staging);
  if (group != NULL)
    rc = pyr__target_set_stage_group(&world->set, group, NULL);
  while (rc == 0 && pyr__target_set_stage_some(&world->set, 1, NULL) > 0)
    ;
  return rc;
}

/* What the configuration itself lists changes with it. */
static void stage__replaces_the_groups_of_one(void **state) {
  struct world world;
  struct pyr__job_config other;
  struct pyr__target_limits limits = {0};
  struct pyr__discovered targets[2];
  struct pyr__target_group group = {pyr__str("1"), targets, 2};
  const struct pyr__live_target *two;
  (void)state;
  begin(&world, limits);
  update(&world, &from_a, "g", "__address__=h:1");
  update(&world, &from_b, "0", "__address__=h:2", "bad=1");
  update(&world, &from_b, "1", "__address__=h:3");
  other = toy_job(TOY_SECOND);
  two = target_at(&world, "h:2");
  targets[0] = toy_labels("__address__=h:4");
  targets[1] = toy_labels("__address__=h:2");
  assert_int_equal(stage(&world, &other, &limits, &group), 0);
  pyr__target_set_discard(&world.set);
  assert_null(target_at(&world, "h:4"));
  assert_int_equal(world.set.group_count, 3);
  assert_int_equal(stage(&world, &other, &limits, &group), 0);
  pyr__target_set_commit(&world.set);
  assert_int_equal(world.set.group_count, 2);
  assert_int_equal(world.set.bad, 0);
  assert_ptr_equal(target_at(&world, "h:2"), two);
  assert_ptr_equal(two->target.job, &other);
  assert_non_null(target_at(&world, "h:1"));
  assert_null(target_at(&world, "h:3"));
  assert_non_null(target_at(&world, "h:4"));
  update(&world, &from_b, "1", NULL);
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.set.count, 1);
  finish(&world);
}

static void stage__keeps_what_stays_the_same(void **state) {
  struct world world;
  struct pyr__job_config other;
  struct pyr__target_limits limits = {.targets = 7};
  const struct pyr__live_target *one;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &from_a, "g", "__address__=h:1", "bad=1", "drop=1");
  one = target_at(&world, "h:1");

  other = toy_job(TOY_SECOND);
  other.body_size_limit = 5; /* no part of any identity */
  assert_int_equal(stage(&world, &other, &limits, NULL), 0);
  pyr__target_set_commit(&world.set);
  assert_ptr_equal(target_at(&world, "h:1"), one);
  assert_ptr_equal(one->target.job, &other);
  assert_int_equal(world.set.limits.targets, 7);
  assert_int_equal(world.added, 1);
  assert_int_equal(world.set.bad, 1);
  assert_int_equal(world.set.dropped, 1);

  other.interval_ns = 2 * (int64_t)TOY_SECOND;
  assert_int_equal(stage(&world, &other, &limits, NULL), 0);
  assert_int_equal(world.added, 2);
  pyr__target_set_discard(&world.set);
  assert_int_equal(world.gone, 1);
  assert_ptr_equal(target_at(&world, "h:1"), one);
  assert_int_equal(stage(&world, &other, &limits, NULL), 0);
  pyr__target_set_commit(&world.set);
  assert_int_equal(world.set.count, 1);
  assert_int_equal(world.ended, 1);
  assert_int_equal(world.gone, 1);
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.gone, 2);
  assert_int_equal(world.set.count, 1);
  assert_int_equal(target_at(&world, "h:1")->target.requests[0].interval_ns,
                   2 * (int64_t)TOY_SECOND);
  finish(&world);
}

/* What a configuration has ended is not found again, whoever asks for it before
 * it is gone: what it points into may be gone with that configuration. */
static void target__that_has_ended_is_none(void **state) {
  struct world world;
  struct pyr__job_config first, other;
  const struct pyr__target_limits limits = {0};
  const struct pyr__live_target *one;
  (void)state;
  begin(&world, limits);
  update(&world, &from_a, "g", "__address__=h:1");
  one = target_at(&world, "h:1");
  first = world.job;
  other = toy_job(2 * (int64_t)TOY_SECOND);
  assert_int_equal(stage(&world, &other, &limits, NULL), 0);
  pyr__target_set_commit(&world.set);
  assert_int_equal(world.set.all, 1);
  assert_int_equal(stage(&world, &first, &limits, NULL), 0);
  pyr__target_set_commit(&world.set);
  assert_ptr_not_equal(target_at(&world, "h:1"), one);
  assert_int_equal(world.begun, 3);
  assert_int_equal(world.ended, 2);
  assert_int_equal(world.gone, 0);
  pyr__target_set_settle(&world.set);
  assert_int_equal(world.gone, 2);
  finish(&world);
}

static void check__has_the_limits_of_labels_and_targets(void **state) {
  static const struct {
    struct pyr__target_limits limits;
    const char *error;
  } cases[] = {
      {{.targets = 2,
        .labels = 2,
        .label_name_length = 5,
        .label_value_length = 4},
       ""},
      {{.targets = 1},
       "target-limit exceeded (number of targets: 2, limit: 1)"},
      {{.labels = 1},
       "label-limit exceeded (application: toy, number of "
       "labels: 2, limit: 1)"},
      {{.label_name_length = 4},
       "label-name-length-limit exceeded (application: toy, label name: abcde, "
       "length: 5, limit: 4)"},
      {{.label_value_length = 3},
       "label-value-length-limit exceeded (application: toy, label name: b, "
       "value: \"1234\", length: 4, limit: 3)"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct world world;
    pyr_error_t err = {0};
    begin(&world, cases[i].limits);
    update(&world, &from_a, "g", "__address__=h:1,abcde=1,b=1234",
           "__address__=h:2");
    /* This one is leaving, so it does not count. */
    update(&world, &from_a, "leaving", "__address__=h:3");
    update(&world, &from_a, "leaving", NULL);
    assert_int_equal(
        pyr__target_set_check(&world.set, target_at(&world, "h:1"), &err),
        cases[i].error[0] == '\0' ? 0 : PYR_ELIMIT);
    assert_string_equal(err.text, cases[i].error);
    finish(&world);
  }
}

struct seen {
  size_t targets, shared, dropped, bad, rules;
};

static int on_member(void *ctx, const struct pyr__member_view *view) {
  struct seen *seen = ctx;
  assert_true(pyr__str_is(view->source, "g"));
  assert_ptr_equal(view->from, &from_a);
  assert_true(view->discovered.label_count > 0);
  if (view->outcome == PYR__OUTCOME_TARGET) {
    seen->targets++;
    seen->shared += view->members == 2;
    assert_true(pyr__str_is(view->discovered.labels[0].name, "__address__"));
  } else if (view->outcome == PYR__OUTCOME_DROPPED) {
    seen->dropped++;
    seen->rules += view->rule;
  } else {
    seen->bad++;
    assert_string_equal(view->error, "no address");
  }
  return 0;
}

static void next__shows_members_up_to_the_limit(void **state) {
  struct pyr__target_limits limits = {.keep_dropped = 1};
  struct world world;
  struct seen seen = {0};
  (void)state;
  begin(&world, limits);
  update(&world, &from_a, "g", "__address__=h:1,__meta_a=1",
         "__address__=h:1,__meta_a=2", "drop=2", "drop=4", "bad=1", "bad=2");
  assert_int_equal(pyr__target_set_each(&world.set, on_member, &seen), 0);
  assert_int_equal(seen.targets, 2);
  assert_int_equal(seen.shared, 2);
  assert_int_equal(seen.dropped, 1);
  assert_int_equal(seen.rules, 2);
  assert_int_equal(seen.bad, 1);
  world.set.limits.keep_dropped = 0;
  seen = (struct seen){0};
  assert_int_equal(pyr__target_set_each(&world.set, on_member, &seen), 0);
  assert_int_equal(seen.targets, 2);
  assert_int_equal(seen.dropped, 2);
  assert_int_equal(seen.rules, 6);
  assert_int_equal(seen.bad, 2);
  assert_int_equal(world.set.dropped, 2);
  finish(&world);
}

static size_t walk_on(struct world *world, struct pyr__member_cursor *cursor,
                      size_t most) {
  struct pyr__member_view view;
  size_t count = 0;
  while (count < most && pyr__target_set_next(&world->set, cursor, &view))
    count++;
  return count;
}

static void next__goes_on_after_the_set_has_changed(void **state) {
  struct pyr__target_limits limits = {0};
  struct pyr__member_cursor cursor = {0};
  struct world world;
  (void)state;
  begin(&world, limits);
  assert_int_equal(walk_on(&world, &cursor, 9), 0);
  cursor = (struct pyr__member_cursor){0};
  update(&world, &from_a, "1", "__address__=h:1", "__address__=h:2", "drop=1");
  update(&world, &from_a, "2", "__address__=h:3", "bad=1");
  update(&world, &from_a, "3", "__address__=h:4");
  assert_int_equal(walk_on(&world, &cursor, 2), 2);
  update(&world, &from_a, "1", "__address__=h:1"); /* smaller than it is in */
  assert_int_equal(walk_on(&world, &cursor, 1), 1);
  update(&world, &from_a, "2", NULL); /* the last one takes its place */
  assert_int_equal(walk_on(&world, &cursor, 9), 0);
  assert_int_equal(walk_on(&world, &cursor, 9), 0); /* and stays at the end */
  pyr__target_set_forget(&world.set, &from_a);
  assert_int_equal(walk_on(&world, &cursor, 9), 0);
  finish(&world);
}

static void gone__are_told_some_at_a_time(void **state) {
  static const char *const none[] = {NULL};
  struct world world;
  (void)state;
  begin(&world, (struct pyr__target_limits){0});
  update(&world, &world, "g", "__address__=h:1", "__address__=h:2",
         "__address__=h:3");
  assert_int_equal(try_update(&world, &world, "g", none, NULL), 0);
  assert_true(pyr__target_set_settle_some(&world.set, 2));
  assert_int_equal(world.gone, 2);
  update(&world, &world, "g", "__address__=h:4");
  assert_false(pyr__target_set_settle_some(&world.set, 2));
  assert_int_equal(world.gone, 3);
  finish(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(update__makes_targets_and_tells_the_difference),
      cmocka_unit_test(update__costs_what_has_changed),
      cmocka_unit_test(duplicates__are_one_target),
      cmocka_unit_test(targets__differ_by_their_labels),
      cmocka_unit_test(targets__move_between_groups_unharmed),
      cmocka_unit_test(target__that_is_held_outlives_the_set),
      cmocka_unit_test(update__that_its_owner_refuses_leaves_what_was),
      cmocka_unit_test(rebase__moves_pointers_only),
      cmocka_unit_test(stage__replaces_the_groups_of_one),
      cmocka_unit_test(stage__keeps_what_stays_the_same),
      cmocka_unit_test(target__that_has_ended_is_none),
      cmocka_unit_test(check__has_the_limits_of_labels_and_targets),
      cmocka_unit_test(gone__are_told_some_at_a_time),
      cmocka_unit_test(next__shows_members_up_to_the_limit),
      cmocka_unit_test(next__goes_on_after_the_set_has_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
