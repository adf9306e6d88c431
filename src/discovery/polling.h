/* What the mechanisms that ask an HTTP server at intervals have in common: the
 * timer, the request that runs, the turns in which an answer is emitted, and
 * the end of it all. */
#ifndef PYR__DISCOVERY_POLLING_H
#define PYR__DISCOVERY_POLLING_H

#include "discovery/discoverer.h"

struct pyr__http_access;
struct pyr__http_access_options;
struct pyr__http_request;
struct pyr__polling;

struct pyr__polling_steps {
  struct pyr__discoverer_type type; /* with pyr__polling_close */
  size_t size;                      /* of the mechanism */
  const char *awaited;              /* "response", for texts */
  /* Asks the server, with polling->request for what runs. */
  int (*ask)(struct pyr__polling *polling, pyr_error_t *err);
  /* Emits a part of the answer.  1: there is more; 0: all is told of. */
  int (*emit)(struct pyr__polling *polling, pyr_error_t *err);
  /* Whatever way emitting ended. */
  void (*end_emit)(struct pyr__polling *polling);
  /* Says in front of an error what it is about. */
  void (*describe)(struct pyr__polling *polling, pyr_error_t *err);
  void (*release)(struct pyr__polling *polling); /* what it holds itself */
};

struct pyr__polling { /* the first member of such a mechanism */
  struct pyr__discoverer base;
  struct pyr__http_access *access; /* for what `ask` asks */
  const struct pyr__polling_steps *steps;
  uv_timer_t timer; /* the next refresh, which ends the one that runs */
  uv_idle_t turn;   /* emitting goes on in the next turn of the loop */
  struct pyr__http_request *request; /* NULL: none runs */
  bool is_emitting, is_synced;
  unsigned handles;
  void (*closed)(void *ctx); /* NULL: not closing */
  void *closed_ctx;
};

/* A mechanism, all zero but for what is in struct pyr__polling.  It begins in
 * the next turn of the loop, and frees itself behind `release`. */
int pyr__polling_new(struct pyr__polling **out,
                     const struct pyr__polling_steps *steps,
                     const struct pyr__http_access_options *access,
                     int64_t interval_ns, const struct pyr__discovery_env *env,
                     const struct pyr__discovery_sink *sink, pyr_error_t *err);
/* Of pyr__discoverer_type. */
void pyr__polling_close(struct pyr__discoverer *discoverer,
                        void (*cb)(void *ctx), void *ctx);
/* An answer is there: `emit` is called from now on. */
void pyr__polling_emit(struct pyr__polling *polling);
/* What was told of last is what there is. */
void pyr__polling_succeeded(struct pyr__polling *polling);
void pyr__polling_failed(struct pyr__polling *polling, const pyr_error_t *err);

#endif
