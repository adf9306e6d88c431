#include "config_folder.h"

#define HASH "$2b$04$bs9/WKoBO6BZUuWmiZWmcegF7FC0QlmELgwBO6MsNHJ70OsnSLOK."
#define MAIN "server: {web-config-file: tls/web.yml}\nscrape-configs: []\n"

static void web__is_read(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  const struct pyr__web_options *web;
  put(fixture, "main.yml", MAIN);
  put(fixture, "tls/web.yml",
      "tls_server_config:\n"
      "  cert_file: server.crt\n"
      "  key_file: /etc/server.key\n"
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: ca.crt\n"
      "  min_version: TLS12\n"
      "  prefer_server_cipher_suites: true\n"
      "basic_auth_users:\n"
      "  alice: " HASH "\n"
      "  'bob b': " HASH "\n"
      "bearer_token_file: token\n");
  config = load_good(fixture);
  web = &config->server.web;
  assert_string_equal(web->tls->cert_file, path_of(fixture, "tls/server.crt"));
  assert_string_equal(web->tls->key_file, "/etc/server.key");
  assert_string_equal(web->tls->ca_file, path_of(fixture, "tls/ca.crt"));
  assert_int_equal(web->tls->client_certs, PYR__CLIENT_CERTS_REQUIRED);
  assert_string_equal(web->tls->min_version, "TLS12");
  assert_null(web->tls->cert);
  assert_int_equal(web->user_count, 2);
  assert_string_equal(web->users[1].name, "bob b");
  assert_string_equal(web->users[1].hash, HASH);
  assert_string_equal(web->bearer_token_file, path_of(fixture, "tls/token"));
  pyr_config_unref(config);
}

static void web__may_say_nothing(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_t *config;
  put(fixture, "main.yml", MAIN);
  put(fixture, "tls/web.yml", "# nothing yet\n");
  config = load_good(fixture);
  assert_null(config->server.web.tls);
  assert_int_equal(config->server.web.user_count, 0);
  pyr_config_unref(config);
}

static void web__must_be_there(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "main.yml", MAIN);
  assert_bad(fixture, "main.yml:1:27: web-config-file: tls/web.yml: No such "
                      "file or directory\n");
}

static void web__says_all_that_is_wrong(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  put(fixture, "main.yml", MAIN);
  put(fixture, "tls/web.yml",
      "tls_server_config:\n"
      "  cert_file: a\n"
      "  cert: b\n"
      "  client_auth_type: RequestClientCert\n"
      "  cipher_suites: []\n"
      "basic_auth_users:\n"
      "  alice: secret\n"
      "  bob: $2b$31$bs9/WKoBO6BZUuWmiZWmcegF7FC0QlmELgwBO6MsNHJ70OsnSLOK.\n"
      "  'c:d': " HASH "\n"
      "  eve: [a]\n"
      "http_server_config: {http2: true}\n"
      "bearer_token: a\n"
      "bearer_token_file: b\n"
      "users: {}\n");
  assert_bad(
      fixture,
      "tls/web.yml:1:1: bearer-token-file: at most one of bearer-token & "
      "bearer-token-file must be configured\n"
      "tls/web.yml:2:3: tls_server_config: at most one of cert and cert-file "
      "must be configured\n"
      "tls/web.yml:4:21: client_auth_type: \"RequestClientCert\" would take "
      "any "
      "certificate, expected one that verifies them\n"
      "tls/web.yml:5:3: cipher_suites: is not for this server, which has good "
      "ones only\n"
      "tls/web.yml:7:10: alice: is no hash of bcrypt's, expected one as "
      "htpasswd -nBC 10 makes it\n"
      "tls/web.yml:8:8: bob: has a cost that is not in 4 to 12, and scrapes "
      "would wait for it; expected a hash as htpasswd -nBC 10 makes it\n"
      "tls/web.yml:9:3: c:d: no name of a user may hold a colon\n"
      "tls/web.yml:10:8: eve: is a list, expected text\n"
      "tls/web.yml:11:1: http_server_config: is not for this server: it speaks "
      "HTTP/1.1 and sets its own headers\n"
      "tls/web.yml:14:1: users: is no key of a web configuration, expected "
      "basic-auth-users\n");
}

