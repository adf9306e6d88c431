/* What becomes known of a scrape that has ended. */
#include <string.h>

#include "scraper.h"

static enum pyr__failure failure_of(const pyr_error_t *error) {
  switch (error->code) {
  case PYR_EDNS:
    return PYR__FAILURE_DNS;
  case PYR_EAUTH:
    return PYR__FAILURE_AUTH;
  case PYR_ETIMEOUT:
    return PYR__FAILURE_TIMEOUT;
  case PYR_EPROXY:
    return PYR__FAILURE_PROXY;
  case PYR_EHTTP:
    return PYR__FAILURE_HTTP;
  case PYR_ESTATUS:
    /* Go's words, which every pprof handler passes on. */
    return strstr(error->text, "profiling already in use") != NULL
               ? PYR__FAILURE_CPU_BUSY
               : PYR__FAILURE_STATUS;
  case PYR_ELIMIT:
    return PYR__FAILURE_LIMIT;
  case PYR_EGZIP:
    return PYR__FAILURE_GZIP;
  case PYR_EPPROF:
    return PYR__FAILURE_PPROF;
  case PYR_ESTORE:
  case PYR_EFULL:
    return PYR__FAILURE_STORE;
  case PYR__ENOMEM:
    return PYR__FAILURE_MEMORY;
  case PYR_ECANCELED:
    return PYR__FAILURE_CANCELED;
  default:
    return PYR__FAILURE_CONNECT;
  }
}

/* ---- the log ------------------------------------------------------------ */

static void log_failure(const struct pyr__scrape_loop *loop, int level,
                        const char *message, const char *error) {
  pyr__log(&loop->scraper->log, level, message,
           {"job", loop->owner->job->config->name},
           {"target", loop->owner->target->address},
           {"profile", loop->request->profile->name},
           {"failures",
            pyr__str(pyr__number((int64_t)loop->failures_in_a_row).text)},
           {"error", pyr__str(error)});
}

static void log_recovery(const struct pyr__scrape_loop *loop,
                         uint64_t failures) {
  pyr__log(&loop->scraper->log, PYR_LOG_INFO, "scrape recovered",
           {"job", loop->owner->job->config->name},
           {"target", loop->owner->target->address},
           {"profile", loop->request->profile->name},
           {"failures", pyr__str(pyr__number((int64_t)failures).text)});
}

static bool is_power_of_ten(uint64_t number) {
  while (number > 1 && number % 10 == 0)
    number /= 10;
  return number == 1;
}

/* A target that fails for days says so at its first failure, when the reason
 * changes, and at the 10th, 100th, ... in a row. */
static void log_down(const struct pyr__scrape_loop *loop, bool is_news,
                     const char *error) {
  if (is_news)
    log_failure(loop, PYR_LOG_WARN, "scrape failed", error);
  else if (is_power_of_ten(loop->failures_in_a_row))
    log_failure(loop, PYR_LOG_WARN, "scrape still failing", error);
  else
    log_failure(loop, PYR_LOG_DEBUG, "scrape failed again", error);
}

/* ---- health ------------------------------------------------------------- */

/* The text is for the views; without memory there is none. */
static void keep_error(struct pyr__scrape_loop *loop,
                       const pyr_error_t *error) {
  struct pyr__memory *memory = &loop->scraper->memory;
  if (loop->last_error != NULL && error != NULL &&
      strcmp(loop->last_error, error->text) == 0)
    return;
  pyr__free(memory, loop->last_error);
  loop->last_error = error == NULL ? NULL
                                   : pyr__copy_text(memory, PYR__MEM_SCRAPER,
                                                    pyr__str(error->text));
}

static void mark_up(struct pyr__scrape_loop *loop) {
  uint64_t failures = loop->failures_in_a_row;
  bool was_absent = loop->health == PYR__HEALTH_ABSENT;
  loop->health = PYR__HEALTH_UP;
  loop->failures_in_a_row = 0;
  loop->last_code = 0;
  keep_error(loop, NULL);
  if (failures == 0)
    return;
  log_recovery(loop, failures);
  /* Where less is asked for now, that is why it works again. */
  if (!was_absent && loop->fit.seconds_ns == 0)
    pyr__scrape_target_returned(loop->owner);
}

/* The target is well, it only has no such profile: said once. */
static void mark_absent(struct pyr__scrape_loop *loop,
                        const pyr_error_t *error) {
  bool is_news = loop->health != PYR__HEALTH_ABSENT;
  loop->health = PYR__HEALTH_ABSENT;
  loop->failures_in_a_row++;
  loop->last_code = error->code;
  keep_error(loop, error);
  log_failure(loop, is_news ? PYR_LOG_WARN : PYR_LOG_DEBUG,
              "profile is absent; looking again every 10 minutes, take it out "
              "of enabled-profiles to end this",
              error->text);
}

