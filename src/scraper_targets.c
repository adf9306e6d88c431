/* Jobs, their targets as they come and go, and a loop for each request. */
#include "scraper.h"

#include "discovery/making.h"

/* ---- one target --------------------------------------------------------- */

static void target_free(struct pyr__scraper *scraper,
                        struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++)
    pyr__scrape_loop_release(&target->loops[i]);
  pyr__live_target_drop(target->live);
  pyr__free(&scraper->memory, target);
}

/* A lock for each CPU profile: two of one address may not run at once. */
static int lock_cpu(struct pyr__scraper *scraper,
                    struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++) {
    struct pyr__scrape_loop *loop = &target->loops[i];
    if (!loop->request->profile->is_cpu)
      continue;
    loop->pass.lock = pyr__gate_lock(&scraper->gate, target->target->address);
    if (loop->pass.lock == NULL)
      return PYR__ENOMEM;
  }
  return 0;
}

static struct pyr__scrape_target *target_new(struct pyr__scraper *scraper,
                                             struct pyr__job_state *job,
                                             struct pyr__live_target *live) {
  size_t i, count = live->target.request_count;
  struct pyr__scrape_target *target;

  /* Each loop has one timer; others are the scraper's own. */
  if (pyr__timer_heap_reserve(&scraper->heap, scraper->loop_count + count +
                                                  PYR__OWN_TIMERS) != 0)
    return NULL;
  target = pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER, 1,
                       sizeof(*target) + count * sizeof(target->loops[0]));
  if (target == NULL)
    return NULL;
  pyr__live_target_hold(live);
  target->job = job;
  target->live = live;
  target->target = &live->target;
  target->loop_count = count;
  for (i = 0; i < count; i++)
    pyr__scrape_loop_init(&target->loops[i], scraper, target,
                          &live->target.requests[i]);
  if (lock_cpu(scraper, target) == 0)
    return target;
  target_free(scraper, target);
  return NULL;
}

static int on_added(void *ctx, struct pyr__live_target *live,
                    pyr_error_t *err) {
  struct pyr__job_state *job = ctx;
  struct pyr__scraper *scraper = job->scraper;
  struct pyr__scrape_target *target = target_new(scraper, job, live);
  size_t i;

  if (target == NULL)
    return pyr__error_nomem(err);
  live->owner = target;
  job->request_count += target->loop_count;
  scraper->loop_count += target->loop_count;
  if (scraper->state == PYR__SCRAPER_RUNNING)
    for (i = 0; i < target->loop_count; i++)
      pyr__scrape_loop_start(&target->loops[i]);
  return 0;
}

static bool is_busy(const struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++)
    if (target->loops[i].pass.state == PYR__PASS_HELD)
      return true;
  return false;
}

void pyr__scrape_target_end(struct pyr__scrape_target *target) {
  struct pyr__scraper *scraper = target->job->scraper;
  if (is_busy(target))
    return; /* the last one that ends comes here again */
  scraper->loop_count -= target->loop_count;
  scraper->leaving--;
  target_free(scraper, target);
}

/* What runs is cancelled; what is just being finished, perhaps by the callback
 * that is the reason for this, finishes. */
static void on_gone(void *ctx, struct pyr__live_target *live) {
  struct pyr__job_state *job = ctx;
  struct pyr__scrape_target *target = live->owner;
  size_t i, count = target->loop_count;

  job->request_count -= count;
  job->scraper->leaving++;
  for (i = 0; i < count; i++)
    pyr__scrape_loop_stop(&target->loops[i]);
  for (i = 0; i < count; i++)
    if (target->loops[i].http != NULL)
      pyr__scrape_cancel(&target->loops[i]);
  for (i = 0; i < count; i++) /* what was cancelled has planned its next */
    pyr__scrape_loop_stop(&target->loops[i]);
  target->is_gone = true;
  pyr__scrape_target_end(target);
}

static void on_bad(void *ctx, pyr_str_t source, size_t number,
                   const char *error) {
  struct pyr__job_state *job = ctx;
  pyr__log(&job->scraper->log, PYR_LOG_WARN, "target left out",
           {"job", job->config->name}, {"group", source},
           {"number", pyr__str(pyr__number((int64_t)number).text)},
           {"error", pyr__str(error)});
}

/* ---- jobs --------------------------------------------------------------- */

/* What listens at "0.0.0.0" or "[::]" is scraped at the loopback address. */
static pyr_str_t own_address(const struct pyr__scraper *scraper) {
  return pyr__str(scraper->serve == NULL ? ""
                                         : pyr__serve_address(scraper->serve));
}

