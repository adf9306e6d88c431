/* Whom to ask, and as whom: kubeconfig files, a pod's account, headers. */
#include "kubernetes_live.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "discovery/kubernetes/access.h"
#include "discovery/kubernetes/kubeconfig.h"

#define COUNT(replies) (sizeof(replies) / sizeof((replies)[0]))

/* ---- kubeconfig --------------------------------------------------------- */

struct parsed {
  struct pyr__memory memory;
  struct pyr__arena arena;
  struct pyr__kubeconfig config;
  pyr_error_t err;
};

static int parse(struct parsed *parsed, const char *text, const char *path,
                 const pyr_alloc_t *alloc) {
  memset(parsed, 0, sizeof(*parsed));
  pyr__memory_init(&parsed->memory, alloc);
  pyr__arena_init(&parsed->arena, &parsed->memory,
                  PYR__MEM_DISCOVERY_KUBERNETES, PYR__MIB);
  return pyr__kubeconfig_parse(&parsed->config, &parsed->arena, pyr__str(text),
                               path, &parsed->err);
}

static void done(struct parsed *parsed) {
  unsigned i;
  pyr__arena_release(&parsed->arena);
  for (i = 0; i < PYR__PURPOSE_COUNT; i++)
    assert_int_equal(parsed->memory.accounts[i].used_blocks, 0);
}

/* As kubectl writes it, with a second context that is not the current one. */
static const char whole[] =
    "apiVersion: v1\n"
    "kind: Config\n"
    "preferences: {}\n"
    "current-context: admin@prod\n"
    "contexts:\n"
    "- context: {cluster: test, user: other}\n"
    "  name: test\n"
    "- context: {cluster: prod, user: admin, namespace: shop}\n"
    "  name: admin@prod\n"
    "clusters:\n"
    "- cluster: {server: 'https://test:6443'}\n"
    "  name: test\n"
    "- cluster:\n"
    "    certificate-authority: pki/ca.crt\n"
    "    certificate-authority-data: Q0EK\n"
    "    extensions: [{name: x, extension: {last-update: today}}]\n"
    "    insecure-skip-tls-verify: true\n"
    "    server: https://prod:6443\n"
    "    tls-server-name: kubernetes\n"
    "  name: prod\n"
    "users:\n"
    "- name: other\n"
    "  user: {exec: {command: x}}\n"
    "- name: admin\n"
    "  user:\n"
    "    client-certificate: /abs/cert.pem\n"
    "    client-certificate-data: Q0VSVAo=\n"
    "    client-key: key.pem\n"
    "    client-key-data: S0VZCg==\n"
    "    token: secret\n"
    "    tokenFile: run/token\n"
    "    username: me\n"
    "    password: 'p:w'\n";

static void the_current_context_counts(void **state) {
  struct parsed parsed;
  const struct pyr__kubeconfig *config = &parsed.config;
  (void)state;
  if (parse(&parsed, whole, "/etc/kube/config", NULL) != 0)
    fail_msg("%s", parsed.err.text);
  assert_string_equal(config->server, "https://prod:6443");
  assert_string_equal(config->ca, "CA\n");
  assert_string_equal(config->ca_file, "/etc/kube/pki/ca.crt");
  assert_string_equal(config->server_name, "kubernetes");
  assert_true(config->insecure_skip_verify);
  assert_string_equal(config->cert, "CERT\n");
  assert_string_equal(config->cert_file, "/abs/cert.pem");
  assert_string_equal(config->key, "KEY\n");
  assert_string_equal(config->key_file, "/etc/kube/key.pem");
  assert_string_equal(config->token, "secret");
  assert_string_equal(config->token_file, "/etc/kube/run/token");
  assert_string_equal(config->username, "me");
  assert_string_equal(config->password, "p:w");
  done(&parsed);
}

