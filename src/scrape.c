/* One (target, profile), for as long as the target lives: it waits for its
 * timer, asks the gate, sends a request, decodes what comes, and waits again.
 */
#include <stdio.h>

#include "base/duration.h"
#include "base/limits.h"
#include "net/retry_after.h"
#include "scraper.h"

/* ---- decoders ----------------------------------------------------------- */

static int borrow_decoder(struct pyr__scrape_loop *loop, pyr_error_t *err) {
  struct pyr__scraper *scraper = loop->scraper;
  struct pyr__decoder_limits limits = {
      .body_bytes = loop->owner->job->config->body_size_limit,
      .arena_bytes = pyr__budget_allows(&scraper->budget, &loop->memory),
      .stack_frames = scraper->config->limits.stack_frames,
      .keep_negative = pyr__scrape_is_difference(loop->request)};

  if (scraper->decoder_count > 0)
    loop->decoder = scraper->decoders[--scraper->decoder_count];
  else if (pyr__decoder_new(&loop->decoder, &scraper->memory) != 0)
    return pyr__error_nomem(err);
  pyr__decoder_begin(loop->decoder, &limits);
  return 0;
}

static void return_decoder(struct pyr__scrape_loop *loop) {
  struct pyr__scraper *scraper = loop->scraper;
  if (scraper->decoder_count < PYR__IDLE_DECODERS && loop->decoder != NULL) {
    pyr__decoder_trim(loop->decoder);
    scraper->decoders[scraper->decoder_count++] = loop->decoder;
  } else {
    pyr__decoder_free(loop->decoder);
  }
  loop->decoder = NULL;
  pyr__budget_leave(&scraper->budget, &loop->memory);
}

void pyr__scrape_go_on(void *ctx, struct pyr__share *share) {
  struct pyr__scrape_loop *loop =
      pyr__container_of(share, struct pyr__scrape_loop, memory);
  (void)ctx;
  if (loop->http != NULL)
    pyr__http_release(loop->http);
}

void pyr__scraper_decoders_release(struct pyr__scraper *scraper) {
  while (scraper->decoder_count > 0)
    pyr__decoder_free(scraper->decoders[--scraper->decoder_count]);
}

/* ---- one scrape --------------------------------------------------------- */

static void schedule_next(struct pyr__scrape_loop *loop,
                          enum pyr__pace_outcome outcome) {
  struct pyr__pace_scrape scrape = {.outcome = outcome,
                                    .due_ns = loop->due_ns,
                                    .started_ns = loop->started_ns,
                                    .seconds_ns = pyr__scrape_seconds_ns(loop),
                                    .retry_after_ns = loop->retry_after_ns};
  uint64_t missed;
  int64_t next = pyr__pace_next(&loop->pace, &scrape,
                                pyr__scraper_now(loop->scraper), &missed);
  loop->missed += missed;
  loop->owner->job->counters.missed += missed;
  pyr__timer_set(&loop->scraper->heap, &loop->timer, next);
}

static void end(struct pyr__scrape_loop *loop,
                struct pyr__scrape_outcome *outcome) {
  struct pyr__scraper *scraper = loop->scraper;
  enum pyr__pace_outcome means;

  pyr__timer_clear(&scraper->heap, &loop->timer);
  if (loop->decoder != NULL)
    outcome->body_bytes = pyr__decoder_body_bytes(loop->decoder);
  return_decoder(loop);
  outcome->took_ns = pyr__now(&scraper->clock) - loop->started_ns;
  means = pyr__scrape_report(loop, outcome);
  pyr__gate_leave(&scraper->gate, &loop->pass);
  if (loop->owner->is_gone)
    pyr__scrape_target_end(loop->owner);
  else if (scraper->state == PYR__SCRAPER_RUNNING)
    schedule_next(loop, means);
  if (scraper->state != PYR__SCRAPER_RUNNING)
    pyr__scraper_idle(scraper);
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct pyr__scrape_loop *loop = ctx;
  (void)err;
  if (head->status == 429 || head->status == 503)
    loop->retry_after_ns = pyr__retry_after_ns(
        head->retry_after, pyr__scraper_now(loop->scraper).wall_ns);
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct pyr__scrape_loop *loop = ctx;
  struct pyr__budget *budget = &loop->scraper->budget;
  int rc = loop->decoder == NULL ? borrow_decoder(loop, err) : 0;
  if (rc != 0)
    return rc;
  pyr__decoder_allow(loop->decoder, pyr__budget_allows(budget, &loop->memory));
  rc = pyr__decoder_write(loop->decoder, data, len, err);
  if (rc == 0 && pyr__budget_note(budget, &loop->memory,
                                  pyr__decoder_bytes(loop->decoder)))
    pyr__http_hold(loop->http);
  return rc;
}

