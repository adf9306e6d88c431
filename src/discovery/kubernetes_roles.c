#include "discovery/kubernetes_roles.h"

const struct pyr__kube_role pyr__kube_roles[PYR__KUBE_ROLES] = {
    {"pod", "pod/", PYR__KUBE_PODS, false, pyr__kube_build_pod},
    {"service", "svc/", PYR__KUBE_SERVICES, false, pyr__kube_build_service},
    {"endpoints", "endpoints/", PYR__KUBE_ENDPOINTS, true,
     pyr__kube_build_endpoints},
    {"endpointslice", "endpointslice/", PYR__KUBE_ENDPOINT_SLICES, true,
     pyr__kube_build_endpoint_slice},
    {"node", "node/", PYR__KUBE_NODES, false, pyr__kube_build_node},
    {"ingress", "ingress/", PYR__KUBE_INGRESSES, false,
     pyr__kube_build_ingress},
};