static void little_is_needed(void **state) {
  static const char text[] =
      "{\"current-context\": \"c\", \"contexts\": [{\"name\": \"c\", "
      "\"context\": {\"cluster\": \"k\"}}], \"clusters\": [{\"name\": \"k\", "
      "\"cluster\": {\"server\": \"http://h\"}}]}";
  struct parsed parsed;
  (void)state;
  assert_int_equal(parse(&parsed, text, "config", NULL), 0);
  assert_string_equal(parsed.config.server, "http://h");
  assert_null(parsed.config.ca);
  assert_null(parsed.config.token);
  assert_false(parsed.config.insecure_skip_verify);
  done(&parsed);
}

#define CONFIG(cluster, user)                                                  \
  "current-context: c\n"                                                       \
  "contexts: [{name: c, context: {cluster: k, user: u}}]\n"                    \
  "clusters: [{name: k, cluster: {" cluster "}}]\n"                            \
  "users: [{name: u, user: {" user "}}]\n"

static const struct {
  const char *text, *error;
} bad[] = {
    {"", "f:1:1: current-context: is missing, expected the name of one of "
         "contexts"},
    {"text", "f:1:1: current-context: is missing, expected the name of one of "
             "contexts"},
    {"current-context: ''\n", "f:1:1: current-context: is missing, expected "
                              "the name of one of contexts"},
    {"current-context: c\n",
     "f:1:1: contexts: has no context with the name \"c\""},
    {"current-context: c\ncontexts: [{name: d, context: {cluster: k}}]\n",
     "f:2:11: contexts: has no context with the name \"c\""},
    {"current-context: c\ncontexts: [1, [], {name: c}]\n",
     "f:2:11: contexts: has no context with the name \"c\""},
    {"current-context: c\ncontexts: [{name: c, context: {}}]\n",
     "f:2:31: cluster: is missing, expected in a context"},
    {"current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\n",
     "f:1:1: clusters: has no cluster with the name \"k\""},
    {CONFIG("", ""), "f:3:31: server: is missing, expected in a cluster"},
    {CONFIG("server: a", "") "current-context: d\n",
     "f:5:1: current-context: is there twice, the first time in line 1"},
    {CONFIG("server: [a]", ""), "f:3:40: server: is a list, expected text"},
    {CONFIG("server: a, certificate-authority-data: '*'", ""),
     "f:3:71: certificate-authority-data: is no base64"},
    {CONFIG("server: a, certificate-authority-data: AAAA", ""),
     "f:3:71: certificate-authority-data: is no text in base64, expected PEM"},
    {CONFIG("server: a, proxy-url: x", ""),
     "f:3:43: proxy-url: is not supported, expected a server that can be "
     "reached without a proxy"},
    {CONFIG("server: a", "exec: {command: aws}"),
     "f:4:26: exec: has another program give the credentials, which Pyrite "
     "does not run; take a token (kubectl create token), a tokenFile or a "
     "client certificate"},
    {CONFIG("server: a", "auth-provider: {name: gcp}"),
     "f:4:26: auth-provider: has another program give the credentials, which "
     "Pyrite does not run; take a token (kubectl create token), a tokenFile or "
     "a client certificate"},
    {CONFIG("server: a", "as: boss"),
     "f:4:26: as: asks to impersonate somebody, which is not supported; "
     "expected the credentials of who is to be asked as"},
};

static void what_is_wrong_is_said(void **state) {
  struct parsed parsed;
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(bad); i++) {
    assert_int_equal(parse(&parsed, bad[i].text, "f", NULL), PYR_ECONFIG);
    assert_string_equal(parsed.err.text, bad[i].error);
    done(&parsed);
  }
  assert_int_equal(parse(&parsed, "a: [", "f", NULL), PYR_ECONFIG);
  assert_memory_equal(parsed.err.text, "f:", 2);
  done(&parsed);
}

static void every_allocation_of_a_kubeconfig_may_fail(void **state) {
  struct failing_allocator allocator = {0};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct parsed parsed;
  int rc;
  (void)state;
  do {
    allocator.calls = 0;
    allocator.fail_at++;
    rc = parse(&parsed, whole, "/etc/kube/config", &alloc);
    assert_true(rc == 0 || rc == PYR__ENOMEM);
    done(&parsed);
    assert_int_equal(allocator.live, 0);
  } while (rc != 0);
  assert_true(allocator.fail_at > 3);
}

