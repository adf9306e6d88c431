/* kubernetes-sd-configs: the objects of an API server, watched. */
#ifndef PYR__DISCOVERY_KUBERNETES_DISCOVERER_H
#define PYR__DISCOVERY_KUBERNETES_DISCOVERER_H

#include "config/kubernetes_sd.h"
#include "discovery/discoverer.h"

struct pyr__kube_timing;

struct pyr__kubernetes_options { /* NULL: the usual; for tests */
  const struct pyr__kube_timing *timing;
  /* Where a pod has its token, CA and namespace, and the API server's address,
   * which is in the environment. */
  const char *account_dir, *service_host, *service_port;
};

/* `config`, `env` and `options`, which may be NULL, outlive it.  Fails where it
 * cannot be known whom to ask: outside of a cluster, a kubeconfig that cannot
 * be read. */
int pyr__kubernetes_discoverer_new(
    struct pyr__discoverer **out,
    const struct pyr__kubernetes_sd_config *config,
    const struct pyr__discovery_env *env,
    const struct pyr__discovery_sink *sink,
    const struct pyr__kubernetes_options *options, pyr_error_t *err);

#endif
