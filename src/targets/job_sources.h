/* The discoverers of one job, those of its former configurations included. */
#ifndef PYR__TARGETS_JOB_SOURCES_H
#define PYR__TARGETS_JOB_SOURCES_H

#include "base/list.h"
#include "config/config.h"
#include "discovery/discoverer.h"

enum pyr__source_kind {
  PYR__SOURCE_FILE,
  PYR__SOURCE_HTTP,
  PYR__SOURCE_DNS,
  PYR__SOURCE_KUBERNETES,
  PYR__SOURCE_EC2,
  PYR__SOURCE_CONSUL,
  PYR__SOURCE_DOCKER
};

struct pyr__job_source { /* who groups come from, for the set */
  struct pyr__list link;
  struct pyr__job_sources *sources;
  struct pyr__discoverer *discoverer; /* NULL: it is closed, or closing */
  const char *mechanism;              /* its, for views */
  pyr_config_t *config;               /* held: what it was started with */
  enum pyr__source_kind kind;
  uint64_t fingerprint; /* of its part of the configuration */
  bool is_synced;
  bool is_wanted;    /* by the configuration on trial */
  bool is_fresh;     /* started by that */
  bool is_former;    /* no configuration wants it; what it found may stay */
  bool is_forgotten; /* nor does that stay */
  bool is_closing;   /* its handles are not gone yet */
};

struct pyr__job_sources {
  struct pyr__list list;
  const struct pyr__discovery_env *env;
  size_t closing;
  /* The owner's: a group; all have synced; a former one's groups are to be
   * forgotten; nothing is closing any more. */
  int (*on_group)(struct pyr__job_sources *sources,
                  const struct pyr__job_source *source,
                  struct pyr__discoverer *from,
                  const struct pyr__target_group *group, pyr_error_t *err);
  void (*on_synced)(struct pyr__job_sources *sources);
  void (*forget)(struct pyr__job_sources *sources,
                 const struct pyr__job_source *source);
  void (*on_closed)(struct pyr__job_sources *sources);
};

/* Marks those that `job` wants and that run, and starts the others.  Where one
 * cannot be started, that is logged if `is_lenient`; else it fails, and all is
 * as before. */
int pyr__job_sources_stage(struct pyr__job_sources *sources,
                           pyr_config_t *config,
                           const struct pyr__job_config *job, bool is_lenient,
                           pyr_error_t *err);
/* Closes those that are not wanted any more; what they found stays until those
 * that are have synced. */
void pyr__job_sources_commit(struct pyr__job_sources *sources);
void pyr__job_sources_discard(struct pyr__job_sources *sources);
/* What former ones found is forgotten now. */
void pyr__job_sources_forget_former(struct pyr__job_sources *sources);
/* Closes all and forgets nothing; true: `on_closed` will be called. */
bool pyr__job_sources_close(struct pyr__job_sources *sources);

bool pyr__job_sources_are_synced(const struct pyr__job_sources *sources);
/* One of them is in the middle of an update. */
bool pyr__job_sources_are_updating(const struct pyr__job_sources *sources);

#endif
