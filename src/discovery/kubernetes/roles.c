#include "discovery/kubernetes/roles.h"

const struct pyr__kube_role pyr__kube_roles[PYR__KUBERNETES_ROLES] = {
    [PYR__KUBERNETES_POD] = {"pod", "pod/", PYR__KUBE_PODS, false,
                             pyr__kube_build_pod},
    [PYR__KUBERNETES_SERVICE] = {"service", "svc/", PYR__KUBE_SERVICES, false,
                                 pyr__kube_build_service},
    [PYR__KUBERNETES_ENDPOINTS] = {"endpoints", "endpoints/",
                                   PYR__KUBE_ENDPOINTS, true,
                                   pyr__kube_build_endpoints},
    [PYR__KUBERNETES_ENDPOINT_SLICE] = {"endpointslice", "endpointslice/",
                                        PYR__KUBE_ENDPOINT_SLICES, true,
                                        pyr__kube_build_endpoint_slice},
    [PYR__KUBERNETES_NODE] = {"node", "node/", PYR__KUBE_NODES, false,
                              pyr__kube_build_node},
    [PYR__KUBERNETES_INGRESS] = {"ingress", "ingress/", PYR__KUBE_INGRESSES,
                                 false, pyr__kube_build_ingress},
};