/* One key for all of a job's static groups: who discovered them is the job. */
static int add_static_group(struct pyr__job_state *job,
                            const struct pyr__job_config *config, size_t number,
                            pyr_error_t *err) {
  struct pyr__scraper *scraper = job->scraper;
  struct pyr__target_group group;
  struct pyr__arena arena;
  int rc;

  pyr__arena_init(&arena, &scraper->memory, PYR__MEM_SCRAPER, SIZE_MAX);
  rc = pyr__static_group(config, number, own_address(scraper), &arena, &group,
                         err);
  if (rc == 0)
    rc = pyr__target_set_update(&job->set, &job->set, &group, err);
  pyr__arena_release(&arena);
  return rc;
}

int pyr__job_static_groups(struct pyr__job_state *job,
                           const struct pyr__job_config *config,
                           pyr_error_t *err) {
  size_t i;
  int rc = 0;
  for (i = 0; i < config->group_count && rc == 0; i++)
    rc = add_static_group(job, config, i, err);
  return rc == 0 ? 0
                 : pyr__error_prefix(
                       err, "job \"%.*s\": ", PYR__STR_ARG(config->name));
}

struct pyr__job_state *pyr__job_new(struct pyr__scraper *scraper,
                                    const struct pyr__job_config *config) {
  struct pyr__job_state *job =
      pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER, 1, sizeof(*job));
  struct pyr__target_maker maker = {.make = pyr__target_from_discovered};
  struct pyr__target_events events = {
      .added = on_added, .gone = on_gone, .bad = on_bad, .ctx = job};

  if (job == NULL)
    return NULL;
  job->scraper = scraper;
  job->config = config;
  pyr__target_set_init(&job->set, &scraper->memory, config,
                       &config->target_limits, &maker, &events);
  return job;
}

void pyr__job_free(struct pyr__job_state *job) {
  struct pyr__scraper *scraper = job->scraper;
  pyr__target_set_release(&job->set);
  pyr__free(&scraper->memory, job);
}

static int add_job(struct pyr__scraper *scraper,
                   const struct pyr__job_config *config, pyr_error_t *err) {
  struct pyr__job_state *job = pyr__job_new(scraper, config);
  if (job == NULL)
    return pyr__error_nomem(err);
  scraper->jobs[scraper->job_count++] = job;
  return pyr__job_static_groups(job, config, err);
}

int pyr__scraper_targets_build(struct pyr__scraper *scraper, pyr_error_t *err) {
  const pyr_config_t *config = scraper->config;
  size_t i;
  int rc = 0;

  pyr__gate_init(&scraper->gate, &scraper->memory, config->limits.in_flight,
                 pyr__scrape_admit, scraper);
  scraper->jobs = pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER,
                              config->job_count, sizeof(*scraper->jobs));
  if (scraper->jobs == NULL)
    return pyr__error_nomem(err);
  for (i = 0; i < config->job_count && rc == 0; i++)
    rc = add_job(scraper, &config->jobs[i], err);
  return rc;
}

/* ---- all loops ---------------------------------------------------------- */

static void each_loop(struct pyr__scraper *scraper,
                      void (*act)(struct pyr__scrape_loop *loop)) {
  size_t i, k, loop;
  for (i = 0; i < scraper->job_count; i++)
    for (k = 0; k < scraper->jobs[i]->set.count; k++) {
      struct pyr__scrape_target *target =
          scraper->jobs[i]->set.targets[k]->owner;
      for (loop = 0; loop < target->loop_count; loop++)
        act(&target->loops[loop]);
    }
}

size_t pyr__scraper_target_count(const struct pyr__scraper *scraper) {
  size_t i, count = 0;
  for (i = 0; i < scraper->job_count; i++)
    count += scraper->jobs[i]->set.count;
  return count;
}

void pyr__scraper_targets_start(struct pyr__scraper *scraper) {
  each_loop(scraper, pyr__scrape_loop_start);
}

void pyr__scraper_targets_stop(struct pyr__scraper *scraper) {
  each_loop(scraper, pyr__scrape_loop_stop);
}

void pyr__scraper_targets_cancel(struct pyr__scraper *scraper) {
  each_loop(scraper, pyr__scrape_cancel);
}

void pyr__scraper_targets_release(struct pyr__scraper *scraper) {
  while (scraper->job_count > 0)
    pyr__job_free(scraper->jobs[--scraper->job_count]);
  pyr__free(&scraper->memory, scraper->jobs);
  scraper->jobs = NULL;
  pyr__gate_release(&scraper->gate);
}
