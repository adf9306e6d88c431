#include "discovery_live.h"

#include <unistd.h>

#include "targets/job_targets.h"

struct job {
  struct live live;
  struct pyr__job_targets *targets;
  struct failing_allocator config_allocator;
  char dir[64];
  unsigned discoverers, changes, static_targets;
  const char *last_mechanism;
  const struct pyr__discovery_stats *last;
};

static void on_changed(void *ctx) {
  struct job *job = pyr__container_of(
      pyr__container_of(ctx, struct live, world), struct job, live);
  job->changes++;
}

static void count(void *ctx, const char *mechanism,
                  const struct pyr__discovery_stats *stats) {
  struct job *job = ctx;
  assert_string_equal(stats->last_error, "");
  if (strcmp(mechanism, "static") == 0) {
    job->static_targets = stats->targets;
    assert_true(stats->updates > 0 && stats->last_success_ns > 0);
    return;
  }
  job->discoverers++;
  job->last_mechanism = mechanism;
  job->last = stats;
}

/* Of the only discoverer there is. */
static const struct pyr__discovery_stats *discoverer_of(struct job *job) {
  job->discoverers = 0;
  pyr__job_targets_each(job->targets, count, job);
  assert_int_equal(job->discoverers, 1);
  return job->last;
}

static void put(const struct job *job, const char *name, const char *text) {
  char path[128];
  FILE *file;
  snprintf(path, sizeof(path), "%s/%s", job->dir, name);
  file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

/* A job with these further keys; @ is the directory. */
static pyr_config_t *config_of(struct job *job, const char *keys) {
  pyr_alloc_t alloc = failing_alloc(&job->config_allocator);
  pyr_config_options_t options = {.size = sizeof(options), .alloc = &alloc};
  pyr_config_t *config;
  pyr_error_t err;
  char text[4096];
  size_t used = (size_t)sprintf(text, "scrape-configs:\n- job-name: toy\n"
                                      "  enabled-profiles: [mem]\n");
  for (; *keys != '\0'; keys++) {
    if (*keys == '@')
      used += (size_t)sprintf(text + used, "%s", job->dir);
    else
      text[used++] = *keys;
  }
  if (pyr_config_parse(&config, text, used, &options, &err) != 0)
    fail_msg("%s", err.text);
  return config;
}

static struct job *begin_job(void) {
  struct job *job = calloc(1, sizeof(*job));
  struct live *live = &job->live;
  struct pyr__job_targets_options options;
  live_begin(live);
  live_open_client(live, "127.0.0.1:1");
  strcpy(job->dir, "/dev/shm/pyrite-job-XXXXXX");
  if (mkdtemp(job->dir) == NULL) {
    strcpy(job->dir, "/tmp/pyrite-job-XXXXXX");
    assert_non_null(mkdtemp(job->dir));
  }
  options = (struct pyr__job_targets_options){
      .env = live->env,
      .events = {on_added, on_begun, on_ended, on_gone, on_bad, &live->world},
      .self = pyr__str(""),
      .changed = on_changed};
  assert_int_equal(pyr__job_targets_new(&job->targets, &options, NULL), 0);
  return job;
}

static struct job *begin_with(const char *keys) {
  struct job *job = begin_job();
  pyr_config_t *config = config_of(job, keys);
  assert_int_equal(
      pyr__job_targets_start(job->targets, config, &config->jobs[0], NULL), 0);
  pyr_config_unref(config);
  return job;
}

/* All of it; after a failure it is discarded. */
static int stage_config(struct job *job, pyr_config_t *config,
                        pyr_error_t *err) {
  int rc;
  pyr__job_targets_stage(job->targets, config, &config->jobs[0]);
  do
    rc = pyr__job_targets_stage_some(job->targets, err);
  while (rc > 0);
  if (rc == 0)
    rc = pyr__job_targets_stage_sources(job->targets, err);
  if (rc != 0)
    pyr__job_targets_discard(job->targets);
  return rc;
}

static int stage(struct job *job, const char *keys, pyr_error_t *err) {
  pyr_config_t *config = config_of(job, keys);
  int rc = stage_config(job, config, err);
  pyr_config_unref(config);
  return rc;
}

static void reload(struct job *job, const char *keys) {
  assert_int_equal(stage(job, keys, NULL), 0);
  pyr__job_targets_commit(job->targets);
}

static void end_job(struct job *job) {
  char command[128];
  pyr__job_targets_close(job->targets, live_closed, &job->live);
  live_until(&job->live, job->live.closes == 1);
  assert_int_equal(job->live.world.added, job->live.world.gone);
  assert_int_equal(job->config_allocator.live, 0);
  live_finish(&job->live);
  snprintf(command, sizeof(command), "rm -rf %s", job->dir);
  assert_int_equal(system(command), 0);
  free(job);
}

static const struct pyr__live_target *find(struct job *job,
                                           const char *address) {
  const struct pyr__target_set *set = pyr__job_targets_set(job->targets);
  uint32_t i;
  for (i = 0; i < set->count; i++)
    if (pyr__str_is(set->targets[i]->target.address, address) &&
        set->targets[i]->references > 0)
      return set->targets[i];
  return NULL;
}

#define until(job, expression) live_until(&(job)->live, expression)

#define STATIC(list)                                                           \
  "  static-configs: [{application: a, targets: [" list "]}]\n"
#define FILES(name) "  file-sd-configs: [{files: ['@/" name "']}]\n"
#define RELABEL     "  relabel-configs: [{target-label: r, replacement: x}]\n"

static void targets__come_from_all_sides(void **state) {
  struct job *job;
  (void)state;
  job = begin_job();
  put(job, "a.yml", "- {application: b, targets: ['h:2', 'h:1']}\n");
  {
    pyr_config_t *config = config_of(job, STATIC("'h:1'") FILES("*.yml"));
    assert_int_equal(
        pyr__job_targets_start(job->targets, config, &config->jobs[0], NULL),
        0);
    pyr_config_unref(config);
  }
  assert_non_null(find(job, "h:1")); /* before the loop turns */
  assert_false(pyr__job_targets_is_synced(job->targets));
  until(job, pyr__job_targets_is_synced(job->targets));
  assert_non_null(find(job, "h:2"));
  assert_int_equal(pyr__job_targets_set(job->targets)->active, 3);
  assert_true(job->changes >= 2);
  assert_int_equal(discoverer_of(job)->targets, 2);
  assert_string_equal(job->last_mechanism, "file");
  assert_int_equal(job->static_targets, 1);
  put(job, "a.yml", "[]");
  until(job, pyr__job_targets_set(job->targets)->count == 1);
  assert_int_equal(discoverer_of(job)->targets, 0);
  end_job(job);
}

static void same_configuration__changes_nothing(void **state) {
  struct job *job = begin_with(STATIC("'h:1'") FILES("*.yml"));
  const struct pyr__live_target *one = find(job, "h:1");
  const struct pyr__discovery_stats *discoverer = discoverer_of(job);
  unsigned i;
  size_t live;
  (void)state;
  reload(job, "# all the same\n" STATIC("'h:1'") FILES("*.yml"));
  live = job->live.world.allocator.live + job->config_allocator.live;
  for (i = 0; i < 200; i++)
    reload(job, STATIC("'h:1'") FILES("*.yml"));
  assert_int_equal(job->live.world.allocator.live + job->config_allocator.live,
                   live);
  assert_ptr_equal(find(job, "h:1"), one);
  assert_ptr_equal(discoverer_of(job), discoverer);
  assert_int_equal(job->live.world.added, 1);
  end_job(job);
}

static void new_configuration__keeps_what_it_still_says(void **state) {
  struct job *job = begin_with(STATIC("'h:1', 'h:2'") FILES("*.yml"));
  const struct pyr__live_target *one = find(job, "h:1"), *file;
  const struct pyr__discovery_stats *discoverer = discoverer_of(job);
  (void)state;
  put(job, "a.yml", "- {application: b, targets: ['f:1']}\n");
  until(job, find(job, "f:1") != NULL);
  file = find(job, "f:1");
  reload(job, STATIC("'h:3', 'h:1'") FILES("*.yml"));
  assert_ptr_equal(find(job, "h:1"), one);
  assert_ptr_equal(find(job, "f:1"), file);
  assert_non_null(find(job, "h:3"));
  assert_null(find(job, "h:2"));
  assert_ptr_equal(discoverer_of(job), discoverer);
  reload(job, STATIC("'h:1'") FILES("*.yml") RELABEL);
  assert_ptr_not_equal(find(job, "f:1"), file); /* other labels */
  assert_ptr_equal(discoverer_of(job), discoverer);
  assert_int_equal(pyr__job_targets_set(job->targets)->count, 2);
  end_job(job);
}

/* Where the same labels make the same target, it is not made again: what is bad
 * is told again only where it may be so for another reason. */
static void reload__makes_only_what_may_differ(void **state) {
#define BAD "'h:1', 'a/b', 'c/d'"
  struct job *job = begin_with(STATIC(BAD) FILES("*.yml"));
  const struct world *world = &job->live.world;
  (void)state;
  put(job, "a.yml", "- {application: b, targets: ['e/f', 'f:1']}\n");
  until(job, find(job, "f:1") != NULL);
  assert_int_equal(world->bad, 3);
  reload(job, STATIC(BAD ", 'h:2'") FILES("*.yml"));
  assert_int_equal(world->bad, 3);
  assert_int_equal(stage(job, STATIC(BAD ", 'h:3'") FILES("*.yml"), NULL), 0);
  pyr__job_targets_discard(job->targets);
  reload(job, "  target-limit: 5\n" STATIC(BAD ", 'h:2'") FILES("*.yml"));
  assert_int_equal(world->bad, 3);
  reload(job, "  target-limit: 5\n" STATIC("'a/b'") FILES("*.yml"));
  assert_int_equal(world->bad, 4); /* of another place in the list */
  assert_null(find(job, "h:1"));
  reload(job, "  target-limit: 5\n" STATIC("'a/b'") FILES("*.yml") RELABEL);
  assert_int_equal(world->bad, 6);
  assert_int_equal(pyr__job_targets_set(job->targets)->bad, 2);
  end_job(job);
#undef BAD
}

/* The same targets from elsewhere: nothing is gone in between. */
static void new_discoverer__takes_over(void **state) {
  struct job *job = begin_with(FILES("a.yml"));
  const struct pyr__live_target *one;
  (void)state;
  put(job, "a.yml", "- {application: b, targets: ['h:1', 'h:2']}\n");
  put(job, "b.yml", "- {application: b, targets: ['h:1']}\n");
  until(job, find(job, "h:2") != NULL);
  one = find(job, "h:1");
  reload(job, FILES("b.yml"));
  assert_non_null(find(job, "h:2"));
  assert_false(pyr__job_targets_is_synced(job->targets));
  until(job, find(job, "h:2") == NULL);
  assert_true(pyr__job_targets_is_synced(job->targets));
  assert_ptr_equal(find(job, "h:1"), one);
  discoverer_of(job);
  reload(job, STATIC("'h:9'")); /* with no other: at once */
  assert_null(find(job, "h:1"));
  until(job, pyr__job_targets_set(job->targets)->count == 1);
  assert_int_equal(job->live.world.gone, 2);
  end_job(job);
}

static void discard__leaves_what_was(void **state) {
  struct job *job = begin_with(STATIC("'h:1'") FILES("a.yml"));
  const struct pyr__live_target *one = find(job, "h:1");
  const struct pyr__discovery_stats *discoverer = discoverer_of(job);
  pyr_error_t err;
  (void)state;
  assert_int_equal(stage(job, STATIC("'h:2'") FILES("b.yml"), NULL), 0);
  pyr__job_targets_discard(job->targets);
  assert_int_equal(stage(job, STATIC("'h:1'") FILES("a.yml"), NULL), 0);
  pyr__job_targets_discard(job->targets);
  /* It is in no cluster. */
  unsetenv("KUBERNETES_SERVICE_HOST");
  assert_int_not_equal(
      stage(job,
            STATIC("'h:3'")
                FILES("b.yml") "  kubernetes-sd-configs: [{role: pod}]\n",
            &err),
      0);
  assert_string_not_equal(err.text, "");
  assert_ptr_equal(find(job, "h:1"), one);
  assert_int_equal(pyr__job_targets_set(job->targets)->active, 1);
  assert_ptr_equal(discoverer_of(job), discoverer);
  until(job, pyr__job_targets_is_synced(job->targets));
  end_job(job);
}

static void start__goes_on_without_what_cannot_be(void **state) {
  struct job *job;
  (void)state;
  unsetenv("KUBERNETES_SERVICE_HOST");
  job = begin_with(STATIC(
      "'h:1'") "  kubernetes-sd-configs: [{role: pod}]\n" FILES("a.yml"));
  assert_non_null(find(job, "h:1"));
  assert_non_null(strstr(job->live.log_line, "cannot create a discovery"));
  discoverer_of(job);
  end_job(job);
}

static void stage__without_memory_leaves_what_was(void **state) {
  struct job *job = begin_with(STATIC("'h:1', 'h:2'") FILES("a.yml"));
  struct failing_allocator *allocator = &job->live.world.allocator;
  const struct pyr__live_target *one = find(job, "h:1");
  const struct pyr__discovery_stats *discoverer = discoverer_of(job);
  pyr_config_t *config;
  size_t nth = 0;
  int rc;
  (void)state;
  until(job, pyr__job_targets_is_synced(job->targets));
  config = config_of(
      job, STATIC("'h:3', 'h:1'") "  file-sd-configs: [{files: ['@/a.yml']}, "
                                  "{files: ['@/b.yml']}]\n");
  do {
    allocator->calls = 0;
    allocator->fail_at = ++nth;
    rc = stage_config(job, config, NULL);
    allocator->fail_at = 0;
    if (rc == 0)
      break;
    assert_int_equal(rc, PYR__ENOMEM);
    assert_ptr_equal(find(job, "h:1"), one);
    assert_non_null(find(job, "h:2"));
    assert_null(find(job, "h:3"));
    assert_ptr_equal(discoverer_of(job), discoverer);
  } while (rc != 0);
  assert_true(nth > 10);
  pyr__job_targets_commit(job->targets);
  pyr_config_unref(config);
  assert_non_null(find(job, "h:3"));
  end_job(job);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(targets__come_from_all_sides),
      cmocka_unit_test(same_configuration__changes_nothing),
      cmocka_unit_test(new_configuration__keeps_what_it_still_says),
      cmocka_unit_test(reload__makes_only_what_may_differ),
      cmocka_unit_test(new_discoverer__takes_over),
      cmocka_unit_test(discard__leaves_what_was),
      cmocka_unit_test(start__goes_on_without_what_cannot_be),
      cmocka_unit_test(stage__without_memory_leaves_what_was),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
