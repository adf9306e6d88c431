/* A stats endpoint over toy targets and jobs, whose texts are as bad as can be.
 */
#ifndef TEST_SERVE_FIXTURE_H
#define TEST_SERVE_FIXTURE_H

#include "http_server_support.h"

#include <jansson.h>

#include "base/limits.h"
#include "net/tls_shared.h"
#include "serve/serve.h"

#define HOSTILE "a\"b\\c\nd<script>alert(1)</script>&'\xff"
#define CLOSE   " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

struct fixture {
  uv_loop_t loop;
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__serve *serve;
  struct pyr__status_source source;
  size_t targets;
  size_t dropped, bad; /* entries of the first job; the other has one each */
  bool ready, closed;
  struct pyr__job_counters counters;
  struct pyr__loop_status lag;
};

static inline void get_process(void *ctx, struct pyr__process_status *out) {
  struct fixture *f = ctx;
  memset(out, 0, sizeof(*out));
  out->start_ns = 1700000000 * PYR__NS_PER_S;
  out->cpu_ns = 1500 * PYR__NS_PER_MS;
  out->resident_bytes = 5 << 20;
  out->open_files = 12;
  out->in_flight = 3;
  out->loop = &f->lag;
}

static inline void get_store(void *ctx, struct pyr__store_status *out) {
  (void)ctx;
  memset(out, 0, sizeof(*out));
  out->enabled = true;
  out->path = "/data/" HOSTILE;
  out->store_bytes = 123456;
  out->segments = 2;
  out->last_error = "disk full " HOSTILE;
}

static inline size_t job_count(void *ctx) {
  (void)ctx;
  return 2;
}

static inline void get_job(void *ctx, size_t job, struct pyr__job_status *out) {
  struct fixture *f = ctx;
  *out =
      (struct pyr__job_status){.name = pyr__str(job == 0 ? "plain" : HOSTILE),
                               .target_count = f->targets,
                               .request_count = f->targets * 2,
                               .dropped_count = job == 0 ? f->dropped : 1,
                               .bad_count = job == 0 ? f->bad : 1,
                               .counters = &f->counters};
}

static inline size_t target_count(void *ctx) {
  return ((struct fixture *)ctx)->targets;
}

static inline void get_target(void *ctx, size_t target,
                              struct pyr__target_status *out) {
  static const pyr_label_t labels[] = {
      {{"__name__", 8}, {"shop", 4}},
      {{"env", 3}, {HOSTILE, sizeof(HOSTILE) - 1}}};
  static const pyr_label_t discovered[] = {
      {{"__address__", 11}, {"10.0.0.1:6060", 13}}};
  (void)ctx;
  *out =
      (struct pyr__target_status){pyr__str(target % 2 == 0 ? "plain" : HOSTILE),
                                  pyr__str("10.0.0.1:6060"),
                                  pyr__str("shop"),
                                  discovered,
                                  labels,
                                  1,
                                  2,
                                  2};
}

static inline void get_request(void *ctx, size_t target, size_t request,
                               struct pyr__request_status *out) {
  (void)ctx;
  memset(out, 0, sizeof(*out));
  out->profile = pyr__str(request == 0 ? "cpu" : "mem");
  out->url = "http://10.0.0.1:6060/debug/pprof/x?seconds=10&a=<b>";
  out->health = target == 0   ? PYR__HEALTH_UNKNOWN
                : request > 0 ? PYR__HEALTH_DOWN
                              : PYR__HEALTH_UP;
  out->last_error = out->health == PYR__HEALTH_DOWN ? HOSTILE : "";
  if (target > 0) {
    out->last_scrape_ns = 1767323045678 * PYR__NS_PER_MS;
    out->last_duration_ns = 10012300000;
    out->next_scrape_ns = 1767323055 * PYR__NS_PER_S;
  }
  out->interval_ns = 90 * PYR__NS_PER_S;
  out->timeout_ns = 15 * PYR__NS_PER_S;
}

static inline bool is_ready(void *ctx) {
  return ((struct fixture *)ctx)->ready;
}

static inline void get_memory(void *ctx,
                              struct pyr__account out[PYR__PURPOSE_COUNT]) {
  memcpy(out, ((struct fixture *)ctx)->memory.accounts,
         sizeof(((struct fixture *)ctx)->memory.accounts));
}

static inline size_t get_discovery_count(void *ctx, size_t job) {
  (void)ctx;
  return job == 0 ? 1 : 0;
}

