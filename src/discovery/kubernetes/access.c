#include "discovery/kubernetes/access.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "discovery/kubernetes/kubeconfig.h"
#include "net/watched_file.h"

static const char ACCOUNT_DIR[] =
    "/var/run/secrets/kubernetes.io/serviceaccount";

/* ---- files -------------------------------------------------------------- */

/* The whole of a file, without blanks around it, in `arena`. */
static int read_file(struct pyr__arena *arena, const char *path, pyr_str_t *out,
                     pyr_error_t *err) {
  struct pyr__watched_file file = {.path = path};
  struct pyr__file_text text;
  pyr_str_t trimmed;
  int rc = pyr__watched_file_read(&file, arena->memory,
                                  PYR__LIMIT_KUBERNETES_FILE, &text, err);

  *out = (pyr_str_t){"", 0};
  if (rc != 0)
    return pyr__error_prefix(err, "%s: ", path);
  trimmed = pyr__str_trim((pyr_str_t){(const char *)text.data, text.len});
  out->base = pyr__arena_text(arena, trimmed);
  out->len = trimmed.len;
  pyr__file_text_release(arena->memory, &text);
  return out->base != NULL ? 0 : pyr__arena_error(arena, PYR__MIB, path, err);
}

/* "dir/name", or NULL without memory. */
static const char *join(struct pyr__arena *arena, const char *dir,
                        const char *name) {
  size_t size = strlen(dir) + strlen(name) + 2;
  char *path = pyr__arena_alloc(arena, size, 1);
  if (path != NULL)
    snprintf(path, size, "%s/%s", dir, name);
  return path;
}

/* ---- three ways --------------------------------------------------------- */

static int no_room(struct pyr__kube_access *access, pyr_error_t *err) {
  return pyr__arena_error(&access->arena, PYR__MIB, "the access to Kubernetes",
                          err);
}

static int set_server(struct pyr__kube_access *access, pyr_str_t server,
                      pyr_error_t *err) {
  while (server.len > 0 && server.base[server.len - 1] == '/')
    server.len--;
  access->server = pyr__arena_text(&access->arena, server);
  return access->server != NULL ? 0 : no_room(access, err);
}

static int set_service(struct pyr__kube_access *access, const char *host,
                       const char *port, pyr_error_t *err) {
  bool is_ipv6 = strchr(host, ':') != NULL;
  size_t size = strlen(host) + strlen(port) + sizeof("https://[]:");
  char *server = pyr__arena_alloc(&access->arena, size, 1);
  if (server == NULL)
    return no_room(access, err);
  snprintf(server, size, is_ipv6 ? "https://[%s]:%s" : "https://%s:%s", host,
           port);
  access->server = server;
  return 0;
}

/* As a pod: the address is in the environment, the rest in a folder. */
static int use_account(struct pyr__kube_access *access, bool own_namespace,
                       const struct pyr__kubernetes_options *options,
                       struct pyr__tls_options *tls, pyr_error_t *err) {
  const char *dir = options->account_dir, *host = options->service_host;
  const char *port = options->service_port, *space;
  int rc;

  dir = dir != NULL ? dir : ACCOUNT_DIR;
  host = host != NULL ? host : getenv("KUBERNETES_SERVICE_HOST");
  port = port != NULL ? port : getenv("KUBERNETES_SERVICE_PORT");
  if (host == NULL || port == NULL || host[0] == '\0' || port[0] == '\0')
    return pyr__error(
        err, PYR_ECONFIG,
        "this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT "
        "are not set; expected api-server or kubeconfig-file");
  rc = set_service(access, host, port, err);
  if (rc != 0)
    return rc;
  access->auth.credentials_file = join(&access->arena, dir, "token");
  tls->ca_file = join(&access->arena, dir, "ca.crt");
  space = join(&access->arena, dir, "namespace");
  if (access->auth.credentials_file == NULL || tls->ca_file == NULL ||
      space == NULL)
    return no_room(access, err);
  if (!own_namespace)
    return 0;
  rc = read_file(&access->arena, space, &access->own_namespace, err);
  if (rc == 0 && access->own_namespace.len == 0)
    rc = pyr__error(err, PYR_ECONFIG, "%s: is empty", space);
  return rc != 0 ? pyr__error_prefix(err, "own-namespace: ") : 0;
}

