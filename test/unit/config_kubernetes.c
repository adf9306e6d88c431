/* What is wrong with an element is in test/config/bad/kubernetes.yml. */
#include "config_support.h"

#include <stdio.h>

#include "base/auth_options.h"
#include "base/str.h"
#include "config/draft.h"
#include "config/kubernetes_selector.h"

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

/* The keys of one element, in a configuration. */
static pyr_config_t *parse_element(const char *element) {
  char text[2048];
  snprintf(text, sizeof(text),
           "scrape-configs:\n- job-name: a\n  enabled-profiles: [mem]\n"
           "  kubernetes-sd-configs:\n  - {%s}\n",
           element);
  return parse_good(text);
}

static void all_keys_in_either_spelling(void **state) {
  static const char *const texts[] = {
      "role: endpoints, api-server: \"https://k8s:6443\","
      "namespaces: {names: [a, b]}, selectors: ["
      "{role: pod, label: app=web, field: spec.nodeName=n},"
      "{role: service, label: x}],"
      "attach-metadata: {node: true, namespace: true, cronjob: true}",
      "role: endpoints, api_server: \"https://k8s:6443\","
      "namespaces: {names: [a, b]}, selectors: ["
      "{role: pod, label: app=web, field: spec.nodeName=n},"
      "{role: service, label: x}],"
      "attach_metadata: {node: true, namespace: true, cronjob: true}"};
  size_t i;
  (void)state;
  for (i = 0; i < 2; i++) {
    pyr_config_t *whole = parse_element(texts[i]);
    const struct pyr__kubernetes_sd_config *config =
        whole->jobs[0].sd.kubernetes;
    assert_int_equal(whole->jobs[0].sd.kubernetes_count, 1);
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
    pyr_config_unref(whole);
  }
}

static void credentials_are_of_one_kind(void **state) {
  pyr_config_t *whole =
      parse_element("role: pod, api-server: \"https://a\","
                    "authorization: {type: Token, credentials-file: /t}");
  const struct pyr__auth_options *auth =
      whole->jobs[0].sd.kubernetes->access.auth;
  (void)state;
  assert_string_equal(auth->type, "Token");
  assert_string_equal(auth->credentials_file, "/t");
  assert_null(auth->credentials);
  assert_null(auth->username);
  pyr_config_unref(whole);
  whole = parse_element("role: pod, api-server: \"https://a\","
                        "basic-auth: {username: me, password-file: /p}");
  auth = whole->jobs[0].sd.kubernetes->access.auth;
  assert_string_equal(auth->username, "me");
  assert_string_equal(auth->password_file, "/p");
  assert_null(auth->password);
  pyr_config_unref(whole);
  whole = parse_element("role: pod, api_server: \"https://a\","
                        "bearer_token_file: /b, tls_config: {ca_file: /c}");
  auth = whole->jobs[0].sd.kubernetes->access.auth;
  assert_string_equal(auth->credentials_file, "/b");
  assert_non_null(whole->jobs[0].sd.kubernetes->access.tls);
  pyr_config_unref(whole);
}

/* Relative to the file that says so; and none stays none. */
static void a_kubeconfig_is_found_from_the_file(void **state) {
  static const char text[] =
      "scrape-configs:\n- job-name: a\n  enabled-profiles: [mem]\n"
      "  kubernetes-sd-configs:\n"
      "  - {role: pod, kubeconfig-file: k/config}\n"
      "  - {role: pod, kubeconfig-file: /etc/config}\n"
      "  - {role: pod}\n";
  pyr_config_options_t options = {.size = sizeof(options)};
  const struct pyr__kubernetes_sd_config *found;
  pyr_config_t *config;
  pyr_error_t err;
  (void)state;
  assert_int_equal(pyr__config_parse(&config, pyr__str(text), pyr__str("dir/"),
                                     &options, &err),
                   0);
  found = config->jobs[0].sd.kubernetes;
  assert_string_equal(found[0].kubeconfig_file.base, "dir/k/config");
  assert_string_equal(found[1].kubeconfig_file.base, "/etc/config");
  assert_int_equal(found[2].kubeconfig_file.len, 0);
  pyr_config_unref(config);
}

static void a_role_is_enough(void **state) {
  pyr_config_t *whole = parse_element("role: ingress");
  const struct pyr__kubernetes_sd_config *config = whole->jobs[0].sd.kubernetes;
  (void)state;
  assert_int_equal(config->role, PYR__KUBERNETES_INGRESS);
  assert_int_equal(config->namespace_count, 0);
  assert_false(config->own_namespace);
  assert_int_equal(config->attach, 0);
  pyr_config_unref(whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(selectors_are_checked),
      cmocka_unit_test(all_keys_in_either_spelling),
      cmocka_unit_test(credentials_are_of_one_kind),
      cmocka_unit_test(a_kubeconfig_is_found_from_the_file),
      cmocka_unit_test(a_role_is_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