static int finish(struct pyr__scrape_loop *loop, pyr_error_t *err) {
  struct pyr__scraper *scraper = loop->scraper;
  const struct pyr__profile *profile = NULL;
  /* A body without a byte is the decoder's to refuse. */
  int rc = loop->decoder == NULL ? borrow_decoder(loop, err) : 0;
  if (rc != 0)
    return rc;
  /* The difference comes on top, and is gone at the end of this. */
  pyr__decoder_allow(loop->decoder,
                     PYR__SMALL_SCRAPE_BYTES +
                         pyr__budget_allows(&scraper->budget, &loop->memory));
  rc = pyr__decoder_finish(loop->decoder, &profile, err);
  return rc == 0 ? pyr__scrape_keep(loop, profile, err) : rc;
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct pyr__scrape_loop *loop = ctx;
  struct pyr__scrape_outcome outcome = {.error = done->error,
                                        .status = done->status,
                                        .redirect_refused =
                                            done->redirect_refused,
                                        .other_hosts = done->other_hosts,
                                        .wire_bytes = done->wire_bytes};
  pyr_error_t err = {0};

  loop->http = NULL;
  if (done->code == 0 && finish(loop, &err) != 0)
    outcome.error = &err;
  end(loop, &outcome);
}

/* What the job's target-limit and label limits say of the target. */
static int check_limits(const struct pyr__scrape_loop *loop, pyr_error_t *err) {
  return pyr__target_set_check(pyr__job_set(loop->owner->job),
                               loop->owner->live, err);
}

static void begin(struct pyr__scrape_loop *loop) {
  struct pyr__scraper *scraper = loop->scraper;
  struct pyr__http_handler handler = {
      .on_head = on_head, .on_body = on_body, .on_done = on_done, .ctx = loop};
  struct pyr__http_options options = {
      .follow_other_hosts = loop->owner->job->config->access.follow_redirects,
      .access = loop->owner->job->access,
      .unix_socket = loop->owner->target->unix_socket};
  struct pyr__instant now = pyr__scraper_now(scraper);
  int64_t deadline = now.monotonic_ns + loop->request->timeout_ns;
  char url[PYR__LIMIT_URL_BYTES];
  pyr_error_t err;

  loop->started_ns = now.monotonic_ns;
  loop->started_wall_ns = now.wall_ns;
  loop->retry_after_ns = 0;
  loop->early_code = check_limits(loop, &err);
  if (loop->early_code == 0)
    loop->early_code = pyr__http_start(scraper->client,
                                       pyr__scrape_url(loop, url, sizeof(url)),
                                       &options, &handler, &loop->http, &err);
  /* The gate is not a place to end in: it may be admitting others. */
  if (loop->early_code != 0)
    deadline = now.monotonic_ns;
  pyr__timer_set(&scraper->heap, &loop->timer, deadline);
}

void pyr__scrape_admit(void *ctx, struct pyr__pass *pass) {
  struct pyr__scrape_loop *loop =
      pyr__container_of(pass, struct pyr__scrape_loop, pass);
  (void)ctx;
  begin(loop);
}

