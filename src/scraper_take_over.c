/* What a reload changes when all of its configuration stands. */
#include "scraper_plan.h"

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

static bool is_planned(const struct pyr__reload_plan *plan,
                       const struct pyr__job_state *job) {
  size_t i;
  for (i = 0; i < plan->count; i++)
    if (plan->jobs[i] == job)
      return true;
  return false;
}

static void end_others(const struct pyr__reload_plan *plan) {
  const struct pyr__scraper *scraper = plan->scraper;
  size_t i;
  for (i = 0; i < scraper->job_count; i++)
    if (!is_planned(plan, scraper->jobs[i]))
      pyr__job_close(scraper->jobs[i]);
}

static void take_over_jobs(struct pyr__reload_plan *plan) {
  size_t i;
  for (i = 0; i < plan->count; i++) {
    struct pyr__job_state *job = plan->jobs[i];
    if (!plan->are_new[i]) {
      pyr__http_access_unref(job->access);
      job->access = plan->access[i];
    }
    pyr__job_targets_commit(job->targets);
    job->config = &plan->config->jobs[i];
  }
}

void pyr__reload_take_over(struct pyr__reload_plan *plan) {
  struct pyr__scraper *scraper = plan->scraper;
  pyr_config_t *old = scraper->config;

  warn_of_what_stays(scraper, plan->config);
  end_others(plan);
  pyr__free(&scraper->memory, scraper->jobs);
  scraper->jobs = plan->jobs;
  scraper->job_count = plan->count;
  scraper->config = pyr_config_ref(plan->config);
  take_over_jobs(plan);
  plan->jobs = NULL;
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
