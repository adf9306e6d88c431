#include "support.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "config/kubernetes_selector.h"
#include "config/read_kubernetes.h"

/* ---- selectors ---------------------------------------------------------- */

static const struct {
  const char *text, *error; /* NULL: it is right */
} labels[] = {
    {"", NULL},
    {"app", NULL},
    {"!app", NULL},
    {"app=web", NULL},
    {"app==web", NULL},
    {"app != web", NULL},
    {"app=", NULL},
    {"app=,b", NULL},
    {" app = web , tier in (a, b) ,x notin (c),!y,z>1,w<20", NULL},
    {"app in ()", NULL},
    {"app in (,)", NULL},
    {"in in (in)", NULL},
    {"example.com/app-1_x.y=v", NULL},
    {"app=0123456789012345678901234567890123456789012345678901234567890ab",
     NULL},
    {"app=0123456789012345678901234567890123456789012345678901234567890abc",
     "expected a label value (at most 63 letters, digits, \"-\", \"_\" and "
     "\".\"), found \"012345678901234567890123456789012345678901234567890123456"
     "7890abc\""},
    {"app=-x", "expected a label value (at most 63 letters, digits, \"-\", "
               "\"_\" and \".\"), found \"-x\""},
    {"=web", "expected the key of a label, found \"=\""},
    {",", "expected the key of a label, found \",\""},
    {"app,", "expected the key of a label, found the end"},
    {"app,,b", "expected the key of a label, found \",\""},
    {"!", "expected the key of a label, found the end"},
    {"!a=b", "expected a comma, found \"=\""},
    {"!!a", "expected the key of a label, found \"!\""},
    {"a b", "expected =, !=, in, notin, <, > or a comma, found \"b\""},
    {"a=b c", "expected a comma, found \"c\""},
    {"a=b=c", "expected a comma, found \"=\""},
    {"a in b", "expected (, found \"b\""},
    {"a in (b", "expected a comma or ), found the end"},
    {"a in (b c)", "expected a comma or ), found \"c\""},
    {"a in (b=c)", "expected a comma or ), found \"=\""},
    {"a in", "expected (, found the end"},
    {"a>", "expected a number, found the end"},
    {"a>x", "expected a number, found \"x\""},
    {"a<1x", "expected a number, found \"1x\""},
    {"a/b/c", "expected the key of a label, found \"a/b/c\""},
    {"/b", "expected the key of a label, found \"/b\""},
    {"A.com/b", "expected the key of a label, found \"A.com/b\""},
    {"-a.com/b", "expected the key of a label, found \"-a.com/b\""},
    {"a..com/b", "expected the key of a label, found \"a..com/b\""},
    {"a.com/", "expected the key of a label, found \"a.com/\""},
    {"a\xc3\xa9", "expected the key of a label, found \"a\\xc3\\xa9\""},
    {"(a)", "expected the key of a label, found \"(\""},
};

static const struct {
  const char *text, *error;
} fields[] = {
    {"", NULL},
    {"spec.nodeName=a", NULL},
    {"spec.nodeName==a,status.phase!=Failed", NULL},
    {"a=", NULL},
    {"a=b\\,c\\=d\\\\", NULL},
    {"a=b,,c=d,", NULL},
    {"a", "expected a field as in status.phase=Running, found \"a\""},
    {"=a", "expected a field as in status.phase=Running, found \"=a\""},
    {"a!b", "expected a field as in status.phase=Running, found \"a!b\""},
    {"a!", "expected a field as in status.phase=Running, found \"a!\""},
    {"a=b,c", "expected a field as in status.phase=Running, found \"c\""},
    {"a=b=c", "expected \\ before each = of a value, found \"a=b=c\""},
    {"a=\\b", "expected a \\, a comma or = behind each \\, found \"a=\\\\b\""},
    {"a=b\\", "expected a \\, a comma or = behind each \\, found \"a=b\\\\\""},
};

