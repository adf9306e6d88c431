/* Which metrics there are, and what writes their lines. */
#include "serve/metrics.h"

#include <stdio.h>

#include "base/str.h"

typedef struct pyr__metrics metrics_t;
typedef struct pyr__metric_family family_t;
typedef struct pyr__metric_lines lines_t;

static void add_member(lines_t *lines, const family_t *family,
                       const void *item) {
  const void *at = (const char *)item + family->offset;
  switch (family->form) {
  case PYR__METRIC_U32:
    pyr__metric_number(lines, *(const uint32_t *)at);
    break;
  case PYR__METRIC_U64:
    pyr__metric_number(lines, *(const uint64_t *)at);
    break;
  case PYR__METRIC_NS:
    pyr__metric_seconds(lines, *(const int64_t *)at);
    break;
  case PYR__METRIC_DOUBLE:
    pyr__metric_double(lines, *(const double *)at);
    break;
  }
}

/* ---- the process and the store ------------------------------------------ */

static void write_build(const metrics_t *metrics, const family_t *family,
                        lines_t *lines) {
  (void)metrics;
  pyr__metric_name(lines, family->name);
  pyr__metric_label(lines, "version", pyr__str(pyr_version()));
  pyr__metric_label(lines, "compiler", pyr__str(__VERSION__));
  pyr__metric_number(lines, 1);
}

static void write_sandbox(const metrics_t *metrics, const family_t *family,
                          lines_t *lines) {
  const char *state = metrics->process.sandbox;
  pyr__metric_name(lines, family->name);
  pyr__metric_label(lines, "state",
                    pyr__str(state != NULL ? state : "unknown"));
  pyr__metric_number(lines, 1);
}

static void write_ready(const metrics_t *metrics, const family_t *family,
                        lines_t *lines) {
  pyr__metric_name(lines, family->name);
  pyr__metric_number(lines, metrics->source->ready(metrics->source->ctx));
}

static void write_process(const metrics_t *metrics, const family_t *family,
                          lines_t *lines) {
  pyr__metric_name(lines, family->name);
  add_member(lines, family, &metrics->process);
}

static void write_tls_failures(const metrics_t *metrics, const family_t *family,
                               lines_t *lines) {
  static const char *const reasons[] = {
#define X(name, text) text,
      PYR__TLS_REASONS(X)
#undef X
  };
  const struct pyr__tls_stats *stats =
      (const void *)((const char *)&metrics->process + family->offset);
  size_t i;
  for (i = 0; i < PYR__TLS_REASON_COUNT; i++) {
    pyr__metric_name(lines, family->name);
    pyr__metric_label(lines, "reason", pyr__str(reasons[i]));
    pyr__metric_number(lines, stats->failures[i]);
  }
}

static void write_loop(const metrics_t *metrics, const family_t *family,
                       lines_t *lines) {
  pyr__metric_name(lines, family->name);
  add_member(lines, family, &metrics->loop);
}

static void write_lag(const metrics_t *metrics, const family_t *family,
                      lines_t *lines) {
  pyr__metric_histogram(lines, family->name, (pyr_str_t){NULL, 0},
                        PYR__HISTOGRAM_SECONDS, &metrics->loop.lag);
}

static void write_store(const metrics_t *metrics, const family_t *family,
                        lines_t *lines) {
  pyr__metric_name(lines, family->name);
  add_member(lines, family, &metrics->store);
}

static void write_account(const metrics_t *metrics, const family_t *family,
                          lines_t *lines) {
  enum pyr__purpose purpose = (enum pyr__purpose)metrics->item;
  pyr__metric_name(lines, family->name);
  pyr__metric_label(lines, "room", pyr__str(pyr__purpose_room(purpose)));
  pyr__metric_label(lines, "purpose", pyr__str(pyr__purpose_name(purpose)));
  add_member(lines, family, &metrics->accounts[purpose]);
}

/* ---- jobs --------------------------------------------------------------- */

static struct pyr__job_status get_job(const metrics_t *metrics) {
  struct pyr__job_status job;
  metrics->source->job(metrics->source->ctx, metrics->item, &job);
  return job;
}

