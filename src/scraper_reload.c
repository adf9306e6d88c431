/* Another configuration while scraping goes on.
 *
 * Everything that can fail is done beside what is there: new jobs are made, the
 * others try theirs, over as many turns of the loop as their targets take. Only
 * when all of it stands does it take over, which cannot fail; otherwise it is
 * undone and nothing has changed.
 */

#include "scraper_plan.h"

enum {
  /* Of a turn; a job's next few targets may take as long again. */
  TURN_NS = 2000000
};

static struct pyr__job_state *find_job(const struct pyr__scraper *scraper,
                                       pyr_str_t name) {
  size_t i;
  for (i = 0; i < scraper->job_count; i++)
    if (pyr__str_equal(scraper->jobs[i]->config->name, name))
      return scraper->jobs[i];
  return NULL;
}

/* ---- its beginning ------------------------------------------------------ */

/* A job that is the same keeps its connections. */
static int plan_access(struct pyr__reload_plan *plan,
                       const struct pyr__job_state *job,
                       const struct pyr__job_config *config, pyr_error_t *err) {
  struct pyr__http_access **access = &plan->access[plan->count];

  if (job->config->fingerprint != config->fingerprint)
    return pyr__job_access_new(access, plan->scraper, config, err);
  *access = pyr__http_access_ref(job->access);
  return 0;
}

static int plan_job(struct pyr__reload_plan *plan,
                    const struct pyr__job_config *config, pyr_error_t *err) {
  struct pyr__job_state *job = find_job(plan->scraper, config->name);
  int rc;

  plan->are_new[plan->count] = job == NULL;
  rc = job == NULL ? pyr__job_new(&job, plan->scraper, config, err)
                   : plan_access(plan, job, config, err);
  if (rc != 0)
    return rc;
  pyr__job_targets_stage(job->targets, plan->config, config);
  plan->jobs[plan->count++] = job;
  return 0;
}

static int plan_all(struct pyr__reload_plan *plan, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  if (plan->scraper->serve != NULL)
    rc = pyr__scraper_guard_new(&plan->guard, plan->scraper, plan->config, err);
  for (i = 0; i < plan->config->job_count && rc == 0; i++)
    rc = plan_job(plan, &plan->config->jobs[i], err);
  return rc;
}

/* ---- its end ------------------------------------------------------------ */

/* What it holds, but for what took over. */
static void release(struct pyr__reload_plan *plan) {
  struct pyr__memory *memory = &plan->scraper->memory;
  pyr_config_unref(plan->config);
  pyr__free(memory, plan->jobs);
  pyr__free(memory, plan->are_new);
  pyr__free(memory, plan->access);
  pyr__free(memory, plan);
}

static void undo(struct pyr__reload_plan *plan) {
  pyr__serve_guard_free(plan->guard);
  while (plan->count > 0) {
    struct pyr__job_state *job = plan->jobs[--plan->count];
    if (plan->are_new[plan->count]) {
      pyr__job_close(job);
      continue;
    }
    pyr__http_access_unref(plan->access[plan->count]);
    pyr__job_targets_discard(job->targets);
  }
  release(plan);
}

static void log_failure(const struct pyr__scraper *scraper,
                        const pyr_error_t *error) {
  pyr__log(&scraper->log, PYR_LOG_ERROR,
           "reload failed; the configuration is as before",
           {"error", pyr__str(error->text)});
}

static void log_success(const struct pyr__scraper *scraper) {
  size_t targets = pyr__scraper_target_count(scraper);
  pyr__log(&scraper->log, PYR_LOG_INFO, "configuration reloaded",
           {"jobs", pyr__str(pyr__number((int64_t)scraper->job_count).text)},
           {"targets", pyr__str(pyr__number((int64_t)targets).text)});
}

/* The last that is heard of it; it is gone. */
static void tell(struct pyr__scraper *scraper, pyr_reloaded_cb cb, int code,
                 const pyr_error_t *error) {
  if (scraper->serve != NULL)
    pyr__serve_reloaded(scraper->serve, code == 0 ? NULL : error);
  if (cb != NULL)
    cb(scraper->handle, code, code == 0 ? NULL : error);
}

static void fail(struct pyr__reload_plan *plan, const pyr_error_t *error) {
  struct pyr__scraper *scraper = plan->scraper;
  pyr_reloaded_cb cb = plan->cb;

  scraper->reload.plan = NULL;
  pyr__timer_clear(&scraper->heap, &scraper->reload.timer);
  if (error->code != PYR_ECANCELED)
    scraper->reload.has_failed = true;
  undo(plan);
  log_failure(scraper, error);
  tell(scraper, cb, error->code, error);
}

void pyr__scraper_reload_cancel(struct pyr__scraper *scraper, const char *why) {
  pyr_error_t error = {0};
  if (scraper->reload.plan == NULL)
    return;
  pyr__error(&error, PYR_ECANCELED, "%s", why);
  fail(scraper->reload.plan, &error);
}

