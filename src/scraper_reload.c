/* Another configuration while scraping goes on.
 *
 * Everything that can fail is done beside what is there: new jobs are made, the
 * others try theirs.  Only when all of it stands does it take over, which
 * cannot fail; otherwise it is undone and nothing has changed.
 */

#include "scraper.h"

struct plan {
  struct pyr__scraper *scraper;
  pyr_config_t *config;
  struct pyr__job_state **jobs;     /* what scraper->jobs will be */
  bool *are_new;                    /* else they are on trial */
  struct pyr__http_access **access; /* of those on trial */
  size_t count;
  struct pyr__serve_guard *guard; /* NULL: nobody serves */
};

static struct pyr__job_state *find_job(const struct pyr__scraper *scraper,
                                       pyr_str_t name) {
  size_t i;
  for (i = 0; i < scraper->job_count; i++)
    if (pyr__str_equal(scraper->jobs[i]->config->name, name))
      return scraper->jobs[i];
  return NULL;
}

/* ---- what can fail ------------------------------------------------------ */

/* A job that is the same keeps its connections. */
static int plan_access(struct plan *plan, const struct pyr__job_state *job,
                       const struct pyr__job_config *config, pyr_error_t *err) {
  struct pyr__http_access **access = &plan->access[plan->count];

  if (job->config->fingerprint != config->fingerprint)
    return pyr__job_access_new(access, plan->scraper, config, err);
  *access = pyr__http_access_ref(job->access);
  return 0;
}

static int plan_job(struct plan *plan, const struct pyr__job_config *config,
                    pyr_error_t *err) {
  struct pyr__job_state *job = find_job(plan->scraper, config->name);
  int rc;

  plan->are_new[plan->count] = job == NULL;
  if (job == NULL) {
    rc = pyr__job_new(&job, plan->scraper, plan->config, config, err);
  } else {
    rc = plan_access(plan, job, config, err);
    if (rc == 0)
      rc = pyr__job_targets_stage(job->targets, plan->config, config, err);
    if (rc != 0)
      pyr__http_access_unref(plan->access[plan->count]);
  }
  if (rc == 0)
    plan->jobs[plan->count++] = job;
  return rc;
}

static int plan_all(struct plan *plan, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  if (plan->scraper->serve != NULL)
    rc = pyr__scraper_guard_new(&plan->guard, plan->scraper, plan->config, err);
  for (i = 0; i < plan->config->job_count && rc == 0; i++)
    rc = plan_job(plan, &plan->config->jobs[i], err);
  return rc;
}

static void undo(struct plan *plan) {
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
}

/* ---- what cannot -------------------------------------------------------- */

static bool is_planned(const struct plan *plan,
                       const struct pyr__job_state *job) {
  size_t i;
  for (i = 0; i < plan->count; i++)
    if (plan->jobs[i] == job)
      return true;
  return false;
}

static void end_others(const struct plan *plan) {
  const struct pyr__scraper *scraper = plan->scraper;
  size_t i;
  for (i = 0; i < scraper->job_count; i++)
    if (!is_planned(plan, scraper->jobs[i]))
      pyr__job_close(scraper->jobs[i]);
}

static void take_over_job(struct pyr__job_state *job,
                          struct pyr__http_access *access) {
  pyr__http_access_unref(job->access);
  job->access = access;
  pyr__job_targets_commit(job->targets);
}

