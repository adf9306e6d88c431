/* Another configuration while scraping goes on.
 *
 * Everything that can fail is done beside what is there: new jobs are built,
 * changed ones staged, mechanisms started.  Only when all of it stands does it
 * take over, which cannot fail; otherwise it is undone and nothing has changed.
 */
#include <stdlib.h>

#include "scraper.h"

enum change {
  JOB_SAME,   /* only pointers move */
  JOB_STAGED, /* the set has the new targets on trial */
  JOB_NEW
};

struct planned_job {
  struct pyr__job_state *job;
  const struct pyr__job_config *config;
  enum change change;
  bool has_new_discovery;
  struct pyr__job_discovery *discovery; /* NULL: none is wanted */
};

struct plan {
  struct pyr__scraper *scraper;
  pyr_config_t *config;
  struct planned_job *jobs;
  size_t count;
  struct pyr__job_state **states; /* what scraper->jobs will be */
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

static int plan_discovery(struct plan *plan, struct planned_job *planned,
                          pyr_error_t *err) {
  int rc;
  if (planned->change != JOB_NEW &&
      planned->job->config->sd_fingerprint == planned->config->sd_fingerprint)
    return 0;
  rc = pyr__job_discovery_new(&planned->discovery, planned->job, plan->config,
                              planned->config, err);
  planned->has_new_discovery = rc == 0;
  return rc;
}

static int plan_job(struct plan *plan, const struct pyr__job_config *config,
                    pyr_error_t *err) {
  struct planned_job *planned = &plan->jobs[plan->count];
  int rc = 0;

  planned->config = config;
  planned->job = find_job(plan->scraper, config->name);
  if (planned->job == NULL) {
    planned->change = JOB_NEW;
    planned->job = pyr__job_new(plan->scraper, config);
    if (planned->job == NULL)
      return pyr__error_nomem(err);
    plan->count++;
    rc = pyr__job_static_groups(planned->job, config, err);
    return rc == 0 ? plan_discovery(plan, planned, err) : rc;
  }
  if (planned->job->config->fingerprint != config->fingerprint) {
    rc = pyr__target_set_stage(&planned->job->set, config,
                               &config->target_limits, err);
    if (rc != 0)
      return rc;
    planned->change = JOB_STAGED;
  }
  plan->count++;
  return 0;
}

/* Mechanisms tell at once, and a set on trial must not be told; so they come
 * when all is decided but them. */
static int plan_all(struct plan *plan, pyr_error_t *err) {
  size_t i;
  int rc = 0;
  for (i = 0; i < plan->config->job_count && rc == 0; i++)
    rc = plan_job(plan, &plan->config->jobs[i], err);
  return rc;
}

static void undo(struct plan *plan) {
  while (plan->count > 0) {
    struct planned_job *planned = &plan->jobs[--plan->count];
    if (planned->change == JOB_STAGED)
      pyr__target_set_discard(&planned->job->set);
    if (planned->change != JOB_NEW)
      continue;
    pyr__job_discovery_close(planned->discovery);
    pyr__job_free(planned->job);
  }
}

/* ---- what cannot -------------------------------------------------------- */

/* Only memory can be missing; then the job keeps the groups that it had. */
static void move_static_groups(struct planned_job *planned, size_t before) {
  struct pyr__scraper *scraper = planned->job->scraper;
  pyr_error_t err;
  if (pyr__job_static_groups(planned->job, planned->config, &err) != 0) {
    pyr__log(&scraper->log, PYR_LOG_ERROR,
             "reload: static targets are as before",
             {"error", pyr__str(err.text)});
    return;
  }
  pyr__job_drop_static_groups(planned->job, planned->config->group_count,
                              before);
}

static void move_discovery(struct plan *plan, struct planned_job *planned) {
  struct pyr__scraper *scraper = plan->scraper;
  pyr_error_t err;
  if (planned->change == JOB_STAGED && plan_discovery(plan, planned, &err) != 0)
    pyr__log(&scraper->log, PYR_LOG_ERROR, "reload: discovery is as before",
             {"job", planned->config->name}, {"error", pyr__str(err.text)});
  if (planned->has_new_discovery)
    pyr__job_discovery_replace(planned->job, planned->discovery);
}

static void move_job(struct plan *plan, struct planned_job *planned) {
  struct pyr__job_state *job = planned->job;
  size_t groups = job->config->group_count;

  if (planned->change == JOB_SAME)
    pyr__target_set_rebase(&job->set, planned->config);
  if (planned->change == JOB_STAGED) {
    pyr__target_set_commit(&job->set);
    move_static_groups(planned, groups);
  }
  move_discovery(plan, planned);
  job->config = planned->config;
}

static bool is_planned(const struct plan *plan,
                       const struct pyr__job_state *job) {
  size_t i;
  for (i = 0; i < plan->count; i++)
    if (plan->jobs[i].job == job)
      return true;
  return false;
}

static void end_others(struct plan *plan) {
  struct pyr__scraper *scraper = plan->scraper;
  size_t i;
  for (i = 0; i < scraper->job_count; i++) {
    if (is_planned(plan, scraper->jobs[i]))
      continue;
    pyr__job_discovery_replace(scraper->jobs[i], NULL);
    pyr__job_free(scraper->jobs[i]);
  }
}

static void take_over(struct plan *plan) {
  struct pyr__scraper *scraper = plan->scraper;
  pyr_config_t *old = scraper->config;
  size_t i;

  end_others(plan);
  pyr__free(&scraper->memory, scraper->jobs);
  scraper->jobs = plan->states;
  scraper->job_count = plan->count;
  scraper->config = pyr_config_ref(plan->config);
  for (i = 0; i < plan->count; i++) {
    move_job(plan, &plan->jobs[i]);
    scraper->jobs[i] = plan->jobs[i].job;
  }
  scraper->gate.limit = scraper->config->limits.in_flight;
  scraper->log.format = scraper->config->log_format;
  if (scraper->options.log_level < 0)
    scraper->log.level = scraper->config->log_level;
  pyr_config_unref(old);
  pyr__scraper_settle_soon(scraper);
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
  if (!pyr__str_equal(scraper->config->listen, config->listen))
    pyr__log(&scraper->log, PYR_LOG_WARN,
             "reload: a change of server: listen needs a restart");
}

static int reload(struct pyr__scraper *scraper, pyr_config_t *config,
                  pyr_error_t *err) {
  struct pyr__memory *memory = &scraper->memory;
  struct plan plan = {.scraper = scraper, .config = config};
  int rc;

  plan.jobs = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                          sizeof(*plan.jobs));
  plan.states = pyr__calloc(memory, PYR__MEM_SCRAPER, config->job_count,
                            sizeof(struct pyr__job_state *));
  rc = plan.jobs == NULL || plan.states == NULL ? pyr__error_nomem(err)
                                                : plan_all(&plan, err);
  if (rc == 0) {
    warn_of_what_stays(scraper, config);
    take_over(&plan);
  } else {
    undo(&plan);
    pyr__free(memory, plan.states);
  }
  pyr__free(memory, plan.jobs);
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
