#include "discovery/kubernetes/discoverer.h"

#include "base/str.h"
#include "discovery/kubernetes/state.h"

static const pyr_str_t EVERYWHERE = {"", 0};

/* ---- closing ------------------------------------------------------------ */

static void free_all(struct pyr__kubernetes *kube) {
  struct pyr__memory *memory = kube->base.env->memory;
  size_t i;

  for (i = 0; i < kube->scope_count; i++)
    pyr__kube_emit_drop(&kube->scopes[i]);
  for (i = 0; i < kube->cache_count; i++)
    pyr__free(memory, kube->caches[i]);
  pyr__free(memory, kube->caches);
  pyr__free(memory, kube->scopes);
  pyr__kube_access_release(&kube->access);
  pyr__kube_build_release(&kube->build);
  pyr__free(memory, kube);
}

static void one_closed(struct pyr__kubernetes *kube) {
  void (*cb)(void *ctx) = kube->close_cb;
  void *ctx = kube->close_ctx;
  if (--kube->handles != 0)
    return;
  free_all(kube);
  cb(ctx);
}

static void on_watch_closed(void *ctx) {
  one_closed(ctx);
}

static void on_idle_closed(uv_handle_t *handle) {
  one_closed(
      pyr__container_of((uv_idle_t *)handle, struct pyr__kubernetes, idle));
}

static void on_retry_closed(uv_handle_t *handle) {
  one_closed(
      pyr__container_of((uv_timer_t *)handle, struct pyr__kubernetes, retry));
}

static void close_discoverer(struct pyr__discoverer *discoverer,
                             void (*cb)(void *ctx), void *ctx) {
  struct pyr__kubernetes *kube =
      pyr__container_of(discoverer, struct pyr__kubernetes, base);
  size_t i;

  kube->is_closing = true;
  kube->close_cb = cb;
  kube->close_ctx = ctx;
  kube->handles = kube->cache_count + 2;
  for (i = 0; i < kube->cache_count; i++)
    pyr__kube_watch_close(&kube->caches[i]->watch, on_watch_closed, kube);
  uv_close((uv_handle_t *)&kube->idle, on_idle_closed);
  uv_close((uv_handle_t *)&kube->retry, on_retry_closed);
}

static const struct pyr__discoverer_type type = {"kubernetes",
                                                 close_discoverer};

/* ---- what is watched ---------------------------------------------------- */

static const struct pyr__kubernetes_selector *
selector_of(const struct pyr__kubernetes_sd_config *config,
            enum pyr__kube_kind kind) {
  size_t i;
  for (i = 0; i < PYR__KUBERNETES_ROLES; i++)
    if (pyr__kube_roles[i].kind == kind)
      return &config->selectors[i];
  return NULL;
}

static int add_cache(struct pyr__kubernetes *kube,
                     struct pyr__kube_scope *scope, enum pyr__kube_kind kind) {
  struct pyr__memory *memory = kube->base.env->memory;
  const struct pyr__kubernetes_selector *selector =
      selector_of(kube->config, kind);
  struct pyr__kube_watch_options options = {
      .kind = kind,
      .namespace_name = scope == NULL ? EVERYWHERE : scope->namespace_name,
      .label_selector = selector == NULL ? EVERYWHERE : selector->label,
      .field_selector = selector == NULL ? EVERYWHERE : selector->field};
  struct pyr__kube_cache *cache;
  size_t i;

  cache = pyr__calloc(memory, PYR__MEM_DISCOVERY_KUBERNETES, 1, sizeof(*cache));
  if (cache == NULL)
    return PYR__ENOMEM;
  pyr__kube_watch_prepare(&cache->watch, &kube->watch_env, &options);
  cache->scope = scope;
  kube->caches[kube->cache_count++] = cache;
  for (i = 0; i < kube->scope_count; i++)
    if (scope == NULL || scope == &kube->scopes[i])
      kube->scopes[i].caches[kind] = cache;
  return 0;
}

/* Those of attach-metadata that the role has a use for. */
static unsigned attached(const struct pyr__kubernetes *kube) {
  unsigned attach = kube->config->attach;
  if (kube->role->kind == PYR__KUBE_NODES)
    return 0;
  if (kube->role->kind != PYR__KUBE_PODS && !kube->role->joins)
    return attach & PYR__KUBERNETES_ATTACH_NAMESPACE;
  return attach;
}

/* The kinds to be watched, a bit for each. */
static unsigned wanted(const struct pyr__kubernetes *kube) {
  unsigned attach = kube->build.attach, kinds = 1u << kube->role->kind;
  if (kube->role->joins)
    kinds |= 1u << PYR__KUBE_SERVICES | 1u << PYR__KUBE_PODS;
  if ((attach & PYR__KUBERNETES_ATTACH_NODE) != 0)
    kinds |= 1u << PYR__KUBE_NODES;
  if ((attach & PYR__KUBERNETES_ATTACH_NAMESPACE) != 0)
    kinds |= 1u << PYR__KUBE_NAMESPACES;
  if ((attach & PYR__KUBERNETES_ATTACH_DEPLOYMENT) != 0)
    kinds |= 1u << PYR__KUBE_REPLICA_SETS;
  if ((attach & PYR__KUBERNETES_ATTACH_CRON_JOB) != 0)
    kinds |= 1u << PYR__KUBE_JOBS;
  return kinds;
}

