/* What the discoveries of all jobs found, entry by entry. */
#include "scraper.h"
#include "targets/found.h"

enum { VIEW_KEPT = 16 * 1024 };

static const int outcomes[] = {[PYR__OUTCOME_TARGET] = PYR_FOUND_TARGET,
                               [PYR__OUTCOME_DROPPED] = PYR_FOUND_DROPPED,
                               [PYR__OUTCOME_BAD] = PYR_FOUND_BAD};

static enum pyr__found_step end_job(struct pyr__found_cursor *cursor) {
  *cursor = (struct pyr__found_cursor){.job = cursor->job + 1};
  return PYR__FOUND_PASSED;
}

static enum pyr__found_step open_member(struct pyr__scraper *scraper,
                                        const struct pyr__job_state *job,
                                        struct pyr__member_view *view,
                                        pyr_found_t *out) {
  pyr__arena_reset(&scraper->view, VIEW_KEPT);
  if (pyr__target_set_open(pyr__job_set(job), view, &scraper->view) != 0 ||
      pyr__found_fill(job->config, view, &scraper->view, out, NULL) != 0)
    return PYR__FOUND_NO_MEMORY;
  out->mechanism = pyr__job_targets_mechanism(job->targets, view->from);
  return PYR__FOUND_ONE;
}

enum pyr__found_step
pyr__scraper_found_next(void *ctx, const struct pyr__found_filter *filter,
                        struct pyr__found_cursor *cursor, pyr_found_t *out) {
  struct pyr__scraper *scraper = ctx;
  struct pyr__member_cursor at = {cursor->group, cursor->number, {0}};
  const struct pyr__job_state *job;
  struct pyr__member_view view;
  bool is_there;

  if (cursor->job >= scraper->job_count)
    return PYR__FOUND_END;
  job = scraper->jobs[cursor->job];
  if (filter->job.base != NULL &&
      !pyr__str_equal(filter->job, job->config->name))
    return end_job(cursor);
  memcpy(at.seen, cursor->seen, sizeof(at.seen));
  is_there = pyr__target_set_next(pyr__job_set(job), &at, &view);
  if (!is_there)
    return end_job(cursor);
  cursor->group = at.group;
  cursor->number = at.number;
  memcpy(cursor->seen, at.seen, sizeof(at.seen));
  if (view.is_beyond || (filter->outcomes & 1u << outcomes[view.outcome]) == 0)
    return PYR__FOUND_PASSED;
  return open_member(scraper, job, &view, out);
}

int pyr__scraper_relabel(void *ctx, pyr_str_t job, const pyr_label_t *labels,
                         size_t count,
                         void (*cb)(void *cb_ctx,
                                    const pyr_relabel_step_t *step),
                         void *cb_ctx, pyr_error_t *err) {
  const struct pyr__scraper *scraper = ctx;
  return pyr_config_relabel(scraper->config, job, labels, count, cb, cb_ctx,
                            err);
}

/* ---- for programs ------------------------------------------------------- */

int pyr_scraper_is_synced(const pyr_scraper_t *handle) {
  const struct pyr__scraper *scraper = handle->impl;
  size_t i;
  if (scraper->state != PYR__SCRAPER_RUNNING)
    return 0;
  for (i = 0; i < scraper->job_count; i++)
    if (!pyr__job_targets_is_synced(scraper->jobs[i]->targets))
      return 0;
  return 1;
}

int pyr_scraper_each_found(pyr_scraper_t *handle,
                           void (*cb)(void *ctx, const pyr_found_t *found),
                           void *ctx, pyr_error_t *err) {
  const struct pyr__found_filter all = {{NULL, 0}, ~0u};
  struct pyr__found_cursor cursor = {0};
  enum pyr__found_step step = PYR__FOUND_PASSED;
  pyr_found_t found;

  while (step == PYR__FOUND_PASSED || step == PYR__FOUND_ONE) {
    step = pyr__scraper_found_next(handle->impl, &all, &cursor, &found);
    if (step == PYR__FOUND_ONE)
      cb(ctx, &found);
  }
  return step == PYR__FOUND_END ? 0 : pyr__error_nomem(err);
}
