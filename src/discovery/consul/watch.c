#include "discovery/consul/watch.h"

#include "base/limits.h"

/* ---- an answer ---------------------------------------------------------- */

static void drop_answer(struct pyr__consul_watch *watch) {
  if (watch->answer == NULL)
    return;
  pyr__json_answer_release(watch->answer);
  pyr__free(watch->env->env->memory, watch->answer);
  watch->answer = NULL;
}

static int begin_answer(struct pyr__consul_watch *watch, pyr_error_t *err) {
  struct pyr__memory *memory = watch->env->env->memory;
  watch->answer =
      pyr__alloc(memory, PYR__MEM_DISCOVERY_GROUPS, sizeof(*watch->answer));
  if (watch->answer == NULL)
    return pyr__error_nomem(err);
  pyr__json_answer_init(watch->answer, memory,
                        watch->kind == PYR__CONSUL_HEALTH,
                        &pyr__consul_roots[watch->kind], &watch->env->held);
  return 0;
}

static int read_index(pyr_str_t text, uint64_t *out, pyr_error_t *err) {
  uint64_t index = 0;
  size_t i;

  for (i = 0; i < text.len && i < 20; i++) {
    unsigned digit = (unsigned)(text.base[i] - '0');
    if (digit > 9 || index > (UINT64_MAX - digit) / 10)
      break;
    index = index * 10 + digit;
  }
  if (text.len == 0 || i < text.len)
    return pyr__error(err, PYR_EHTTP,
                      "no X-Consul-Index that is a number in the response, "
                      "expected an agent of Consul");
  *out = index;
  return 0;
}

static int on_head(void *ctx, const struct pyr__http_head *head,
                   pyr_error_t *err) {
  struct pyr__consul_watch *watch = ctx;
  int rc;

  if (head->status != 200)
    return 0;
  rc = pyr__json_answer_check(head, err);
  if (rc == 0 && watch->kind != PYR__CONSUL_AGENT)
    rc = read_index(head->consul_index, &watch->next_index, err);
  /* The same index again: the agent has waited in vain. */
  if (rc == 0 && (watch->next_index != watch->index || watch->index == 0))
    rc = begin_answer(watch, err);
  return rc;
}

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct pyr__consul_watch *watch = ctx;
  return watch->answer == NULL
             ? 0
             : pyr__json_answer_feed(watch->answer, data, len, err);
}

static void done(struct pyr__consul_watch *watch, const pyr_error_t *error) {
  if (error != NULL)
    drop_answer(watch);
  watch->env->events->on_done(watch->env->ctx, watch, error);
}

static void on_done(void *ctx, const struct pyr__http_done *end) {
  struct pyr__consul_watch *watch = ctx;
  const pyr_error_t *error = end->error;
  pyr_error_t err;

  watch->request = NULL;
  watch->env->asking--;
  if (watch->is_closed || end->code == PYR_ECANCELED)
    return;
  uv_timer_stop(&watch->timer);
  if (error == NULL && watch->answer != NULL &&
      pyr__json_answer_finish(watch->answer, &err) != 0)
    error = &err;
  done(watch, error);
}

/* ---- a question --------------------------------------------------------- */

static void on_overdue(uv_timer_t *timer) {
  struct pyr__consul_watch *watch =
      pyr__container_of(timer, struct pyr__consul_watch, timer);
  if (watch->request != NULL)
    pyr__http_cancel(watch->request, PYR_ETIMEOUT,
                     "no whole answer within the time that was asked for");
}