/* ---- files -------------------------------------------------------------- */

struct folder {
  char path[64];
  char file[128];
};

static void make_folder(struct folder *folder) {
  strcpy(folder->path, "/tmp/pyrite-kube-XXXXXX");
  assert_non_null(mkdtemp(folder->path));
}

static const char *write_file(struct folder *folder, const char *name,
                              const char *text) {
  FILE *file;
  snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path, name);
  file = fopen(folder->file, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  return folder->file;
}

static void remove_folder(struct folder *folder) {
  static const char *const names[] = {"config", "token", "ca.crt", "namespace"};
  size_t i;
  for (i = 0; i < COUNT(names); i++) {
    snprintf(folder->file, sizeof(folder->file), "%s/%s", folder->path,
             names[i]);
    unlink(folder->file);
  }
  assert_int_equal(rmdir(folder->path), 0);
}

/* ---- a pod's account ---------------------------------------------------- */

static void a_pod_has_an_account(void **state) {
  struct pyr__kube_access access;
  struct folder folder;
  pyr_error_t err;
  struct kube kube;
  (void)state;
  make_folder(&folder);
  kube_begin(&kube, NULL, 0, NULL);
  kube.config.api_server = pyr__str("");
  kube.config.kubeconfig_file = pyr__str("");
  kube.options = (struct pyr__kubernetes_options){.account_dir = folder.path,
                                                  .service_host = "fd00::1",
                                                  .service_port = "443"};
  assert_int_equal(pyr__kube_access_init(&access, &kube.env, &kube.config,
                                         &kube.options, &err),
                   0);
  assert_string_equal(access.server, "https://[fd00::1]:443");
  assert_non_null(strstr(access.auth.credentials_file, "/token"));
  assert_int_equal(access.own_namespace.len, 0);
  pyr__kube_access_release(&access);

  kube.config.own_namespace = true;
  kube.options.service_host = "10.0.0.1";
  assert_int_equal(pyr__kube_access_init(&access, &kube.env, &kube.config,
                                         &kube.options, &err),
                   -ENOENT);
  assert_memory_equal(err.text, "own-namespace: ", 15);
  write_file(&folder, "namespace", " \n");
  assert_int_equal(pyr__kube_access_init(&access, &kube.env, &kube.config,
                                         &kube.options, &err),
                   PYR_ECONFIG);
  assert_non_null(strstr(err.text, "/namespace: is empty"));
  write_file(&folder, "namespace", "shop\n");
  assert_int_equal(pyr__kube_access_init(&access, &kube.env, &kube.config,
                                         &kube.options, &err),
                   0);
  assert_string_equal(access.server, "https://10.0.0.1:443");
  assert_true(pyr__str_is(access.own_namespace, "shop"));
  pyr__kube_access_release(&access);

  kube.options.service_host = "";
  assert_int_equal(pyr__kube_access_init(&access, &kube.env, &kube.config,
                                         &kube.options, &err),
                   PYR_ECONFIG);
  assert_string_equal(
      err.text, "this is no pod: KUBERNETES_SERVICE_HOST and "
                "KUBERNETES_SERVICE_PORT are not set; expected api-server or "
                "kubeconfig-file");
  kube_finish(&kube);
  remove_folder(&folder);
}

/* ---- headers ------------------------------------------------------------ */

static const struct script_reply one_pod[] = {
    A_LIST("pods", LIST("10", POD("a", "1", "1.1.1.1"))),
    A_WATCH("pods", HEAD_200, SCRIPT_KEEP),
};

/* With a kubeconfig in the folder whose user has these keys. */
static void start_as(struct kube *kube, struct folder *folder,
                     const char *user) {
  char text[1024];
  snprintf(text, sizeof(text),
           "current-context: c\n"
           "contexts: [{name: c, context: {cluster: k, user: u}}]\n"
           "clusters: [{name: k, cluster: {server: '%s'}}]\n"
           "users: [{name: u, user: {%s}}]\n",
           kube->server, user);
  kube->config.api_server = pyr__str("");
  kube->config.kubeconfig_file = pyr__str(write_file(folder, "config", text));
  kube_start(kube);
}