static void web__needs_both_halves(void **state) {
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"{key: a}", "has no certificate, expected cert or cert-file"},
      {"{cert: a}", "has no key, expected key or key-file"},
      {"{cert: a, key: b, client_ca: c}",
       "has client CAs for which nobody asks, expected client-auth-type"},
      {"{cert: a, key: b, client_auth_type: VerifyClientCertIfGiven}",
       "has nothing to verify clients with, expected client-ca or "
       "client-ca-file"},
      {"{cert: a, key: b, min_version: TLS13, max_version: TLS12}",
       "max-version must be greater than or equal to min-version"}};
  struct fixture *fixture = (struct fixture *)*state;
  size_t i;
  put(fixture, "main.yml", MAIN);
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr_config_t *config = NULL;
    char text[256];
    snprintf(text, sizeof(text), "tls_server_config: %s\n", cases[i].text);
    put(fixture, "tls/web.yml", text);
    pyr__buf_clear(&fixture->seen);
    assert_int_equal(load(fixture, &config, NULL), PYR_ECONFIG);
    pyr__buf_add_byte(&fixture->seen, '\0');
    if (strstr((char *)fixture->seen.data, cases[i].error) == NULL)
      fail_msg("%s", (char *)fixture->seen.data);
  }
}

static void web__of_the_command_line_wins(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  pyr_config_options_t options = {.size = sizeof(options)};
  pyr_config_t *config;
  pyr_error_t err;
  put(fixture, "main.yml", MAIN);
  put(fixture, "tls/web.yml", "bearer_token: a\n");
  put(fixture, "other.yml", "basic_auth_users: {alice: " HASH "}\n");
  options.web_config = strdup(path_of(fixture, "other.yml"));
  assert_int_equal(
      pyr_config_load(&config, path_of(fixture, "main.yml"), &options, &err),
      0);
  assert_null(config->server.web.bearer_token);
  assert_int_equal(config->server.web.user_count, 1);
  pyr_config_unref(config);
  free((char *)options.web_config);
}

static pyr_config_t *make_default(struct fixture *fixture, const char *web) {
  pyr_config_options_t options = {.size = sizeof(options)};
  pyr_config_t *config;
  pyr_error_t err;
  put(fixture, "other.yml", web);
  options.web_config = path_of(fixture, "other.yml");
  if (pyr_config_default(&config, &options, &err) != 0)
    fail_msg("%s", err.text);
  return config;
}

/* As far as anybody can. */
static void web__without_a_configuration_lets_pyrite_in(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  const struct pyr__http_access_options *access;
  pyr_config_t *config = make_default(fixture, "bearer_token: it''s\n");
  access = &config->jobs[0].access;
  assert_string_equal(access->auth->credentials, "it''s");
  assert_null(access->tls);
  pyr_config_unref(config);
  config = make_default(fixture, "bearer_token_file: token\n"
                                 "tls_server_config: {cert_file: a, key_file: "
                                 "b}\nbasic_auth_users: {alice: " HASH "}\n");
  access = &config->jobs[0].access;
  assert_non_null(strstr(access->auth->credentials_file, "/token"));
  assert_true(access->tls->insecure_skip_verify);
  assert_int_equal(config->jobs[0].group_count, 1);
  pyr_config_unref(config);
}

static void web__that_keeps_pyrite_out_is_told_of(void **state) {
  static const struct {
    const char *web, *note;
  } cases[] = {
      {"basic_auth_users: {alice: " HASH "}\n",
       "the stats endpoint asks for a password, so that nothing is scraped: "},
      {"tls_server_config: {cert_file: a, key_file: b, client_ca_file: c,\n"
       "  client_auth_type: RequireAndVerifyClientCert}\n",
       "the stats endpoint asks for certificates of clients, so that "}};
  struct fixture *fixture = (struct fixture *)*state;
  size_t i;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr_config_t *config = make_default(fixture, cases[i].web);
    assert_int_equal(config->job_count, 0);
    assert_int_equal(config->note_count, 1);
    assert_true(pyr__str_starts(config->notes[0], cases[i].note));
    pyr_config_unref(config);
  }
}

static void web__survives_every_failed_allocation(void **state) {
  struct fixture *fixture = (struct fixture *)*state;
  struct failing_allocator allocator = {0};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  pyr_config_t *config = NULL;
  int rc = -1;
  put(fixture, "main.yml", MAIN);
  put(fixture, "tls/web.yml",
      "tls_server_config: {cert: a, key_file: b}\n"
      "basic_auth_users: {alice: " HASH "}\n");
  while (rc != 0) {
    allocator.calls = 0;
    allocator.fail_at++;
    rc = load(fixture, &config, &alloc);
    if (rc == 0)
      pyr_config_unref(config);
    else
      assert_int_equal(rc, PYR__ENOMEM);
    assert_int_equal(allocator.live, 0);
  }
  assert_true(allocator.fail_at > 10);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(web__is_read),
      TEST(web__may_say_nothing),
      TEST(web__must_be_there),
      TEST(web__says_all_that_is_wrong),
      TEST(web__needs_both_halves),
      TEST(web__of_the_command_line_wins),
      TEST(web__without_a_configuration_lets_pyrite_in),
      TEST(web__that_keeps_pyrite_out_is_told_of),
      TEST(web__survives_every_failed_allocation)};
#undef TEST
  return cmocka_run_group_tests(tests, NULL, NULL);
}
