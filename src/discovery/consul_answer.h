/* What a Consul agent answers, as it arrives: of each object the few fields
 * that are needed, as a record.  An answer counts when it is whole. */
#ifndef PYR__DISCOVERY_CONSUL_ANSWER_H
#define PYR__DISCOVERY_CONSUL_ANSWER_H

#include "discovery/consul_query.h"
#include "discovery/json_record.h"

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

struct pyr__consul_answer {
  enum pyr__consul_kind kind;
  struct pyr__json_extract extract;
  struct pyr__buf records; /* of the agent and the catalog: one */
  size_t *held;            /* bytes of all answers that there are */
};

/* `held` outlives it. */
void pyr__consul_answer_init(struct pyr__consul_answer *answer,
                             enum pyr__consul_kind kind,
                             struct pyr__memory *memory, size_t *held);
void pyr__consul_answer_release(struct pyr__consul_answer *answer);
int pyr__consul_answer_feed(struct pyr__consul_answer *answer, const void *data,
                            size_t len, pyr_error_t *err);
/* The body is over: an error where that is no whole answer. */
int pyr__consul_answer_finish(struct pyr__consul_answer *answer,
                              pyr_error_t *err);
/* The only record of an agent or a catalog. */
pyr_str_t pyr__consul_answer_record(const struct pyr__consul_answer *answer);

#endif
