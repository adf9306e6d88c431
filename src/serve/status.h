/* What the stats endpoint shows: a view of the scraper's state that the scraper
 * fills on request.  serve knows nothing else of it. */
#ifndef PYR__SERVE_STATUS_H
#define PYR__SERVE_STATUS_H

#include <stdbool.h>

#include "base/memory.h"
#include "net/tls_shared.h"

/* Why scrapes fail, for metrics. */
#define PYR__FAILURES(X)                                                       \
  X(DNS, "dns")                                                                \
  X(AUTH, "auth")                                                              \
  X(CONNECT, "connect")                                                        \
  X(TIMEOUT, "timeout")                                                        \
  X(PROXY, "proxy")                                                            \
  X(HTTP, "http")                                                              \
  X(STATUS, "status")                                                          \
  X(CPU_BUSY, "cpu_in_use")                                                    \
  X(LIMIT, "limit")                                                            \
  X(GZIP, "gzip")                                                              \
  X(PPROF, "pprof")                                                            \
  X(STORE, "store")                                                            \
  X(MEMORY, "memory")                                                          \
  X(CANCELED, "canceled")

enum pyr__failure {
#define X(name, text) PYR__FAILURE_##name,
  PYR__FAILURES(X)
#undef X
      PYR__FAILURE_COUNT
};

#define PYR__HISTOGRAM_BUCKETS 16
struct pyr__histogram {
  uint64_t buckets[PYR__HISTOGRAM_BUCKETS + 1]; /* the last is +Inf */
  uint64_t count;
  double sum;
};
/* Upper bounds are fixed: durations 1 ms … 60 s, sizes 256 B … 256 MiB. */
void pyr__histogram_add_seconds(struct pyr__histogram *histogram, double value);
void pyr__histogram_add_bytes(struct pyr__histogram *histogram, double value);

struct pyr__job_counters {
  uint64_t scrapes, failures[PYR__FAILURE_COUNT], missed, redirects_refused,
      redirects_followed;
  uint64_t wire_bytes, body_bytes, samples, profiles;
  int64_t covered_ns;  /* CPU profiles: time they cover */
  int64_t expected_ns; /* and the time they should, since their first one */
  struct pyr__histogram duration, size; /* seconds, wire bytes */
};

/* Absent: the target has no such profile, and is asked now and then. */
enum pyr__health {
  PYR__HEALTH_UNKNOWN,
  PYR__HEALTH_UP,
  PYR__HEALTH_DOWN,
  PYR__HEALTH_ABSENT
};

struct pyr__request_status { /* one (target, profile) */
  pyr_str_t profile;
  const char *url;
  enum pyr__health health;
  const char *last_error; /* "" */
  int64_t last_scrape_ns; /* wall; 0: never */
  int64_t last_duration_ns;
  int64_t next_scrape_ns; /* wall */
  int64_t interval_ns, timeout_ns;
  uint64_t scrapes, failures, missed;
  size_t delta_stacks;
};

struct pyr__target_status {
  pyr_str_t job, address, application;
  const pyr_label_t *discovered, *labels;
  size_t discovered_count, label_count;
  size_t request_count;
};

struct pyr__job_status {
  pyr_str_t name;
  size_t target_count, request_count;
  size_t dropped_count, bad_count; /* that rules drop, that cannot be targets */
  const struct pyr__job_counters *counters;
};

struct pyr__discovery_status { /* one mechanism of a job */
  const char *mechanism;       /* "file" */
  uint64_t updates, failures, watch_restarts, target_count;
  int64_t last_success_ns; /* wall; 0: never */
  const char *last_error;  /* "": the last attempt went well */
};

struct pyr__found_filter {
  pyr_str_t job;     /* only of this one; base NULL: of all */
  unsigned outcomes; /* 1 << PYR_FOUND_* */
};

/* Where a walk over all that was found is; all 0: at its beginning.  What
 * changes meanwhile may be missed or come twice, nothing worse. */
struct pyr__found_cursor {
  size_t job;
  uint32_t group, number;
  uint64_t seen[3];
};

enum pyr__found_step {
  PYR__FOUND_END,
  PYR__FOUND_PASSED, /* one that is not wanted */
  PYR__FOUND_ONE,
  PYR__FOUND_NO_MEMORY /* for one that is */
};

struct pyr__store_status {
  bool enabled;
  const char *path;
  uint64_t store_bytes, segments, profiles, frames, dropped_profiles,
      write_errors, written_bytes, buffered_bytes, dictionary_bytes, syncs,
      segments_sealed, segments_retired;
  int64_t longest_write_ns, longest_sync_ns;
  const char *last_error;
};

struct pyr__loop_status { /* of the caller's libuv loop */
  double lag_seconds;     /* how late the last timer was */
  double lag_max_seconds;
  double turn_max_seconds; /* longest run of callbacks between two polls */
  struct pyr__histogram lag;
};

struct pyr__process_status {
  int64_t start_ns; /* wall */
  int64_t cpu_ns;
  uint64_t resident_bytes;
  size_t open_files, most_files;
  size_t in_flight, queued, held;
  size_t timers, loop_handles;
  uint64_t last_reload_good;
  int64_t last_reload_ns; /* wall, of the last good one or the start */
  const struct pyr__loop_status *loop;
  const char *sandbox; /* NULL: nobody knows */
  uint64_t connections_opened, connections_reused, dns_queries, dns_failures;
  struct pyr__tls_stats tls, web_tls; /* of who is asked, and of who asks */
};

/* Everything the views read; pointers are good until the next turn of the
 * loop, discovered labels until the next call of `target` or `found`. */
struct pyr__status_source {
  void *ctx;
  void (*process)(void *ctx, struct pyr__process_status *out);
  void (*store)(void *ctx, struct pyr__store_status *out);
  size_t (*job_count)(void *ctx); /* by name */
  void (*job)(void *ctx, size_t job, struct pyr__job_status *out);
  size_t (*target_count)(void *ctx); /* in the order of jobs */
  void (*target)(void *ctx, size_t target, struct pyr__target_status *out);
  void (*request)(void *ctx, size_t target, size_t request,
                  struct pyr__request_status *out);
  bool (*ready)(void *ctx);
  /* Loads the configuration anew.  1: it has begun, and pyr__serve_reloaded
   * will say how it ended.  NULL: nobody may ask for that here. */
  int (*reload)(void *ctx, pyr_error_t *err);
  size_t (*discovery_count)(void *ctx, size_t job);
  void (*discovery)(void *ctx, size_t job, size_t number,
                    struct pyr__discovery_status *out);
  /* One step, which costs the same for each. */
  enum pyr__found_step (*found)(void *ctx,
                                const struct pyr__found_filter *filter,
                                struct pyr__found_cursor *cursor,
                                pyr_found_t *out);
  /* As pyr_config_relabel. */
  int (*relabel)(void *ctx, pyr_str_t job, const pyr_label_t *labels,
                 size_t count,
                 void (*cb)(void *cb_ctx, const pyr_relabel_step_t *step),
                 void *cb_ctx, pyr_error_t *err);
  /* Accounts of all memories of the instance, added up. */
  void (*memory)(void *ctx, struct pyr__account out[PYR__PURPOSE_COUNT]);
};

#endif