static inline void get_discovery(void *ctx, size_t job, size_t number,
                                 struct pyr__discovery_status *out) {
  (void)ctx;
  assert_int_equal(job, 0);
  assert_int_equal(number, 0);
  *out = (struct pyr__discovery_status){.mechanism = "file",
                                        .updates = 3,
                                        .failures = 2,
                                        .watch_restarts = 1,
                                        .target_count = 8,
                                        .last_success_ns = 5000000000,
                                        .last_error = HOSTILE};
}

/* ---- what is found ------------------------------------------------------ */

static const pyr_str_t toy_sources[] = {{"a", 1},
                                        {HOSTILE, sizeof(HOSTILE) - 1}};
static const pyr_rule_t toy_rules[] = {{.source_labels = toy_sources,
                                        .source_count = 2,
                                        .separator = {";", 1},
                                        .regex = {HOSTILE, sizeof(HOSTILE) - 1},
                                        .target_label = {"env", 3},
                                        .replacement = {"$1", 2},
                                        .action = {"replace", 7},
                                        .file = "a<b>.yml",
                                        .line = 12,
                                        .column = 9},
                                       {.separator = {";", 1},
                                        .regex = {"(.*)", 4},
                                        .modulus = 7,
                                        .replacement = {"$1", 2},
                                        .action = {"drop", 4},
                                        .file = "a<b>.yml",
                                        .line = 14,
                                        .column = 9}};

/* Of all jobs: targets, then the dropped, then the bad. */
static inline enum pyr__found_step
get_found(void *ctx, const struct pyr__found_filter *filter,
          struct pyr__found_cursor *cursor, pyr_found_t *out) {
  static const pyr_label_t discovered[] = {
      {{"__address__", 11}, {"10.0.0.1:6060", 13}},
      {{"env", 3}, {HOSTILE, sizeof(HOSTILE) - 1}}};
  struct fixture *f = ctx;
  bool is_first = cursor->job == 0;
  size_t targets = is_first ? f->targets : 0,
         dropped = is_first ? f->dropped : 1;
  size_t count = targets + dropped + (is_first ? f->bad : 1);
  pyr_str_t job = pyr__str(is_first ? "plain" : HOSTILE);
  size_t at = cursor->number;

  if (cursor->job == 2)
    return PYR__FOUND_END;
  if (at == count ||
      (filter->job.base != NULL && !pyr__str_equal(filter->job, job))) {
    *cursor = (struct pyr__found_cursor){.job = cursor->job + 1};
    return PYR__FOUND_PASSED;
  }
  cursor->number++;
  *out = (pyr_found_t){.job = job,
                       .mechanism = "file",
                       .group = pyr__str("g<1>"),
                       .discovered = discovered,
                       .discovered_count = 2,
                       .outcome = at < targets             ? PYR_FOUND_TARGET
                                  : at < targets + dropped ? PYR_FOUND_DROPPED
                                                           : PYR_FOUND_BAD,
                       .application = pyr__str("shop"),
                       .address = pyr__str("10.0.0.1:6060"),
                       .labels = discovered,
                       .label_count = 2};
  out->rule = out->outcome == PYR_FOUND_DROPPED ? &toy_rules[1] : NULL;
  out->error = out->outcome == PYR_FOUND_BAD ? "no address " HOSTILE : NULL;
  return filter->outcomes & 1u << out->outcome ? PYR__FOUND_ONE
                                               : PYR__FOUND_PASSED;
}

static inline int
relabel(void *ctx, pyr_str_t job, const pyr_label_t *labels, size_t count,
        void (*cb)(void *cb_ctx, const pyr_relabel_step_t *step), void *cb_ctx,
        pyr_error_t *err) {
  pyr_relabel_step_t step = {&toy_rules[0], 1, NULL, labels, count};
  (void)ctx;
  if (!pyr__str_is(job, "plain") && !pyr__str_is(job, HOSTILE))
    return pyr__error(err, PYR_ENOMATCH, "there is no job \"x\"");
  cb(cb_ctx, &step);
  step = (pyr_relabel_step_t){&toy_rules[1], 0, "gave up " HOSTILE, NULL, 0};
  cb(cb_ctx, &step);
  return 0;
}

/* ---- its life ----------------------------------------------------------- */

