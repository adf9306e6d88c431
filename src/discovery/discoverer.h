/* What all discovery mechanisms have in common.  Each is made from one element
 * of a job's *-sd-configs, runs on the loop, keeps its last good state through
 * every failure, and tells of whole groups. */
#ifndef PYR__DISCOVERY_DISCOVERER_H
#define PYR__DISCOVERY_DISCOVERER_H

#include <stdbool.h>

#include <uv.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "discovery/group.h"

struct pyr__arena;
struct pyr__http_client;
struct pyr__discoverer;

struct pyr__discovery_stats { /* for views, per mechanism */
  uint32_t targets;           /* what its groups have, counted by the owner */
  uint64_t updates, failures, watch_restarts;
  int64_t last_success_ns; /* wall; 0: never */
  const char *last_error;  /* "": the last attempt went well */
};

/* What the owner lends to a mechanism; outlives it. */
struct pyr__discovery_env {
  uv_loop_t *loop;
  struct pyr__memory *memory;
  struct pyr__clock clock;
  const struct pyr__log *log;
  struct pyr__http_client *client;
  const char *job; /* for texts */
};

struct pyr__discovery_sink {
  /* Copies what it keeps.  Groups may come before `on_synced`.  Where it fails
   * (PYR__ENOMEM, PYR_ELIMIT) the former group is still there, and who
   * discovers tries again at the next occasion. */
  int (*on_group)(void *ctx, struct pyr__discoverer *from,
                  const struct pyr__target_group *group, pyr_error_t *err);
  /* Once: the first state is whole, so that nothing is taken for gone that was
   * not read yet. */
  void (*on_synced)(void *ctx, struct pyr__discoverer *from);
  void *ctx;
};

struct pyr__discoverer_type {
  const char *name; /* "file", "kubernetes": the mechanism, for metrics */
  /* Ends what runs; `cb` is called from the loop when no handle is left, and
   * the memory is gone then.  The sink hears nothing after this call, which it
   * must not make itself. */
  void (*close)(struct pyr__discoverer *discoverer, void (*cb)(void *ctx),
                void *ctx);
};

struct pyr__discoverer { /* the first member of each mechanism */
  const struct pyr__discoverer_type *type;
  const struct pyr__discovery_env *env;
  struct pyr__discovery_sink sink;
  struct pyr__discovery_stats stats;
  /* Between two groups of one update: what the first took away the next may
   * bring, so nothing is gone yet. */
  bool is_updating;
  char error[PYR_ERROR_TEXT]; /* stats.last_error, of those who use the below */
};

void pyr__discoverer_init(struct pyr__discoverer *discoverer,
                          const struct pyr__discoverer_type *type,
                          const struct pyr__discovery_env *env,
                          const struct pyr__discovery_sink *sink);
/* For what groups are made of. */
void pyr__discovery_arena_init(struct pyr__arena *arena,
                               const struct pyr__discovery_env *env);
int pyr__discoverer_emit(struct pyr__discoverer *discoverer,
                         const struct pyr__target_group *group,
                         pyr_error_t *err);
/* Both note it for the metrics, and log it where it is news. */
void pyr__discoverer_succeeded(struct pyr__discoverer *discoverer);
void pyr__discoverer_failed(struct pyr__discoverer *discoverer,
                            const pyr_error_t *err);

#endif
