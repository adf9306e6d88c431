#include "discovery/consul/discoverer.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"
#include "discovery/consul/state.h"

static const struct pyr__consul_timing usual_timing = {
    .wait = 120000, .wait_min = 1000, .grace = 15000, .retry = 15000};

static struct pyr__consul *self_of(struct pyr__discoverer *discoverer) {
  return pyr__container_of(discoverer, struct pyr__consul, base);
}

/* ---- how it goes -------------------------------------------------------- */

void pyr__consul_failed(struct pyr__consul *self,
                        struct pyr__consul_watch *watch,
                        const pyr_error_t *error) {
  const char *base = self->env.config->base.base;
  pyr_error_t described = *error;

  if (watch->kind == PYR__CONSUL_HEALTH)
    pyr__error_prefix(&described, "%s: service \"%.*s\": ", base,
                      PYR__STR_ARG(watch->service));
  else
    pyr__error_prefix(&described, "%s: %s: ", base,
                      watch->kind == PYR__CONSUL_AGENT ? "the agent"
                                                       : "the catalog");
  self->failing += !watch->is_failing;
  watch->is_failing = true;
  if (self->failing == 1)
    pyr__discoverer_failed(&self->base, &described);
  else
    self->base.stats.failures++;
}

static void succeeded(struct pyr__consul *self,
                      struct pyr__consul_watch *watch) {
  self->failing -= watch->is_failing;
  watch->is_failing = false;
  if (self->failing == 0)
    pyr__discoverer_succeeded(&self->base);
  else
    self->base.stats.last_success_ns = pyr__wall(&self->base.env->clock);
}

void pyr__consul_check_synced(struct pyr__consul *self) {
  if (self->is_synced || !self->has_services || self->unanswered > 0 ||
      self->base.is_updating)
    return;
  self->is_synced = true;
  self->base.sink.on_synced(self->base.sink.ctx, &self->base);
}

void pyr__consul_know(struct pyr__consul *self,
                      struct pyr__consul_watch *watch) {
  self->base.stats.watch_restarts += pyr__consul_watch_know(watch);
}

/* ---- answers ------------------------------------------------------------ */

/* An agent that was away may have been made anew, and would have no news until
 * its index has come to the one that is known: so it is forgotten. */
static void fail(struct pyr__consul *self, struct pyr__consul_watch *watch,
                 const pyr_error_t *error) {
  pyr__consul_failed(self, watch, error);
  self->base.stats.watch_restarts += watch->index != 0;
  pyr__consul_watch_forget(watch);
  pyr__consul_watch_later(watch, true);
}

static void begin(struct pyr__consul *self) {
  pyr_error_t err;

  if (pyr__consul_needs_catalog(self->env.config)) {
    pyr__consul_watch_soon(&self->catalog);
  } else if (pyr__consul_take_list(self, &err) != 0) {
    fail(self, &self->catalog, &err);
  } else {
    if (self->catalog.is_failing)
      succeeded(self, &self->catalog);
    self->has_services = true;
    pyr__consul_check_synced(self);
  }
}

static int take_datacenter(struct pyr__consul *self, pyr_error_t *err) {
  pyr_str_t name = pyr__json_record_find(
      pyr__json_answer_record(self->agent.answer), PYR__CONSUL_DATACENTER);

  if (name.len == 0)
    return pyr__error(err, PYR_EHTTP, "the answer has no Config.Datacenter");
  self->own_datacenter =
      pyr__copy_text(self->base.env->memory, PYR__MEM_DISCOVERY_GROUPS, name);
  if (self->own_datacenter == NULL)
    return pyr__error_nomem(err);
  self->datacenter = pyr__str(self->own_datacenter);
  return 0;
}

static void on_agent(struct pyr__consul *self) {
  pyr_error_t err;
  int rc = take_datacenter(self, &err);

  pyr__consul_watch_forget(&self->agent);
  if (rc != 0) {
    fail(self, &self->agent, &err);
    return;
  }
  succeeded(self, &self->agent);
  begin(self);
}

static void on_catalog(struct pyr__consul *self) {
  struct pyr__consul_watch *watch = &self->catalog;
  pyr_error_t err;

  if (pyr__consul_take_catalog(self, &err) != 0) {
    fail(self, watch, &err);
    return;
  }
  succeeded(self, watch);
  pyr__consul_know(self, watch);
  pyr__consul_watch_later(watch, false);
  self->has_services = true;
  pyr__consul_check_synced(self);
}

/* What changed may be what no label is made of. */
static void on_health(struct pyr__consul *self,
                      struct pyr__consul_watch *watch) {
  struct pyr__consul_service *service = pyr__consul_service_of(watch);
  const struct pyr__buf *records = &watch->answer->records;
  uint64_t content =
      pyr__hash(self->services.seed, records->data, records->len);

  succeeded(self, watch);
  if (!service->is_told || service->content != content) {
    service->content = content;
    pyr__consul_emit(self, service);
    return;
  }
  pyr__consul_know(self, watch);
  pyr__consul_watch_later(watch, false);
}

