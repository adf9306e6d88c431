#include "discovery/consul/answer.h"

/* ---- what is wanted ----------------------------------------------------- */

#define VALUE(key, field)                                                      \
  { key, field, false, NULL }
#define END VALUE(NULL, PYR__JSON_NONE)

static const struct pyr__json_node agent_config[] = {
    VALUE("Datacenter", PYR__CONSUL_DATACENTER), END};
static const struct pyr__json_node agent[] = {
    {"Config", PYR__JSON_NONE, false, agent_config}, END};

static const struct pyr__json_node catalog[] = {VALUE("*", PYR__CONSUL_SERVICE),
                                                END};

static const struct pyr__json_node node_meta[] = {
    VALUE("*", PYR__CONSUL_NODE_META), END};
static const struct pyr__json_node tagged_addresses[] = {
    VALUE("*", PYR__CONSUL_TAGGED_ADDRESS), END};
static const struct pyr__json_node service_meta[] = {
    VALUE("*", PYR__CONSUL_SERVICE_META), END};
static const struct pyr__json_node node[] = {
    VALUE("Node", PYR__CONSUL_NODE),
    VALUE("Address", PYR__CONSUL_ADDRESS),
    {"Meta", PYR__JSON_NONE, false, node_meta},
    {"TaggedAddresses", PYR__JSON_NONE, false, tagged_addresses},
    END};
static const struct pyr__json_node service[] = {
    VALUE("ID", PYR__CONSUL_SERVICE_ID),
    VALUE("Address", PYR__CONSUL_SERVICE_ADDRESS),
    VALUE("Port", PYR__CONSUL_SERVICE_PORT),
    VALUE("Tags", PYR__CONSUL_TAG),
    VALUE("Namespace", PYR__CONSUL_NAMESPACE),
    VALUE("Partition", PYR__CONSUL_PARTITION),
    {"Meta", PYR__JSON_NONE, false, service_meta},
    END};
static const struct pyr__json_node check[] = {
    VALUE("CheckID", PYR__CONSUL_CHECK_ID),
    VALUE("Status", PYR__CONSUL_CHECK_STATUS), END};
static const struct pyr__json_node instance[] = {
    {"Node", PYR__JSON_NONE, false, node},
    {"Service", PYR__JSON_NONE, false, service},
    {"Checks", PYR__CONSUL_CHECK, false, check},
    END};
#undef END
#undef VALUE

const struct pyr__json_node pyr__consul_roots[] = {
    [PYR__CONSUL_AGENT] = {NULL, PYR__JSON_NONE, true, agent},
    [PYR__CONSUL_CATALOG] = {NULL, PYR__JSON_NONE, true, catalog},
    [PYR__CONSUL_HEALTH] = {NULL, PYR__JSON_NONE, true, instance}};
