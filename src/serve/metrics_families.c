#include "serve/metrics.h"

#include "serve/histogram.h"
#include "serve/text.h"

typedef struct pyr__metrics metrics_t;
typedef struct pyr__metric_family family_t;

/* ---- plain values ------------------------------------------------------- */

static int add_number(struct pyr__buf *out, uint64_t value) {
  return pyr__buf_add_format(out, " %llu\n", (unsigned long long)value);
}

/* The end of a line whose value was written: a newline. */
static int end_line(struct pyr__buf *out, int rc) {
  return rc == 0 ? pyr__buf_add_byte(out, '\n') : rc;
}

static int add_seconds(struct pyr__buf *out, int64_t ns) {
  int rc = pyr__buf_add_byte(out, ' ');
  return end_line(out, rc == 0 ? pyr__serve_seconds(out, ns) : rc);
}

static int add_double(struct pyr__buf *out, double value) {
  int rc = pyr__buf_add_byte(out, ' ');
  return end_line(out, rc == 0 ? pyr__serve_double(out, value) : rc);
}

/* name="value", after `before` */
static int add_label(struct pyr__buf *out, const char *before, const char *name,
                     pyr_str_t value) {
  int rc = pyr__buf_add_format(out, "%s%s=\"", before, name);
  if (rc == 0)
    rc = pyr__serve_label_value(out, value);
  return rc == 0 ? pyr__buf_add_byte(out, '"') : rc;
}

static const void *member(const void *base, size_t offset) {
  return (const char *)base + offset;
}

/* Counts are uint64_t or size_t, which is smaller on some machines. */
static uint64_t number_at(const void *base, const family_t *family) {
  const void *at = member(base, family->offset);
  return family->width == sizeof(uint64_t) ? *(const uint64_t *)at
                                           : *(const uint32_t *)at;
}

/* ---- the process and the store ------------------------------------------ */

static int write_build(const metrics_t *metrics, const family_t *family,
                       struct pyr__buf *out) {
  int rc = pyr__buf_add_format(out, "%s{version=\"%s\"", family->name,
                               pyr_version());
  (void)metrics;
  if (rc == 0)
    rc = add_label(out, ",", "compiler", pyr__str(__VERSION__));
  return rc == 0 ? pyr__buf_add_text(out, "} 1\n") : rc;
}

static int write_sandbox(const metrics_t *metrics, const family_t *family,
                         struct pyr__buf *out) {
  const char *state = metrics->process.sandbox;
  int rc = pyr__buf_add_text(out, family->name);
  if (rc == 0)
    rc = add_label(out, "{", "state",
                   pyr__str(state != NULL ? state : "unknown"));
  return rc == 0 ? pyr__buf_add_text(out, "} 1\n") : rc;
}

static int write_ready(const metrics_t *metrics, const family_t *family,
                       struct pyr__buf *out) {
  return pyr__buf_add_format(out, "%s %d\n", family->name,
                             metrics->source->ready(metrics->source->ctx));
}

static int write_process(const metrics_t *metrics, const family_t *family,
                         struct pyr__buf *out) {
  int rc = pyr__buf_add_text(out, family->name);
  return rc != 0 ? rc : add_number(out, number_at(&metrics->process, family));
}

static int write_process_ns(const metrics_t *metrics, const family_t *family,
                            struct pyr__buf *out) {
  int rc = pyr__buf_add_text(out, family->name);
  return rc != 0 ? rc
                 : add_seconds(out, *(const int64_t *)member(&metrics->process,
                                                             family->offset));
}

static int write_loop(const metrics_t *metrics, const family_t *family,
                      struct pyr__buf *out) {
  int rc = pyr__buf_add_text(out, family->name);
  return rc != 0 ? rc
                 : add_double(out, *(const double *)member(&metrics->loop,
                                                           family->offset));
}

static int write_store(const metrics_t *metrics, const family_t *family,
                       struct pyr__buf *out) {
  int rc = pyr__buf_add_text(out, family->name);
  return rc != 0 ? rc : add_number(out, number_at(&metrics->store, family));
}

static int write_store_ns(const metrics_t *metrics, const family_t *family,
                          struct pyr__buf *out) {
  int rc = pyr__buf_add_text(out, family->name);
  return rc != 0 ? rc
                 : add_seconds(out, *(const int64_t *)member(&metrics->store,
                                                             family->offset));
}

