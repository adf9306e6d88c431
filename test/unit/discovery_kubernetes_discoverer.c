/* Several watches together: joined resources, namespaces, and ends. */
#include "kubernetes_live.h"

#define COUNT(replies) (sizeof(replies) / sizeof((replies)[0]))

#define SERVICE(name, version, label)                                          \
  "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"x\","                  \
  "\"resourceVersion\":\"" version "\",\"labels\":{\"l\":\"" label "\"}},"     \
  "\"spec\":{\"ports\":[]}}"
#define ENDPOINTS(name, version, pod)                                          \
  "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"x\","                  \
  "\"resourceVersion\":\"" version "\"},\"subsets\":[{\"addresses\":[{"        \
  "\"ip\":\"1.1.1.1\",\"targetRef\":{\"kind\":\"Pod\",\"namespace\":\"x\","    \
  "\"name\":\"" pod "\"}}],\"ports\":[{\"port\":80}]}]}"
#define LABELLED_POD(name, version, label)                                     \
  POD_OF("x", name, version, "1.1.1.1", ",\"labels\":{\"l\":\"" label "\"}")
#define NAMED(name, version, label)                                            \
  "{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version        \
  "\",\"labels\":{\"l\":\"" label "\"}}}"

static const char pod_label[] = "__meta_kubernetes_pod_label_l";
static const char service_label[] = "__meta_kubernetes_service_label_l";

static const struct script_reply joined[] = {
    A_LIST("/endpoints",
           LIST("10", ENDPOINTS("a", "1", "p") "," ENDPOINTS("b", "2", "q"))),
    A_LIST("/services", LIST("10", SERVICE("a", "3", "one"))),
    A_LIST("/pods", LIST("10", LABELLED_POD("p", "4", "red"))),
    A_WATCH("/endpoints", HEAD_200, SCRIPT_KEEP),
    A_WATCH("/services", HEAD_200, SCRIPT_KEEP),
    A_WATCH("/pods", HEAD_200, SCRIPT_KEEP),
};

static void a_change_reaches_those_that_refer_to_it(void **state) {
  const char *services = joined[4].match, *pods = joined[5].match;
  struct kube kube;
  (void)state;
  kube_begin(&kube, joined, COUNT(joined), NULL);
  kube.config.role = PYR__KUBERNETES_ENDPOINTS;
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1 && kube.script.requests == 6);
  /* Not one group was told before all was there to be joined. */
  assert_int_equal(kube.updates, 2);
  assert_string_equal(kube_label(&kube, "endpoints/x/a", pod_label), "red");
  assert_string_equal(kube_label(&kube, "endpoints/x/a", service_label), "one");
  script_push(&kube.script, pods,
              EVENT("MODIFIED", LABELLED_POD("p", "11", "blue")));
  kube_until(&kube, strcmp(kube_label(&kube, "endpoints/x/a", pod_label),
                           "blue") == 0);
  assert_int_equal(kube.updates, 3);
  script_push(&kube.script, services,
              EVENT("MODIFIED", SERVICE("a", "12", "two")));
  kube_until(&kube, strcmp(kube_label(&kube, "endpoints/x/a", service_label),
                           "two") == 0);
  assert_int_equal(kube.updates, 4);
  /* One that was not there when it was looked for. */
  script_push(&kube.script, pods,
              EVENT("ADDED", LABELLED_POD("q", "13", "green")));
  kube_until(&kube, strcmp(kube_label(&kube, "endpoints/x/b", pod_label),
                           "green") == 0);
  assert_int_equal(kube.updates, 5);
  script_push(&kube.script, pods,
              EVENT("DELETED", LABELLED_POD("p", "14", "blue")));
  kube_until(&kube,
             strcmp(kube_label(&kube, "endpoints/x/a", pod_label), "") == 0);
  /* One that nobody refers to. */
  script_push(&kube.script, pods,
              EVENT("ADDED", LABELLED_POD("z", "15", "grey"))
                  EVENT("ADDED", LABELLED_POD("p", "16", "black")));
  kube_until(&kube, strcmp(kube_label(&kube, "endpoints/x/a", pod_label),
                           "black") == 0);
  assert_int_equal(kube.updates, 7);
  kube_end(&kube);
}

