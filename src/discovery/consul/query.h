/* What a Consul agent is asked: the URL of a question. */
#ifndef PYR__DISCOVERY_CONSUL_QUERY_H
#define PYR__DISCOVERY_CONSUL_QUERY_H

#include "base/buf.h"
#include "config/sd.h"

enum pyr__consul_kind {
  PYR__CONSUL_AGENT,   /* which datacenter it is in */
  PYR__CONSUL_CATALOG, /* which services there are */
  PYR__CONSUL_HEALTH   /* which instances one has, and how they are */
};

struct pyr__consul_question {
  enum pyr__consul_kind kind;
  pyr_str_t service; /* for PYR__CONSUL_HEALTH */
  uint64_t index;    /* what was answered last; 0: nothing yet */
  uint64_t wait_ms;  /* how long the agent waits for news behind the index */
};

/* Into `out`, terminated; parameters are in the order of their names. */
int pyr__consul_write_url(struct pyr__buf *out,
                          const struct pyr__consul_sd_config *config,
                          const struct pyr__consul_question *question,
                          pyr_error_t *err);

#endif
