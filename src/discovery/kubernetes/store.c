#include "discovery/kubernetes/store.h"

#include "base/hash.h"
#include "base/limits.h"

enum { FIRST_OBJECTS = 16 };

void pyr__kube_store_init(struct pyr__kube_store *store,
                          struct pyr__memory *memory) {
  *store = (struct pyr__kube_store){.memory = memory};
  pyr__index_init(&store->index, memory, PYR__MEM_DISCOVERY_KUBERNETES);
}

void pyr__kube_object_free(struct pyr__memory *memory,
                           struct pyr__kube_object *object) {
  pyr__list_remove(&object->dirty);
  pyr__free(memory, object->references);
  pyr__free(memory, object);
}

void pyr__kube_store_release(struct pyr__kube_store *store) {
  uint32_t i;
  for (i = 0; i < store->count; i++)
    pyr__kube_object_free(store->memory, store->objects[i]);
  pyr__free(store->memory, store->objects);
  pyr__index_release(&store->index);
  store->objects = NULL;
  store->count = store->capacity = 0;
  store->bytes = 0;
}

static uint64_t hash_of(pyr_str_t key) {
  return pyr__hash(0, key.base, key.len);
}

static struct pyr__kube_object *find(const struct pyr__kube_store *store,
                                     pyr_str_t key, uint64_t hash) {
  size_t at;
  uint32_t id = pyr__index_first(&store->index, hash, &at);
  while (id != PYR__NONE &&
         !pyr__str_equal(pyr__kube_object_key(store->objects[id]), key))
    id = pyr__index_next(&store->index, hash, &at);
  return id == PYR__NONE ? NULL : store->objects[id];
}

struct pyr__kube_object *
pyr__kube_store_find(const struct pyr__kube_store *store, pyr_str_t key) {
  return find(store, key, hash_of(key));
}

static int reserve(struct pyr__kube_store *store) {
  uint32_t capacity =
      store->capacity == 0 ? FIRST_OBJECTS : store->capacity * 2;
  struct pyr__kube_object **objects;
  if (store->count < store->capacity)
    return 0;
  objects =
      pyr__realloc(store->memory, PYR__MEM_DISCOVERY_KUBERNETES, store->objects,
                   capacity, sizeof(struct pyr__kube_object *));
  if (objects == NULL)
    return PYR__ENOMEM;
  store->objects = objects;
  store->capacity = capacity;
  return 0;
}

static struct pyr__kube_object *new_object(const struct pyr__kube_store *store,
                                           pyr_str_t key, pyr_str_t record,
                                           uint64_t hash) {
  struct pyr__kube_object *object =
      pyr__alloc(store->memory, PYR__MEM_DISCOVERY_KUBERNETES,
                 sizeof(*object) + key.len + record.len);
  if (object == NULL)
    return NULL;
  *object = (struct pyr__kube_object){.generation = store->generation,
                                      .key_len = (uint32_t)key.len,
                                      .record_len = (uint32_t)record.len,
                                      .hash = hash};
  pyr__list_init(&object->dirty);
  memcpy(object->bytes, key.base, key.len);
  if (record.len != 0)
    memcpy(object->bytes + key.len, record.base, record.len);
  return object;
}

static int insert(struct pyr__kube_store *store,
                  struct pyr__kube_object *object) {
  if (reserve(store) != 0 ||
      pyr__index_add(&store->index, object->hash, store->count) != 0)
    return PYR__ENOMEM;
  object->id = store->count;
  store->objects[store->count++] = object;
  return 0;
}

int pyr__kube_store_put(struct pyr__kube_store *store, pyr_str_t key,
                        pyr_str_t record, struct pyr__kube_object **out,
                        pyr_error_t *err) {
  uint64_t hash = hash_of(key);
  struct pyr__kube_object *old = find(store, key, hash), *object;
  size_t old_bytes = old == NULL ? 0 : old->key_len + old->record_len;

  *out = NULL;
  if (old != NULL && pyr__str_equal(pyr__kube_object_record(old), record)) {
    old->generation = store->generation;
    return 0;
  }
  if (store->bytes - old_bytes + key.len + record.len >
      PYR__LIMIT_KUBERNETES_CACHE)
    return pyr__error(err, PYR_ELIMIT,
                      "the objects need more than %zu bytes; use namespaces or "
                      "selectors to ask for fewer",
                      PYR__LIMIT_KUBERNETES_CACHE);
  object = new_object(store, key, record, hash);
  if (object == NULL)
    return pyr__error_nomem(err);
  if (old != NULL) {
    object->id = old->id;
    store->objects[old->id] = object;
    pyr__kube_object_free(store->memory, old);
  } else if (insert(store, object) != 0) {
    pyr__kube_object_free(store->memory, object);
    return pyr__error_nomem(err);
  }
  store->bytes += key.len + record.len - old_bytes;
  *out = object;
  return 0;
}

/* Ids are dense: the last object takes the place of the one that goes. */
void pyr__kube_store_take(struct pyr__kube_store *store,
                          struct pyr__kube_object *object) {
  struct pyr__kube_object *last = store->objects[--store->count];

  pyr__index_remove(&store->index, object->hash, object->id);
  if (last != object) {
    pyr__index_remove(&store->index, last->hash, last->id);
    last->id = object->id;
    store->objects[last->id] = last;
    /* Two were taken out: there is room for one without memory. */
    (void)pyr__index_add(&store->index, last->hash, last->id);
  }
  store->bytes -= object->key_len + object->record_len;
}
