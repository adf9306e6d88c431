/* One element of kubernetes-sd-configs, frozen.  Texts are terminated. */
#ifndef PYR__CONFIG_KUBERNETES_SD_H
#define PYR__CONFIG_KUBERNETES_SD_H

#include <stdbool.h>

#include "base/http_options.h"
#include "pyrite.h"

enum pyr__kubernetes_role {
  PYR__KUBERNETES_POD,
  PYR__KUBERNETES_SERVICE,
  PYR__KUBERNETES_ENDPOINTS,
  PYR__KUBERNETES_ENDPOINT_SLICE,
  PYR__KUBERNETES_NODE,
  PYR__KUBERNETES_INGRESS,
  PYR__KUBERNETES_ROLES
};

enum { /* bits of attach-metadata */
       PYR__KUBERNETES_ATTACH_NODE = 1,
       PYR__KUBERNETES_ATTACH_NAMESPACE = 2,
       PYR__KUBERNETES_ATTACH_DEPLOYMENT = 4,
       PYR__KUBERNETES_ATTACH_JOB = 8,
       PYR__KUBERNETES_ATTACH_CRON_JOB = 16
};

struct pyr__kubernetes_selector { /* "": everything */
  pyr_str_t label, field;
};

struct pyr__kubernetes_sd_config {
  uint64_t fingerprint; /* two that have the same say the same */
  enum pyr__kubernetes_role role;
  pyr_str_t api_server;      /* "" and */
  pyr_str_t kubeconfig_file; /* "": of the cluster that we run in */
  struct pyr__http_access_options access; /* for api_server */
  bool own_namespace;
  const pyr_str_t *namespaces;
  size_t namespace_count; /* 0 and not own_namespace: all */
  struct pyr__kubernetes_selector selectors[PYR__KUBERNETES_ROLES];
  unsigned attach; /* PYR__KUBERNETES_ATTACH_* */
};

#endif