static void truncated_endpoints_are_told_once(void **state) {
#define CUT(name)                                                              \
  "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"x\",\"annotations\":{" \
  "\"endpoints.kubernetes.io/over-capacity\":\"truncated\"}}}"
  static const struct script_reply replies[] = {
      A_LIST("/endpoints", LIST("10", CUT("a") "," CUT("b"))),
      A_LIST("/services", LIST("10", "")),
      A_LIST("/pods", LIST("10", "")),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.config.role = PYR__KUBERNETES_ENDPOINTS;
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1);
  assert_int_equal(kube.warnings, 1);
  assert_non_null(strstr(kube.warning, "use role: endpointslice"));
  kube_end(&kube);
#undef CUT
}

static void nodes_and_namespaces_are_attached(void **state) {
  static const struct script_reply replies[] = {
      {LIST("10", "{\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"},"
                  "\"spec\":{\"nodeName\":\"n\",\"containers\":[{"
                  "\"name\":\"c\"}]},\"status\":{\"podIP\":\"1.1.1.1\"}}"),
       0, 0, SCRIPT_CLOSE,
       "/pods?pretty=false&fieldSelector=spec.nodeName%3Dn&limit"},
      {LIST("10", NAMED("n", "1", "big")), 0, 0, SCRIPT_CLOSE, "%2Cc%29&limit"},
      A_LIST("/namespaces", LIST("10", NAMED("x", "1", "prod"))),
      {HEAD_200, 0, 0, SCRIPT_KEEP, "%2Cc%29&watch"},
      A_WATCH("/namespaces", HEAD_200, SCRIPT_KEEP),
  };
  static const pyr_str_t space = {"x", 1};
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.config.attach =
      PYR__KUBERNETES_ATTACH_NODE | PYR__KUBERNETES_ATTACH_NAMESPACE;
  kube.config.namespaces = &space;
  kube.config.namespace_count = 1;
  kube.config.selectors[PYR__KUBERNETES_NODE].label = pyr__str("a in (b,c)");
  kube.config.selectors[PYR__KUBERNETES_POD].field =
      pyr__str("spec.nodeName=n");
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1 && kube.script.requests == 6);
  assert_string_equal(
      kube_label(&kube, "pod/x/a", "__meta_kubernetes_node_label_l"), "big");
  assert_string_equal(
      kube_label(&kube, "pod/x/a", "__meta_kubernetes_namespace_label_l"),
      "prod");
  assert_non_null(strstr(kube.script.log,
                         "GET /api/v1/nodes?pretty=false&labelSelector="
                         "a%20in%20%28b%2Cc%29&limit=500&resourceVersion=0 "));
  assert_non_null(strstr(kube.script.log,
                         "/namespaces/x/pods?pretty=false&fieldSelector="
                         "spec.nodeName%3Dn&limit=500"));
  script_push(&kube.script, replies[4].match,
              EVENT("MODIFIED", NAMED("x", "11", "test")));
  kube_until(&kube, strcmp(kube_label(&kube, "pod/x/a",
                                      "__meta_kubernetes_namespace_label_l"),
                           "test") == 0);
  /* A node that is gone, or left out by a selector, takes its pods along. */
  script_push(&kube.script, replies[3].match,
              EVENT("DELETED", NAMED("n", "12", "big")));
  kube_until(&kube, json_object_size(kube.groups) == 0);
  kube_end(&kube);
}

