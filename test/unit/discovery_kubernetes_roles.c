/* What Prometheus' own discovery makes of the same objects: the data files of
 * test/kubernetes, which expect.py has written. */
#include "kubernetes_support.h"

#include <glob.h>

#include "base/limits.h"

#define FOLDER TEST_SOURCE_DIR "/kubernetes/"

static json_t *all_objects(void) {
  static json_t *objects; /* to the end of the program */
  if (objects == NULL)
    objects = load_json(FOLDER "objects.json");
  return objects;
}

static int free_objects(void **state) {
  (void)state;
  json_decref(all_objects());
  return 0;
}

/* One case: its configuration, and the caches that it has. */
struct fixture {
  struct pyr__memory memory;
  struct pyr__kube_build build;
  struct pyr__kube_store stores[PYR__KUBE_KINDS];
  const struct pyr__kube_role *role;
};

static void find_role(struct fixture *fixture, const json_t *config) {
  const char *name = json_string_value(json_object_get(config, "role"));
  size_t i;
  for (i = 0; i < PYR__KUBERNETES_ROLES; i++)
    if (strcmp(pyr__kube_roles[i].name, name) == 0)
      fixture->role = &pyr__kube_roles[i];
  assert_non_null(fixture->role);
}

static bool attaches(const json_t *config, const char *what) {
  return json_is_true(
      json_object_get(json_object_get(config, "attach_metadata"), what));
}

static int fill(struct fixture *fixture, enum pyr__kube_kind kind, size_t piece,
                pyr_error_t *err) {
  const char *name = pyr__kube_resources[kind].name;
  fixture->build.stores[kind] = &fixture->stores[kind];
  return fill_store(&fixture->stores[kind], &fixture->memory, kind,
                    json_object_get(all_objects(), name), piece, err);
}

static int set_up(struct fixture *fixture, const json_t *config,
                  const pyr_alloc_t *alloc, size_t piece, pyr_error_t *err) {
  static const struct {
    const char *name;
    unsigned flag;
    enum pyr__kube_kind kind;
  } attached[] = {
      {"node", PYR__KUBERNETES_ATTACH_NODE, PYR__KUBE_NODES},
      {"namespace", PYR__KUBERNETES_ATTACH_NAMESPACE, PYR__KUBE_NAMESPACES},
      {"deployment", PYR__KUBERNETES_ATTACH_DEPLOYMENT, PYR__KUBE_REPLICA_SETS},
      {"job", PYR__KUBERNETES_ATTACH_JOB, PYR__KUBE_JOBS},
      {"cronjob", PYR__KUBERNETES_ATTACH_CRON_JOB, PYR__KUBE_JOBS},
  };
  size_t i;
  int rc;

  memset(fixture, 0, sizeof(*fixture));
  pyr__memory_init(&fixture->memory, alloc);
  pyr__kube_build_init(&fixture->build, &fixture->memory);
  find_role(fixture, config);
  rc = fill(fixture, fixture->role->kind, piece, err);
  if (rc == 0 && fixture->role->joins)
    rc = fill(fixture, PYR__KUBE_SERVICES, piece, err);
  if (rc == 0 && fixture->role->joins)
    rc = fill(fixture, PYR__KUBE_PODS, piece, err);
  for (i = 0; i < sizeof(attached) / sizeof(attached[0]) && rc == 0; i++) {
    if (!attaches(config, attached[i].name))
      continue;
    fixture->build.attach |= attached[i].flag;
    if (fixture->build.stores[attached[i].kind] == NULL)
      rc = fill(fixture, attached[i].kind, piece, err);
  }
  return rc;
}

static void tear_down(struct fixture *fixture) {
  unsigned kind;
  for (kind = 0; kind < PYR__KUBE_KINDS; kind++)
    if (fixture->build.stores[kind] != NULL)
      pyr__kube_store_release(&fixture->stores[kind]);
  pyr__kube_build_release(&fixture->build);
  assert_int_equal(
      fixture->memory.accounts[PYR__MEM_DISCOVERY_KUBERNETES].used_blocks, 0);
}

