/* From a label set to a target: what is asked, where, how often, and under
 * which labels it is stored. */
#ifndef PYR__TARGETS_TARGET_H
#define PYR__TARGETS_TARGET_H

#include "config/config.h"

struct pyr__discovered;

/* A code beside 0 and errors: a rule of relabelling drops the target. */
#define PYR__TARGET_DROPPED 1

struct pyr__target_request { /* one (target, profile) */
  const struct pyr__profile_config *profile;
  const char *url; /* whole, terminated */
  int64_t interval_ns, timeout_ns;
  int64_t seconds_ns; /* what the profile covers; 0: a snapshot */
};

struct pyr__target {
  const struct pyr__job_config *job;
  const pyr_label_t *discovered; /* before relabelling, sorted */
  size_t discovered_count;
  const pyr_label_t
      *labels; /* public: what profiles are stored under, sorted */
  size_t label_count;
  pyr_str_t application;   /* __name__ */
  pyr_str_t address;       /* host:port, port always there, or unix:/path */
  const char *unix_socket; /* what it is asked over; NULL: the network */
  uint64_t hash; /* identity: labels, URLs, socket; the same after restart */
  const struct pyr__target_request *requests;
  size_t request_count;
};

/* From discovered labels to the target, by the job's rules: what a target set
 * asks of its maker (`ctx` is not used). */
int pyr__target_from_discovered(void *ctx, const struct pyr__job_config *job,
                                const struct pyr__discovered *from,
                                struct pyr__arena *arena,
                                struct pyr__target *out, size_t *rule,
                                pyr_error_t *err);

/* Builds the targets of a job's static groups in `arena`; a target that cannot
 * be is given to `on_error` and left out.  Duplicates collapse.  Returns 0,
 * PYR_ELIMIT where the arena is full, or PYR__ENOMEM. */
int pyr__targets_build(const struct pyr__job_config *job,
                       struct pyr__arena *arena, const struct pyr__target **out,
                       size_t *out_count, pyr_config_error_cb on_error,
                       void *ctx, pyr_error_t *err);

#endif
