/* A Consul discoverer, for the parts that it is made of:
 *
 *   discoverer.c  its life, and what its watches tell
 *   catalog.c     from the catalog to the services that are watched
 *   turn.c        what is done a piece at a time
 */
#ifndef PYR__DISCOVERY_CONSUL_STATE_H
#define PYR__DISCOVERY_CONSUL_STATE_H

#include "discovery/consul/services.h"

struct pyr__consul {
  struct pyr__discoverer base;
  struct pyr__consul_watch_env env;
  struct pyr__consul_watch agent, catalog;
  struct pyr__consul_services services;
  pyr_str_t datacenter;      /* for the label; NULL base: not known yet */
  char *own_datacenter;      /* the agent's; NULL: the configuration's is it */
  struct pyr__list ready;    /* may ask, when there is room for one more */
  struct pyr__list emitting; /* have an answer, or are gone */
  struct pyr__consul_service *current; /* the first of these, when begun */
  struct pyr__reader records;          /* of that: what is left */
  struct pyr__arena scratch;
  uv_idle_t turn;
  unsigned watches;    /* that may ask at a time */
  uint32_t generation; /* of the catalog */
  uint32_t unanswered; /* services of which nothing is known yet */
  unsigned failing;    /* watches */
  bool has_services;   /* it is known which there are */
  bool is_synced;
  uint32_t handles;
  void (*closed)(void *ctx); /* NULL: not closing */
  void *closed_ctx;
};

/* discoverer.c: of a watch.  The first that fails is told of, until all
 * work again. */
void pyr__consul_failed(struct pyr__consul *self,
                        struct pyr__consul_watch *watch,
                        const pyr_error_t *error);
/* What was answered is known now; counts a watch that begins anew. */
void pyr__consul_know(struct pyr__consul *self,
                      struct pyr__consul_watch *watch);
/* Told of once, when every service was heard of. */
void pyr__consul_check_synced(struct pyr__consul *self);

/* catalog.c: the services of the configuration, or of the catalog's
 * answer; those that are not in that are let go. */
int pyr__consul_take_list(struct pyr__consul *self, pyr_error_t *err);
int pyr__consul_take_catalog(struct pyr__consul *self, pyr_error_t *err);
/* Without a catalog all services are known by name. */
bool pyr__consul_needs_catalog(const struct pyr__consul_sd_config *config);

/* turn.c: there may be something to do. */
void pyr__consul_wake(struct pyr__consul *self);
/* Its answer, or its end, is told of in one of the next turns. */
void pyr__consul_emit(struct pyr__consul *self,
                      struct pyr__consul_service *service);
/* It asks in one of the next turns. */
void pyr__consul_ready(struct pyr__consul *self,
                       struct pyr__consul_service *service);
/* Takes it out of both queues, wherever it was. */
void pyr__consul_unqueue(struct pyr__consul *self,
                         struct pyr__consul_service *service);
/* The first state of it is known. */
void pyr__consul_answered(struct pyr__consul *self,
                          struct pyr__consul_service *service);

#endif
