/* What endpoints and endpoint slices share: addresses behind a service, joined
 * with the pods that have them. */
#ifndef PYR__DISCOVERY_KUBERNETES_JOIN_H
#define PYR__DISCOVERY_KUBERNETES_JOIN_H

#include "base/index.h"
#include "discovery/kubernetes/roles.h"

struct pyr__kube_endpoint { /* "" where there is nothing */
  const pyr_str_t *addresses;
  size_t address_count;
  const struct pyr__kube_pair *topology; /* keys and values */
  size_t topology_count;
  pyr_str_t hostname, node_name, zone, ref_kind, ref_name, ref_namespace;
  pyr_str_t ready, serving, terminating;
  bool is_not_ready; /* of Endpoints: among those that are not */
};

struct pyr__kube_subset { /* a slice is one */
  const struct pyr__kube_endpoint *endpoints;
  size_t endpoint_count;
  const struct pyr__kube_port *ports;
  size_t port_count;
};

struct pyr__kube_subsets {
  struct pyr__kube_subset *at;
  size_t count;
};

int pyr__kube_subsets_read(struct pyr__kube_subsets *out,
                           struct pyr__arena *arena, pyr_str_t record,
                           pyr_error_t *err);

struct pyr__kube_join;
struct pyr__kube_join_pod;

/* The targets of one object. */
struct pyr__kube_join {
  struct pyr__kube_build *build;
  struct pyr__kube_join_pod **pods; /* in the order they were seen */
  size_t pod_count, pod_capacity;
  struct pyr__kube_join_port *ports; /* of containers, to be covered */
  uint32_t port_count;
  size_t port_capacity;
  struct pyr__index port_index;
  /* Whether a container's port is labelled with the endpoint's protocol, as
   * Prometheus does for endpoints but not for slices. */
  bool has_endpoint_protocol;
};

void pyr__kube_join_init(struct pyr__kube_join *join,
                         struct pyr__kube_build *build);
void pyr__kube_join_release(struct pyr__kube_join *join);
/* `own` over the labels of the pod that the endpoint refers to, if there is
 * one, with those of the container that declares the port. */
int pyr__kube_join_add(struct pyr__kube_join *join,
                       const struct pyr__kube_endpoint *endpoint,
                       const struct pyr__kube_port *port,
                       struct pyr__meta_labels *own, pyr_error_t *err);
/* Targets for the ports of those pods' containers that no endpoint had. */
int pyr__kube_join_add_rest(struct pyr__kube_join *join, pyr_error_t *err);

#endif