static int write_account(const metrics_t *metrics, const family_t *family,
                         struct pyr__buf *out) {
  enum pyr__purpose purpose = (enum pyr__purpose)metrics->item;
  int rc = pyr__buf_add_format(out, "%s{room=\"%s\",purpose=\"%s\"}",
                               family->name, pyr__purpose_room(purpose),
                               pyr__purpose_name(purpose));
  return rc != 0
             ? rc
             : add_number(out, number_at(&metrics->accounts[purpose], family));
}

/* ---- histograms --------------------------------------------------------- */

/* `job` with a NULL base: no label. */
static int add_bucket(struct pyr__buf *out, const char *name, pyr_str_t job,
                      double bound, uint64_t count) {
  int rc = pyr__buf_add_format(out, "%s_bucket{", name);
  if (rc == 0 && job.base != NULL)
    rc = add_label(out, "", "job", job);
  if (rc == 0)
    rc = pyr__buf_add_text(out, job.base != NULL ? ",le=\"" : "le=\"");
  if (rc == 0)
    rc = pyr__serve_double(out, bound);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "\"}");
  return rc == 0 ? add_number(out, count) : rc;
}

static int add_named(struct pyr__buf *out, const char *name, const char *suffix,
                     pyr_str_t job) {
  int rc = pyr__buf_add_format(out, "%s%s", name, suffix);
  if (rc == 0 && job.base != NULL)
    rc = add_label(out, "{", "job", job);
  if (rc == 0 && job.base != NULL)
    rc = pyr__buf_add_byte(out, '}');
  return rc;
}

static int write_histogram(struct pyr__buf *out, const char *name,
                           pyr_str_t job, enum pyr__histogram_kind kind,
                           const struct pyr__histogram *histogram) {
  const double *bounds = pyr__histogram_bounds(kind);
  uint64_t count = 0;
  size_t i;
  int rc = 0;
  for (i = 0; i <= PYR__HISTOGRAM_BUCKETS && rc == 0; i++) {
    count += histogram->buckets[i];
    rc = add_bucket(out, name, job,
                    i < PYR__HISTOGRAM_BUCKETS ? bounds[i] : __builtin_inf(),
                    count);
  }
  if (rc == 0)
    rc = add_named(out, name, "_sum", job);
  if (rc == 0)
    rc = add_double(out, histogram->sum);
  if (rc == 0)
    rc = add_named(out, name, "_count", job);
  return rc == 0 ? add_number(out, count) : rc;
}

static int write_lag(const metrics_t *metrics, const family_t *family,
                     struct pyr__buf *out) {
  return write_histogram(out, family->name, (pyr_str_t){NULL, 0},
                         PYR__HISTOGRAM_SECONDS, &metrics->loop.lag);
}

/* ---- jobs --------------------------------------------------------------- */

static void get_job(const metrics_t *metrics, struct pyr__job_status *out) {
  metrics->source->job(metrics->source->ctx, metrics->item, out);
}

static int write_job(const metrics_t *metrics, const family_t *family,
                     struct pyr__buf *out) {
  struct pyr__job_status job;
  int rc;
  get_job(metrics, &job);
  rc = add_named(out, family->name, "", job.name);
  return rc != 0 ? rc : add_number(out, number_at(job.counters, family));
}

static int write_job_status(const metrics_t *metrics, const family_t *family,
                            struct pyr__buf *out) {
  struct pyr__job_status job;
  int rc;
  get_job(metrics, &job);
  rc = add_named(out, family->name, "", job.name);
  return rc != 0 ? rc : add_number(out, number_at(&job, family));
}

static int write_job_failures(const metrics_t *metrics, const family_t *family,
                              struct pyr__buf *out) {
  static const char *const reasons[] = {
#define X(name, text) text,
      PYR__FAILURES(X)
#undef X
  };
  struct pyr__job_status job;
  size_t i;
  int rc = 0;
  get_job(metrics, &job);
  for (i = 0; i < PYR__FAILURE_COUNT && rc == 0; i++) {
    rc = pyr__buf_add_text(out, family->name);
    if (rc == 0)
      rc = add_label(out, "{", "job", job.name);
    if (rc == 0)
      rc = pyr__buf_add_format(out, ",reason=\"%s\"}", reasons[i]);
    if (rc == 0)
      rc = add_number(out, job.counters->failures[i]);
  }
  return rc;
}

