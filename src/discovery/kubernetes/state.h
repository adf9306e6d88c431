/* One discoverer: its watches, and what of them is still to be told. */
#ifndef PYR__DISCOVERY_KUBERNETES_STATE_H
#define PYR__DISCOVERY_KUBERNETES_STATE_H

#include "discovery/kubernetes/access.h"
#include "discovery/kubernetes/build.h"
#include "discovery/kubernetes/discoverer.h"
#include "discovery/kubernetes/watch.h"

struct pyr__kube_scope;

struct pyr__kube_cache {
  struct pyr__kube_watch watch;
  struct pyr__kube_scope *scope; /* NULL: all have it */
};

/* A namespace, or all of them: a watch of each resource.  Groups are told when
 * all of its lists have been read, so that none lacks what is joined to it. */
struct pyr__kube_scope {
  struct pyr__kubernetes *owner;
  pyr_str_t namespace_name;
  struct pyr__kube_cache *caches[PYR__KUBE_KINDS]; /* NULL: not watched */
  bool is_synced;
  struct pyr__list dirty; /* objects whose groups are to be built */
  struct pyr__list gone;  /* objects whose groups are to be taken away */
  uint64_t *changed; /* of other objects: groups that refer to them are dirty */
  size_t changed_count, changed_capacity;
  bool has_all_changed; /* there was no memory to say which */
};

struct pyr__kubernetes {
  struct pyr__discoverer base;
  const struct pyr__kubernetes_sd_config *config;
  const struct pyr__kube_role *role;
  struct pyr__kube_access access;
  struct pyr__kube_watch_env watch_env;
  struct pyr__kube_build build;
  struct pyr__kube_scope *scopes;
  size_t scope_count;
  struct pyr__kube_cache **caches;
  size_t cache_count;
  uv_idle_t idle;   /* runs while there is something to tell */
  uv_timer_t retry; /* what could not be told is told again */
  size_t handles;
  bool is_synced, is_closing;
  bool was_truncated; /* that an object is not whole was told */
  void (*close_cb)(void *ctx);
  void *close_ctx;
};

/* emit.c: telling of groups, in slices. */
void pyr__kube_emit_init(struct pyr__kubernetes *kube);
/* There is something to tell. */
void pyr__kube_emit_wake(struct pyr__kubernetes *kube);
/* Frees what a scope has still to tell. */
void pyr__kube_emit_drop(struct pyr__kube_scope *scope);

/* events.c */
extern const struct pyr__kube_watch_events pyr__kube_events;
/* Counts a failure, and logs it. */
void pyr__kube_failed(struct pyr__kubernetes *kube, int level,
                      const pyr_error_t *error);

#endif