static void assert_checked(int rc, const pyr_error_t *err, const char *text,
                           const char *error) {
  if (rc != (error == NULL ? 0 : PYR_ECONFIG))
    fail_msg("%s: %s", text, rc == 0 ? "is taken for right" : err->text);
  if (error != NULL)
    assert_string_equal(err->text, error);
}

static void selectors_are_checked(void **state) {
  pyr_error_t err;
  size_t i;
  int rc;
  (void)state;
  for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
    rc = pyr__kubernetes_label_selector_check(pyr__str(labels[i].text), &err);
    assert_checked(rc, &err, labels[i].text, labels[i].error);
  }
  for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
    rc = pyr__kubernetes_field_selector_check(pyr__str(fields[i].text), &err);
    assert_checked(rc, &err, fields[i].text, fields[i].error);
  }
}

/* ---- the element -------------------------------------------------------- */

struct fixture {
  struct pyr__memory memory;
  struct pyr__problems problems;
  struct pyr__tree tree;
  struct pyr__arena arena;
  struct pyr__kubernetes_sd_config config;
  pyr_error_t err;
};

/* What pyr__problems_tell returns. */
static int read_text(struct fixture *fixture, const char *text) {
  struct pyr__tree_options options = {.expand_env = false};
  struct pyr__reading reading;
  struct pyr__item item;

  memset(fixture, 0, sizeof(*fixture));
  pyr__memory_init(&fixture->memory, NULL);
  pyr__problems_init(&fixture->problems, &fixture->memory, "f");
  pyr__arena_init(&fixture->arena, &fixture->memory, PYR__MEM_CONFIG_VALUES,
                  PYR__MIB);
  assert_int_equal(pyr__tree_parse(&fixture->tree, &fixture->memory,
                                   pyr__str(text), &options,
                                   &fixture->problems),
                   0);
  reading = (struct pyr__reading){.problems = &fixture->problems,
                                  .arena = &fixture->arena};
  item = (struct pyr__item){.key = pyr__str("kubernetes-sd-configs"),
                            .node = fixture->tree.root};
  pyr__read_kubernetes_sd(&reading, &item, &fixture->config);
  assert_int_equal(reading.rc, 0);
  return pyr__problems_tell(&fixture->problems, NULL, NULL, &fixture->err);
}

static void done(struct fixture *fixture) {
  pyr__problems_release(&fixture->problems);
  pyr__arena_release(&fixture->arena);
  pyr__tree_release(&fixture->tree);
}

static void all_keys_in_either_spelling(void **state) {
  static const char *const texts[] = {
      "role: endpoints\n"
      "api-server: https://k8s:6443\n"
      "namespaces: {names: [a, b]}\n"
      "selectors:\n"
      "- {role: pod, label: app=web, field: spec.nodeName=n}\n"
      "- {role: service, label: x}\n"
      "attach-metadata: {node: true, namespace: true, cronjob: true}\n",
      "role: endpoints\n"
      "api_server: https://k8s:6443\n"
      "namespaces: {names: [a, b]}\n"
      "selectors:\n"
      "- {role: pod, label: app=web, field: spec.nodeName=n}\n"
      "- {role: service, label: x}\n"
      "attach_metadata: {node: true, namespace: true, cronjob: true}\n"};
  struct fixture fixture;
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) {
    const struct pyr__kubernetes_sd_config *config = &fixture.config;
    if (read_text(&fixture, texts[i]) != 0)
      fail_msg("%s", fixture.err.text);
    assert_int_equal(config->role, PYR__KUBERNETES_ENDPOINTS);
    assert_string_equal(config->api_server.base, "https://k8s:6443");
    assert_int_equal(config->kubeconfig_file.len, 0);
    assert_int_equal(config->namespace_count, 2);
    assert_string_equal(config->namespaces[1].base, "b");
    assert_string_equal(config->selectors[PYR__KUBERNETES_POD].label.base,
                        "app=web");
    assert_string_equal(config->selectors[PYR__KUBERNETES_POD].field.base,
                        "spec.nodeName=n");
    assert_string_equal(config->selectors[PYR__KUBERNETES_SERVICE].label.base,
                        "x");
    assert_int_equal(config->selectors[PYR__KUBERNETES_NODE].label.len, 0);
    assert_int_equal(config->attach, PYR__KUBERNETES_ATTACH_NODE |
                                         PYR__KUBERNETES_ATTACH_NAMESPACE |
                                         PYR__KUBERNETES_ATTACH_CRON_JOB);
    done(&fixture);
  }
}