static void mark_down(struct pyr__scrape_loop *loop, const pyr_error_t *error) {
  bool is_news = error->code != loop->last_code;
  loop->health = PYR__HEALTH_DOWN;
  loop->failures_in_a_row++;
  loop->last_code = error->code;
  keep_error(loop, error);
  log_down(loop, is_news, error->text);
}

/* A target cannot help that our disk is full, nor that we stop. */
static bool is_ours(enum pyr__failure failure) {
  return failure == PYR__FAILURE_STORE || failure == PYR__FAILURE_CANCELED;
}

/* ---- counters ----------------------------------------------------------- */

/* A CPU profile that failed leaves a gap, once there was one. */
static void note_gap(struct pyr__scrape_loop *loop) {
  int64_t now = pyr__now(&loop->scraper->clock);
  if (!loop->request->profile->is_cpu || loop->covered_until_ns == 0)
    return;
  loop->owner->job->counters.expected_ns += now - loop->covered_until_ns;
  loop->covered_until_ns = now;
}

static void count(struct pyr__scrape_loop *loop,
                  const struct pyr__scrape_outcome *outcome) {
  struct pyr__job_counters *counters = &loop->owner->job->counters;
  loop->scrapes++;
  counters->scrapes++;
  counters->wire_bytes += outcome->wire_bytes;
  counters->body_bytes += outcome->body_bytes;
  counters->redirects_refused += outcome->redirect_refused;
  counters->redirects_followed += outcome->other_hosts;
  pyr__histogram_add_seconds(&counters->duration,
                             (double)outcome->took_ns / (double)PYR__NS_PER_S);
  if (outcome->wire_bytes > 0)
    pyr__histogram_add_bytes(&counters->size, (double)outcome->wire_bytes);
}

static void tell_user(const struct pyr__scrape_loop *loop,
                      const struct pyr__scrape_outcome *outcome) {
  struct pyr__scraper *scraper = loop->scraper;
  if (scraper->options.on_scrape == NULL)
    return;
  scraper->in_callback = true;
  scraper->options.on_scrape(
      scraper->handle,
      &(pyr_scrape_t){.labels = loop->owner->target->labels,
                      .label_count = loop->owner->target->label_count,
                      .job = loop->owner->job->config->name,
                      .target = loop->owner->target->address,
                      .profile = loop->request->profile->name,
                      .url = loop->request->url,
                      .http_status = outcome->status,
                      .start_ns = loop->started_wall_ns,
                      .took_ns = outcome->took_ns,
                      .wire_bytes = outcome->wire_bytes,
                      .body_bytes = outcome->body_bytes,
                      .error = outcome->error});
  scraper->in_callback = false;
}

/* "job "api", target 10.0.0.1:6060, cpu: connection refused" */
static void add_context(const struct pyr__scrape_loop *loop, pyr_error_t *err) {
  pyr__error_prefix(err, "job \"%.*s\", target %.*s, %.*s: ",
                    PYR__STR_ARG(loop->owner->job->config->name),
                    PYR__STR_ARG(loop->owner->target->address),
                    PYR__STR_ARG(loop->request->profile->name));
}

static enum pyr__pace_outcome pace_of(enum pyr__failure failure, int status) {
  if (is_ours(failure))
    return PYR__PACE_GOOD;
  if (failure == PYR__FAILURE_CPU_BUSY)
    return PYR__PACE_BUSY;
  if (failure == PYR__FAILURE_STATUS && (status == 404 || status == 405))
    return PYR__PACE_ABSENT;
  return PYR__PACE_FAILED;
}

static enum pyr__pace_outcome
report_failure(struct pyr__scrape_loop *loop,
               const struct pyr__scrape_outcome *outcome) {
  enum pyr__failure failure = failure_of(outcome->error);
  enum pyr__pace_outcome means = pace_of(failure, outcome->status);

  loop->failures++;
  loop->owner->job->counters.failures[failure]++;
  note_gap(loop);
  pyr__scrape_fit_failed(loop, outcome);
  if (means == PYR__PACE_ABSENT &&
      loop->pace.absences + 1 >= PYR__PACE_ABSENT_AFTER)
    mark_absent(loop, outcome->error);
  else if (!is_ours(failure))
    mark_down(loop, outcome->error);
  return means;
}

enum pyr__pace_outcome
pyr__scrape_report(struct pyr__scrape_loop *loop,
                   const struct pyr__scrape_outcome *outcome) {
  enum pyr__pace_outcome means = PYR__PACE_GOOD;
  struct pyr__scrape_outcome told = *outcome;
  pyr_error_t err;

  count(loop, outcome);
  loop->last_scrape_ns = loop->started_wall_ns;
  loop->last_duration_ns = outcome->took_ns;
  if (outcome->error != NULL) {
    means = report_failure(loop, outcome);
    err = *outcome->error;
    add_context(loop, &err);
    told.error = &err;
  } else {
    mark_up(loop);
  }
  tell_user(loop, &told);
  return means;
}
