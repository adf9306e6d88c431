/* One resource, of one namespace or of all: listed in pages, then watched, so
 * that a store is as the server's list is.  Whatever fails is tried again,
 * later and later, with the store as it was last. */
#ifndef PYR__DISCOVERY_KUBERNETES_WATCH_H
#define PYR__DISCOVERY_KUBERNETES_WATCH_H

#include <uv.h>

#include "base/clock.h"
#include "discovery/kubernetes/access.h"
#include "discovery/kubernetes/resource.h"
#include "discovery/kubernetes/store.h"
#include "net/http_client.h"

struct pyr__kube_watch;

/* Milliseconds; the defaults are client-go's where it has such a thing. */
struct pyr__kube_timing {
  uint64_t delay_min, delay_max; /* after a failure, doubled each time */
  uint64_t delay_reset;          /* without a failure: from the start again */
  uint64_t wait_max;             /* what Retry-After may ask for */
  uint64_t watch;                /* asked for; up to the double of it */
  uint64_t watch_short; /* what ends so soon, without an event, failed */
  uint64_t idle;        /* nothing was heard: the connection is dead */
  uint64_t page;        /* for one page of a list */
};

extern const struct pyr__kube_timing pyr__kube_timing_default;

struct pyr__kube_watch_events {
  /* `object` is new, or is not what it was. */
  void (*on_put)(void *ctx, struct pyr__kube_watch *watch,
                 struct pyr__kube_object *object);
  /* `object` is in the store no more; who hears of it frees it. */
  void (*on_remove)(void *ctx, struct pyr__kube_watch *watch,
                    struct pyr__kube_object *object);
  /* Nothing was taken of this object; what was known of it stays. */
  void (*on_too_large)(void *ctx, struct pyr__kube_watch *watch, pyr_str_t key);
  /* A list was read to its end; is_first: for the first time. */
  void (*on_listed)(void *ctx, struct pyr__kube_watch *watch, bool is_first);
  /* A watch has ended and begins again. */
  void (*on_restart)(void *ctx, struct pyr__kube_watch *watch);
  /* The server answers as it should, after failures. */
  void (*on_recovered)(void *ctx, struct pyr__kube_watch *watch);
  /* is_news: not what was told already. */
  void (*on_failed)(void *ctx, struct pyr__kube_watch *watch, bool is_news,
                    const pyr_error_t *error);
};

/* What a watch is told of where it runs; outlives it. */
struct pyr__kube_watch_env {
  uv_loop_t *loop;
  struct pyr__memory *memory;
  struct pyr__clock clock;
  struct pyr__kube_access *access;
  const struct pyr__kube_timing *timing;
  const struct pyr__kube_watch_events *events;
  void *ctx;
};

struct pyr__kube_watch_options {
  enum pyr__kube_kind kind;
  pyr_str_t namespace_name; /* "": all */
  pyr_str_t label_selector, field_selector;
};

enum pyr__kube_phase {
  PYR__KUBE_LISTING,
  PYR__KUBE_WATCHING,
  PYR__KUBE_RELISTING_LATER, /* waits for the timer */
  PYR__KUBE_REWATCHING_LATER,
  PYR__KUBE_CLOSED
};

/* Which state of the server a list is to have. */
enum pyr__kube_freshness {
  PYR__KUBE_ANY,       /* of its cache, as it is */
  PYR__KUBE_NOT_OLDER, /* than what was seen last */
  PYR__KUBE_LATEST     /* asked of the database */
};

struct pyr__kube_watch {
  const struct pyr__kube_watch_env *env;
  struct pyr__kube_watch_options options;
  const struct pyr__kube_resource *resource;
  struct pyr__kube_store store;
  struct pyr__kube_extract extract;
  enum pyr__kube_phase phase;
  enum pyr__kube_freshness freshness;
  uv_timer_t timer; /* of the phase: too long, or time to go on */
  struct pyr__http_request *request;
  struct pyr__buf url;
  struct pyr__buf version;  /* what is known of the server's state */
  struct pyr__buf upcoming; /* the version of what is being read */
  struct pyr__buf next_page;
  char event[16];    /* the type of what is being read */
  char message[160]; /* of an ERROR event */
  int status;        /* of the response, or of an ERROR event; 0: none */
  uint64_t retry_after_ms;
  uint64_t random;
  int64_t started_ns, failed_ns;
  uint64_t events;   /* of this watch */
  unsigned failures; /* in a row */
  bool is_synced, is_paged, is_failing;
  bool is_broken; /* what came cannot be read, however often it comes */
  int told_code, told_status; /* of the failure that was news last */
  int64_t told_ns;
  void (*close_cb)(void *ctx);
  void *close_ctx;
};

/* Texts of `options` outlive the watch.  Holds nothing yet. */
void pyr__kube_watch_prepare(struct pyr__kube_watch *watch,
                             const struct pyr__kube_watch_env *env,
                             const struct pyr__kube_watch_options *options);
/* Begins, once; from here on it must be closed.  A failure to begin is tried
 * again as all others are. */
void pyr__kube_watch_start(struct pyr__kube_watch *watch);
/* `cb` is called from the loop; what it holds is released then. */
void pyr__kube_watch_close(struct pyr__kube_watch *watch, void (*cb)(void *ctx),
                           void *ctx);

/* path.c: the path and query of the next request, into `url`. */
int pyr__kube_watch_write_path(struct pyr__kube_watch *watch, pyr_error_t *err);
/* watch_failure.c */
uint64_t pyr__kube_watch_random(struct pyr__kube_watch *watch);
/* What the header of that name asks for, within `wait_max`. */
uint64_t pyr__kube_watch_retry_after(const struct pyr__kube_watch *watch,
                                     pyr_str_t text);
uint64_t pyr__kube_watch_delay(struct pyr__kube_watch *watch);
void pyr__kube_watch_tell_failure(struct pyr__kube_watch *watch,
                                  const pyr_error_t *error);
void pyr__kube_watch_tell_recovery(struct pyr__kube_watch *watch);
bool pyr__kube_watch_is_out_of_step(const struct pyr__kube_watch *watch);
bool pyr__kube_watch_may_go_on(const struct pyr__kube_watch *watch,
                               const pyr_error_t *error);
bool pyr__kube_watch_is_silent(const struct pyr__kube_watch *watch,
                               const pyr_error_t *error);
/* intake.c: from the stream to the store. */
extern const struct pyr__json_record_events pyr__kube_watch_intake;
/* A list has come to its end: what it did not have is gone. */
void pyr__kube_watch_end_list(struct pyr__kube_watch *watch);

#endif