static void compare(const char *path, const char *source, const json_t *found,
                    const json_t *expected) {
  char *a = sorted_dump(found), *b = sorted_dump(expected);
  if (strcmp(a, b) != 0)
    fail_msg("%s: %s\nfound:\n%s\nexpected:\n%s", path, source, a, b);
  free(a);
  free(b);
}

/* All groups of a role, against the file. */
static void check_groups(struct fixture *fixture, const char *path,
                         const json_t *expected) {
  struct pyr__kube_store *store = &fixture->stores[fixture->role->kind];
  struct pyr__target_group group;
  size_t i, groups = 0;
  pyr_error_t err;

  for (i = 0; i < store->count; i++) {
    char source[512];
    json_t *found;
    int rc = pyr__kube_build_group(&fixture->build, fixture->role,
                                   store->objects[i], &group, &err);
    if (rc == PYR__KUBE_NO_GROUP)
      continue;
    assert_int_equal(rc, 0);
    groups++;
    snprintf(source, sizeof(source), "%.*s", (int)group.source.len,
             group.source.base);
    found = sorted_group_json(&group);
    if (json_object_get(expected, source) == NULL)
      fail_msg("%s: no group %s is expected", path, source);
    compare(path, source, found, json_object_get(expected, source));
    json_decref(found);
  }
  assert_int_equal(groups, json_object_size(expected));
}

static void check_case(const char *path, size_t piece) {
  json_t *json = load_json(path);
  struct fixture fixture;
  pyr_error_t err;
  assert_int_equal(
      set_up(&fixture, json_object_get(json, "config"), NULL, piece, &err), 0);
  check_groups(&fixture, path, json_object_get(json, "groups"));
  tear_down(&fixture);
  json_decref(json);
}

static void labels_are_those_of_prometheus(void **state) {
  glob_t found;
  size_t i;
  (void)state;
  assert_int_equal(glob(FOLDER "cases/*.json", 0, NULL, &found), 0);
  assert_true(found.gl_pathc >= 13);
  for (i = 0; i < found.gl_pathc; i++) {
    check_case(found.gl_pathv[i], 4096);
    check_case(found.gl_pathv[i], 1);
  }
  globfree(&found);
}

/* Sets up and builds all groups; 0 where all is well. */
static int run_case(const json_t *config, const pyr_alloc_t *alloc,
                    struct fixture *fixture) {
  struct pyr__target_group group;
  pyr_error_t err = {0};
  uint32_t i;
  int rc = set_up(fixture, config, alloc, 4096, &err);
  for (i = 0; rc >= 0 && i < fixture->stores[fixture->role->kind].count; i++)
    rc = pyr__kube_build_group(&fixture->build, fixture->role,
                               fixture->stores[fixture->role->kind].objects[i],
                               &group, &err);
  if (rc < 0)
    assert_non_null(strstr(err.text, "out of memory"));
  return rc < 0 ? rc : 0;
}

static void every_allocation_may_fail(void **state) {
  static const char *const cases[] = {"pod-attach-owners", "node", "service",
                                      "ingress", "endpointslice-attach"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct failing_allocator allocator = {0};
    pyr_alloc_t alloc = failing_alloc(&allocator);
    struct fixture fixture;
    char path[512];
    json_t *json;
    int rc;
    snprintf(path, sizeof(path), FOLDER "cases/%s.json", cases[i]);
    json = load_json(path);
    do {
      allocator.calls = 0;
      allocator.fail_at++;
      rc = run_case(json_object_get(json, "config"), &alloc, &fixture);
      tear_down(&fixture);
      assert_int_equal(allocator.live, 0);
      assert_true(rc == 0 || rc == PYR__ENOMEM);
    } while (rc != 0);
    assert_true(allocator.fail_at > 8);
    json_decref(json);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_those_of_prometheus),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, free_objects);
}
