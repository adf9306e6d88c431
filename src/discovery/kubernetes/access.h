/* How the API server is reached: its address, and who we are to it. */
#ifndef PYR__DISCOVERY_KUBERNETES_ACCESS_H
#define PYR__DISCOVERY_KUBERNETES_ACCESS_H

#include "base/arena.h"
#include "base/auth_options.h"
#include "config/kubernetes_sd.h"
#include "discovery/discoverer.h"
#include "discovery/kubernetes/discoverer.h"
#include "net/http_access.h"

struct pyr__kube_access {
  const struct pyr__discovery_env *env;
  struct pyr__arena arena; /* of the texts */
  const char *server;      /* "https://10.0.0.1:443", maybe with a path, no / */
  pyr_str_t own_namespace;
  struct pyr__auth_options auth;
  struct pyr__http_access_options options; /* those not of the two above */
  struct pyr__http_access *http;
};

/* On failure there is nothing to release. */
int pyr__kube_access_init(struct pyr__kube_access *access,
                          const struct pyr__discovery_env *env,
                          const struct pyr__kubernetes_sd_config *config,
                          const struct pyr__kubernetes_options *options,
                          pyr_error_t *err);
void pyr__kube_access_release(struct pyr__kube_access *access);
/* Asks for a path with a query. */
int pyr__kube_access_get(struct pyr__kube_access *access, const char *path,
                         const struct pyr__http_handler *handler,
                         struct pyr__http_request **out, pyr_error_t *err);

#endif