/* What the user's keys come to, as a header of the request. */
static void assert_header(const char *user, const char *header) {
  struct folder folder;
  struct kube kube;

  make_folder(&folder);
  kube_begin(&kube, one_pod, COUNT(one_pod), NULL);
  write_file(&folder, "token", " t0ken \n");
  start_as(&kube, &folder, user);
  kube_until(&kube, kube.syncs == 1);
  if (strstr(kube.script.last, header) == NULL)
    fail_msg("%s is not in\n%s", header, kube.script.last);
  assert_non_null(strstr(kube.script.last, "\r\nAccept: application/json\r\n"));
  assert_null(strstr(kube.script.last, "Accept-Encoding"));
  kube_end(&kube);
  remove_folder(&folder);
}

static void credentials_are_sent(void **state) {
  (void)state;
  assert_header("token: abc", "\r\nAuthorization: Bearer abc\r\n");
  assert_header("token: abc, tokenFile: token",
                "\r\nAuthorization: Bearer t0ken\r\n");
  assert_header("username: me, password: 'p:w'",
                "\r\nAuthorization: Basic bWU6cDp3\r\n");
  assert_header("username: me", "\r\nAuthorization: Basic bWU6\r\n");
  assert_header("", "\r\nHost: 127.0.0.1");
}

/* The same with api-server, where the configuration says it. */
static void credentials_of_an_api_server_are_sent(void **state) {
  static const struct {
    struct pyr__auth_options auth;
    const char *header;
  } cases[] = {
      {{.credentials = "abc"}, "\r\nAuthorization: Bearer abc\r\n"},
      {{.type = "Token", .credentials = "abc"},
       "\r\nAuthorization: Token abc\r\n"},
      {{.username = "me", .password = "p:w"},
       "\r\nAuthorization: Basic bWU6cDp3\r\n"},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT(cases); i++) {
    struct kube kube;
    kube_begin(&kube, one_pod, COUNT(one_pod), NULL);
    kube.config.access.auth = &cases[i].auth;
    kube_start(&kube);
    kube_until(&kube, kube.syncs == 1);
    if (strstr(kube.script.last, cases[i].header) == NULL)
      fail_msg("%s is not in\n%s", cases[i].header, kube.script.last);
    kube_end(&kube);
  }
}

/* A token that cannot be read, or would end the header, is a failure as any. */
static void a_token_may_come_later(void **state) {
  static const struct {
    const char *text, *error;
  } tokens[] = {{NULL, "No such file"},
                {"", "expected credentials in one line"},
                {"a\nb", "expected credentials in one line"},
                {"good", NULL}};
  struct folder folder;
  struct kube kube;
  size_t i;
  (void)state;
  make_folder(&folder);
  kube_begin(&kube, one_pod, COUNT(one_pod), NULL);
  start_as(&kube, &folder, "tokenFile: token");
  for (i = 0; i < COUNT(tokens); i++) {
    if (tokens[i].text != NULL)
      write_file(&folder, "token", tokens[i].text);
    if (tokens[i].error == NULL)
      continue;
    kube_until(&kube, strstr(kube.discoverer->stats.last_error,
                             tokens[i].error) != NULL);
    assert_non_null(strstr(kube.discoverer->stats.last_error, "/token: "));
    assert_int_equal(kube.script.requests, 0);
  }
  kube_until(&kube, kube.syncs == 1);
  assert_non_null(strstr(kube.script.last, "Bearer good\r\n"));
  kube_end(&kube);
  remove_folder(&folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_current_context_counts),
      cmocka_unit_test(little_is_needed),
      cmocka_unit_test(what_is_wrong_is_said),
      cmocka_unit_test(every_allocation_of_a_kubeconfig_may_fail),
      cmocka_unit_test(a_pod_has_an_account),
      cmocka_unit_test(credentials_are_sent),
      cmocka_unit_test(credentials_of_an_api_server_are_sent),
      cmocka_unit_test(a_token_may_come_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
