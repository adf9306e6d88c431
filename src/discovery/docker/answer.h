/* What is needed of a Docker daemon's answers: lists of containers and of
 * networks. */
#ifndef PYR__DISCOVERY_DOCKER_ANSWER_H
#define PYR__DISCOVERY_DOCKER_ANSWER_H

#include "discovery/json_answer.h"

enum pyr__docker_field {
  PYR__DOCKER_ID = PYR__JSON_VALUE + 1,
  PYR__DOCKER_NAME,  /* a container may have several */
  PYR__DOCKER_LABEL, /* a key, with a value behind it */
  /* of a container */
  PYR__DOCKER_IMAGE,
  PYR__DOCKER_IMAGE_ID,
  PYR__DOCKER_NETWORK_MODE,
  /* a port begins; its fields */
  PYR__DOCKER_PORT,
  PYR__DOCKER_PORT_IP,
  PYR__DOCKER_PORT_PRIVATE,
  PYR__DOCKER_PORT_PUBLIC,
  PYR__DOCKER_PORT_TYPE,
  /* a network that it is in, by name; its fields */
  PYR__DOCKER_ENDPOINT,
  PYR__DOCKER_ENDPOINT_NETWORK,
  PYR__DOCKER_ENDPOINT_IP,
  PYR__DOCKER_ENDPOINT_IPV6,
  /* of a network */
  PYR__DOCKER_SCOPE,
  PYR__DOCKER_INTERNAL,
  PYR__DOCKER_INGRESS
};

extern const struct pyr__json_node pyr__docker_containers;
extern const struct pyr__json_node pyr__docker_networks;

#endif
