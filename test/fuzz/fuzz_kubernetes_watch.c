/* What an API server sends: the first byte says of which resource and whether
 * it is a list or a watch, the second where the rest is cut in two.  However it
 * is cut, it must come to the same; and every group must be well-formed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/label.h"
#include "base/str.h"
#include "discovery/kubernetes/roles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct intake {
  struct pyr__memory memory;
  struct pyr__kube_store store;
  struct pyr__kube_extract extract;
  uint64_t told; /* a hash of all that was told */
};

static int on_record(void *ctx, pyr_str_t record, bool is_too_large,
                     pyr_error_t *err) {
  struct intake *intake = ctx;
  struct pyr__kube_object *object;
  pyr_str_t name = pyr__json_record_find(record, PYR__KUBE_NAME);
  pyr_str_t space = pyr__json_record_find(record, PYR__KUBE_NAMESPACE);
  char key[256];

  intake->told = intake->told * 31 + is_too_large;
  if (name.len == 0 || is_too_large)
    return 0;
  snprintf(key, sizeof(key), "%.*s%s%.*s", (int)space.len, space.base,
           space.len == 0 ? "" : "/", (int)name.len, name.base);
  return pyr__kube_store_put(&intake->store, pyr__str(key), record, &object,
                             err);
}

static int on_told(void *ctx, uint8_t field, pyr_str_t text, pyr_error_t *err) {
  struct intake *intake = ctx;
  size_t i;
  (void)err;
  intake->told = intake->told * 31 + field;
  for (i = 0; i < text.len; i++)
    intake->told = intake->told * 31 + (uint8_t)text.base[i];
  return 0;
}

static int take(struct intake *intake, enum pyr__kube_kind kind, bool is_watch,
                const uint8_t *data, size_t size, size_t cut,
                pyr_error_t *err) {
  static const struct pyr__json_record_events events = {on_record, on_told};
  int rc;

  memset(intake, 0, sizeof(*intake));
  pyr__memory_init(&intake->memory, NULL);
  pyr__kube_store_init(&intake->store, &intake->memory);
  pyr__kube_extract_init(&intake->extract, &intake->memory,
                         pyr__kube_resources[kind].nodes, &events, intake);
  if (is_watch)
    pyr__kube_extract_watch(&intake->extract);
  else
    pyr__kube_extract_list(&intake->extract);
  rc = pyr__kube_extract_feed(&intake->extract, data, cut, err);
  if (rc == 0)
    rc = pyr__kube_extract_feed(&intake->extract, data + cut, size - cut, err);
  return rc != 0 ? rc : pyr__kube_extract_finish(&intake->extract, err);
}

static void release(struct intake *intake) {
  pyr__kube_store_release(&intake->store);
  pyr__kube_extract_release(&intake->extract);
  if (intake->memory.accounts[PYR__MEM_DISCOVERY_KUBERNETES].used_blocks != 0)
    abort();
}

static void compare(const struct intake *a, const struct intake *b) {
  uint32_t i;
  if (a->told != b->told || a->store.count != b->store.count)
    abort();
  for (i = 0; i < a->store.count; i++)
    if (!pyr__str_equal(pyr__kube_object_key(a->store.objects[i]),
                        pyr__kube_object_key(b->store.objects[i])) ||
        !pyr__str_equal(pyr__kube_object_record(a->store.objects[i]),
                        pyr__kube_object_record(b->store.objects[i])))
      abort();
}

static void check_target(const struct pyr__discovered *target) {
  size_t i;
  for (i = 0; i < target->label_count; i++) {
    const pyr_label_t *label = &target->labels[i];
    if (!pyr__label_name_is_plain(label->name) || label->value.len == 0 ||
        !pyr__str_is_utf8(label->value))
      abort();
    if (i > 0 && pyr__str_compare(label[-1].name, label->name) >= 0)
      abort();
  }
}

static void build_all(struct intake *intake, struct pyr__kube_build *build,
                      const struct pyr__kube_role *role) {
  struct pyr__target_group group;
  pyr_error_t err = {0};
  uint32_t i;
  size_t j;

  for (i = 0; i < intake->store.count; i++) {
    int rc = pyr__kube_build_group(build, role, intake->store.objects[i],
                                   &group, &err);
    if (rc < 0 && (rc != PYR_ELIMIT || err.text[0] == '\0'))
      abort();
    for (j = 0; rc == 0 && j < group.target_count; j++)
      check_target(&group.targets[j]);
  }
}

/* Every role is tried on the objects, whatever they are, with all that may be
 * joined being the same objects. */
static void build_roles(struct intake *intake) {
  struct pyr__kube_build build;
  unsigned kind;
  size_t role;

  pyr__kube_build_init(&build, &intake->memory);
  build.attach = 31;
  for (kind = 0; kind < PYR__KUBE_KINDS; kind++)
    build.stores[kind] = &intake->store;
  for (role = 0; role < PYR__KUBERNETES_ROLES; role++)
    build_all(intake, &build, &pyr__kube_roles[role]);
  pyr__kube_build_release(&build);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct intake whole, cut;
  enum pyr__kube_kind kind;
  pyr_error_t err, cut_err;
  bool is_watch;
  int rc;

  if (size < 2)
    return 0;
  kind = (enum pyr__kube_kind)(data[0] / 2 % PYR__KUBE_KINDS);
  is_watch = data[0] % 2 != 0;
  rc = take(&whole, kind, is_watch, data + 2, size - 2, size - 2, &err);
  if (rc != take(&cut, kind, is_watch, data + 2, size - 2,
                 (size_t)data[1] % (size - 1), &cut_err))
    abort();
  if (rc != 0 && strcmp(err.text, cut_err.text) != 0)
    abort();
  compare(&whole, &cut);
  build_roles(&whole);
  release(&whole);
  release(&cut);
  return 0;
}