static int write_job_duration(const metrics_t *metrics, const family_t *family,
                              struct pyr__buf *out) {
  struct pyr__job_status job;
  get_job(metrics, &job);
  return write_histogram(out, family->name, job.name, PYR__HISTOGRAM_SECONDS,
                         &job.counters->duration);
}

static int write_job_size(const metrics_t *metrics, const family_t *family,
                          struct pyr__buf *out) {
  struct pyr__job_status job;
  get_job(metrics, &job);
  return write_histogram(out, family->name, job.name, PYR__HISTOGRAM_BYTES,
                         &job.counters->size);
}

/* Nothing where there is nothing to cover yet: 0 would look like a loss. */
static int write_job_coverage(const metrics_t *metrics, const family_t *family,
                              struct pyr__buf *out) {
  struct pyr__job_status job;
  int rc;
  get_job(metrics, &job);
  if (job.counters->expected_ns <= 0)
    return 0;
  rc = add_named(out, family->name, "", job.name);
  return rc != 0 ? rc
                 : add_double(out, (double)job.counters->covered_ns /
                                       (double)job.counters->expected_ns);
}

/* ---- discovery ---------------------------------------------------------- */

static int add_discovery(const metrics_t *metrics, const family_t *family,
                         size_t number, struct pyr__buf *out) {
  struct pyr__discovery_status discovery = {0};
  struct pyr__job_status job;
  const void *value = member(&discovery, family->offset);
  int rc = pyr__buf_add_text(out, family->name);

  get_job(metrics, &job);
  metrics->source->discovery(metrics->source->ctx, metrics->item, number,
                             &discovery);
  if (rc == 0)
    rc = add_label(out, "{", "job", job.name);
  if (rc == 0)
    rc = add_label(out, ",", "mechanism", pyr__str(discovery.mechanism));
  if (rc == 0)
    rc = pyr__buf_add_format(out, ",number=\"%zu\"}", number);
  if (rc != 0)
    return rc;
  if (value == &discovery.last_success_ns)
    return add_seconds(out, discovery.last_success_ns);
  return add_number(out, number_at(&discovery, family));
}

static int write_discovery(const metrics_t *metrics, const family_t *family,
                           struct pyr__buf *out) {
  size_t i, count = metrics->source->discovery_count(metrics->source->ctx,
                                                     metrics->item);
  int rc = 0;
  for (i = 0; i < count && rc == 0; i++)
    rc = add_discovery(metrics, family, i, out);
  return rc;
}

/* ---- targets ------------------------------------------------------------ */

/* The target's labels of one series: job, instance, application, profile. */
static int add_target_labels(struct pyr__buf *out, const char *name,
                             const struct pyr__target_status *target,
                             const struct pyr__request_status *request) {
  int rc = pyr__buf_add_text(out, name);
  if (rc == 0)
    rc = add_label(out, "{", "job", target->job);
  if (rc == 0)
    rc = add_label(out, ",", "instance", target->address);
  if (rc == 0)
    rc = add_label(out, ",", "application", target->application);
  if (rc == 0)
    rc = add_label(out, ",", "profile", request->profile);
  return rc == 0 ? pyr__buf_add_byte(out, '}') : rc;
}

enum { UP, LAST_SECONDS, DELTA_STACKS };

static int write_target(const metrics_t *metrics, const family_t *family,
                        struct pyr__buf *out) {
  const struct pyr__status_source *source = metrics->source;
  struct pyr__target_status target;
  struct pyr__request_status request;
  size_t i;
  int rc = 0;
  source->target(source->ctx, metrics->item, &target);
  for (i = 0; i < target.request_count && rc == 0; i++) {
    source->request(source->ctx, metrics->item, i, &request);
    if (family->offset == UP && request.health != PYR__HEALTH_UP &&
        request.health != PYR__HEALTH_DOWN)
      continue; /* neither, before its first scrape and where it is absent */
    rc = add_target_labels(out, family->name, &target, &request);
    if (rc != 0)
      return rc;
    if (family->offset == UP)
      rc = add_number(out, request.health == PYR__HEALTH_UP);
    else if (family->offset == LAST_SECONDS)
      rc = add_seconds(out, request.last_duration_ns);
    else
      rc = add_number(out, request.delta_stacks);
  }
  return rc;
}