static inline void open_serve(struct fixture *f, size_t targets) {
  struct pyr__tls_shared *tls;
  struct pyr__serve_guard *guard;
  struct pyr__clock clock = pyr__clock_system();
  pyr_alloc_t alloc;
  pyr_error_t err;
  int i;
  signal(SIGPIPE, SIG_IGN);
  memset(f, 0, sizeof(*f));
  f->targets = targets;
  f->source =
      (struct pyr__status_source){.ctx = f,
                                  .process = get_process,
                                  .store = get_store,
                                  .job_count = job_count,
                                  .job = get_job,
                                  .target_count = target_count,
                                  .target = get_target,
                                  .request = get_request,
                                  .ready = is_ready,
                                  .discovery_count = get_discovery_count,
                                  .discovery = get_discovery,
                                  .found = get_found,
                                  .relabel = relabel,
                                  .memory = get_memory};
  f->counters.scrapes = 7;
  f->counters.failures[PYR__FAILURE_TIMEOUT] = 3;
  f->counters.covered_ns = 99;
  f->counters.expected_ns = 100;
  for (i = 0; i < 100; i++) {
    pyr__histogram_add_seconds(&f->counters.duration, i * 0.9);
    pyr__histogram_add_bytes(&f->counters.size, i * i * i * 1000.0);
  }
  alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  assert_int_equal(uv_loop_init(&f->loop), 0);
  assert_int_equal(pyr__tls_shared_new(
                       &tls, &f->memory,
                       &(struct pyr__tls_shared_options){.clock = clock}, &err),
                   0);
  assert_int_equal(pyr__serve_guard_new(&guard, tls, NULL, 0,
                                        &(struct pyr__web_options){.tls = NULL},
                                        &err),
                   0);
  pyr__tls_shared_unref(tls);
  assert_int_equal(
      pyr__serve_new(&f->serve, &f->loop, &f->memory,
                     &(struct pyr__serve_options){.listen = "127.0.0.1:0",
                                                  .connections = 8,
                                                  .guard = guard,
                                                  .source = f->source,
                                                  .clock = clock},
                     &err),
      0);
}

static inline void close_serve(struct fixture *f) {
  pyr__serve_close(f->serve, test_set_flag, &f->closed);
  test_run_until(&f->loop, &f->closed);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  assert_int_equal(f->allocator.live, 0);
}

/* The body, to be freed; `status` is expected. */
static inline char *get(struct fixture *f, const char *path, int status) {
  struct test_client client;
  char request[512], *body;
  snprintf(request, sizeof(request), "GET %s" CLOSE, path);
  test_client_exchange(&client, &f->loop, pyr__serve_address(f->serve),
                       request);
  assert_int_equal(test_client_status(&client), status);
  body = (char *)(uintptr_t)test_client_body(&client);
  if (strstr(client.in, "Transfer-Encoding: chunked") != NULL)
    test_dechunk(body);
  body = strdup(body);
  assert_non_null(body);
  test_client_close(&client);
  return body;
}

static inline void expect(struct fixture *f, const char *path, int status,
                          const char *text) {
  char *body = get(f, path, status);
  if (strstr(body, text) == NULL)
    fail_msg("%s: no %s in %s", path, text, body);
  free(body);
}

static inline json_t *get_json(struct fixture *f, const char *path) {
  char *body = get(f, path, 200);
  json_error_t error;
  json_t *json = json_loads(body, 0, &error);
  if (json == NULL)
    fail_msg("%s: %s in %s", path, error.text, body);
  free(body);
  return json;
}

static inline const char *text_of(const json_t *json, const char *key) {
  const char *text = json_string_value(json_object_get(json, key));
  assert_non_null(text);
  return text;
}

/* Asks, and does not wait for the answer. */
static inline void begin_get(struct fixture *f, struct test_client *client,
                             const char *path) {
  char request[512];
  snprintf(request, sizeof(request), "GET %s" CLOSE, path);
  test_client_connect(client, &f->loop, pyr__serve_address(f->serve));
  test_run_until(&f->loop, &client->connected);
  test_client_send(client, request, strlen(request));
}

/* Memory of the server, while it answers with all of a view. */
static inline size_t peak_of(struct fixture *f, const char *path) {
  struct test_client client;
  size_t peak = 0;
  begin_get(f, &client, path);
  loop_until(&f->loop, (test_note_peak(&f->memory, &peak), client.ended));
  assert_int_equal(test_client_status(&client), 200);
  test_client_close(&client);
  return peak;
}

/* Asks again and again, where the n-th allocation fails. */
static inline void fail_each(const char *path) {
  bool clean = false;
  size_t n;
  for (n = 1; !clean; n++) {
    struct fixture f;
    struct test_client client;
    char request[512];
    open_serve(&f, 3);
    f.dropped = f.bad = 2;
    snprintf(request, sizeof(request), "GET %s" CLOSE, path);
    f.allocator.fail_at = f.allocator.calls + n;
    test_client_exchange(&client, &f.loop, pyr__serve_address(f.serve),
                         request);
    clean = f.allocator.calls < f.allocator.fail_at;
    if (clean)
      assert_int_equal(test_client_status(&client), 200);
    test_client_close(&client);
    close_serve(&f);
  }
  assert_true(n > 4);
}

#endif
