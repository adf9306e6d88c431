/* The data files of Kubernetes' discovery, and objects in stores. */
#ifndef TEST_KUBERNETES_SUPPORT_H
#define TEST_KUBERNETES_SUPPORT_H

#include "support.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "discovery/kubernetes/roles.h"
#include "group_json.h"

static inline json_t *load_json(const char *path) {
  json_error_t error;
  json_t *json = json_load_file(path, 0, &error);
  if (json == NULL)
    fail_msg("%s:%d: %s", path, error.line, error.text);
  return json;
}

static inline enum pyr__kube_kind kind_of(const char *resource) {
  unsigned kind;
  for (kind = 0; kind < PYR__KUBE_KINDS; kind++)
    if (strcmp(pyr__kube_resources[kind].name, resource) == 0)
      return (enum pyr__kube_kind)kind;
  fail_msg("no resource %s", resource);
  return PYR__KUBE_KINDS;
}

/* From JSON into a store, as a watch would bring it. */
struct filling {
  struct pyr__kube_store *store;
  unsigned records;
};

static int fill_record(void *ctx, pyr_str_t record, bool is_too_large,
                       pyr_error_t *err) {
  struct filling *filling = ctx;
  struct pyr__kube_object *object;
  pyr_str_t namespace_name = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  pyr_str_t name = pyr__json_record_find(record, PYR__KUBE_NAME);
  char key[512];

  assert_false(is_too_large);
  filling->records++;
  snprintf(key, sizeof(key), "%.*s%s%.*s", (int)namespace_name.len,
           namespace_name.base, namespace_name.len != 0 ? "/" : "",
           (int)name.len, name.base);
  return pyr__kube_store_put(filling->store, pyr__str(key), record, &object,
                             err);
}

static int fill_told(void *ctx, uint8_t field, pyr_str_t text,
                     pyr_error_t *err) {
  (void)ctx;
  (void)field;
  (void)text;
  (void)err;
  return 0;
}

/* Feeds a list of objects in pieces. */
static inline int fill_store(struct pyr__kube_store *store,
                             struct pyr__memory *memory,
                             enum pyr__kube_kind kind, const json_t *items,
                             size_t piece, pyr_error_t *err) {
  static const struct pyr__json_record_events events = {fill_record, fill_told};
  struct filling filling = {.store = store};
  struct pyr__kube_extract *extract = malloc(sizeof(*extract));
  char *text = json_dumps(items, JSON_COMPACT);
  size_t at, len = strlen(text);
  int rc;

  pyr__kube_store_init(store, memory);
  pyr__kube_extract_init(extract, memory, pyr__kube_resources[kind].nodes,
                         &events, &filling);
  pyr__kube_extract_list(extract);
  rc = pyr__kube_extract_feed(extract, "{\"items\":", 9, err);
  for (at = 0; at < len && rc == 0; at += piece)
    rc = pyr__kube_extract_feed(extract, text + at,
                                len - at < piece ? len - at : piece, err);
  if (rc == 0)
    rc = pyr__kube_extract_feed(extract, "}", 1, err);
  if (rc == 0)
    rc = pyr__kube_extract_finish(extract, err);
  if (rc == 0)
    assert_int_equal(filling.records, json_array_size(items));
  pyr__kube_extract_release(extract);
  free(extract);
  free(text);
  return rc;
}

/* As group_json, of a group whose targets must have their labels in order. */
static inline json_t *sorted_group_json(const struct pyr__target_group *group) {
  size_t i, j;
  for (i = 0; i < group->target_count; i++)
    for (j = 1; j < group->targets[i].label_count; j++)
      assert_true(pyr__str_compare(group->targets[i].labels[j - 1].name,
                                   group->targets[i].labels[j].name) < 0);
  return group_json(group);
}

static int compare_dumps(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The dumps of an array's elements, sorted and joined. */
static inline char *sorted_dump(const json_t *array) {
  size_t i, count = json_array_size(array), len = 1;
  char **dumps = calloc(count + 1, sizeof(*dumps)), *text;
  for (i = 0; i < count; i++) {
    dumps[i] = json_dumps(json_array_get(array, i), JSON_SORT_KEYS);
    len += strlen(dumps[i]) + 1;
  }
  qsort(dumps, count, sizeof(*dumps), compare_dumps);
  text = calloc(len, 1);
  for (i = 0; i < count; i++) {
    strcat(strcat(text, dumps[i]), "\n");
    free(dumps[i]);
  }
  free(dumps);
  return text;
}

#endif