static void take_over(struct plan *plan) {
  struct pyr__scraper *scraper = plan->scraper;
  pyr_config_t *old = scraper->config;
  size_t i;

  end_others(plan);
  pyr__free(&scraper->memory, scraper->jobs);
  scraper->jobs = plan->jobs;
  scraper->job_count = plan->count;
  scraper->config = pyr_config_ref(plan->config);
  for (i = 0; i < plan->count; i++) {
    if (!plan->are_new[i])
      take_over_job(plan->jobs[i], plan->access[i]);
    plan->jobs[i]->config = &plan->config->jobs[i];
  }
  pyr__scraper_sort_jobs(scraper);
  scraper->gate.limit = pyr__scraper_in_flight(scraper, scraper->config);
  scraper->budget.limit = scraper->config->limits.scrape_bytes;
  scraper->log.format = scraper->config->log_format;
  if (scraper->options.log_level < 0)
    scraper->log.level = scraper->config->log_level;
  if (scraper->serve != NULL) {
    pyr__serve_set_guard(scraper->serve, plan->guard);
    pyr__scraper_note_address(scraper);
  }
  pyr_config_unref(old);
}

/* ---- the whole ---------------------------------------------------------- */

static void warn_of_what_stays(const struct pyr__scraper *scraper,
                               const pyr_config_t *config) {
  const struct pyr__storage_config *a = &scraper->config->storage;
  const struct pyr__storage_config *b = &config->storage;
  if (!pyr__str_equal(a->path, b->path) ||
      a->flush_interval_ns != b->flush_interval_ns ||
      a->sync_interval_ns != b->sync_interval_ns ||
      a->segment_max_bytes != b->segment_max_bytes ||
      a->segment_max_age_ns != b->segment_max_age_ns ||
      a->retention_age_ns != b->retention_age_ns ||
      a->retention_bytes != b->retention_bytes)
    pyr__log(&scraper->log, PYR_LOG_WARN,
             "reload: changes of storage need a restart");
  if (!pyr__str_equal(scraper->config->server.listen, config->server.listen))
    pyr__log(&scraper->log, PYR_LOG_WARN,
             "reload: a change of server: listen needs a restart");
}

static int reload(struct pyr__scraper *scraper, pyr_config_t *config,
                  pyr_error_t *err) {
  struct pyr__memory *memory = &scraper->memory;
  struct plan plan = {.scraper = scraper, .config = config};
  int rc;

  plan.jobs = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                          sizeof(struct pyr__job_state *));
  plan.are_new = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                             sizeof(*plan.are_new));
  plan.access = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                            sizeof(struct pyr__http_access *));
  rc = plan.jobs == NULL || plan.are_new == NULL || plan.access == NULL
           ? pyr__error_nomem(err)
           : plan_all(&plan, err);
  if (rc == 0) {
    warn_of_what_stays(scraper, config);
    take_over(&plan);
  } else {
    undo(&plan);
    pyr__free(memory, plan.jobs);
  }
  pyr__free(memory, plan.are_new);
  pyr__free(memory, plan.access);
  return rc;
}

int pyr_scraper_reload(pyr_scraper_t *handle, pyr_config_t *config,
                       pyr_error_t *err) {
  struct pyr__scraper *scraper = handle->impl;
  pyr_error_t own = {0};
  int rc;

  if (err == NULL)
    err = &own;
  if (scraper->state != PYR__SCRAPER_RUNNING)
    return pyr__error(err, PYR_EUSAGE, "reload: this scraper does not run");
  if (scraper->in_callback)
    return pyr__error(err, PYR_EUSAGE,
                      "reload: not inside on_profile or on_scrape");
  rc = config != NULL ? reload(scraper, config, err) : PYR_ECONFIG;
  scraper->reload.has_failed = rc != 0;
  if (rc != 0) {
    pyr__log(&scraper->log, PYR_LOG_ERROR,
             "reload failed; the configuration is as before",
             {"error", pyr__str(err->text)});
    return rc;
  }
  scraper->reload.success_ns = pyr__wall(&scraper->clock);
  pyr__log(
      &scraper->log, PYR_LOG_INFO, "configuration reloaded",
      {"jobs", pyr__str(pyr__number((int64_t)scraper->job_count).text)},
      {"targets",
       pyr__str(
           pyr__number((int64_t)pyr__scraper_target_count(scraper)).text)});
  return 0;
}