static void begin_job(lines_t *lines, const family_t *family,
                      const struct pyr__job_status *job) {
  pyr__metric_name(lines, family->name);
  pyr__metric_label(lines, "job", job->name);
}

static void write_job(const metrics_t *metrics, const family_t *family,
                      lines_t *lines) {
  const struct pyr__job_status job = get_job(metrics);
  begin_job(lines, family, &job);
  add_member(lines, family, job.counters);
}

static void write_job_status(const metrics_t *metrics, const family_t *family,
                             lines_t *lines) {
  const struct pyr__job_status job = get_job(metrics);
  begin_job(lines, family, &job);
  add_member(lines, family, &job);
}

static void write_job_failures(const metrics_t *metrics, const family_t *family,
                               lines_t *lines) {
  static const char *const reasons[] = {
#define X(name, text) text,
      PYR__FAILURES(X)
#undef X
  };
  const struct pyr__job_status job = get_job(metrics);
  size_t i;
  for (i = 0; i < PYR__FAILURE_COUNT; i++) {
    begin_job(lines, family, &job);
    pyr__metric_label(lines, "reason", pyr__str(reasons[i]));
    pyr__metric_number(lines, job.counters->failures[i]);
  }
}

static void write_job_duration(const metrics_t *metrics, const family_t *family,
                               lines_t *lines) {
  const struct pyr__job_status job = get_job(metrics);
  pyr__metric_histogram(lines, family->name, job.name, PYR__HISTOGRAM_SECONDS,
                        &job.counters->duration);
}

static void write_job_size(const metrics_t *metrics, const family_t *family,
                           lines_t *lines) {
  const struct pyr__job_status job = get_job(metrics);
  pyr__metric_histogram(lines, family->name, job.name, PYR__HISTOGRAM_BYTES,
                        &job.counters->size);
}

/* Nothing where there is nothing to cover yet: 0 would look like a loss. */
static void write_job_coverage(const metrics_t *metrics, const family_t *family,
                               lines_t *lines) {
  const struct pyr__job_status job = get_job(metrics);
  if (job.counters->expected_ns <= 0)
    return;
  begin_job(lines, family, &job);
  pyr__metric_double(lines, (double)job.counters->covered_ns /
                                (double)job.counters->expected_ns);
}

static void write_discovery(const metrics_t *metrics, const family_t *family,
                            lines_t *lines) {
  const struct pyr__status_source *source = metrics->source;
  const struct pyr__job_status job = get_job(metrics);
  size_t i, count = source->discovery_count(source->ctx, metrics->item);
  for (i = 0; i < count; i++) {
    struct pyr__discovery_status discovery;
    char number[24];
    source->discovery(source->ctx, metrics->item, i, &discovery);
    snprintf(number, sizeof(number), "%zu", i);
    begin_job(lines, family, &job);
    pyr__metric_label(lines, "mechanism", pyr__str(discovery.mechanism));
    pyr__metric_label(lines, "number", pyr__str(number));
    add_member(lines, family, &discovery);
  }
}

/* ---- targets ------------------------------------------------------------ */

static void begin_request(lines_t *lines, const family_t *family,
                          const struct pyr__target_status *target,
                          const struct pyr__request_status *request) {
  pyr__metric_name(lines, family->name);
  pyr__metric_label(lines, "job", target->job);
  pyr__metric_label(lines, "instance", target->address);
  pyr__metric_label(lines, "application", target->application);
  pyr__metric_label(lines, "profile", request->profile);
}

typedef void (*add_request_cb)(lines_t *lines, const family_t *family,
                               const struct pyr__target_status *target,
                               const struct pyr__request_status *request);

static void each_request(const metrics_t *metrics, const family_t *family,
                         lines_t *lines, add_request_cb add) {
  const struct pyr__status_source *source = metrics->source;
  struct pyr__target_status target;
  struct pyr__request_status request;
  size_t i;
  source->target(source->ctx, metrics->item, &target);
  for (i = 0; i < target.request_count; i++) {
    source->request(source->ctx, metrics->item, i, &request);
    add(lines, family, &target, &request);
  }
}

