#include "discovery/kubernetes/watch.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"

const struct pyr__kube_timing pyr__kube_timing_default = {
    .delay_min = 800,
    .delay_max = 30000,
    .delay_reset = 120000,
    .wait_max = 300000,
    .watch = 300000,
    .watch_short = 1000,
    .idle = 180000, /* bookmarks come every minute, where there is any news */
    .page = 300000,
};

static void begin(struct pyr__kube_watch *watch, enum pyr__kube_phase phase);

/* ---- going on later ----------------------------------------------------- */

static void on_later(uv_timer_t *timer) {
  struct pyr__kube_watch *watch =
      pyr__container_of(timer, struct pyr__kube_watch, timer);
  begin(watch, watch->phase == PYR__KUBE_REWATCHING_LATER ? PYR__KUBE_WATCHING
                                                          : PYR__KUBE_LISTING);
}

static void go_on_later(struct pyr__kube_watch *watch,
                        enum pyr__kube_phase phase) {
  watch->phase = phase;
  uv_timer_start(&watch->timer, on_later, pyr__kube_watch_delay(watch), 0);
}

/* ---- a request ---------------------------------------------------------- */

/* Nothing was heard for too long, or a page takes too long. */
static void on_overdue(uv_timer_t *timer) {
  struct pyr__kube_watch *watch =
      pyr__container_of(timer, struct pyr__kube_watch, timer);
  if (watch->request != NULL)
    pyr__http_cancel(watch->request, PYR_ETIMEOUT,
                     watch->phase == PYR__KUBE_WATCHING
                         ? "nothing was heard for too long"
                         : "a page of the list took too long");
}

static void expect_more(struct pyr__kube_watch *watch) {
  const struct pyr__kube_timing *timing = watch->env->timing;
  if (watch->phase == PYR__KUBE_WATCHING)
    uv_timer_start(&watch->timer, on_overdue, timing->idle, 0);
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct pyr__kube_watch *watch = ctx;

  watch->status = head->status;
  watch->retry_after_ms = pyr__kube_watch_retry_after(watch, head->retry_after);
  if (head->status != 200)
    return 0;
  if (head->content_encoding.len != 0 &&
      !pyr__str_is(head->content_encoding, "identity"))
    return pyr__error(err, PYR_EHTTP,
                      "the response is compressed, which was not asked for");
  expect_more(watch);
  if (watch->phase == PYR__KUBE_WATCHING)
    pyr__kube_watch_tell_recovery(watch);
  return 0;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct pyr__kube_watch *watch = ctx;
  int rc;
  expect_more(watch);
  rc = pyr__kube_extract_feed(&watch->extract, data, len, err);
  watch->is_broken = rc != 0;
  return rc;
}

/* ---- after a list ------------------------------------------------------- */

static void end_list(struct pyr__kube_watch *watch) {
  bool is_first = !watch->is_synced;
  pyr__kube_watch_end_list(watch);
  watch->is_synced = true;
  watch->freshness = PYR__KUBE_NOT_OLDER;
  watch->env->events->on_listed(watch->env->ctx, watch, is_first);
  begin(watch, PYR__KUBE_WATCHING);
}

static void list_failed(struct pyr__kube_watch *watch,
                        const pyr_error_t *error) {
  pyr__buf_clear(&watch->next_page);
  if (error->code == PYR_ESTATUS && pyr__kube_watch_is_out_of_step(watch)) {
    watch->freshness = PYR__KUBE_LATEST;
    begin(watch, PYR__KUBE_LISTING);
    return;
  }
  pyr__kube_watch_tell_failure(watch, error);
  go_on_later(watch, PYR__KUBE_RELISTING_LATER);
}

static void on_list_done(struct pyr__kube_watch *watch,
                         const struct pyr__http_done *done) {
  static const pyr_error_t no_list = {
      .code = PYR_EHTTP, .text = "the response is no list of Kubernetes"};
  pyr_error_t error;

  if (done->code != 0)
    list_failed(watch, done->error);
  else if (pyr__kube_extract_finish(&watch->extract, &error) != 0)
    list_failed(watch, &error);
  else if (watch->next_page.len != 0)
    begin(watch, PYR__KUBE_LISTING);
  else if (watch->upcoming.len == 0)
    list_failed(watch, &no_list);
  else
    end_list(watch);
}

/* ---- after a watch ------------------------------------------------------ */

static void on_watch_end(struct pyr__kube_watch *watch) {
  int64_t lived = pyr__now(&watch->env->clock) - watch->started_ns;
  pyr_error_t error;

  if (watch->events == 0 &&
      lived < (int64_t)watch->env->timing->watch_short * PYR__NS_PER_MS) {
    pyr__error(&error, PYR_EHTTP, "the watch ended at once, without an event");
    pyr__kube_watch_tell_failure(watch, &error);
    go_on_later(watch, PYR__KUBE_REWATCHING_LATER);
    return;
  }
  watch->env->events->on_restart(watch->env->ctx, watch);
  begin(watch, PYR__KUBE_WATCHING);
}

