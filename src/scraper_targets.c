/* Jobs, their targets as they come and go, and a loop for each request. */
#include <stdio.h>
#include <stdlib.h>

#include "scraper.h"

enum {
  JOB_TEXT = 128,
  START_TARGETS = 256 /* in a turn */
};

/* ---- one target --------------------------------------------------------- */

static void target_free(struct pyr__scraper *scraper,
                        struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++)
    pyr__scrape_loop_release(&target->loops[i]);
  pyr__live_target_drop(target->live);
  pyr__free(&scraper->memory, target);
}

/* What two CPU profiles at once would be of: one process. */
static pyr_str_t process_of(const struct pyr__target *target) {
  return target->unix_socket == NULL ? target->address
                                     : pyr__str(target->unix_socket);
}

/* A lock for each CPU profile: two of one address may not run at once. */
static int lock_cpu(struct pyr__scraper *scraper,
                    struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++) {
    struct pyr__scrape_loop *loop = &target->loops[i];
    if (!loop->request->profile->is_cpu)
      continue;
    loop->pass.lock =
        pyr__gate_lock(&scraper->gate, process_of(target->target));
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
  pyr__list_init(&target->link);
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

  if (target == NULL)
    return pyr__error_nomem(err);
  live->owner = target;
  scraper->loop_count += target->loop_count;
  return 0;
}

static void start(struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++) {
    struct pyr__scrape_loop *loop = &target->loops[i];
    if (loop->pass.state == PYR__PASS_NONE && loop->timer.position == 0)
      pyr__scrape_loop_start(loop);
  }
}

/* Thousands begin in one turn when a configuration takes over. */
void pyr__scraper_start_turn(struct pyr__timer *timer) {
  struct pyr__scraper *scraper =
      pyr__container_of(timer, struct pyr__scraper, start_timer);
  struct pyr__list *starting = &scraper->starting;
  size_t i;

  if (scraper->state != PYR__SCRAPER_RUNNING)
    return;
  for (i = 0; i < START_TARGETS && !pyr__list_is_empty(starting); i++) {
    struct pyr__scrape_target *target =
        pyr__container_of(starting->next, struct pyr__scrape_target, link);
    pyr__list_remove(&target->link);
    start(target);
  }
  if (!pyr__list_is_empty(starting))
    pyr__timer_set(&scraper->heap, timer, pyr__now(&scraper->clock));
}

static void on_begun(void *ctx, struct pyr__live_target *live) {
  struct pyr__job_state *job = ctx;
  struct pyr__scraper *scraper = job->scraper;
  struct pyr__scrape_target *target = live->owner;

  target->has_begun = true;
  job->request_count += target->loop_count;
  if (scraper->state != PYR__SCRAPER_RUNNING)
    return;
  pyr__list_add_before(&scraper->starting, &target->link);
  if (scraper->start_timer.position == 0)
    pyr__timer_set(&scraper->heap, &scraper->start_timer,
                   pyr__now(&scraper->clock));
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
static void stop(struct pyr__scrape_target *target) {
  size_t i, count = target->loop_count;
  for (i = 0; i < count; i++)
    pyr__scrape_loop_stop(&target->loops[i]);
  for (i = 0; i < count; i++)
    if (target->loops[i].http != NULL)
      pyr__scrape_cancel(&target->loops[i]);
  for (i = 0; i < count; i++) /* what was cancelled has planned its next */
    pyr__scrape_loop_stop(&target->loops[i]);
}

static void end(struct pyr__scrape_target *target) {
  if (!target->has_begun)
    return;
  target->has_begun = false;
  target->job->request_count -= target->loop_count;
  pyr__list_remove(&target->link);
}

static bool is_asked(const struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++)
    if (target->loops[i].pass.state != PYR__PASS_NONE)
      return true;
  return false;
}

/* Timers that are set do nothing any more, which costs less than to find them
 * all while a configuration takes over. */
static void on_ended(void *ctx, struct pyr__live_target *live) {
  struct pyr__scrape_target *target = live->owner;
  (void)ctx;
  end(target);
  if (is_asked(target))
    stop(target);
}