static void add_request(lines_t *lines, const family_t *family,
                        const struct pyr__target_status *target,
                        const struct pyr__request_status *request) {
  begin_request(lines, family, target, request);
  add_member(lines, family, request);
}

static void write_target(const metrics_t *metrics, const family_t *family,
                         lines_t *lines) {
  each_request(metrics, family, lines, add_request);
}

/* Nothing where it is neither up nor down: before its first scrape, and where
 * the target has no such profile. */
static void add_request_up(lines_t *lines, const family_t *family,
                           const struct pyr__target_status *target,
                           const struct pyr__request_status *request) {
  if (request->health != PYR__HEALTH_UP && request->health != PYR__HEALTH_DOWN)
    return;
  begin_request(lines, family, target, request);
  pyr__metric_number(lines, request->health == PYR__HEALTH_UP);
}

static void write_target_up(const metrics_t *metrics, const family_t *family,
                            lines_t *lines) {
  each_request(metrics, family, lines, add_request_up);
}

/* ---- the table ---------------------------------------------------------- */

/* How a member is written follows from its type: what is int64_t is a time in
 * nanoseconds, and size_t is as wide as the machine has it. */
/* clang-format off */
#define FORM(value)                                                            \
  _Generic((value),                                                            \
           uint32_t: PYR__METRIC_U32,                                          \
           uint64_t: PYR__METRIC_U64,                                          \
           int64_t: PYR__METRIC_NS,                                            \
           double: PYR__METRIC_DOUBLE)
/* clang-format on */
#define MEMBER(type, name)                                                     \
  FORM(((struct type *)0)->name), offsetof(struct type, name)
#define PROCESS(name)   MEMBER(pyr__process_status, name)
#define LOOP(name)      MEMBER(pyr__loop_status, name)
#define STORE(name)     MEMBER(pyr__store_status, name)
#define STATUS(name)    MEMBER(pyr__job_status, name)
#define JOB(name)       MEMBER(pyr__job_counters, name)
#define DISCOVERY(name) MEMBER(pyr__discovery_status, name)
#define ACCOUNT(name)   MEMBER(pyr__account, name)
#define REQUEST(name)   MEMBER(pyr__request_status, name)

