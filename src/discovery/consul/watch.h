/* One question to a Consul agent, asked again and again: what is new since it
 * was answered last.  The agent holds its answer back until something is, so
 * most of the time a watch is a connection and nothing else.
 *
 * Whoever owns the watches says when one may ask, and what becomes of an
 * answer. */
#ifndef PYR__DISCOVERY_CONSUL_WATCH_H
#define PYR__DISCOVERY_CONSUL_WATCH_H

#include <uv.h>

#include "base/list.h"
#include "discovery/consul/answer.h"
#include "discovery/discoverer.h"
#include "net/http_access.h"

struct pyr__consul_watch;

struct pyr__consul_timing { /* milliseconds */
  uint64_t wait;            /* for news, as the agent is asked */
  uint64_t wait_min; /* where there are more watches than may ask at once */
  uint64_t grace;    /* more than that, and the answer is given up */
  uint64_t retry;    /* after a failure */
};

struct pyr__consul_watch_events {
  /* Time to ask again. */
  void (*on_due)(void *ctx, struct pyr__consul_watch *watch);
  /* It was asked.  NULL: answered.  watch->answer is what, or NULL where there
   * is nothing new. */
  void (*on_done)(void *ctx, struct pyr__consul_watch *watch,
                  const pyr_error_t *error);
  /* Its handle is gone. */
  void (*on_closed)(void *ctx, struct pyr__consul_watch *watch);
};

/* What the watches of one discoverer have in common; outlives them. */
struct pyr__consul_watch_env {
  const struct pyr__discovery_env *env;
  const struct pyr__consul_sd_config *config;
  struct pyr__http_access *access;
  const struct pyr__consul_timing *timing;
  const struct pyr__consul_watch_events *events;
  void *ctx;
  size_t held;     /* bytes of answers */
  unsigned asking; /* how many of them */
};

struct pyr__consul_watch {
  struct pyr__consul_watch_env *env;
  enum pyr__consul_kind kind;
  pyr_str_t service;     /* its owner's */
  struct pyr__list link; /* the owner's */
  uv_timer_t timer;      /* too long, or time to ask again */
  struct pyr__http_request *request;
  struct pyr__json_answer *answer; /* NULL: none comes, or is kept */
  uint64_t index, next_index;
  int64_t asked_ns;
  bool is_failing; /* the owner's */
  bool is_closed;
};

void pyr__consul_watch_init(struct pyr__consul_watch *watch,
                            struct pyr__consul_watch_env *env,
                            enum pyr__consul_kind kind, pyr_str_t service);
/* on_done is told of what comes of it, also where it cannot even be asked; then
 * before this returns. */
void pyr__consul_watch_ask(struct pyr__consul_watch *watch, uint64_t wait_ms);
/* What was answered is known now: news are what comes after that.  The answer
 * is gone.  True: the watch begins anew, as the agent does. */
bool pyr__consul_watch_know(struct pyr__consul_watch *watch);
/* The answer, if any, is gone, and nothing is known: all of it is news. */
void pyr__consul_watch_forget(struct pyr__consul_watch *watch);
/* on_due is called in the next turn of the loop. */
void pyr__consul_watch_soon(struct pyr__consul_watch *watch);
/* on_due is called when it may be asked again. */
void pyr__consul_watch_later(struct pyr__consul_watch *watch, bool has_failed);
/* Without a word to on_done. */
void pyr__consul_watch_stop(struct pyr__consul_watch *watch);
/* Stops, and on_closed is called from the loop. */
void pyr__consul_watch_close(struct pyr__consul_watch *watch);

#endif