static int ask(struct pyr__consul_watch *watch, uint64_t wait_ms,
               pyr_error_t *err) {
  const struct pyr__consul_watch_env *env = watch->env;
  const struct pyr__http_handler handler = {on_head, on_body, on_done, watch};
  const struct pyr__http_options options = {
      .follow_other_hosts = env->config->access.follow_redirects,
      .access = env->access,
      .headers = "Accept: application/json\r\n",
      .unix_socket = env->config->unix_socket};
  const struct pyr__consul_question question = {watch->kind, watch->service,
                                                watch->index, wait_ms};
  struct pyr__buf url;
  int rc;

  pyr__buf_init(&url, env->env->memory, PYR__MEM_DISCOVERY_GROUPS,
                PYR__LIMIT_URL_BYTES);
  rc = pyr__consul_write_url(&url, env->config, &question, err);
  if (rc == 0)
    rc = pyr__http_start(env->env->client, (char *)url.data, &options, &handler,
                         &watch->request, err);
  pyr__buf_release(&url);
  return rc;
}

void pyr__consul_watch_ask(struct pyr__consul_watch *watch, uint64_t wait_ms) {
  pyr_error_t err;

  watch->asked_ns = pyr__now(&watch->env->env->clock);
  watch->next_index = 0;
  if (ask(watch, wait_ms, &err) != 0) {
    done(watch, &err);
    return;
  }
  watch->env->asking++;
  uv_timer_start(&watch->timer, on_overdue, wait_ms + watch->env->timing->grace,
                 0);
}

/* An index that went back is not to be waited behind: the agent was made anew,
 * and would have no news until it is there again. */
bool pyr__consul_watch_know(struct pyr__consul_watch *watch) {
  bool begins_anew = watch->next_index < watch->index;
  watch->index = begins_anew ? 0 : watch->next_index;
  drop_answer(watch);
  return begins_anew;
}

void pyr__consul_watch_forget(struct pyr__consul_watch *watch) {
  watch->index = 0;
  drop_answer(watch);
}

/* ---- its life ----------------------------------------------------------- */

static void on_due(uv_timer_t *timer) {
  struct pyr__consul_watch *watch =
      pyr__container_of(timer, struct pyr__consul_watch, timer);
  watch->env->events->on_due(watch->env->ctx, watch);
}

void pyr__consul_watch_soon(struct pyr__consul_watch *watch) {
  uv_timer_start(&watch->timer, on_due, 0, 0);
}

void pyr__consul_watch_later(struct pyr__consul_watch *watch, bool has_failed) {
  const struct pyr__consul_watch_env *env = watch->env;
  int64_t now = pyr__now(&env->env->clock);
  int64_t at = watch->asked_ns + env->config->refresh_interval_ns;
  int64_t retry = now + (int64_t)env->timing->retry * PYR__NS_PER_MS;

  if (has_failed && at < retry)
    at = retry;
  uv_timer_start(&watch->timer, on_due,
                 at <= now ? 0 : (uint64_t)((at - now) / PYR__NS_PER_MS) + 1,
                 0);
}

void pyr__consul_watch_init(struct pyr__consul_watch *watch,
                            struct pyr__consul_watch_env *env,
                            enum pyr__consul_kind kind, pyr_str_t service) {
  *watch =
      (struct pyr__consul_watch){.env = env, .kind = kind, .service = service};
  pyr__list_init(&watch->link);
  uv_timer_init(env->env->loop, &watch->timer);
}

void pyr__consul_watch_stop(struct pyr__consul_watch *watch) {
  uv_timer_stop(&watch->timer);
  if (watch->request != NULL)
    pyr__http_cancel(watch->request, PYR_ECANCELED, "stopped");
  drop_answer(watch);
}

static void on_closed(uv_handle_t *handle) {
  struct pyr__consul_watch *watch =
      pyr__container_of((uv_timer_t *)handle, struct pyr__consul_watch, timer);
  watch->env->events->on_closed(watch->env->ctx, watch);
}

void pyr__consul_watch_close(struct pyr__consul_watch *watch) {
  watch->is_closed = true;
  pyr__consul_watch_stop(watch);
  pyr__list_remove(&watch->link);
  uv_close((uv_handle_t *)&watch->timer, on_closed);
}
