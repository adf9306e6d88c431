#include "config_support.h"

#include <stdio.h>

#include "base/str.h"
#include "base/tls_options.h"

#define JOB(rest)                                                              \
  "scrape-configs:\n"                                                          \
  "  - job-name: a\n"                                                          \
  "    enabled-profiles: [cpu]\n" rest

static void assert_refused(const char *text, const char *expected) {
  pyr_config_t *config;
  pyr_error_t err;
  assert_int_equal(pyr_config_parse(&config, text, strlen(text), NULL, &err),
                   PYR_ECONFIG);
  assert_string_equal(err.text, expected);
}

static void keys__are_read(void **state) {
  pyr_config_t *config = parse_good(JOB("    scheme: https\n"
                                        "    tls_config:\n"
                                        "      ca_file: ca.pem\n"
                                        "      cert: |\n"
                                        "        -----BEGIN\n"
                                        "      key-file: /etc/key.pem\n"
                                        "      server-name: name\n"
                                        "      insecure-skip-verify: true\n"
                                        "      min-version: TLS12\n"
                                        "      max_version: TLS13\n"));
  const struct pyr__tls_options *tls = config->jobs[0].access.tls;
  (void)state;
  assert_true(pyr__str_is(config->jobs[0].scheme, "https"));
  assert_null(tls->ca);
  assert_string_equal(tls->ca_file, "ca.pem");
  assert_string_equal(tls->cert, "-----BEGIN\n");
  assert_null(tls->cert_file);
  assert_null(tls->key);
  assert_string_equal(tls->key_file, "/etc/key.pem");
  assert_string_equal(tls->server_name, "name");
  assert_true(tls->insecure_skip_verify);
  assert_string_equal(tls->min_version, "TLS12");
  assert_string_equal(tls->max_version, "TLS13");
  pyr_config_unref(config);
}

static void nothing__is_given_where_there_is_none(void **state) {
  pyr_config_t *config = parse_good(JOB(""));
  (void)state;
  assert_null(config->jobs[0].access.tls);
  pyr_config_unref(config);
  config = parse_good(JOB("    tls-config: {ca-file: ''}\n"));
  assert_non_null(config->jobs[0].access.tls);
  assert_null(config->jobs[0].access.tls->ca_file);
  assert_false(config->jobs[0].access.tls->insecure_skip_verify);
  pyr_config_unref(config);
}

static void discovery__has_its_own(void **state) {
  pyr_config_t *config =
      parse_good(JOB("    http-sd-configs:\n"
                     "      - {url: 'https://a', tls-config: {ca-file: a}}\n"
                     "    kubernetes-sd-configs:\n"
                     "      - role: pod\n"
                     "        api-server: https://b\n"
                     "        tls-config: {ca-file: b}\n"));
  const struct pyr__sd_configs *sd = &config->jobs[0].sd;
  (void)state;
  assert_null(config->jobs[0].access.tls);
  assert_string_equal(sd->http[0].access.tls->ca_file, "a");
  assert_string_equal(sd->kubernetes[0].access.tls->ca_file, "b");
  pyr_config_unref(config);
  assert_refused(JOB("    kubernetes-sd-configs:\n"
                     "      - role: pod\n"
                     "        tls-config: {ca-file: b}\n"),
                 "config:6:9: tls-config: to use custom HTTP client "
                 "configuration please provide the 'api-server' URL "
                 "explicitly");
  assert_refused(JOB("    kubernetes-sd-configs:\n"
                     "      - role: pod\n"
                     "        kubeconfig-file: k\n"
                     "        tls-config: {ca-file: b}\n"),
                 "config:7:9: tls-config: cannot use a custom HTTP client "
                 "configuration together with 'kubeconfig-file'");
}

static void contradictions__are_told_at_their_place(void **state) {
  (void)state;
  assert_refused(JOB("    tls-config: {ca: a, ca-file: b}\n"),
                 "config:4:17: tls-config: at most one of ca and ca-file must "
                 "be configured");
  assert_refused(JOB("    tls-config: {cert-file: a}\n"),
                 "config:4:17: tls-config: exactly one of key or key-file must "
                 "be configured when a client certificate is configured");
  assert_refused(JOB("    tls_config: {min-version: TLS13, max-version: "
                     "TLS12}\n"),
                 "config:4:17: tls_config: max-version must be greater than or "
                 "equal to min-version if both are specified");
  assert_refused(JOB("    tls-config: {max-version: TLS1.2}\n"),
                 "config:4:17: tls-config: max-version: \"TLS1.2\" is unknown, "
                 "expected one of TLS10, TLS11, TLS12 and TLS13");
}

static void keys__that_are_none_are_told(void **state) {
  (void)state;
  assert_refused(JOB("    tls-config: {cafile: a}\n"),
                 "config:4:18: cafile: is no key of tls-config, expected "
                 "ca-file");
  assert_refused(JOB("    tls-config: [a]\n"),
                 "config:4:17: tls-config: is a list, expected a map of keys");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys__are_read),
      cmocka_unit_test(nothing__is_given_where_there_is_none),
      cmocka_unit_test(discovery__has_its_own),
      cmocka_unit_test(contradictions__are_told_at_their_place),
      cmocka_unit_test(keys__that_are_none_are_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
