/* What watches tell, and what follows from it. */
#include <stdio.h>

#include "base/str.h"
#include "discovery/kubernetes/state.h"

enum { FIRST_CHANGED = 64 };

static struct pyr__kube_cache *cache_of(struct pyr__kube_watch *watch) {
  return pyr__container_of(watch, struct pyr__kube_cache, watch);
}

/* ---- what watches tell -------------------------------------------------- */

static void note_change(struct pyr__kube_scope *scope, uint64_t reference) {
  struct pyr__memory *memory = scope->owner->base.env->memory;
  size_t capacity = scope->changed_capacity == 0 ? FIRST_CHANGED
                                                 : scope->changed_capacity * 2;
  uint64_t *changed = scope->changed;

  if (!scope->is_synced || scope->has_all_changed)
    return;
  if (scope->changed_count == scope->changed_capacity) {
    changed = pyr__realloc(memory, PYR__MEM_DISCOVERY_KUBERNETES, changed,
                           capacity, sizeof(*changed));
    if (changed == NULL) {
      scope->has_all_changed = true;
      return;
    }
    scope->changed = changed;
    scope->changed_capacity = capacity;
  }
  changed[scope->changed_count++] = reference;
}

/* An object that others may refer to. */
static void spread(struct pyr__kubernetes *kube, struct pyr__kube_cache *cache,
                   pyr_str_t key) {
  enum pyr__kube_kind kind = cache->watch.options.kind;
  uint64_t reference = pyr__kube_reference(kind, key);
  size_t i;

  for (i = 0; i < kube->scope_count; i++)
    if (cache->scope == NULL || cache->scope == &kube->scopes[i])
      note_change(&kube->scopes[i], reference);
}

static bool is_own(const struct pyr__kubernetes *kube,
                   const struct pyr__kube_cache *cache) {
  return cache->watch.options.kind == kube->role->kind && cache->scope != NULL;
}

static void on_put(void *ctx, struct pyr__kube_watch *watch,
                   struct pyr__kube_object *object) {
  struct pyr__kubernetes *kube = ctx;
  struct pyr__kube_cache *cache = cache_of(watch);

  if (is_own(kube, cache))
    pyr__list_add_before(&cache->scope->dirty, &object->dirty);
  else
    spread(kube, cache, pyr__kube_object_key(object));
  pyr__kube_emit_wake(kube);
}

static void on_remove(void *ctx, struct pyr__kube_watch *watch,
                      struct pyr__kube_object *object) {
  struct pyr__kubernetes *kube = ctx;
  struct pyr__kube_cache *cache = cache_of(watch);

  if (!is_own(kube, cache))
    spread(kube, cache, pyr__kube_object_key(object));
  if (is_own(kube, cache) && cache->scope->is_synced) {
    pyr__list_remove(&object->dirty);
    pyr__list_add_before(&cache->scope->gone, &object->dirty);
  } else {
    pyr__kube_object_free(kube->base.env->memory, object);
  }
  pyr__kube_emit_wake(kube);
}

static bool is_scope_synced(const struct pyr__kube_scope *scope) {
  unsigned kind;
  for (kind = 0; kind < PYR__KUBE_KINDS; kind++)
    if (scope->caches[kind] != NULL && !scope->caches[kind]->watch.is_synced)
      return false;
  return true;
}

static void on_listed(void *ctx, struct pyr__kube_watch *watch, bool is_first) {
  struct pyr__kubernetes *kube = ctx;
  size_t i;

  (void)watch;
  kube->base.stats.last_success_ns = pyr__wall(&kube->base.env->clock);
  if (!is_first)
    return;
  for (i = 0; i < kube->scope_count; i++)
    if (!kube->scopes[i].is_synced)
      kube->scopes[i].is_synced = is_scope_synced(&kube->scopes[i]);
  pyr__kube_emit_wake(kube);
}

static void on_restart(void *ctx, struct pyr__kube_watch *watch) {
  struct pyr__kubernetes *kube = ctx;
  if (watch->status == 410)
    pyr__log(kube->base.env->log, PYR_LOG_DEBUG,
             "the watch has expired; listing again",
             {"job", pyr__str(kube->base.env->job)},
             {"resource", pyr__str(watch->resource->name)});
  kube->base.stats.watch_restarts++;
  kube->base.stats.last_success_ns = pyr__wall(&kube->base.env->clock);
}

/* ---- failures ----------------------------------------------------------- */

void pyr__kube_failed(struct pyr__kubernetes *kube, int level,
                      const pyr_error_t *error) {
  const struct pyr__discovery_env *env = kube->base.env;
  kube->base.stats.failures++;
  snprintf(kube->base.error, sizeof(kube->base.error), "%s", error->text);
  pyr__log(
      env->log, level, "discovery failed; the targets known so far are kept",
      {"job", pyr__str(env->job)},
      {"mechanism", pyr__str(kube->base.type->name)},
      {"role", pyr__str(kube->role->name)}, {"err", pyr__str(error->text)});
}

static void prefix(const struct pyr__kube_watch *watch, pyr_error_t *error) {
  pyr_str_t space = watch->options.namespace_name;
  if (space.len == 0)
    pyr__error_prefix(error, "%s: ", watch->resource->name);
  else
    pyr__error_prefix(error, "%s of namespace %.*s: ", watch->resource->name,
                      PYR__STR_ARG(space));
}

static void on_failed(void *ctx, struct pyr__kube_watch *watch, bool is_news,
                      const pyr_error_t *error) {
  struct pyr__kubernetes *kube = ctx;
  pyr_error_t text = *error;

  prefix(watch, &text);
  if (error->code == PYR_ESTATUS && watch->status == 403)
    pyr__error_prefix(
        &text, "RBAC does not allow to get, list and watch %s%s%s: ",
        watch->resource->name, watch->resource->group[0] == '\0' ? "" : " in ",
        watch->resource->group);
  pyr__kube_failed(kube, is_news ? PYR_LOG_WARN : PYR_LOG_DEBUG, &text);
}

static void on_recovered(void *ctx, struct pyr__kube_watch *watch) {
  struct pyr__kubernetes *kube = ctx;
  size_t i;

  kube->base.stats.last_success_ns = pyr__wall(&kube->base.env->clock);
  for (i = 0; i < kube->cache_count; i++)
    if (kube->caches[i]->watch.is_failing)
      return;
  kube->base.error[0] = '\0';
  pyr__log(kube->base.env->log, PYR_LOG_INFO, "discovery works again",
           {"job", pyr__str(kube->base.env->job)},
           {"mechanism", pyr__str(kube->base.type->name)},
           {"resource", pyr__str(watch->resource->name)});
}

static void on_too_large(void *ctx, struct pyr__kube_watch *watch,
                         pyr_str_t key) {
  struct pyr__kubernetes *kube = ctx;
  pyr_error_t text;

  pyr__error(&text, PYR_ELIMIT,
             "%.*s has more labels, annotations and ports than are kept: it "
             "stays as it was",
             PYR__STR_ARG(key));
  prefix(watch, &text);
  pyr__kube_failed(kube, PYR_LOG_WARN, &text);
}

const struct pyr__kube_watch_events pyr__kube_events = {
    .on_put = on_put,
    .on_remove = on_remove,
    .on_too_large = on_too_large,
    .on_listed = on_listed,
    .on_restart = on_restart,
    .on_recovered = on_recovered,
    .on_failed = on_failed,
};