static void on_gone(void *ctx, struct pyr__live_target *live) {
  struct pyr__job_state *job = ctx;
  struct pyr__scrape_target *target = live->owner;

  end(target);
  job->scraper->leaving++;
  stop(target);
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

struct pyr__target_set *pyr__job_set(const struct pyr__job_state *job) {
  return pyr__job_targets_set(job->targets);
}

static pyr_str_t own_address(const struct pyr__scraper *scraper) {
  return pyr__str(scraper->serve == NULL ? ""
                                         : pyr__serve_address(scraper->serve));
}

static void on_job_closed(void *ctx) {
  struct pyr__job_state *job = ctx;
  struct pyr__scraper *scraper = job->scraper;
  pyr__http_access_unref(job->access);
  pyr__free(&scraper->memory, job);
  pyr__scraper_room_closed(scraper);
}

void pyr__job_close(struct pyr__job_state *job) {
  job->scraper->open_handles++;
  pyr__job_targets_close(job->targets, on_job_closed, job);
}

int pyr__job_access_new(struct pyr__http_access **out,
                        struct pyr__scraper *scraper,
                        const struct pyr__job_config *config,
                        pyr_error_t *err) {
  char name[JOB_TEXT];
  int rc;

  snprintf(name, sizeof(name), "job \"%.*s\"", PYR__STR_ARG(config->name));
  rc = pyr__http_access_new(out, scraper->client, &config->access, name, err);
  return rc == 0 || rc == PYR__ENOMEM ? rc
                                      : pyr__error_prefix(err, "%s: ", name);
}

int pyr__job_new(struct pyr__job_state **out, struct pyr__scraper *scraper,
                 const struct pyr__job_config *job_config, pyr_error_t *err) {
  struct pyr__job_state *job =
      pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER, 1, sizeof(*job));
  struct pyr__job_targets_options options = {
      .env = {.loop = scraper->loop,
              .memory = &scraper->memory,
              .clock = scraper->clock,
              .log = &scraper->log,
              .client = scraper->client},
      .events = {on_added, on_begun, on_ended, on_gone, on_bad, job},
      .self = own_address(scraper)};
  int rc;

  if (job == NULL)
    return pyr__error_nomem(err);
  job->scraper = scraper;
  job->config = job_config;
  rc = pyr__job_access_new(&job->access, scraper, job_config, err);
  if (rc == 0)
    rc = pyr__job_targets_new(&job->targets, &options, err);
  if (rc != 0) {
    pyr__http_access_unref(job->access);
    pyr__free(&scraper->memory, job);
    return rc;
  }
  *out = job;
  return 0;
}

static int start_job(struct pyr__job_state **out, struct pyr__scraper *scraper,
                     const struct pyr__job_config *config, pyr_error_t *err) {
  struct pyr__job_state *job = NULL;
  int rc = pyr__job_new(&job, scraper, config, err);

  if (job == NULL)
    return rc;
  rc = pyr__job_targets_start(job->targets, scraper->config, config, err);
  if (rc != 0) {
    pyr__job_close(job);
    return pyr__error_prefix(err, "job \"%.*s\": ", PYR__STR_ARG(config->name));
  }
  *out = job;
  return 0;
}

static int compare_names(const void *a, const void *b) {
  const struct pyr__job_state *const *left = a, *const *right = b;
  return pyr__str_compare((*left)->config->name, (*right)->config->name);
}

void pyr__scraper_sort_jobs(struct pyr__scraper *scraper) {
  if (scraper->job_count > 0)
    qsort(scraper->jobs, scraper->job_count, sizeof(struct pyr__job_state *),
          compare_names);
}

size_t pyr__scraper_in_flight(const struct pyr__scraper *scraper,
                              const pyr_config_t *config) {
  size_t most = pyr__http_client_stats(scraper->client)->most;
  if (config->limits.in_flight <= most)
    return config->limits.in_flight;
  pyr__log(&scraper->log, PYR_LOG_WARN,
           "fewer scrapes than limits: in-flight may run at once, by the open "
           "files that this process may have (ulimit -n, LimitNOFILE)",
           {"scrapes", pyr__str(pyr__number((int64_t)most).text)});
  return most;
}

int pyr__scraper_targets_build(struct pyr__scraper *scraper, pyr_error_t *err) {
  pyr_config_t *config = scraper->config;
  size_t i;
  int rc = 0;

  pyr__gate_init(&scraper->gate, &scraper->memory,
                 pyr__scraper_in_flight(scraper, config), pyr__scrape_admit,
                 scraper);
  pyr__budget_init(&scraper->budget, config->limits.scrape_bytes,
                   PYR__SMALL_SCRAPE_BYTES, pyr__scrape_go_on, scraper);
  scraper->jobs =
      pyr__calloc(&scraper->memory, PYR__MEM_SCRAPER, config->job_count,
                  sizeof(struct pyr__job_state *));
  if (scraper->jobs == NULL)
    return pyr__error_nomem(err);
  for (i = 0; i < config->job_count && rc == 0; i++) {
    rc = start_job(&scraper->jobs[i], scraper, &config->jobs[i], err);
    scraper->job_count += rc == 0;
  }
  pyr__scraper_sort_jobs(scraper);
  return rc;
}

/* ---- all loops ---------------------------------------------------------- */

static void each_loop(struct pyr__scraper *scraper,
                      void (*act)(struct pyr__scrape_loop *loop)) {
  size_t i, k, loop;
  for (i = 0; i < scraper->job_count; i++)
    for (k = 0; k < pyr__job_set(scraper->jobs[i])->count; k++) {
      struct pyr__scrape_target *target =
          pyr__job_set(scraper->jobs[i])->targets[k]->owner;
      for (loop = 0; loop < target->loop_count; loop++)
        act(&target->loops[loop]);
    }
}

size_t pyr__scraper_target_count(const struct pyr__scraper *scraper) {
  size_t i, count = 0;
  for (i = 0; i < scraper->job_count; i++)
    count += pyr__job_set(scraper->jobs[i])->count;
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

void pyr__scraper_targets_close(struct pyr__scraper *scraper) {
  while (scraper->job_count > 0)
    pyr__job_close(scraper->jobs[--scraper->job_count]);
  pyr__free(&scraper->memory, scraper->jobs);
  scraper->jobs = NULL;
}
