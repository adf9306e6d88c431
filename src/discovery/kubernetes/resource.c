#include "discovery/kubernetes/resource.h"

typedef struct pyr__json_node node_t;

#define FIELD(key, field)                                                      \
  { key, PYR__KUBE_##field, false, NULL }
#define INSIDE(key, children)                                                  \
  { key, PYR__KUBE_NONE, false, children }
#define EACH(key, field, children)                                             \
  { key, PYR__KUBE_##field, false, children }
#define END                                                                    \
  { NULL, PYR__KUBE_NONE, false, NULL }
/* What a Status has in place of the object that was hoped for. */
#define STATUS FIELD("code", STATUS_CODE), FIELD("message", STATUS_MESSAGE)
#define META                                                                   \
  FIELD("name", NAME), FIELD("namespace", NAMESPACE),                          \
      INSIDE("labels", labels), INSIDE("annotations", annotations),            \
      FIELD("resourceVersion", VERSION)

static const node_t labels[] = {FIELD("*", LABEL), END};
static const node_t annotations[] = {FIELD("*", ANNOTATION), END};
static const node_t owner[] = {FIELD("kind", OWNER_KIND),
                               FIELD("name", OWNER_NAME),
                               FIELD("controller", OWNER_CONTROLLER), END};
static const node_t metadata[] = {META, END};
static const node_t owned_metadata[] = {
    META, FIELD("uid", UID), EACH("ownerReferences", OWNER, owner), END};
static const node_t condition[] = {FIELD("type", CONDITION_TYPE),
                                   FIELD("status", CONDITION_STATUS), END};

static const node_t container_port[] = {FIELD("containerPort", PORT_NUMBER),
                                        FIELD("name", PORT_NAME),
                                        FIELD("protocol", PORT_PROTOCOL), END};
static const node_t container[] = {FIELD("name", CONTAINER_NAME),
                                   FIELD("image", CONTAINER_IMAGE),
                                   EACH("ports", PORT, container_port), END};
static const node_t container_status[] = {FIELD("name", STATUS_NAME),
                                          FIELD("containerID", STATUS_ID), END};
static const node_t init_status[] = {FIELD("name", INIT_STATUS_NAME),
                                     FIELD("containerID", INIT_STATUS_ID), END};
static const node_t pod_spec[] = {
    FIELD("nodeName", NODE_NAME), EACH("containers", CONTAINER, container),
    EACH("initContainers", INIT_CONTAINER, container), END};
static const node_t pod_status[] = {
    FIELD("podIP", POD_IP),
    FIELD("hostIP", HOST_IP),
    FIELD("phase", PHASE),
    EACH("conditions", CONDITION, condition),
    EACH("containerStatuses", CONTAINER_STATUS, container_status),
    EACH("initContainerStatuses", INIT_CONTAINER_STATUS, init_status),
    END};
static const node_t pod[] = {INSIDE("metadata", owned_metadata),
                             INSIDE("spec", pod_spec),
                             INSIDE("status", pod_status), STATUS, END};

static const node_t port[] = {FIELD("port", PORT_NUMBER),
                              FIELD("name", PORT_NAME),
                              FIELD("protocol", PORT_PROTOCOL),
                              FIELD("appProtocol", PORT_APP_PROTOCOL), END};
static const node_t ingress_ip[] = {FIELD("ip", INGRESS_IP), END};
static const node_t balancer[] = {INSIDE("ingress", ingress_ip), END};
static const node_t service_spec[] = {FIELD("type", TYPE),
                                      FIELD("clusterIP", CLUSTER_IP),
                                      FIELD("externalName", EXTERNAL_NAME),
                                      FIELD("loadBalancerIP", LOAD_BALANCER_IP),
                                      FIELD("ipFamilyPolicy", IP_FAMILY_POLICY),
                                      FIELD("ipFamilies", IP_FAMILY),
                                      EACH("ports", PORT, port),
                                      END};
static const node_t service_status[] = {INSIDE("loadBalancer", balancer), END};
static const node_t service[] = {INSIDE("metadata", metadata),
                                 INSIDE("spec", service_spec),
                                 INSIDE("status", service_status), STATUS, END};

static const node_t reference[] = {FIELD("kind", REF_KIND),
                                   FIELD("name", REF_NAME),
                                   FIELD("namespace", REF_NAMESPACE), END};
static const node_t address[] = {
    FIELD("ip", ADDRESS), FIELD("nodeName", NODE_NAME),
    FIELD("hostname", HOSTNAME), INSIDE("targetRef", reference), END};
static const node_t subset[] = {EACH("addresses", ENDPOINT, address),
                                EACH("notReadyAddresses", NOT_READY, address),
                                EACH("ports", PORT, port), END};
static const node_t endpoints[] = {
    INSIDE("metadata", metadata), EACH("subsets", SUBSET, subset), STATUS, END};

static const node_t endpoint_conditions[] = {
    FIELD("ready", READY), FIELD("serving", SERVING),
    FIELD("terminating", TERMINATING), END};
static const node_t topology[] = {FIELD("*", TOPOLOGY), END};
static const node_t endpoint[] = {FIELD("addresses", ADDRESS),
                                  INSIDE("conditions", endpoint_conditions),
                                  FIELD("hostname", HOSTNAME),
                                  INSIDE("targetRef", reference),
                                  FIELD("nodeName", NODE_NAME),
                                  FIELD("zone", ZONE),
                                  INSIDE("deprecatedTopology", topology),
                                  END};
static const node_t endpoint_slice[] = {INSIDE("metadata", metadata),
                                        FIELD("addressType", ADDRESS_TYPE),
                                        EACH("endpoints", ENDPOINT, endpoint),
                                        EACH("ports", PORT, port),
                                        STATUS,
                                        END};

static const node_t node_address[] = {FIELD("type", NODE_ADDRESS_TYPE),
                                      FIELD("address", ADDRESS), END};
static const node_t kubelet[] = {FIELD("Port", KUBELET_PORT), END};
static const node_t daemons[] = {INSIDE("kubeletEndpoint", kubelet), END};
static const node_t node_spec[] = {FIELD("providerID", PROVIDER_ID), END};
static const node_t node_status[] = {
    EACH("conditions", CONDITION, condition),
    EACH("addresses", NODE_ADDRESS, node_address),
    INSIDE("daemonEndpoints", daemons), END};
static const node_t cluster_node[] = {
    INSIDE("metadata", metadata), INSIDE("spec", node_spec),
    INSIDE("status", node_status), STATUS, END};

static const node_t tls[] = {FIELD("hosts", TLS_HOST), END};
static const node_t path[] = {FIELD("path", PATH_TEXT), END};
static const node_t http[] = {EACH("paths", PATH, path), END};
static const node_t rule[] = {FIELD("host", RULE_HOST), INSIDE("http", http),
                              END};
static const node_t ingress_spec[] = {FIELD("ingressClassName", INGRESS_CLASS),
                                      INSIDE("tls", tls),
                                      EACH("rules", RULE, rule), END};
static const node_t ingress[] = {INSIDE("metadata", metadata),
                                 INSIDE("spec", ingress_spec), STATUS, END};

static const node_t namespaces[] = {INSIDE("metadata", metadata), STATUS, END};
static const node_t owned[] = {INSIDE("metadata", owned_metadata), STATUS, END};

const struct pyr__kube_resource pyr__kube_resources[PYR__KUBE_KINDS] = {
    [PYR__KUBE_PODS] = {"pods", "", "/api/v1", true, pod},
    [PYR__KUBE_SERVICES] = {"services", "", "/api/v1", true, service},
    [PYR__KUBE_ENDPOINTS] = {"endpoints", "", "/api/v1", true, endpoints},
    [PYR__KUBE_ENDPOINT_SLICES] = {"endpointslices", "discovery.k8s.io",
                                   "/apis/discovery.k8s.io/v1", true,
                                   endpoint_slice},
    [PYR__KUBE_NODES] = {"nodes", "", "/api/v1", false, cluster_node},
    [PYR__KUBE_INGRESSES] = {"ingresses", "networking.k8s.io",
                             "/apis/networking.k8s.io/v1", true, ingress},
    [PYR__KUBE_NAMESPACES] = {"namespaces", "", "/api/v1", false, namespaces},
    [PYR__KUBE_REPLICA_SETS] = {"replicasets", "apps", "/apis/apps/v1", true,
                                owned},
    [PYR__KUBE_JOBS] = {"jobs", "batch", "/apis/batch/v1", true, owned},
};