static void end_early(struct pyr__scrape_loop *loop) {
  struct pyr__scrape_outcome outcome = {0};
  pyr_error_t err;

  if (loop->early_code != PYR_ELIMIT || loop->owner->is_gone ||
      check_limits(loop, &err) == 0)
    pyr__error(&err, loop->early_code, "request not sent: %s",
               pyr_strerror(loop->early_code));
  outcome.error = &err;
  end(loop, &outcome);
}

static void time_out(struct pyr__scrape_loop *loop) {
  char after[PYR__DURATION_TEXT], text[PYR_ERROR_TEXT];
  const char *phase = pyr__http_phase(loop->http);

  if (loop->memory.state == PYR__SHARE_WAITING)
    phase = "waiting for memory that other profiles take (limits: "
            "scrape-bytes)";
  pyr__duration_format(after, loop->request->timeout_ns);
  snprintf(text, sizeof(text), "timed out after %s (scrape-timeout), %s", after,
           phase);
  pyr__http_cancel(loop->http, PYR_ETIMEOUT, text);
}

static void on_timer(struct pyr__timer *timer) {
  struct pyr__scrape_loop *loop =
      pyr__container_of(timer, struct pyr__scrape_loop, timer);

  if (!loop->owner->has_begun && loop->pass.state != PYR__PASS_HELD)
    return; /* it has ended */
  if (loop->pass.state != PYR__PASS_HELD) {
    loop->due_ns = timer->due_ns;
    pyr__gate_enter(&loop->scraper->gate, &loop->pass);
  } else if (loop->http == NULL) {
    end_early(loop);
  } else {
    time_out(loop);
  }
}

/* ---- the loop ----------------------------------------------------------- */

void pyr__scrape_loop_init(struct pyr__scrape_loop *loop,
                           struct pyr__scraper *scraper,
                           struct pyr__scrape_target *owner,
                           const struct pyr__target_request *request) {
  struct pyr__phase phase;

  loop->timer.fire = on_timer;
  loop->scraper = scraper;
  loop->owner = owner;
  loop->request = request;
  /* As long as its interval, or longer: the next one follows the last. */
  phase = pyr__phase_of(owner->target->hash, request->profile->name,
                        request->interval_ns,
                        request->seconds_ns >= request->interval_ns);
  loop->pace = pyr__pace_of(&phase, owner->target->hash);
}

void pyr__scrape_loop_start(struct pyr__scrape_loop *loop) {
  if (loop->scraper->options.discover_only)
    return;
  pyr__timer_set(
      &loop->scraper->heap, &loop->timer,
      pyr__phase_first(&loop->pace.phase, pyr__scraper_now(loop->scraper)));
}

void pyr__scrape_target_returned(struct pyr__scrape_target *target) {
  size_t i;
  for (i = 0; i < target->loop_count; i++) {
    struct pyr__scrape_loop *loop = &target->loops[i];
    pyr__scrape_fit_forget(loop);
    if (!pyr__pace_is_absent(&loop->pace))
      continue;
    pyr__pace_forget(&loop->pace);
    if (loop->pass.state == PYR__PASS_NONE && loop->timer.position != 0)
      pyr__scrape_loop_start(loop);
  }
}

void pyr__scrape_loop_stop(struct pyr__scrape_loop *loop) {
  pyr__gate_abandon(&loop->scraper->gate, &loop->pass);
  if (loop->pass.state == PYR__PASS_NONE)
    pyr__timer_clear(&loop->scraper->heap, &loop->timer);
}

void pyr__scrape_cancel(struct pyr__scrape_loop *loop) {
  if (loop->http != NULL)
    pyr__http_cancel(loop->http, PYR_ECANCELED, "stopped");
  else if (loop->pass.state == PYR__PASS_HELD)
    end_early(loop);
}

void pyr__scrape_loop_release(struct pyr__scrape_loop *loop) {
  pyr__gate_unlock(&loop->scraper->gate, loop->pass.lock);
  pyr__delta_free(loop->delta);
  pyr__free(&loop->scraper->memory, loop->last_error);
}
