#include "discovery/kubernetes_access.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"

int pyr__kube_access_init(struct pyr__kube_access *access,
                          const struct pyr__discovery_env *env,
                          const struct pyr__kubernetes_sd_config *config,
                          const struct pyr__kubernetes_options *options,
                          pyr_error_t *err) {
  pyr_str_t server = config->api_server;

  (void)options;
  *access = (struct pyr__kube_access){.env = env};
  while (server.len > 0 && server.base[server.len - 1] == '/')
    server.len--;
  access->server =
      pyr__copy_text(env->memory, PYR__MEM_DISCOVERY_KUBERNETES, server);
  return access->server == NULL ? pyr__error_nomem(err) : 0;
}

void pyr__kube_access_release(struct pyr__kube_access *access) {
  if (access->env == NULL)
    return;
  pyr__free(access->env->memory, access->server);
  pyr__free(access->env->memory, access->own_namespace);
  *access = (struct pyr__kube_access){.env = NULL};
}

pyr_str_t pyr__kube_access_namespace(const struct pyr__kube_access *access) {
  return pyr__str(access->own_namespace == NULL ? "" : access->own_namespace);
}

int pyr__kube_access_get(struct pyr__kube_access *access, const char *path,
                         const struct pyr__http_handler *handler,
                         struct pyr__http_request **out, pyr_error_t *err) {
  struct pyr__buf url;
  int rc;

  pyr__buf_init(&url, access->env->memory, PYR__MEM_DISCOVERY_KUBERNETES,
                PYR__LIMIT_URL_BYTES);
  rc = pyr__buf_add_text(&url, access->server);
  if (rc == 0)
    rc = pyr__buf_add(&url, path, strlen(path) + 1);
  if (rc != 0)
    rc = pyr__error(err, rc, "the URL of the request is too long");
  else
    rc = pyr__http_get(access->env->client, (const char *)url.data, true,
                       handler, out, err);
  pyr__buf_release(&url);
  return rc;
}