static void on_watch_failed(struct pyr__kube_watch *watch,
                            const pyr_error_t *error) {
  if (pyr__kube_watch_is_silent(watch, error)) {
    watch->env->events->on_restart(watch->env->ctx, watch);
    begin(watch, PYR__KUBE_WATCHING);
    return;
  }
  /* Expired is no failure: it happens to who was away for a while. */
  if (error->code != PYR_ESTATUS || watch->status != 410)
    pyr__kube_watch_tell_failure(watch, error);
  else
    watch->env->events->on_restart(watch->env->ctx, watch);
  go_on_later(watch, pyr__kube_watch_may_go_on(watch, error)
                         ? PYR__KUBE_REWATCHING_LATER
                         : PYR__KUBE_RELISTING_LATER);
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct pyr__kube_watch *watch = ctx;

  watch->request = NULL;
  if (watch->phase == PYR__KUBE_CLOSED)
    return;
  uv_timer_stop(&watch->timer);
  if (watch->phase == PYR__KUBE_LISTING)
    on_list_done(watch, done);
  else if (done->code == 0)
    on_watch_end(watch);
  else
    on_watch_failed(watch, done->error);
}

/* ---- beginning ---------------------------------------------------------- */

static int start(struct pyr__kube_watch *watch, pyr_error_t *err) {
  const struct pyr__http_handler handler = {on_head, on_body, on_done, watch};
  int rc = pyr__kube_watch_write_path(watch, err);

  pyr__buf_clear(&watch->next_page);
  if (rc != 0)
    return rc;
  return pyr__kube_access_get(watch->env->access, (const char *)watch->url.data,
                              &handler, &watch->request, err);
}

static void begin(struct pyr__kube_watch *watch, enum pyr__kube_phase phase) {
  const struct pyr__kube_timing *timing = watch->env->timing;
  bool is_list = phase == PYR__KUBE_LISTING;
  pyr_error_t error = {0};

  watch->phase = phase;
  watch->status = 0;
  watch->events = 0;
  watch->retry_after_ms = 0;
  watch->is_broken = false;
  watch->message[0] = watch->event[0] = '\0';
  watch->started_ns = pyr__now(&watch->env->clock);
  watch->is_paged = is_list && watch->next_page.len != 0;
  pyr__kube_watch_random(watch);
  pyr__buf_clear(&watch->upcoming);
  if (!is_list)
    pyr__kube_extract_watch(&watch->extract);
  else
    pyr__kube_extract_list(&watch->extract);
  if (is_list && !watch->is_paged)
    watch->store.generation++;
  if (start(watch, &error) == 0) {
    uv_timer_start(&watch->timer, on_overdue,
                   is_list ? timing->page : timing->idle, 0);
    return;
  }
  pyr__kube_watch_tell_failure(watch, &error);
  go_on_later(watch,
              is_list ? PYR__KUBE_RELISTING_LATER : PYR__KUBE_REWATCHING_LATER);
}

static void init_bufs(struct pyr__kube_watch *watch) {
  struct pyr__buf *const bufs[] = {&watch->url, &watch->version,
                                   &watch->upcoming, &watch->next_page};
  size_t i;
  for (i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++)
    pyr__buf_init(bufs[i], watch->env->memory, PYR__MEM_DISCOVERY_KUBERNETES,
                  PYR__LIMIT_URL_BYTES);
}

void pyr__kube_watch_prepare(struct pyr__kube_watch *watch,
                             const struct pyr__kube_watch_env *env,
                             const struct pyr__kube_watch_options *options) {
  *watch =
      (struct pyr__kube_watch){.env = env,
                               .options = *options,
                               .resource = &pyr__kube_resources[options->kind],
                               .random = pyr__hash_random_seed()};
  pyr__kube_store_init(&watch->store, env->memory);
  pyr__kube_extract_init(&watch->extract, env->memory, watch->resource->nodes,
                         &pyr__kube_watch_intake, watch);
  init_bufs(watch);
}

void pyr__kube_watch_start(struct pyr__kube_watch *watch) {
  uv_timer_init(watch->env->loop, &watch->timer);
  begin(watch, PYR__KUBE_LISTING);
}

static void on_closed(uv_handle_t *handle) {
  struct pyr__kube_watch *watch =
      pyr__container_of((uv_timer_t *)handle, struct pyr__kube_watch, timer);

  pyr__kube_store_release(&watch->store);
  pyr__kube_extract_release(&watch->extract);
  pyr__buf_release(&watch->url);
  pyr__buf_release(&watch->version);
  pyr__buf_release(&watch->upcoming);
  pyr__buf_release(&watch->next_page);
  watch->close_cb(watch->close_ctx);
}

void pyr__kube_watch_close(struct pyr__kube_watch *watch, void (*cb)(void *ctx),
                           void *ctx) {
  watch->phase = PYR__KUBE_CLOSED;
  watch->close_cb = cb;
  watch->close_ctx = ctx;
  if (watch->request != NULL)
    pyr__http_cancel(watch->request, PYR_ECANCELED, "stopped");
  uv_close((uv_handle_t *)&watch->timer, on_closed);
}