static void a_role_is_enough(void **state) {
  struct fixture fixture;
  (void)state;
  assert_int_equal(read_text(&fixture, "role: ingress"), 0);
  assert_int_equal(fixture.config.role, PYR__KUBERNETES_INGRESS);
  assert_int_equal(fixture.config.namespace_count, 0);
  assert_false(fixture.config.own_namespace);
  assert_int_equal(fixture.config.attach, 0);
  done(&fixture);
}

static const struct {
  const char *text, *error;
} bad[] = {
    {"{}", "f:1:1: role: is missing, expected in kubernetes-sd-configs"},
    {"[]", "f:1:1: kubernetes-sd-configs: is a list, expected a map of keys"},
    {"role: pods", "f:1:7: role: \"pods\" is not known, expected pod, service, "
                   "endpoints, endpointslice, node or ingress"},
    {"role: pod\nnamespace: x",
     "f:2:1: namespace: is no key of kubernetes-sd-configs, expected "
     "namespaces"},
    {"role: pod\napi-server: k8s:6443",
     "f:2:13: api-server: is no URL, expected one that begins with https:// or "
     "http://"},
    {"role: pod\napi-server: https://a\nkubeconfig-file: b",
     "f:1:1: kubernetes-sd-configs: cannot use 'kubeconfig-file' and "
     "'api-server' simultaneously"},
    {"role: pod\napi-server: https://a\nnamespaces: {own-namespace: true}",
     "f:1:1: kubernetes-sd-configs: cannot use 'api-server' and "
     "'namespaces.own-namespace' simultaneously"},
    {"role: pod\nkubeconfig-file: b\nnamespaces: {own-namespace: true}",
     "f:1:1: kubernetes-sd-configs: cannot use 'kubeconfig-file' and "
     "'namespaces.own-namespace' simultaneously"},
    {"role: pod\nselectors: [{role: service}]",
     "f:2:13: selectors: pod role supports only pod, node selectors"},
    {"role: endpointslice\nselectors: [{role: node}]",
     "f:2:13: selectors: endpointslice role supports only pod, service, "
     "endpointslice selectors"},
    {"role: node\nselectors: [{role: pod}]",
     "f:2:13: selectors: node role supports only node selectors"},
    {"role: pod\nselectors: [{role: pod}, {role: pod}]",
     "f:2:26: selectors: duplicated selector role: pod"},
    {"role: pod\nselectors: [{label: a}]",
     "f:2:13: role: is missing, expected in a selector"},
    {"role: pod\nselectors: [pod]",
     "f:2:13: selectors: is text, expected the keys of a selector"},
    {"role: pod\nselectors: {role: pod}",
     "f:2:12: selectors: is a map, expected a list of selectors"},
    {"role: pod\nselectors: [{role: pod, label: a=b=c}]",
     "f:2:32: label: is no selector: expected a comma, found \"=\""},
    {"role: pod\nselectors: [{role: pod, field: a}]",
     "f:2:32: field: is no selector: expected a field as in "
     "status.phase=Running, found \"a\""},
    {"role: pod\nattach-metadata: {nodes: true}",
     "f:2:19: nodes: is no key of attach-metadata, expected node"},
    {"role: pod\nnamespaces: [a]",
     "f:2:13: namespaces: is a list, expected a map of keys"},
};

static void what_is_wrong_is_said(void **state) {
  struct fixture fixture;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_int_equal(read_text(&fixture, bad[i].text), PYR_ECONFIG);
    assert_string_equal(fixture.err.text, bad[i].error);
    done(&fixture);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(selectors_are_checked),
      cmocka_unit_test(all_keys_in_either_spelling),
      cmocka_unit_test(a_role_is_enough),
      cmocka_unit_test(what_is_wrong_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
