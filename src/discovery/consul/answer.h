/* What is needed of a Consul agent's answers. */
#ifndef PYR__DISCOVERY_CONSUL_ANSWER_H
#define PYR__DISCOVERY_CONSUL_ANSWER_H

#include "discovery/consul/query.h"
#include "discovery/json_answer.h"

enum pyr__consul_field {
  /* of the agent */
  PYR__CONSUL_DATACENTER = PYR__JSON_VALUE + 1,
  /* of the catalog: a name, with the service's tags as values behind it */
  PYR__CONSUL_SERVICE,
  /* of an instance */
  PYR__CONSUL_NODE,
  PYR__CONSUL_ADDRESS,
  PYR__CONSUL_SERVICE_ID,
  PYR__CONSUL_SERVICE_ADDRESS,
  PYR__CONSUL_SERVICE_PORT,
  PYR__CONSUL_NAMESPACE,
  PYR__CONSUL_PARTITION,
  PYR__CONSUL_TAG,
  /* keys, with a value behind each */
  PYR__CONSUL_NODE_META,
  PYR__CONSUL_SERVICE_META,
  PYR__CONSUL_TAGGED_ADDRESS,
  /* a check begins; its fields */
  PYR__CONSUL_CHECK,
  PYR__CONSUL_CHECK_ID,
  PYR__CONSUL_CHECK_STATUS
};

/* Of the answer to each kind of question. */
extern const struct pyr__json_node pyr__consul_roots[];

#endif
