/* The steps from a group's entry to a target:
 *
 *   entry -> discovered labels -> (relabelling) -> final labels -> target
 *
 * Relabelling is the only one that may change labels freely, so it stands
 * between two functions that know nothing of each other. */
#ifndef PYR__TARGETS_MAKING_H
#define PYR__TARGETS_MAKING_H

#include "base/label.h"
#include "discovery/group.h"
#include "targets/target.h"

#define PYR__UNIX_SCHEME "unix:"

struct pyr__label_set {
  const pyr_label_t *items; /* sorted */
  size_t count;
};

/* PYR_ELIMIT or PYR__ENOMEM: the arena did not give `wanted` bytes. */
static inline int pyr__making_no_room(const struct pyr__arena *arena,
                                      size_t wanted, pyr_error_t *err) {
  return pyr__arena_error(arena, wanted, "what targets need", err);
}

struct pyr__static_part { /* of an entry of static-configs */
  size_t group;           /* its number */
  size_t first, most;     /* of its targets */
};
/* static_group.c: as a group that was discovered.  Where `self` is not "", it
 * is the address of a group that is this process. */
int pyr__static_group(const struct pyr__job_config *job,
                      const struct pyr__static_part *part, pyr_str_t self,
                      struct pyr__arena *arena, struct pyr__target_group *out,
                      pyr_error_t *err);

/* discovered.c: the labels of an entry, and those that the job adds where the
 * entry has none: job, __scheme__, __scrape_interval__, __scrape_timeout__.
 * None is empty.  0, or why there is no room. */
int pyr__discovered_labels(const struct pyr__job_config *job,
                           const struct pyr__discovered *entry,
                           struct pyr__arena *arena, struct pyr__label_set *out,
                           pyr_error_t *err);
/* What __scrape_timeout__ says where no timeout is set. */
#define PYR__TIMEOUT_NOT_SET "15s"

/* relabelled.c: what the job's rules make of them.  0, PYR__TARGET_DROPPED by
 * rule number `*rule`, PYR_ECONFIG where a pattern gave up on these labels, or
 * why there is no room. */
int pyr__relabelled_labels(const struct pyr__job_config *job,
                           const struct pyr__label_set *discovered,
                           struct pyr__arena *arena, struct pyr__label_set *out,
                           size_t *rule, pyr_error_t *err);

/* target.c: the target of final labels, into `out`.  PYR_ECONFIG and the reason
 * where they make none, or why there is no room.  A target that nothing is
 * asked of has no requests. */
int pyr__target_make(const struct pyr__job_config *job,
                     const struct pyr__label_set *discovered,
                     const struct pyr__label_set *labels,
                     struct pyr__arena *arena, struct pyr__target *out,
                     pyr_error_t *err);

/* address.c: whether the target is asked over a socket: by __address__, which
 * is unix:/path then, or by __unix_socket__, beside any address.  `*path` is
 * terminated, NULL where it is not.  PYR_ECONFIG where it can be none. */
int pyr__target_socket(pyr_str_t address, pyr_str_t socket,
                       struct pyr__arena *arena, const char **path,
                       pyr_error_t *err);
/* `address` with the port that it has, that `port` says ("": none),
 * or that the scheme has. */
int pyr__target_address(pyr_str_t address, pyr_str_t port, pyr_str_t scheme,
                        struct pyr__arena *arena, pyr_str_t *out,
                        pyr_error_t *err);

/* requests.c */
struct pyr__request_source {
  const struct pyr__job_config *job;
  const struct pyr__label_set *labels;
  pyr_str_t scheme;
  pyr_str_t address; /* of the URLs */
  int64_t interval_ns;
  int64_t timeout_ns; /* 0: not set */
};
/* The requests of the profiles that are enabled. */
int pyr__target_requests(const struct pyr__request_source *source,
                         struct pyr__arena *arena, struct pyr__target *out,
                         pyr_error_t *err);

/* request_url.c: the whole URL, with the params encoded in the order of their
 * names. */
int pyr__request_url(const struct pyr__request_source *source, pyr_str_t path,
                     const struct pyr__param *params, size_t param_count,
                     struct pyr__arena *arena, const char **out,
                     pyr_error_t *err);

#endif