static void on_done(void *ctx, struct pyr__consul_watch *watch,
                    const pyr_error_t *error) {
  struct pyr__consul *self = ctx;

  pyr__consul_wake(self); /* one less asks */
  if (error != NULL) {
    fail(self, watch, error);
  } else if (watch->answer == NULL) {
    self->base.stats.watch_restarts++;
    succeeded(self, watch);
    pyr__consul_watch_later(watch, false);
  } else if (watch->kind == PYR__CONSUL_AGENT) {
    on_agent(self);
  } else if (watch->kind == PYR__CONSUL_CATALOG) {
    on_catalog(self);
  } else {
    on_health(self, watch);
  }
}

static void on_due(void *ctx, struct pyr__consul_watch *watch) {
  struct pyr__consul *self = ctx;

  if (watch->kind == PYR__CONSUL_HEALTH &&
      pyr__consul_service_of(watch)->is_gone)
    pyr__consul_emit(self, pyr__consul_service_of(watch));
  else if (watch->kind == PYR__CONSUL_HEALTH)
    pyr__consul_ready(self, pyr__consul_service_of(watch));
  else if (watch->kind == PYR__CONSUL_CATALOG &&
           !pyr__consul_needs_catalog(self->env.config))
    begin(self);
  else
    pyr__consul_watch_ask(watch, self->env.timing->wait);
}

/* ---- its life ----------------------------------------------------------- */

static void release(struct pyr__consul *self) {
  struct pyr__memory *memory = self->base.env->memory;
  pyr__consul_services_release(&self->services);
  pyr__arena_release(&self->scratch);
  pyr__http_access_unref(self->env.access);
  pyr__free(memory, self->own_datacenter);
  pyr__free(memory, self);
}

static void handle_closed(struct pyr__consul *self) {
  void (*closed)(void *ctx) = self->closed;
  void *ctx = self->closed_ctx;

  if (--self->handles > 0)
    return;
  release(self);
  closed(ctx);
}

static void on_watch_closed(void *ctx, struct pyr__consul_watch *watch) {
  struct pyr__consul *self = ctx;
  if (watch->kind == PYR__CONSUL_HEALTH)
    pyr__free(self->base.env->memory, pyr__consul_service_of(watch));
  handle_closed(self);
}

static void on_turn_closed(uv_handle_t *handle) {
  handle_closed(
      pyr__container_of((uv_idle_t *)handle, struct pyr__consul, turn));
}

static void close_consul(struct pyr__discoverer *discoverer,
                         void (*cb)(void *ctx), void *ctx) {
  struct pyr__consul *self = self_of(discoverer);
  uint32_t i;

  self->closed = cb;
  self->closed_ctx = ctx;
  uv_close((uv_handle_t *)&self->turn, on_turn_closed);
  pyr__consul_watch_close(&self->agent);
  pyr__consul_watch_close(&self->catalog);
  for (i = 0; i < self->services.count; i++)
    pyr__consul_watch_close(&self->services.items[i]->watch);
}

static const struct pyr__discoverer_type consul_type = {"consul", close_consul};
static const struct pyr__consul_watch_events watch_events = {on_due, on_done,
                                                             on_watch_closed};

static void init(struct pyr__consul *self, const struct pyr__discovery_env *env,
                 const struct pyr__discovery_sink *sink) {
  pyr_str_t none = {"", 0};

  pyr__discoverer_init(&self->base, &consul_type, env, sink);
  pyr__consul_services_init(&self->services, env->memory);
  pyr__discovery_arena_init(&self->scratch, env);
  pyr__list_init(&self->ready);
  pyr__list_init(&self->emitting);
  uv_idle_init(env->loop, &self->turn);
  pyr__consul_watch_init(&self->agent, &self->env, PYR__CONSUL_AGENT, none);
  pyr__consul_watch_init(&self->catalog, &self->env, PYR__CONSUL_CATALOG, none);
  self->handles = 3;
  self->datacenter = self->env.config->datacenter;
  pyr__consul_watch_soon(self->datacenter.len == 0 ? &self->agent
                                                   : &self->catalog);
}

int pyr__consul_discoverer_new(struct pyr__discoverer **out,
                               const struct pyr__consul_sd_config *config,
                               const struct pyr__discovery_env *env,
                               const struct pyr__discovery_sink *sink,
                               const struct pyr__consul_options *options,
                               pyr_error_t *err) {
  struct pyr__consul *self =
      pyr__calloc(env->memory, PYR__MEM_DISCOVERY_GROUPS, 1, sizeof(*self));
  int rc;

  if (self == NULL)
    return pyr__error_nomem(err);
  self->env = (struct pyr__consul_watch_env){
      .env = env,
      .config = config,
      .timing = options != NULL ? options->timing : &usual_timing,
      .events = &watch_events,
      .ctx = self};
  self->watches =
      options != NULL ? options->watches : PYR__LIMIT_CONSUL_WATCHES;
  rc = pyr__http_access_new(&self->env.access, env->client, &config->access,
                            env->job, err);
  if (rc != 0) {
    pyr__free(env->memory, self);
    return rc;
  }
  init(self, env, sink);
  *out = &self->base;
  return 0;
}