const struct pyr__metric_family pyr__metric_families[] = {
    {"pyrite_build_info", "gauge", "Which build this is; always 1.",
     write_build, PYR__METRIC_PROCESS, 0, 0},
    {"pyrite_ready", "gauge", "1 when it is scraping.", write_ready,
     PYR__METRIC_PROCESS, 0, 0},
    {"pyrite_sandbox_info", "gauge", "What holds this process.", write_sandbox,
     PYR__METRIC_PROCESS, 0, 0},
    {"pyrite_config_last_reload_successful", "gauge",
     "Whether the last attempt to reload the configuration was good.",
     write_process, PYR__METRIC_PROCESS, PROCESS(last_reload_good)},
    {"pyrite_config_last_reload_success_timestamp_seconds", "gauge",
     "When the configuration in force was loaded, since the Unix epoch.",
     write_process, PYR__METRIC_PROCESS, PROCESS(last_reload_ns)},
    {"pyrite_scrapes_in_flight", "gauge", "Requests that run now.",
     write_process, PYR__METRIC_PROCESS, PROCESS(in_flight)},
    {"pyrite_scrapes_queued", "gauge",
     "Requests that are due and wait for their turn.", write_process,
     PYR__METRIC_PROCESS, PROCESS(queued)},
    {"pyrite_scrapes_held", "gauge",
     "Large profiles that are read on when others have given back memory.",
     write_process, PYR__METRIC_PROCESS, PROCESS(held)},
    {"pyrite_timers", "gauge", "Timers that are set, one a request at most.",
     write_process, PYR__METRIC_PROCESS, PROCESS(timers)},
    {"pyrite_loop_handles", "gauge",
     "Handles in the loop: sockets, timers and others.", write_process,
     PYR__METRIC_PROCESS, PROCESS(loop_handles)},
    {"pyrite_loop_lag_seconds", "gauge", "How late the last timer was.",
     write_loop, PYR__METRIC_PROCESS, LOOP(lag_seconds)},
    {"pyrite_loop_lag_max_seconds", "gauge", "How late a timer has ever been.",
     write_loop, PYR__METRIC_PROCESS, LOOP(lag_max_seconds)},
    {"pyrite_loop_turn_max_seconds", "gauge",
     "The longest run of callbacks between two polls.", write_loop,
     PYR__METRIC_PROCESS, LOOP(turn_max_seconds)},
    {"pyrite_loop_lag_distribution_seconds", "histogram",
     "How late timers were.", write_lag, PYR__METRIC_PROCESS, 0, 0},
    {"pyrite_connections_opened_total", "counter",
     "Connections opened to targets.", write_process, PYR__METRIC_PROCESS,
     PROCESS(connections_opened)},
    {"pyrite_connections_reused_total", "counter",
     "Requests that found a connection open.", write_process,
     PYR__METRIC_PROCESS, PROCESS(connections_reused)},
    {"pyrite_dns_queries_total", "counter", "Names asked for.", write_process,
     PYR__METRIC_PROCESS, PROCESS(dns_queries)},
    {"pyrite_dns_failures_total", "counter", "Names that were not found.",
     write_process, PYR__METRIC_PROCESS, PROCESS(dns_failures)},
    {"pyrite_tls_handshakes_total", "counter",
     "TLS handshakes with servers that came to an agreement.", write_process,
     PYR__METRIC_PROCESS, PROCESS(tls.handshakes)},
    {"pyrite_tls_sessions_resumed_total", "counter",
     "Those of them that resumed a session.", write_process,
     PYR__METRIC_PROCESS, PROCESS(tls.resumed)},
    {"pyrite_tls_failures_total", "counter",
     "TLS handshakes and connections with servers that failed.",
     write_tls_failures, PYR__METRIC_PROCESS, 0,
     offsetof(struct pyr__process_status, tls)},
    {"pyrite_tls_longest_step_seconds", "gauge",
     "The longest that TLS with servers kept one turn of the loop.",
     write_process, PYR__METRIC_PROCESS, PROCESS(tls.longest_step_ns)},
    {"pyrite_tls_reloads_total", "counter",
     "Times that certificates or keys for servers were read again.",
     write_process, PYR__METRIC_PROCESS, PROCESS(tls.reloads)},
    {"pyrite_tls_failed_reloads_total", "counter",
     "Times that they had changed and could not be used.", write_process,
     PYR__METRIC_PROCESS, PROCESS(tls.failed_reloads)},
    {"pyrite_web_tls_handshakes_total", "counter",
     "TLS handshakes with clients of the stats endpoint that came to an "
     "agreement.",
     write_process, PYR__METRIC_PROCESS, PROCESS(web_tls.handshakes)},
    {"pyrite_web_tls_sessions_resumed_total", "counter",
     "Those of them that resumed a session.", write_process,
     PYR__METRIC_PROCESS, PROCESS(web_tls.resumed)},
    {"pyrite_web_tls_failures_total", "counter",
     "TLS handshakes and connections with clients of the stats endpoint that "
     "failed.",
     write_tls_failures, PYR__METRIC_PROCESS, 0,
     offsetof(struct pyr__process_status, web_tls)},
    {"pyrite_web_tls_longest_step_seconds", "gauge",
     "The longest that TLS with clients of the stats endpoint kept one turn of "
     "the loop.",
     write_process, PYR__METRIC_PROCESS, PROCESS(web_tls.longest_step_ns)},
    {"pyrite_web_tls_reloads_total", "counter",
     "Times that certificates or keys for clients of the stats endpoint were "
     "read again.",
     write_process, PYR__METRIC_PROCESS, PROCESS(web_tls.reloads)},
    {"pyrite_web_tls_failed_reloads_total", "counter",
     "Times that they had changed and could not be used.", write_process,
     PYR__METRIC_PROCESS, PROCESS(web_tls.failed_reloads)},
    {"pyrite_targets", "gauge", "Targets of a job.", write_job_status,
     PYR__METRIC_JOBS, STATUS(target_count)},
    {"pyrite_targets_dropped", "gauge",
     "Entries of discovery that rules of relabelling drop.", write_job_status,
     PYR__METRIC_JOBS, STATUS(dropped_count)},
    {"pyrite_targets_bad", "gauge",
     "Entries of discovery that cannot be targets.", write_job_status,
     PYR__METRIC_JOBS, STATUS(bad_count)},
    {"pyrite_target_profiles", "gauge",
     "Profiles asked of the targets of a job.", write_job_status,
     PYR__METRIC_JOBS, STATUS(request_count)},
    {"pyrite_scrapes_total", "counter", "Scrapes that ended, good or bad.",
     write_job, PYR__METRIC_JOBS, JOB(scrapes)},
    {"pyrite_scrape_failures_total", "counter", "Scrapes that failed.",
     write_job_failures, PYR__METRIC_JOBS, 0, 0},
    {"pyrite_scrapes_missed_total", "counter",
     "Scrapes that could not begin in time and were left out.", write_job,
     PYR__METRIC_JOBS, JOB(missed)},
    {"pyrite_redirects_refused_total", "counter",
     "Redirects to another host that were not followed.", write_job,
     PYR__METRIC_JOBS, JOB(redirects_refused)},
    {"pyrite_redirects_followed_total", "counter",
     "Redirects to another host that were followed.", write_job,
     PYR__METRIC_JOBS, JOB(redirects_followed)},
    {"pyrite_scrape_duration_seconds", "histogram", "How long scrapes took.",
     write_job_duration, PYR__METRIC_JOBS, 0, 0},
    {"pyrite_scrape_size_bytes", "histogram",
     "Bodies as they came over the wire.", write_job_size, PYR__METRIC_JOBS, 0,
     0},
    {"pyrite_scrape_wire_bytes_total", "counter",
     "Bytes of bodies as they came over the wire.", write_job, PYR__METRIC_JOBS,
     JOB(wire_bytes)},
    {"pyrite_scrape_body_bytes_total", "counter",
     "Bytes of bodies after inflating.", write_job, PYR__METRIC_JOBS,
     JOB(body_bytes)},
    {"pyrite_samples_total", "counter", "Samples decoded.", write_job,
     PYR__METRIC_JOBS, JOB(samples)},
    {"pyrite_profiles_total", "counter", "Profiles decoded and handed on.",
     write_job, PYR__METRIC_JOBS, JOB(profiles)},
    {"pyrite_cpu_coverage_ratio", "gauge",
     "Part of the time that CPU profiles cover, of what they should.",
     write_job_coverage, PYR__METRIC_JOBS, 0, 0},
    {"pyrite_store_bytes", "gauge", "Bytes of all segments.", write_store,
     PYR__METRIC_STORE, STORE(store_bytes)},
    {"pyrite_store_segments", "gauge", "Segments there are.", write_store,
     PYR__METRIC_STORE, STORE(segments)},
    {"pyrite_store_profiles_total", "counter", "Profiles stored.", write_store,
     PYR__METRIC_STORE, STORE(profiles)},
    {"pyrite_store_frames_total", "counter", "Frames written.", write_store,
     PYR__METRIC_STORE, STORE(frames)},
    {"pyrite_store_written_bytes_total", "counter",
     "Bytes written to segments.", write_store, PYR__METRIC_STORE,
     STORE(written_bytes)},
    {"pyrite_store_dropped_profiles_total", "counter",
     "Profiles that could not be stored.", write_store, PYR__METRIC_STORE,
     STORE(dropped_profiles)},
    {"pyrite_store_write_errors_total", "counter", "Writes that failed.",
     write_store, PYR__METRIC_STORE, STORE(write_errors)},
    {"pyrite_store_syncs_total", "counter", "Times the store was synced.",
     write_store, PYR__METRIC_STORE, STORE(syncs)},
    {"pyrite_store_segments_sealed_total", "counter", "Segments sealed.",
     write_store, PYR__METRIC_STORE, STORE(segments_sealed)},
    {"pyrite_store_segments_retired_total", "counter",
     "Segments removed by retention.", write_store, PYR__METRIC_STORE,
     STORE(segments_retired)},
    {"pyrite_store_buffered_bytes", "gauge", "Bytes not written yet.",
     write_store, PYR__METRIC_STORE, STORE(buffered_bytes)},
    {"pyrite_store_dictionary_bytes", "gauge",
     "Memory of the dictionaries of the active segment.", write_store,
     PYR__METRIC_STORE, STORE(dictionary_bytes)},
    {"pyrite_store_longest_write_seconds", "gauge", "The longest write so far.",
     write_store, PYR__METRIC_STORE, STORE(longest_write_ns)},
    {"pyrite_store_longest_sync_seconds", "gauge", "The longest sync so far.",
     write_store, PYR__METRIC_STORE, STORE(longest_sync_ns)},
    {"pyrite_memory_bytes", "gauge", "Memory in use.", write_account,
     PYR__METRIC_MEMORY, ACCOUNT(used_bytes)},
    {"pyrite_memory_blocks", "gauge", "Blocks in use.", write_account,
     PYR__METRIC_MEMORY, ACCOUNT(used_blocks)},
    {"pyrite_memory_allocated_bytes_total", "counter", "Memory ever allocated.",
     write_account, PYR__METRIC_MEMORY, ACCOUNT(allocated_bytes)},
    {"pyrite_discovery_updates_total", "counter",
     "Groups of targets that a mechanism of discovery has told of.",
     write_discovery, PYR__METRIC_JOBS, DISCOVERY(updates)},
    {"pyrite_discovery_failures_total", "counter",
     "Attempts of a mechanism that failed; its targets stayed.",
     write_discovery, PYR__METRIC_JOBS, DISCOVERY(failures)},
    {"pyrite_discovery_targets", "gauge",
     "Entries that a mechanism has found, dropped ones too.", write_discovery,
     PYR__METRIC_JOBS, DISCOVERY(target_count)},
    {"pyrite_discovery_watch_restarts_total", "counter",
     "Watches that a mechanism had to begin again.", write_discovery,
     PYR__METRIC_JOBS, DISCOVERY(watch_restarts)},
    {"pyrite_discovery_last_success_timestamp_seconds", "gauge",
     "When an attempt of a mechanism was good last, since the Unix epoch.",
     write_discovery, PYR__METRIC_JOBS, DISCOVERY(last_success_ns)},
    {"process_cpu_seconds_total", "counter", "CPU time of the process.",
     write_process, PYR__METRIC_PROCESS, PROCESS(cpu_ns)},
    {"process_resident_memory_bytes", "gauge",
     "Resident memory of the process.", write_process, PYR__METRIC_PROCESS,
     PROCESS(resident_bytes)},
    {"process_open_fds", "gauge", "Open file descriptors.", write_process,
     PYR__METRIC_PROCESS, PROCESS(open_files)},
    {"process_max_fds", "gauge", "Most file descriptors that may be open.",
     write_process, PYR__METRIC_PROCESS, PROCESS(most_files)},
    {"process_start_time_seconds", "gauge",
     "When the process started, since the Unix epoch.", write_process,
     PYR__METRIC_PROCESS, PROCESS(start_ns)},
    {"pyrite_target_up", "gauge",
     "1 when the last scrape of this profile of this target was good.",
     write_target_up, PYR__METRIC_TARGETS, 0, 0},
    {"pyrite_target_scrape_duration_seconds", "gauge",
     "How long the last scrape took.", write_target, PYR__METRIC_TARGETS,
     REQUEST(last_duration_ns)},
    {"pyrite_target_delta_stacks", "gauge",
     "Stacks kept to take the difference of the next scrape.", write_target,
     PYR__METRIC_TARGETS, REQUEST(delta_stacks)},
};

const size_t pyr__metric_family_count =
    sizeof(pyr__metric_families) / sizeof(pyr__metric_families[0]);
