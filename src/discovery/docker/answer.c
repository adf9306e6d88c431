#include "discovery/docker/answer.h"

#define VALUE(key, field)                                                      \
  { key, field, false, NULL }
#define END VALUE(NULL, PYR__JSON_NONE)

static const struct pyr__json_node labels[] = {VALUE("*", PYR__DOCKER_LABEL),
                                               END};

static const struct pyr__json_node host_config[] = {
    VALUE("NetworkMode", PYR__DOCKER_NETWORK_MODE), END};
static const struct pyr__json_node port[] = {
    VALUE("IP", PYR__DOCKER_PORT_IP),
    VALUE("PrivatePort", PYR__DOCKER_PORT_PRIVATE),
    VALUE("PublicPort", PYR__DOCKER_PORT_PUBLIC),
    VALUE("Type", PYR__DOCKER_PORT_TYPE), END};
static const struct pyr__json_node endpoint_fields[] = {
    VALUE("NetworkID", PYR__DOCKER_ENDPOINT_NETWORK),
    VALUE("IPAddress", PYR__DOCKER_ENDPOINT_IP),
    VALUE("GlobalIPv6Address", PYR__DOCKER_ENDPOINT_IPV6), END};
static const struct pyr__json_node endpoint = {NULL, PYR__JSON_NONE, false,
                                               endpoint_fields};
static const struct pyr__json_node endpoints[] = {
    {"*", PYR__DOCKER_ENDPOINT, false, &endpoint}, END};
static const struct pyr__json_node settings[] = {
    {"Networks", PYR__JSON_NONE, false, endpoints}, END};
static const struct pyr__json_node container[] = {
    VALUE("Id", PYR__DOCKER_ID),
    VALUE("Names", PYR__DOCKER_NAME),
    VALUE("Image", PYR__DOCKER_IMAGE),
    VALUE("ImageID", PYR__DOCKER_IMAGE_ID),
    {"Labels", PYR__JSON_NONE, false, labels},
    {"Ports", PYR__DOCKER_PORT, false, port},
    {"HostConfig", PYR__JSON_NONE, false, host_config},
    {"NetworkSettings", PYR__JSON_NONE, false, settings},
    END};

static const struct pyr__json_node network[] = {
    VALUE("Id", PYR__DOCKER_ID),
    VALUE("Name", PYR__DOCKER_NAME),
    VALUE("Scope", PYR__DOCKER_SCOPE),
    VALUE("Internal", PYR__DOCKER_INTERNAL),
    VALUE("Ingress", PYR__DOCKER_INGRESS),
    {"Labels", PYR__JSON_NONE, false, labels},
    END};

const struct pyr__json_node pyr__docker_containers = {NULL, PYR__JSON_NONE,
                                                      true, container};
const struct pyr__json_node pyr__docker_networks = {NULL, PYR__JSON_NONE, true,
                                                    network};
