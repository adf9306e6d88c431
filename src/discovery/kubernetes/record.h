/* What is kept of a Kubernetes object: the few fields that labels and targets
 * are made of, as a record. */
#ifndef PYR__DISCOVERY_KUBERNETES_RECORD_H
#define PYR__DISCOVERY_KUBERNETES_RECORD_H

#include "discovery/json_record.h"

/* Of all resources, as many of them share a shape.  PORT, CONTAINER and so on
 * begin an element: what belongs to it follows, up to the next of its kind. */
enum pyr__kube_field {
  PYR__KUBE_NONE = PYR__JSON_NONE,
  PYR__KUBE_VALUE = PYR__JSON_VALUE, /* of the label, annotation or such */
  PYR__KUBE_NAME,
  PYR__KUBE_NAMESPACE,
  PYR__KUBE_UID,
  PYR__KUBE_LABEL,
  PYR__KUBE_ANNOTATION,
  PYR__KUBE_OWNER,
  PYR__KUBE_OWNER_KIND,
  PYR__KUBE_OWNER_NAME,
  PYR__KUBE_OWNER_CONTROLLER,
  PYR__KUBE_CONDITION,
  PYR__KUBE_CONDITION_TYPE,
  PYR__KUBE_CONDITION_STATUS,
  PYR__KUBE_PORT,
  PYR__KUBE_PORT_NUMBER,
  PYR__KUBE_PORT_NAME,
  PYR__KUBE_PORT_PROTOCOL,
  PYR__KUBE_PORT_APP_PROTOCOL,
  PYR__KUBE_NODE_NAME,
  PYR__KUBE_HOSTNAME,
  /* pods */
  PYR__KUBE_POD_IP,
  PYR__KUBE_HOST_IP,
  PYR__KUBE_PHASE,
  PYR__KUBE_CONTAINER,
  PYR__KUBE_INIT_CONTAINER,
  PYR__KUBE_CONTAINER_NAME,
  PYR__KUBE_CONTAINER_IMAGE,
  PYR__KUBE_CONTAINER_STATUS,
  PYR__KUBE_INIT_CONTAINER_STATUS,
  PYR__KUBE_STATUS_NAME,
  PYR__KUBE_STATUS_ID,
  PYR__KUBE_INIT_STATUS_NAME,
  PYR__KUBE_INIT_STATUS_ID,
  /* services */
  PYR__KUBE_TYPE,
  PYR__KUBE_CLUSTER_IP,
  PYR__KUBE_EXTERNAL_NAME,
  PYR__KUBE_LOAD_BALANCER_IP,
  PYR__KUBE_IP_FAMILY_POLICY,
  PYR__KUBE_IP_FAMILY,
  PYR__KUBE_INGRESS_IP,
  /* endpoints and slices */
  PYR__KUBE_SUBSET,
  PYR__KUBE_ENDPOINT,
  PYR__KUBE_NOT_READY,
  PYR__KUBE_ADDRESS,
  PYR__KUBE_ADDRESS_TYPE,
  PYR__KUBE_REF_KIND,
  PYR__KUBE_REF_NAME,
  PYR__KUBE_REF_NAMESPACE,
  PYR__KUBE_READY,
  PYR__KUBE_SERVING,
  PYR__KUBE_TERMINATING,
  PYR__KUBE_ZONE,
  PYR__KUBE_TOPOLOGY,
  /* nodes */
  PYR__KUBE_PROVIDER_ID,
  PYR__KUBE_NODE_ADDRESS,
  PYR__KUBE_NODE_ADDRESS_TYPE,
  PYR__KUBE_KUBELET_PORT,
  /* ingresses */
  PYR__KUBE_INGRESS_CLASS,
  PYR__KUBE_TLS_HOST,
  PYR__KUBE_RULE,
  PYR__KUBE_RULE_HOST,
  PYR__KUBE_PATH,
  PYR__KUBE_PATH_TEXT,
  /* Not kept in a record, but told as they come. */
  PYR__KUBE_FIRST_TOLD,
  PYR__KUBE_EVENT_TYPE = PYR__KUBE_FIRST_TOLD,
  PYR__KUBE_VERSION,      /* of an object */
  PYR__KUBE_LIST_VERSION, /* of a list */
  PYR__KUBE_CONTINUE,
  PYR__KUBE_STATUS_CODE, /* where the object is a Status */
  PYR__KUBE_STATUS_MESSAGE
};

/* From a stream of JSON to records. */
struct pyr__kube_extract {
  struct pyr__json_extract json;
  /* The two documents there are, around the nodes of a resource. */
  struct pyr__json_node list[3], list_metadata[3], event[3];
};

void pyr__kube_extract_init(struct pyr__kube_extract *extract,
                            struct pyr__memory *memory,
                            const struct pyr__json_node *resource,
                            const struct pyr__json_record_events *events,
                            void *ctx);
void pyr__kube_extract_release(struct pyr__kube_extract *extract);
/* Begins with a page of a list, or with a watch: a stream of events. */
void pyr__kube_extract_list(struct pyr__kube_extract *extract);
void pyr__kube_extract_watch(struct pyr__kube_extract *extract);
int pyr__kube_extract_feed(struct pyr__kube_extract *extract, const void *data,
                           size_t len, pyr_error_t *err);
int pyr__kube_extract_finish(const struct pyr__kube_extract *extract,
                             pyr_error_t *err);

#endif