static void one_namespace_does_not_wait_for_another(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("/namespaces/x/pods",
             LIST("10", POD_OF("x", "a", "1", "1.1.1.1", ""))),
      A_LIST("/namespaces/y/pods", REFUSAL("403", "not yours")),
  };
  static const pyr_str_t spaces[] = {{"x", 1}, {"y", 1}, {"x", 1}};
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.config.namespaces = spaces;
  kube.config.namespace_count = COUNT(spaces);
  kube_start(&kube);
  kube_until(&kube, kube_is(&kube, "pod/x/a", "1.1.1.1:80") &&
                        kube.script.requests == 4);
  assert_int_equal(kube.syncs, 0);
  assert_int_equal(kube.warnings, 1);
  assert_non_null(strstr(kube.warning, "pods of namespace y: "));
  kube_end(&kube);
}

static void what_is_attached_depends_on_the_role(void **state) {
  static const struct {
    enum pyr__kubernetes_role role;
    const char *resources; /* in the order of kinds */
  } roles[] = {
      {PYR__KUBERNETES_POD, "/api/v1/pods /api/v1/nodes /api/v1/namespaces "
                            "/apis/apps/v1/replicasets /apis/batch/v1/jobs "},
      {PYR__KUBERNETES_SERVICE, "/api/v1/services /api/v1/namespaces "},
      {PYR__KUBERNETES_ENDPOINTS,
       "/api/v1/pods /api/v1/services /api/v1/endpoints /api/v1/nodes "
       "/api/v1/namespaces /apis/apps/v1/replicasets /apis/batch/v1/jobs "},
      {PYR__KUBERNETES_ENDPOINT_SLICE,
       "/api/v1/pods /api/v1/services "
       "/apis/discovery.k8s.io/v1/endpointslices /api/v1/nodes "
       "/api/v1/namespaces /apis/apps/v1/replicasets /apis/batch/v1/jobs "},
      {PYR__KUBERNETES_NODE, "/api/v1/nodes "},
      {PYR__KUBERNETES_INGRESS,
       "/api/v1/namespaces /apis/networking.k8s.io/v1/ingresses "},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(roles); i++) {
    char path[128];
    const char *at = roles[i].resources, *end;
    unsigned wanted = 0;
    struct kube kube;
    for (end = at; *end != '\0'; end++)
      wanted += *end == ' ';
    kube_begin(&kube, NULL, 0, NULL);
    kube.config.role = roles[i].role;
    kube.config.attach = 31;
    kube_start(&kube);
    kube_until(&kube, kube.script.requests == wanted);
    for (; *at != '\0'; at = end + 1) {
      end = strchr(at, ' ');
      snprintf(path, sizeof(path), "GET %.*s?", (int)(end - at), at);
      assert_non_null(strstr(kube.script.log, path));
    }
    kube_end(&kube);
  }
}

static void what_is_refused_is_told_again(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("pods",
             LIST("10", POD("a", "1", "1.1.1.1") "," POD("b", "2", "1.1.1.2"))),
      A_WATCH("pods", HEAD_200, SCRIPT_KEEP),
  };
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.fail_groups = 3;
  kube_start(&kube);
  kube_until(&kube, kube.syncs == 1 && kube.script.requests == 2);
  assert_int_equal(json_object_size(kube.groups), 2);
  kube.fail_groups = 2;
  script_push(&kube.script, replies[1].match,
              EVENT("DELETED", POD("a", "11", "1.1.1.1")));
  kube_until(&kube, json_object_size(kube.groups) == 1);
  /* Gone and back before it could be told: it was never away. */
  kube.fail_groups = 1;
  script_push(&kube.script, replies[1].match,
              EVENT("DELETED", POD("b", "12", "1.1.1.2"))
                  EVENT("ADDED", POD("b", "13", "1.1.1.3")));
  kube_until(&kube, kube_is(&kube, "pod/x/b", "1.1.1.3:80"));
  assert_int_equal(kube.updates, 4);
  kube_end(&kube);
}

/* ---- ends --------------------------------------------------------------- */

