/* The objects of one resource that are there, by namespace and name. */
#ifndef PYR__DISCOVERY_KUBERNETES_STORE_H
#define PYR__DISCOVERY_KUBERNETES_STORE_H

#include "base/index.h"
#include "base/list.h"
#include "base/str.h"

struct pyr__kube_object {
  struct pyr__list dirty; /* in the list of those whose group is to be built */
  uint32_t id;            /* in the store */
  uint32_t generation;    /* of the list that had it last */
  uint32_t build, mark;   /* the builder's own: see join.c */
  uint32_t key_len, record_len;
  uint32_t reference_count;
  uint64_t *references; /* what its group was made with: build.h */
  uint64_t hash;
  char bytes[]; /* the key, "namespace/name" or "name", and the record */
};

struct pyr__kube_store {
  struct pyr__memory *memory;
  struct pyr__index index;
  struct pyr__kube_object **objects;
  uint32_t count, capacity;
  uint32_t generation;
  size_t bytes; /* of keys and records */
};

static inline pyr_str_t
pyr__kube_object_key(const struct pyr__kube_object *object) {
  return (pyr_str_t){object->bytes, object->key_len};
}
static inline pyr_str_t
pyr__kube_object_record(const struct pyr__kube_object *object) {
  return (pyr_str_t){object->bytes + object->key_len, object->record_len};
}

void pyr__kube_store_init(struct pyr__kube_store *store,
                          struct pyr__memory *memory);
void pyr__kube_store_release(struct pyr__kube_store *store);
/* NULL where there is none. */
struct pyr__kube_object *
pyr__kube_store_find(const struct pyr__kube_store *store, pyr_str_t key);
/* Adds or replaces an object, and marks it with the store's generation; what
 * was found of it before is gone then.  `out` is NULL where the record is as it
 * was, so that there is nothing to do. */
int pyr__kube_store_put(struct pyr__kube_store *store, pyr_str_t key,
                        pyr_str_t record, struct pyr__kube_object **out,
                        pyr_error_t *err);
/* Takes an object out; it is the caller's then, to be freed. */
void pyr__kube_store_take(struct pyr__kube_store *store,
                          struct pyr__kube_object *object);
void pyr__kube_object_free(struct pyr__memory *memory,
                           struct pyr__kube_object *object);

#endif
