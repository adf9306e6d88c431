/* Telling of the groups that changed, in slices. */
#include <stdlib.h>

#include "base/str.h"
#include "discovery/kubernetes/state.h"

/* How long one turn of the loop may take for it. */
static const int64_t SLICE_NS = 2 * PYR__NS_PER_MS;

static bool has_work(const struct pyr__kube_scope *scope) {
  return scope->is_synced &&
         (!pyr__list_is_empty(&scope->dirty) ||
          !pyr__list_is_empty(&scope->gone) || scope->changed_count != 0 ||
          scope->has_all_changed);
}

/* ---- telling ------------------------------------------------------------ */

/* Takes a group away, unless its object has come back. */
static int tell_gone(struct pyr__kube_scope *scope,
                     struct pyr__kube_object *object, pyr_error_t *err) {
  struct pyr__kubernetes *kube = scope->owner;
  const struct pyr__kube_store *store =
      &scope->caches[kube->role->kind]->watch.store;
  const pyr_str_t source[] = {pyr__str(kube->role->source),
                              pyr__kube_object_key(object)};
  struct pyr__target_group group = {.targets = NULL};
  int rc = 0;

  if (pyr__kube_store_find(store, source[1]) == NULL) {
    pyr__arena_reset(&kube->build.arena, 0);
    group.source = pyr__meta_concat(&kube->build.arena, source, 2);
    rc = group.source.base == NULL
             ? pyr__error_nomem(err)
             : pyr__discoverer_emit(&kube->base, &group, err);
  }
  if (rc == 0)
    pyr__kube_object_free(kube->base.env->memory, object);
  return rc;
}

/* Kubernetes puts no more than 1,000 addresses into one of Endpoints, and says
 * so in an annotation. */
static void note_truncated(struct pyr__kubernetes *kube,
                           const struct pyr__kube_object *object) {
  struct pyr__reader reader =
      pyr__json_record_reader(pyr__kube_object_record(object));
  struct pyr__json_entry entry, last = {PYR__KUBE_NONE, {"", 0}};

  while (!kube->was_truncated && pyr__json_record_next(&reader, &entry)) {
    kube->was_truncated =
        entry.field == PYR__KUBE_VALUE &&
        pyr__str_is(entry.text, "truncated") &&
        pyr__str_is(last.text, "endpoints.kubernetes.io/over-capacity");
    last = entry;
  }
  if (kube->was_truncated)
    pyr__log(kube->base.env->log, PYR_LOG_WARN,
             "endpoints were cut at 1000 addresses; use role: endpointslice",
             {"job", pyr__str(kube->base.env->job)},
             {"endpoints", pyr__kube_object_key(object)});
}

static int tell_dirty(struct pyr__kube_scope *scope,
                      struct pyr__kube_object *object, pyr_error_t *err) {
  struct pyr__kubernetes *kube = scope->owner;
  struct pyr__target_group group;
  unsigned kind;
  int rc;

  for (kind = 0; kind < PYR__KUBE_KINDS; kind++)
    kube->build.stores[kind] =
        scope->caches[kind] == NULL ? NULL : &scope->caches[kind]->watch.store;
  if (kube->role->kind == PYR__KUBE_ENDPOINTS && !kube->was_truncated)
    note_truncated(kube, object);
  rc = pyr__kube_build_group(&kube->build, kube->role, object, &group, err);
  if (rc == 0)
    rc = pyr__discoverer_emit(&kube->base, &group, err);
  if (rc != PYR__ENOMEM)
    pyr__list_remove(&object->dirty);
  return rc == PYR__KUBE_NO_GROUP ? 0 : rc;
}

static int compare_numbers(const void *a, const void *b) {
  const uint64_t *left = a, *right = b;
  return (*left > *right) - (*left < *right);
}

static bool refers(const struct pyr__kube_scope *scope,
                   const struct pyr__kube_object *object) {
  uint32_t i;
  for (i = 0; i < object->reference_count && !scope->has_all_changed; i++)
    if (bsearch(&object->references[i], scope->changed, scope->changed_count,
                sizeof(*scope->changed), compare_numbers) != NULL)
      return true;
  return scope->has_all_changed;
}

