/* The resources that targets are made from: where the API has them, and which
 * of their fields are kept. */
#ifndef PYR__DISCOVERY_KUBERNETES_RESOURCE_H
#define PYR__DISCOVERY_KUBERNETES_RESOURCE_H

#include "discovery/kubernetes/record.h"

enum pyr__kube_kind {
  PYR__KUBE_PODS,
  PYR__KUBE_SERVICES,
  PYR__KUBE_ENDPOINTS,
  PYR__KUBE_ENDPOINT_SLICES,
  PYR__KUBE_NODES,
  PYR__KUBE_INGRESSES,
  PYR__KUBE_NAMESPACES,
  PYR__KUBE_REPLICA_SETS,
  PYR__KUBE_JOBS,
  PYR__KUBE_KINDS
};

struct pyr__kube_resource {
  const char *name;  /* as in a path and in a ClusterRole: "pods" */
  const char *group; /* "" is the core */
  const char *path;  /* of the group and version: "/api/v1" */
  bool is_namespaced;
  const struct pyr__json_node *nodes; /* what is kept of an object */
};

extern const struct pyr__kube_resource pyr__kube_resources[PYR__KUBE_KINDS];

#endif