static int add_caches(struct pyr__kubernetes *kube) {
  unsigned kinds = wanted(kube), kind;
  size_t i;
  int rc = 0;

  kube->caches = pyr__calloc(
      kube->base.env->memory, PYR__MEM_DISCOVERY_KUBERNETES,
      kube->scope_count * PYR__KUBE_KINDS, sizeof(struct pyr__kube_cache *));
  if (kube->caches == NULL)
    return PYR__ENOMEM;
  for (kind = 0; kind < PYR__KUBE_KINDS && rc == 0; kind++) {
    if ((kinds >> kind & 1) == 0)
      continue;
    /* What has no namespace is the same for all scopes. */
    if (!pyr__kube_resources[kind].is_namespaced &&
        kube->role->kind != (enum pyr__kube_kind)kind)
      rc = add_cache(kube, NULL, (enum pyr__kube_kind)kind);
    else
      for (i = 0; i < kube->scope_count && rc == 0; i++)
        rc = add_cache(kube, &kube->scopes[i], (enum pyr__kube_kind)kind);
  }
  return rc;
}

/* ---- where -------------------------------------------------------------- */

static void add_scope(struct pyr__kubernetes *kube, pyr_str_t namespace_name) {
  struct pyr__kube_scope *scope = &kube->scopes[kube->scope_count];
  size_t i;

  for (i = 0; i < kube->scope_count; i++)
    if (pyr__str_equal(kube->scopes[i].namespace_name, namespace_name))
      return;
  scope->owner = kube;
  scope->namespace_name = namespace_name;
  pyr__list_init(&scope->dirty);
  pyr__list_init(&scope->gone);
  kube->scope_count++;
}

static int add_scopes(struct pyr__kubernetes *kube) {
  const struct pyr__kubernetes_sd_config *config = kube->config;
  bool is_cluster = kube->role->kind == PYR__KUBE_NODES;
  size_t i;

  kube->scopes =
      pyr__calloc(kube->base.env->memory, PYR__MEM_DISCOVERY_KUBERNETES,
                  config->namespace_count + 1, sizeof(*kube->scopes));
  if (kube->scopes == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < config->namespace_count && !is_cluster; i++)
    add_scope(kube, config->namespaces[i]);
  if (config->own_namespace && !is_cluster)
    add_scope(kube, kube->access.own_namespace);
  if (kube->scope_count == 0)
    add_scope(kube, EVERYWHERE);
  return 0;
}

/* ---- opening ------------------------------------------------------------ */

static int prepare(struct pyr__kubernetes *kube,
                   const struct pyr__kubernetes_options *options,
                   pyr_error_t *err) {
  const struct pyr__discovery_env *env = kube->base.env;
  int rc =
      pyr__kube_access_init(&kube->access, env, kube->config, options, err);

  if (rc != 0)
    return rc;
  if (add_scopes(kube) != 0 || add_caches(kube) != 0)
    return pyr__error_nomem(err);
  return 0;
}

int pyr__kubernetes_discoverer_new(
    struct pyr__discoverer **out,
    const struct pyr__kubernetes_sd_config *config,
    const struct pyr__discovery_env *env,
    const struct pyr__discovery_sink *sink,
    const struct pyr__kubernetes_options *options, pyr_error_t *err) {
  struct pyr__kubernetes *kube =
      pyr__calloc(env->memory, PYR__MEM_DISCOVERY_KUBERNETES, 1, sizeof(*kube));
  size_t i;
  int rc;

  if (kube == NULL)
    return pyr__error_nomem(err);
  pyr__discoverer_init(&kube->base, &type, env, sink);
  kube->config = config;
  kube->role = &pyr__kube_roles[config->role];
  pyr__kube_build_init(&kube->build, env->memory);
  kube->build.attach = attached(kube);
  kube->watch_env = (struct pyr__kube_watch_env){
      .loop = env->loop,
      .memory = env->memory,
      .clock = env->clock,
      .access = &kube->access,
      .timing = options != NULL && options->timing != NULL
                    ? options->timing
                    : &pyr__kube_timing_default,
      .events = &pyr__kube_events,
      .ctx = kube};
  rc = prepare(kube, options, err);
  if (rc != 0) {
    free_all(kube);
    return rc;
  }
  /* Handles, once made, can only be closed by turning the loop. */
  pyr__kube_emit_init(kube);
  for (i = 0; i < kube->cache_count; i++)
    pyr__kube_watch_start(&kube->caches[i]->watch);
  *out = &kube->base;
  return 0;
}