static void succeed(struct pyr__reload_plan *plan) {
  struct pyr__scraper *scraper = plan->scraper;
  pyr_reloaded_cb cb = plan->cb;

  scraper->reload.plan = NULL;
  /* One that came meanwhile may have been no configuration. */
  if (plan->number == scraper->reload.number)
    scraper->reload.has_failed = false;
  scraper->reload.success_ns = pyr__wall(&scraper->clock);
  release(plan);
  log_success(scraper);
  tell(scraper, cb, 0, NULL);
}

/* ---- turns -------------------------------------------------------------- */

static int step_job(struct pyr__reload_plan *plan, size_t number,
                    int (*step)(struct pyr__job_targets *targets,
                                pyr_error_t *err),
                    pyr_error_t *err) {
  pyr_str_t name = plan->config->jobs[number].name;
  int rc = step(plan->jobs[number]->targets, err);
  return rc >= 0 ? rc
                 : pyr__error_prefix(err, "job \"%.*s\": ", PYR__STR_ARG(name));
}

/* 1: there is more to make; 0: all is made, since discoverers told of the last
 * that they found. */
static int make_some(struct pyr__reload_plan *plan, pyr_error_t *err) {
  size_t i;
  int rc = 0;

  if (plan->next < plan->count) {
    rc = step_job(plan, plan->next, pyr__job_targets_stage_some, err);
    plan->next += rc == 0;
    return rc != 0 ? rc : 1;
  }
  for (i = 0; i < plan->count && rc == 0; i++)
    rc = step_job(plan, i, pyr__job_targets_stage_some, err);
  if (rc > 0)
    plan->next = 0;
  return rc;
}

static int start_sources(struct pyr__reload_plan *plan, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  for (i = 0; i < plan->count && rc == 0; i++)
    rc = step_job(plan, i, pyr__job_targets_stage_sources, err);
  return rc;
}

static int take_turn(struct pyr__reload_plan *plan, pyr_error_t *err) {
  const struct pyr__clock *clock = &plan->scraper->clock;
  int64_t end = pyr__now(clock) + TURN_NS;
  int rc;
  do
    rc = make_some(plan, err);
  while (rc > 0 && pyr__now(clock) < end);
  return rc == 0 ? start_sources(plan, err) : rc;
}

void pyr__scraper_reload_turn(struct pyr__timer *timer) {
  struct pyr__scraper *scraper =
      pyr__container_of(timer, struct pyr__scraper, reload.timer);
  struct pyr__reload_plan *plan = scraper->reload.plan;
  pyr_error_t error = {0};
  int rc;

  if (scraper->state != PYR__SCRAPER_RUNNING) {
    pyr__scraper_reload_cancel(scraper, "it is being stopped");
    return;
  }
  scraper->reload.is_busy = true;
  rc = take_turn(plan, &error);
  if (rc == 0)
    pyr__reload_take_over(plan);
  scraper->reload.is_busy = false;
  if (rc > 0)
    pyr__timer_set(&scraper->heap, timer, pyr__now(&scraper->clock));
  else if (rc < 0)
    fail(plan, &error);
  else
    succeed(plan);
}

/* ---- the whole ---------------------------------------------------------- */

static int begin(struct pyr__scraper *scraper, pyr_config_t *config,
                 pyr_reloaded_cb cb, pyr_error_t *err) {
  struct pyr__memory *memory = &scraper->memory;
  struct pyr__reload_plan *plan =
      pyr__calloc(memory, PYR__MEM_SCRAPER, 1, sizeof(*plan));
  int rc;

  if (plan == NULL)
    return pyr__error_nomem(err);
  *plan = (struct pyr__reload_plan){.scraper = scraper,
                                    .config = pyr_config_ref(config),
                                    .number = scraper->reload.number,
                                    .cb = cb};
  plan->jobs = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                           sizeof(struct pyr__job_state *));
  plan->are_new = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                              sizeof(*plan->are_new));
  plan->access = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                             sizeof(struct pyr__http_access *));
  rc = plan->jobs == NULL || plan->are_new == NULL || plan->access == NULL
           ? pyr__error_nomem(err)
           : plan_all(plan, err);
  if (rc != 0) {
    undo(plan);
    return rc;
  }
  scraper->reload.plan = plan;
  pyr__timer_set(&scraper->heap, &scraper->reload.timer,
                 pyr__now(&scraper->clock));
  return 0;
}

int pyr_scraper_reload(pyr_scraper_t *handle, pyr_config_t *config,
                       pyr_reloaded_cb cb, pyr_error_t *err) {
  struct pyr__scraper *scraper = handle->impl;
  pyr_error_t own = {0};
  int rc = PYR_ECONFIG;

  if (err == NULL)
    err = &own;
  if (scraper->state != PYR__SCRAPER_RUNNING)
    return pyr__error(err, PYR_EUSAGE, "reload: this scraper does not run");
  if (scraper->in_callback || scraper->reload.is_busy)
    return pyr__error(err, PYR_EUSAGE,
                      "reload: not inside on_profile, on_scrape or on_log");
  scraper->reload.number++;
  if (config != NULL) {
    pyr__scraper_reload_cancel(scraper, "a later reload has overtaken it");
    scraper->reload.is_busy = true;
    rc = begin(scraper, config, cb, err);
    scraper->reload.is_busy = false;
  }
  if (rc == 0)
    return 0;
  scraper->reload.has_failed = true;
  log_failure(scraper, err);
  return rc;
}