static int use_kubeconfig(struct pyr__kube_access *access, const char *path,
                          struct pyr__tls_options *tls, pyr_error_t *err) {
  struct pyr__kubeconfig kubeconfig;
  pyr_str_t text;
  int rc = read_file(&access->arena, path, &text, err);

  if (rc == 0)
    rc = pyr__kubeconfig_parse(&kubeconfig, &access->arena, text, path, err);
  if (rc == 0)
    rc = set_server(access, pyr__str(kubeconfig.server), err);
  if (rc != 0)
    return rc;
  access->auth = (struct pyr__auth_options){
      .credentials = kubeconfig.token_file == NULL ? kubeconfig.token : NULL,
      .credentials_file = kubeconfig.token_file,
      .username = kubeconfig.username,
      .password = kubeconfig.password};
  /* Data wins over files, as with kubectl. */
  tls->ca = kubeconfig.ca;
  tls->ca_file = kubeconfig.ca == NULL ? kubeconfig.ca_file : NULL;
  tls->cert = kubeconfig.cert;
  tls->cert_file = kubeconfig.cert == NULL ? kubeconfig.cert_file : NULL;
  tls->key = kubeconfig.key;
  tls->key_file = kubeconfig.key == NULL ? kubeconfig.key_file : NULL;
  tls->server_name = kubeconfig.server_name;
  tls->insecure_skip_verify = kubeconfig.insecure_skip_verify;
  return 0;
}

static int find_access(struct pyr__kube_access *access,
                       const struct pyr__kubernetes_sd_config *config,
                       const struct pyr__kubernetes_options *options,
                       struct pyr__tls_options *tls, pyr_error_t *err) {
  if (config->kubeconfig_file.len != 0)
    return use_kubeconfig(access, config->kubeconfig_file.base, tls, err);
  if (config->api_server.len == 0)
    return use_account(access, config->own_namespace, options, tls, err);
  if (config->access.auth != NULL)
    access->auth = *config->access.auth;
  if (config->access.tls != NULL)
    *tls = *config->access.tls;
  access->options = config->access;
  return set_server(access, config->api_server, err);
}

static int take_options(struct pyr__kube_access *access,
                        const struct pyr__tls_options *tls, pyr_error_t *err) {
  struct pyr__http_access_options options = access->options;
  options.tls = tls;
  options.auth = &access->auth;
  return pyr__http_access_new(&access->http, access->env->client, &options,
                              access->env->job, err);
}

int pyr__kube_access_init(struct pyr__kube_access *access,
                          const struct pyr__discovery_env *env,
                          const struct pyr__kubernetes_sd_config *config,
                          const struct pyr__kubernetes_options *options,
                          pyr_error_t *err) {
  static const struct pyr__kubernetes_options usual;
  struct pyr__tls_options tls = {.name = env->job};
  int rc;

  *access = (struct pyr__kube_access){.env = env, .own_namespace = {"", 0}};
  pyr__arena_init(&access->arena, env->memory, PYR__MEM_DISCOVERY_KUBERNETES,
                  4 * PYR__LIMIT_KUBERNETES_FILE);
  rc = find_access(access, config, options != NULL ? options : &usual, &tls,
                   err);
  if (rc == 0)
    rc = take_options(access, &tls, err);
  if (rc != 0)
    pyr__kube_access_release(access);
  return rc;
}

void pyr__kube_access_release(struct pyr__kube_access *access) {
  if (access->env == NULL)
    return;
  pyr__http_access_unref(access->http);
  pyr__arena_release(&access->arena);
  access->env = NULL;
}

/* ---- asking ------------------------------------------------------------- */

static int write_url(struct pyr__kube_access *access, struct pyr__buf *url,
                     const char *path, pyr_error_t *err) {
  int rc = pyr__buf_add_text(url, access->server);
  if (rc == 0)
    rc = pyr__buf_add(url, path, strlen(path) + 1);
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0
                 : pyr__error(err, rc, "the URL is longer than %zu bytes",
                              url->limit);
}

int pyr__kube_access_get(struct pyr__kube_access *access, const char *path,
                         const struct pyr__http_handler *handler,
                         struct pyr__http_request **out, pyr_error_t *err) {
  struct pyr__memory *memory = access->env->memory;
  struct pyr__http_options options = {
      .access = access->http,
      .follow_other_hosts = access->options.follow_redirects,
      .headers = "Accept: application/json\r\n"};
  struct pyr__buf url;
  int rc;

  pyr__buf_init(&url, memory, PYR__MEM_DISCOVERY_KUBERNETES,
                PYR__LIMIT_URL_BYTES);
  rc = write_url(access, &url, path, err);
  if (rc == 0)
    rc = pyr__http_start(access->env->client, (const char *)url.data, &options,
                         handler, out, err);
  pyr__buf_release(&url);
  return rc;
}
