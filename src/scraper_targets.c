#include "scraper.h"

#include "base/limits.h"

static void warn_target(void *ctx, const pyr_error_t *error) {
  struct pyr__scraper *scraper = ctx;
  pyr__log(&scraper->log, PYR_LOG_WARN, "target left out",
           {"error", pyr__str(error->text)});
}

static int reserve_target(struct pyr__scraper *scraper,
                          struct pyr__job_state *job) {
  size_t capacity = job->target_capacity == 0 ? 4 : job->target_capacity * 2;
  struct pyr__scrape_target **targets;
  if (job->target_count < job->target_capacity)
    return 0;
  targets = pyr__realloc(&scraper->memory, PYR__MEM_SCRAPER, job->targets,
                         capacity, sizeof(struct pyr__scrape_target *));
  if (targets == NULL)
    return PYR__ENOMEM;
  job->targets = targets;
  job->target_capacity = capacity;
  return 0;
}

static void target_free(struct pyr__scraper *scraper,
                        struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++)
    pyr__scrape_loop_release(&target->loops[i]);
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

static int add_target(struct pyr__scraper *scraper, struct pyr__job_state *job,
                      const struct pyr__target *from) {
  struct pyr__scrape_target *target;
  size_t i, count = from->request_count;

  /* Each loop has one timer; two more are the scraper's own. */
  if (reserve_target(scraper, job) != 0 ||
      pyr__timer_heap_reserve(&scraper->heap, scraper->loop_count + count +
                                                  PYR__OWN_TIMERS) != 0)
    return PYR__ENOMEM;
  target = pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER, 1,
                       sizeof(*target) + count * sizeof(target->loops[0]));
  if (target == NULL)
    return PYR__ENOMEM;
  target->job = job;
  target->target = from;
  target->loop_count = count;
  for (i = 0; i < count; i++)
    pyr__scrape_loop_init(&target->loops[i], scraper, target,
                          &from->requests[i]);
  if (lock_cpu(scraper, target) != 0) {
    target_free(scraper, target);
    return PYR__ENOMEM;
  }
  job->targets[job->target_count++] = target;
  job->request_count += count;
  scraper->target_count++;
  scraper->loop_count += count;
  return 0;
}

/* What listens at "0.0.0.0" or "[::]" is scraped at the loopback address. */
static pyr_str_t own_address(const struct pyr__scraper *scraper) {
  return pyr__str(scraper->serve == NULL ? ""
                                         : pyr__serve_address(scraper->serve));
}

static int build_job(struct pyr__scraper *scraper, struct pyr__job_state *job,
                     pyr_error_t *err) {
  const struct pyr__target *targets;
  size_t count, i;
  int rc = pyr__targets_build_self(job->config, own_address(scraper),
                                   &scraper->arena, &targets, &count,
                                   warn_target, scraper, err);
  for (i = 0; i < count && rc == 0; i++) {
    rc = add_target(scraper, job, &targets[i]);
    if (rc != 0)
      pyr__error_nomem(err);
  }
  return rc;
}

int pyr__scraper_targets_build(struct pyr__scraper *scraper, pyr_error_t *err) {
  const pyr_config_t *config = scraper->config;
  size_t i;
  int rc = 0;

  pyr__arena_init(&scraper->arena, &scraper->memory, PYR__MEM_SCRAPER,
                  SIZE_MAX);
  pyr__gate_init(&scraper->gate, &scraper->memory, config->limits.in_flight,
                 pyr__scrape_admit, scraper);
  scraper->jobs = pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER,
                              config->job_count, sizeof(*scraper->jobs));
  if (scraper->jobs == NULL)
    return pyr__error_nomem(err);
  scraper->job_count = config->job_count;
  for (i = 0; i < config->job_count && rc == 0; i++) {
    scraper->jobs[i].config = &config->jobs[i];
    rc = build_job(scraper, &scraper->jobs[i], err);
  }
  return rc;
}

static void each_loop(struct pyr__scraper *scraper,
                      void (*act)(struct pyr__scrape_loop *loop)) {
  size_t job, target, loop;
  for (job = 0; job < scraper->job_count; job++)
    for (target = 0; target < scraper->jobs[job].target_count; target++)
      for (loop = 0; loop < scraper->jobs[job].targets[target]->loop_count;
           loop++)
        act(&scraper->jobs[job].targets[target]->loops[loop]);
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
  size_t job, target;
  for (job = 0; job < scraper->job_count; job++) {
    for (target = 0; target < scraper->jobs[job].target_count; target++)
      target_free(scraper, scraper->jobs[job].targets[target]);
    pyr__free(&scraper->memory, scraper->jobs[job].targets);
  }
  pyr__free(&scraper->memory, scraper->jobs);
  scraper->jobs = NULL;
  scraper->job_count = scraper->target_count = scraper->loop_count = 0;
  pyr__gate_release(&scraper->gate);
  pyr__arena_release(&scraper->arena);
}
