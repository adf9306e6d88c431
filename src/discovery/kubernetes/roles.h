/* What each role makes of an object of its own; see build.h. */
#ifndef PYR__DISCOVERY_KUBERNETES_ROLES_H
#define PYR__DISCOVERY_KUBERNETES_ROLES_H

#include "discovery/kubernetes/build.h"

int pyr__kube_build_pod(struct pyr__kube_build *build,
                        const struct pyr__kube_object *object,
                        pyr_error_t *err);
int pyr__kube_build_service(struct pyr__kube_build *build,
                            const struct pyr__kube_object *object,
                            pyr_error_t *err);
int pyr__kube_build_endpoints(struct pyr__kube_build *build,
                              const struct pyr__kube_object *object,
                              pyr_error_t *err);
int pyr__kube_build_endpoint_slice(struct pyr__kube_build *build,
                                   const struct pyr__kube_object *object,
                                   pyr_error_t *err);
int pyr__kube_build_node(struct pyr__kube_build *build,
                         const struct pyr__kube_object *object,
                         pyr_error_t *err);
int pyr__kube_build_ingress(struct pyr__kube_build *build,
                            const struct pyr__kube_object *object,
                            pyr_error_t *err);

#endif