/* All changes at once, as one pass over the references costs the same. */
static void spread_changes(struct pyr__kube_scope *scope) {
  enum pyr__kube_kind kind = scope->owner->role->kind;
  const struct pyr__kube_store *store = &scope->caches[kind]->watch.store;
  uint32_t i;

  if (scope->changed_count == 0 && !scope->has_all_changed)
    return;
  if (scope->changed_count > 1)
    qsort(scope->changed, scope->changed_count, sizeof(*scope->changed),
          compare_numbers);
  for (i = 0; i < store->count; i++) {
    struct pyr__kube_object *object = store->objects[i];
    if (pyr__list_is_empty(&object->dirty) && refers(scope, object))
      pyr__list_add_before(&scope->dirty, &object->dirty);
  }
  scope->changed_count = 0;
  scope->has_all_changed = false;
}

/* One step of a scope's work; false where there is none. */
static bool tell_one(struct pyr__kube_scope *scope, int *rc, pyr_error_t *err) {
  *rc = 0;
  if (!scope->is_synced)
    return false;
  spread_changes(scope);
  if (!pyr__list_is_empty(&scope->gone))
    *rc = tell_gone(
        scope,
        pyr__container_of(scope->gone.next, struct pyr__kube_object, dirty),
        err);
  else if (!pyr__list_is_empty(&scope->dirty))
    *rc = tell_dirty(
        scope,
        pyr__container_of(scope->dirty.next, struct pyr__kube_object, dirty),
        err);
  else
    return false;
  return true;
}

static void on_retry(uv_timer_t *timer);
static void on_idle(uv_idle_t *idle);

void pyr__kube_emit_wake(struct pyr__kubernetes *kube) {
  if (!kube->is_closing && !uv_is_active((uv_handle_t *)&kube->retry))
    uv_idle_start(&kube->idle, on_idle);
}

static void on_retry(uv_timer_t *timer) {
  pyr__kube_emit_wake(pyr__container_of(timer, struct pyr__kubernetes, retry));
}

/* What a scope has to tell, until there is no more of it or of time.  Whether
 * there is more. */
static bool tell_scope(struct pyr__kube_scope *scope, int64_t end_ns) {
  struct pyr__kubernetes *kube = scope->owner;
  pyr_error_t err;
  int rc;

  while (pyr__now(&kube->base.env->clock) < end_ns) {
    if (!tell_one(scope, &rc, &err))
      return false;
    if (rc != 0)
      pyr__kube_failed(kube, PYR_LOG_WARN, &err);
    if (rc == PYR__ENOMEM) {
      uv_timer_start(&kube->retry, on_retry, kube->watch_env.timing->delay_min,
                     0);
      break;
    }
  }
  return has_work(scope);
}

static bool all_synced(const struct pyr__kubernetes *kube) {
  size_t i;
  for (i = 0; i < kube->scope_count; i++)
    if (!kube->scopes[i].is_synced)
      return false;
  return true;
}

static void on_idle(uv_idle_t *idle) {
  struct pyr__kubernetes *kube =
      pyr__container_of(idle, struct pyr__kubernetes, idle);
  int64_t end_ns = pyr__now(&kube->base.env->clock) + SLICE_NS;
  bool is_more = false;
  size_t i;

  kube->base.is_updating = true;
  for (i = 0; i < kube->scope_count && !is_more; i++)
    is_more = tell_scope(&kube->scopes[i], end_ns);
  if (is_more && !uv_is_active((uv_handle_t *)&kube->retry))
    return;
  uv_idle_stop(idle);
  kube->base.is_updating = is_more;
  if (is_more || kube->is_synced || !all_synced(kube))
    return;
  kube->is_synced = true;
  kube->base.sink.on_synced(kube->base.sink.ctx, &kube->base);
}

/* ---- life --------------------------------------------------------------- */

void pyr__kube_emit_init(struct pyr__kubernetes *kube) {
  uv_idle_init(kube->base.env->loop, &kube->idle);
  uv_timer_init(kube->base.env->loop, &kube->retry);
}

void pyr__kube_emit_drop(struct pyr__kube_scope *scope) {
  struct pyr__memory *memory = scope->owner->base.env->memory;
  while (!pyr__list_is_empty(&scope->gone))
    pyr__kube_object_free(
        memory,
        pyr__container_of(scope->gone.next, struct pyr__kube_object, dirty));
  pyr__free(memory, scope->changed);
}
