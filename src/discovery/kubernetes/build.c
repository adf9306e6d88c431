#include "discovery/kubernetes/build.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"

enum { KEPT_ARENA = 256 * 1024, FIRST_ENTRIES = 8 };

void pyr__kube_build_init(struct pyr__kube_build *build,
                          struct pyr__memory *memory) {
  *build = (struct pyr__kube_build){.memory = memory};
  pyr__arena_init(&build->arena, memory, PYR__MEM_DISCOVERY_KUBERNETES,
                  PYR__LIMIT_KUBERNETES_GROUP);
}

void pyr__kube_build_release(struct pyr__kube_build *build) {
  pyr__arena_release(&build->arena);
}

uint64_t pyr__kube_reference(enum pyr__kube_kind kind, pyr_str_t key) {
  return pyr__hash((uint64_t)kind + 1, key.base, key.len);
}

/* One more entry for an array in the arena; NULL where it has no room. */
static void *grow(struct pyr__kube_build *build, void *array, size_t count,
                  size_t *capacity, size_t size) {
  size_t wanted = *capacity == 0 ? FIRST_ENTRIES : *capacity * 2;
  if (count < *capacity)
    return array;
  array = pyr__arena_grow(&build->arena, array, count * size, wanted * size);
  if (array != NULL)
    *capacity = wanted;
  return array;
}

static int no_room(struct pyr__kube_build *build, pyr_error_t *err) {
  return pyr__arena_error(&build->arena, PYR__MIB, "one group", err);
}

static int compare_references(const void *a, const void *b) {
  const uint64_t *left = a, *right = b;
  return (*left > *right) - (*left < *right);
}

/* Leaves with the object what its group was made of. */
static int keep_references(struct pyr__kube_build *build,
                           struct pyr__kube_object *object, pyr_error_t *err) {
  uint64_t *from = build->references, *to = NULL;
  size_t i, count = 0;

  if (build->reference_count > 1)
    qsort(from, build->reference_count, sizeof(*from), compare_references);
  for (i = 0; i < build->reference_count; i++)
    if (i == 0 || from[i] != from[i - 1])
      from[count++] = from[i];
  if (count != 0) {
    to = pyr__realloc(build->memory, PYR__MEM_DISCOVERY_KUBERNETES,
                      object->references, count, sizeof(*to));
    if (to == NULL)
      return pyr__error_nomem(err);
    memcpy(to, from, count * sizeof(*to));
  } else {
    pyr__free(build->memory, object->references);
  }
  object->references = to;
  object->reference_count = (uint32_t)count;
  return 0;
}

static void begin_group(struct pyr__kube_build *build) {
  pyr__arena_reset(&build->arena, KEPT_ARENA);
  build->number++;
  build->common = (struct pyr__discovered){NULL, 0};
  build->targets = NULL;
  build->target_count = build->target_capacity = 0;
  build->references = NULL;
  build->reference_count = build->reference_capacity = 0;
  build->has_failed = false;
}

int pyr__kube_build_group(struct pyr__kube_build *build,
                          const struct pyr__kube_role *role,
                          struct pyr__kube_object *object,
                          struct pyr__target_group *out, pyr_error_t *err) {
  const pyr_str_t source[] = {pyr__str(role->source),
                              pyr__kube_object_key(object)};
  int rc, kept;

  begin_group(build);
  rc = role->build(build, object, err);
  if (rc >= 0 && build->has_failed)
    rc = no_room(build, err);
  if (rc < 0)
    return pyr__error_prefix(err, "%s%.*s: ", role->source,
                             PYR__STR_ARG(source[1]));
  kept = keep_references(build, object, err);
  if (rc != 0 || kept != 0)
    return kept != 0 ? kept : rc;
  *out = (struct pyr__target_group){pyr__meta_concat(&build->arena, source, 2),
                                    build->targets, build->target_count};
  return out->source.base != NULL ? 0 : no_room(build, err);
}

/* ---- what roles share --------------------------------------------------- */

struct pyr__kube_object *pyr__kube_find(struct pyr__kube_build *build,
                                        enum pyr__kube_kind kind,
                                        pyr_str_t namespace_name,
                                        pyr_str_t name) {
  const pyr_str_t pieces[] = {namespace_name, {"/", 1}, name};
  const struct pyr__kube_store *store = build->stores[kind];
  pyr_str_t key = name;
  uint64_t *references;

  if (store == NULL || name.len == 0)
    return NULL;
  if (pyr__kube_resources[kind].is_namespaced)
    key = pyr__meta_concat(&build->arena, pieces, 3);
  references = grow(build, build->references, build->reference_count,
                    &build->reference_capacity, sizeof(*references));
  if (key.base == NULL || references == NULL) {
    build->has_failed = true;
    return NULL;
  }
  build->references = references;
  references[build->reference_count++] = pyr__kube_reference(kind, key);
  return pyr__kube_store_find(store, key);
}

int pyr__kube_add_target(struct pyr__kube_build *build,
                         const struct pyr__discovered *under,
                         struct pyr__meta_labels *own, pyr_error_t *err) {
  struct pyr__discovered finished;
  struct pyr__discovered *targets =
      grow(build, build->targets, build->target_count, &build->target_capacity,
           sizeof(*targets));
  int rc;

  if (targets == NULL)
    return no_room(build, err);
  build->targets = targets;
  rc = pyr__meta_labels_finish(own, &finished, err);
  if (rc == 0)
    rc = pyr__meta_labels_merge(&build->arena, under, &finished, true,
                                &targets[build->target_count], err);
  build->target_count += rc == 0;
  return rc;
}

void pyr__kube_add_meta(struct pyr__meta_labels *labels, const char *role,
                        pyr_str_t record, bool with_name) {
  struct pyr__reader reader = pyr__json_record_reader(record);
  struct pyr__json_entry entry, key = {PYR__KUBE_NONE, {NULL, 0}};

  while (pyr__json_record_next(&reader, &entry)) {
    bool is_label = key.field == PYR__KUBE_LABEL;
    if (with_name && entry.field == PYR__KUBE_NAME)
      pyr__kube_labels_set_key(labels, role, "_name", (pyr_str_t){"", 0},
                               entry.text);
    if (entry.field == PYR__KUBE_VALUE &&
        (is_label || key.field == PYR__KUBE_ANNOTATION)) {
      pyr__kube_labels_set_key(labels, role,
                               is_label ? "_label_" : "_annotation_", key.text,
                               entry.text);
      pyr__kube_labels_set_key(
          labels, role, is_label ? "_labelpresent_" : "_annotationpresent_",
          key.text, pyr__str("true"));
    }
    key = entry;
  }
}

void pyr__kube_add_namespace(struct pyr__kube_build *build,
                             struct pyr__meta_labels *labels,
                             pyr_str_t namespace_name) {
  const struct pyr__kube_object *object = pyr__kube_find(
      build, PYR__KUBE_NAMESPACES, (pyr_str_t){"", 0}, namespace_name);
  /* The targets have the name already. */
  if (object != NULL)
    pyr__kube_add_meta(labels, "namespace", pyr__kube_object_record(object),
                       false);
}

void pyr__kube_add_node(struct pyr__kube_build *build,
                        struct pyr__meta_labels *labels, pyr_str_t name) {
  const struct pyr__kube_object *object =
      pyr__kube_find(build, PYR__KUBE_NODES, (pyr_str_t){"", 0}, name);
  if (object != NULL)
    pyr__kube_add_meta(labels, "node", pyr__kube_object_record(object), true);
}