static void it_may_be_closed_at_any_time(void **state) {
  unsigned turns;
  (void)state;
  for (turns = 0; turns < 40; turns++) {
    struct kube kube;
    struct loop_wait *wait;
    unsigned i;
    kube_begin(&kube, joined, COUNT(joined), NULL);
    kube.config.role = PYR__KUBERNETES_ENDPOINTS;
    kube_start(&kube);
    wait = loop_wait_begin(&kube.loop);
    for (i = 0; i < turns; i++)
      assert_true(loop_wait_turn(wait));
    loop_wait_end(wait);
    kube_end(&kube);
  }
}

static void it_may_be_closed_while_it_waits(void **state) {
  static const struct script_reply replies[] = {
      A_LIST("/pods", REFUSAL("500", "no"))};
  struct kube kube;
  (void)state;
  kube_begin(&kube, replies, COUNT(replies), NULL);
  kube.timing.delay_min = kube.timing.delay_max = 3600 * 1000;
  kube_start(&kube);
  kube_until(&kube, kube.warnings == 1);
  kube_end(&kube);
}

/* The whole exchange with the n-th allocation failing once: it comes to the
 * same groups in the end. */
static bool comes_through(struct failing_allocator *allocator) {
  /* As joined, but every reply may be needed again. */
  enum { TIMES = 6 };
  struct script_reply replies[COUNT(joined) * TIMES];
  struct pyr__discovery_env env;
  pyr_alloc_t alloc = failing_alloc(allocator);
  const struct pyr__discovery_sink sink = {kube_on_group, kube_on_synced, NULL};
  struct pyr__discovery_sink own = sink;
  struct pyr__memory memory;
  pyr_error_t err = {0};
  struct kube kube;
  size_t i;
  int rc;

  for (i = 0; i < COUNT(replies); i++)
    replies[i] = joined[i % COUNT(joined)];
  for (i = 0; i < COUNT(replies); i++)
    if (strstr(replies[i].match, "&limit") != NULL && i >= COUNT(joined))
      replies[i].match = i % COUNT(joined) == 0   ? "/endpoints?pretty=false&"
                         : i % COUNT(joined) == 1 ? "/services?pretty=false&"
                                                  : "/pods?pretty=false&";
  kube_begin(&kube, replies, COUNT(replies), NULL);
  pyr__memory_init(&memory, &alloc);
  env = kube.env;
  env.memory = &memory;
  kube.config.role = PYR__KUBERNETES_ENDPOINTS;
  own.ctx = &kube;
  rc = pyr__kubernetes_discoverer_new(&kube.discoverer, &kube.config, &env,
                                      &own, &kube.options, &err);
  if (rc != 0) {
    assert_int_equal(rc, PYR__ENOMEM);
    assert_int_equal(allocator->live, 0);
    kube_finish(&kube);
    return false;
  }
  kube_until(&kube, kube.syncs == 1);
  kube_until(&kube,
             strcmp(kube_label(&kube, "endpoints/x/a", pod_label), "red") == 0);
  assert_string_equal(kube_label(&kube, "endpoints/x/a", service_label), "one");
  assert_int_equal(json_object_size(kube.groups), 2);
  kube_end(&kube);
  assert_int_equal(allocator->live, 0);
  return allocator->calls < allocator->fail_at;
}

static void every_allocation_may_fail(void **state) {
  struct failing_allocator allocator = {0};
  bool is_over;
  (void)state;
  do {
    allocator.calls = 0;
    allocator.fail_at++;
    is_over = comes_through(&allocator);
  } while (!is_over);
  assert_true(allocator.fail_at > 40);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_change_reaches_those_that_refer_to_it),
      cmocka_unit_test(truncated_endpoints_are_told_once),
      cmocka_unit_test(nodes_and_namespaces_are_attached),
      cmocka_unit_test(one_namespace_does_not_wait_for_another),
      cmocka_unit_test(what_is_attached_depends_on_the_role),
      cmocka_unit_test(what_is_refused_is_told_again),
      cmocka_unit_test(it_may_be_closed_at_any_time),
      cmocka_unit_test(it_may_be_closed_while_it_waits),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