/* ---- the table ---------------------------------------------------------- */

#define MEMBER(type, name)                                                     \
  offsetof(struct type, name), sizeof(((struct type *)0)->name)
#define PROCESS(name)   MEMBER(pyr__process_status, name)
#define LOOP(name)      MEMBER(pyr__loop_status, name)
#define STORE(name)     MEMBER(pyr__store_status, name)
#define STATUS(name)    MEMBER(pyr__job_status, name)
#define JOB(name)       MEMBER(pyr__job_counters, name)
#define DISCOVERY(name) MEMBER(pyr__discovery_status, name)
#define ACCOUNT(name)   MEMBER(pyr__account, name)

const struct pyr__metric_family pyr__metric_families[] = {
    {"pyrite_build_info", "gauge", "Which build this is; always 1.",
     PYR__METRIC_PROCESS, write_build, 0, 0},
    {"pyrite_ready", "gauge", "1 when it is scraping.", PYR__METRIC_PROCESS,
     write_ready, 0, 0},
    {"pyrite_sandbox_info", "gauge", "What holds this process.",
     PYR__METRIC_PROCESS, write_sandbox, 0, 0},
    {"pyrite_config_last_reload_successful", "gauge",
     "Whether the last attempt to reload the configuration was good.",
     PYR__METRIC_PROCESS, write_process, PROCESS(last_reload_good)},
    {"pyrite_config_last_reload_success_timestamp_seconds", "gauge",
     "When the configuration in force was loaded, since the Unix epoch.",
     PYR__METRIC_PROCESS, write_process_ns, PROCESS(last_reload_ns)},
    {"pyrite_scrapes_in_flight", "gauge", "Requests that run now.",
     PYR__METRIC_PROCESS, write_process, PROCESS(in_flight)},
    {"pyrite_scrapes_queued", "gauge",
     "Requests that are due and wait for their turn.", PYR__METRIC_PROCESS,
     write_process, PROCESS(queued)},
    {"pyrite_loop_lag_seconds", "gauge", "How late the last timer was.",
     PYR__METRIC_PROCESS, write_loop, LOOP(lag_seconds)},
    {"pyrite_loop_lag_max_seconds", "gauge", "How late a timer has ever been.",
     PYR__METRIC_PROCESS, write_loop, LOOP(lag_max_seconds)},
    {"pyrite_loop_turn_max_seconds", "gauge",
     "The longest run of callbacks between two polls.", PYR__METRIC_PROCESS,
     write_loop, LOOP(turn_max_seconds)},
    {"pyrite_loop_lag_histogram_seconds", "histogram", "How late timers were.",
     PYR__METRIC_PROCESS, write_lag, 0, 0},
    {"pyrite_connections_opened_total", "counter",
     "Connections opened to targets.", PYR__METRIC_PROCESS, write_process,
     PROCESS(connections_opened)},
    {"pyrite_connections_reused_total", "counter",
     "Requests that found a connection open.", PYR__METRIC_PROCESS,
     write_process, PROCESS(connections_reused)},
    {"pyrite_dns_queries_total", "counter", "Names asked for.",
     PYR__METRIC_PROCESS, write_process, PROCESS(dns_queries)},
    {"pyrite_dns_failures_total", "counter", "Names that were not found.",
     PYR__METRIC_PROCESS, write_process, PROCESS(dns_failures)},
    {"pyrite_tls_handshakes_total", "counter",
     "TLS handshakes that came to an agreement.", PYR__METRIC_PROCESS,
     write_process, PROCESS(tls_handshakes)},
    {"pyrite_tls_sessions_resumed_total", "counter",
     "Those of them that resumed a session.", PYR__METRIC_PROCESS,
     write_process, PROCESS(tls_resumed)},
    {"pyrite_tls_failures_total", "counter",
     "TLS handshakes and connections that failed.", PYR__METRIC_PROCESS,
     write_process, PROCESS(tls_failures)},
    {"pyrite_tls_longest_step_seconds", "gauge",
     "The longest that TLS kept one turn of the loop.", PYR__METRIC_PROCESS,
     write_process_ns, PROCESS(tls_longest_step_ns)},
    {"pyrite_tls_reloads_total", "counter",
     "Times that certificates or keys were read again.", PYR__METRIC_PROCESS,
     write_process, PROCESS(tls_reloads)},
    {"pyrite_tls_failed_reloads_total", "counter",
     "Times that they had changed and could not be used.", PYR__METRIC_PROCESS,
     write_process, PROCESS(tls_failed_reloads)},
    {"pyrite_targets", "gauge", "Targets of a job.", PYR__METRIC_JOBS,
     write_job_status, STATUS(target_count)},
    {"pyrite_targets_dropped", "gauge",
     "Entries of discovery that rules of relabelling drop.", PYR__METRIC_JOBS,
     write_job_status, STATUS(dropped_count)},
    {"pyrite_targets_bad", "gauge",
     "Entries of discovery that cannot be targets.", PYR__METRIC_JOBS,
     write_job_status, STATUS(bad_count)},
    {"pyrite_target_profiles", "gauge",
     "Profiles asked of the targets of a job.", PYR__METRIC_JOBS,
     write_job_status, STATUS(request_count)},
    {"pyrite_scrapes_total", "counter", "Scrapes that ended, good or bad.",
     PYR__METRIC_JOBS, write_job, JOB(scrapes)},
    {"pyrite_scrape_failures_total", "counter", "Scrapes that failed.",
     PYR__METRIC_JOBS, write_job_failures, 0, 0},
    {"pyrite_scrapes_missed_total", "counter",
     "Scrapes that could not begin in time and were left out.",
     PYR__METRIC_JOBS, write_job, JOB(missed)},
    {"pyrite_redirects_refused_total", "counter",
     "Redirects to another host that were not followed.", PYR__METRIC_JOBS,
     write_job, JOB(redirects_refused)},
    {"pyrite_redirects_followed_total", "counter",
     "Redirects to another host that were followed.", PYR__METRIC_JOBS,
     write_job, JOB(redirects_followed)},
    {"pyrite_scrape_duration_seconds", "histogram", "How long scrapes took.",
     PYR__METRIC_JOBS, write_job_duration, 0, 0},
    {"pyrite_scrape_size_bytes", "histogram",
     "Bodies as they came over the wire.", PYR__METRIC_JOBS, write_job_size, 0,
     0},
    {"pyrite_scrape_wire_bytes_total", "counter",
     "Bytes of bodies as they came over the wire.", PYR__METRIC_JOBS, write_job,
     JOB(wire_bytes)},
    {"pyrite_scrape_body_bytes_total", "counter",
     "Bytes of bodies after inflating.", PYR__METRIC_JOBS, write_job,
     JOB(body_bytes)},
    {"pyrite_samples_total", "counter", "Samples decoded.", PYR__METRIC_JOBS,
     write_job, JOB(samples)},
    {"pyrite_profiles_total", "counter", "Profiles decoded and handed on.",
     PYR__METRIC_JOBS, write_job, JOB(profiles)},
    {"pyrite_cpu_coverage_ratio", "gauge",
     "Part of the time that CPU profiles cover, of what they should.",
     PYR__METRIC_JOBS, write_job_coverage, 0, 0},
    {"pyrite_store_bytes", "gauge", "Bytes of all segments.", PYR__METRIC_STORE,
     write_store, STORE(store_bytes)},
    {"pyrite_store_segments", "gauge", "Segments there are.", PYR__METRIC_STORE,
     write_store, STORE(segments)},
    {"pyrite_store_profiles_total", "counter", "Profiles stored.",
     PYR__METRIC_STORE, write_store, STORE(profiles)},
    {"pyrite_store_frames_total", "counter", "Frames written.",
     PYR__METRIC_STORE, write_store, STORE(frames)},
    {"pyrite_store_written_bytes_total", "counter",
     "Bytes written to segments.", PYR__METRIC_STORE, write_store,
     STORE(written_bytes)},
    {"pyrite_store_dropped_profiles_total", "counter",
     "Profiles that could not be stored.", PYR__METRIC_STORE, write_store,
     STORE(dropped_profiles)},
    {"pyrite_store_write_errors_total", "counter", "Writes that failed.",
     PYR__METRIC_STORE, write_store, STORE(write_errors)},
    {"pyrite_store_syncs_total", "counter", "Times the store was synced.",
     PYR__METRIC_STORE, write_store, STORE(syncs)},
    {"pyrite_store_segments_sealed_total", "counter", "Segments sealed.",
     PYR__METRIC_STORE, write_store, STORE(segments_sealed)},
    {"pyrite_store_segments_retired_total", "counter",
     "Segments removed by retention.", PYR__METRIC_STORE, write_store,
     STORE(segments_retired)},
    {"pyrite_store_buffered_bytes", "gauge", "Bytes not written yet.",
     PYR__METRIC_STORE, write_store, STORE(buffered_bytes)},
    {"pyrite_store_dictionary_bytes", "gauge",
     "Memory of the dictionaries of the active segment.", PYR__METRIC_STORE,
     write_store, STORE(dictionary_bytes)},
    {"pyrite_store_longest_write_seconds", "gauge", "The longest write so far.",
     PYR__METRIC_STORE, write_store_ns, STORE(longest_write_ns)},
    {"pyrite_store_longest_sync_seconds", "gauge", "The longest sync so far.",
     PYR__METRIC_STORE, write_store_ns, STORE(longest_sync_ns)},
    {"pyrite_memory_bytes", "gauge", "Memory in use.", PYR__METRIC_MEMORY,
     write_account, ACCOUNT(used_bytes)},
    {"pyrite_memory_blocks", "gauge", "Blocks in use.", PYR__METRIC_MEMORY,
     write_account, ACCOUNT(used_blocks)},
    {"pyrite_memory_allocated_bytes_total", "counter", "Memory ever allocated.",
     PYR__METRIC_MEMORY, write_account, ACCOUNT(allocated_bytes)},
    {"pyrite_discovery_updates_total", "counter",
     "Groups of targets that a mechanism of discovery has told of.",
     PYR__METRIC_JOBS, write_discovery, DISCOVERY(updates)},
    {"pyrite_discovery_failures_total", "counter",
     "Attempts of a mechanism that failed; its targets stayed.",
     PYR__METRIC_JOBS, write_discovery, DISCOVERY(failures)},
    {"pyrite_discovery_targets", "gauge",
     "Entries that a mechanism has found, dropped ones too.", PYR__METRIC_JOBS,
     write_discovery, DISCOVERY(target_count)},
    {"pyrite_discovery_watch_restarts_total", "counter",
     "Watches that a mechanism had to begin again.", PYR__METRIC_JOBS,
     write_discovery, DISCOVERY(watch_restarts)},
    {"pyrite_discovery_last_success_timestamp_seconds", "gauge",
     "When an attempt of a mechanism was good last, since the Unix epoch.",
     PYR__METRIC_JOBS, write_discovery, DISCOVERY(last_success_ns)},
    {"process_cpu_seconds_total", "counter", "CPU time of the process.",
     PYR__METRIC_PROCESS, write_process_ns, PROCESS(cpu_ns)},
    {"process_resident_memory_bytes", "gauge",
     "Resident memory of the process.", PYR__METRIC_PROCESS, write_process,
     PROCESS(resident_bytes)},
    {"process_open_fds", "gauge", "Open file descriptors.", PYR__METRIC_PROCESS,
     write_process, PROCESS(open_files)},
    {"process_start_time_seconds", "gauge",
     "When the process started, since the Unix epoch.", PYR__METRIC_PROCESS,
     write_process_ns, PROCESS(start_ns)},
    {"pyrite_target_up", "gauge",
     "1 when the last scrape of this profile of this target was good.",
     PYR__METRIC_TARGETS, write_target, UP, 0},
    {"pyrite_target_scrape_duration_seconds", "gauge",
     "How long the last scrape took.", PYR__METRIC_TARGETS, write_target,
     LAST_SECONDS, 0},
    {"pyrite_target_delta_stacks", "gauge",
     "Stacks kept to take the difference of the next scrape.",
     PYR__METRIC_TARGETS, write_target, DELTA_STACKS, 0},
};

const size_t pyr__metric_family_count =
    sizeof(pyr__metric_families) / sizeof(pyr__metric_families[0]);
