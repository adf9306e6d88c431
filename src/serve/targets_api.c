/* /api/v1/targets, shaped as Prometheus does, with what is different here (a
 * target has several profiles) in a field of its own. */
#include <stdio.h>

#include "serve/api_fields.h"
#include "serve/views.h"

struct api {
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  bool active, dropped, has_begun, has_entry;
  size_t target;
  size_t job; /* of droppedTargetCounts */
  struct pyr__found_cursor cursor;
  enum { TARGETS, DROPPED, COUNTS, BAD, DONE } part;
  char *pool; /* NULL: all */
};

/* What one entry says of all its profiles together. */
struct summary {
  enum pyr__health health;
  struct pyr__request_status first; /* whose URL stands for the target */
  int64_t last_scrape_ns, last_duration_ns;
};

static void summarize(const struct api *api, size_t count,
                      struct summary *out) {
  size_t i;
  memset(out, 0, sizeof(*out));
  out->health = count > 0 ? PYR__HEALTH_UP : PYR__HEALTH_UNKNOWN;
  out->first.url = out->first.last_error = "";
  for (i = 0; i < count; i++) {
    struct pyr__request_status request;
    api->source->request(api->source->ctx, api->target, i, &request);
    if (i == 0)
      out->first = request;
    out->health = pyr__serve_worst_health(out->health, request.health);
    if (request.last_scrape_ns > out->last_scrape_ns) {
      out->last_scrape_ns = request.last_scrape_ns;
      out->last_duration_ns = request.last_duration_ns;
    }
  }
}

/* A value that is written by `write`, in quotes. */
static int add_quoted(struct pyr__buf *out, const char *key, int64_t value,
                      int (*write)(struct pyr__buf *out, int64_t value),
                      int rc) {
  rc = pyr__api_key(out, key, rc);
  if (rc == 0)
    rc = pyr__buf_add_byte(out, '"');
  if (rc == 0)
    rc = write(out, value);
  return rc == 0 ? pyr__buf_add_text(out, "\",") : rc;
}

static int add_seconds(struct pyr__buf *out, const char *key, int64_t ns,
                       int rc) {
  rc = pyr__api_key(out, key, rc);
  if (rc == 0)
    rc = pyr__serve_seconds(out, ns);
  return rc == 0 ? pyr__buf_add_byte(out, ',') : rc;
}

/* "cpu: connection refused; mem: ...", escaped as one JSON string. */
static int add_errors(const struct api *api, struct pyr__buf *out,
                      size_t count) {
  struct pyr__buf text;
  size_t i;
  int rc = 0;
  pyr__buf_init(&text, api->memory, PYR__MEM_SERVE, PYR__SERVE_SLICE_BYTES);
  for (i = 0; i < count && rc == 0; i++) {
    struct pyr__request_status request;
    api->source->request(api->source->ctx, api->target, i, &request);
    if (request.last_error[0] == '\0')
      continue;
    rc = pyr__buf_add_format(&text, "%s%.*s: %s", text.len > 0 ? "; " : "",
                             PYR__STR_ARG(request.profile), request.last_error);
  }
  if (rc == PYR_ELIMIT)
    rc = 0; /* those that fit say enough */
  rc = pyr__api_text(
      out, "lastError",
      (pyr_str_t){text.len > 0 ? (char *)text.data : "", text.len}, rc);
  pyr__buf_release(&text);
  return rc;
}

static int add_profile(struct pyr__buf *out,
                       const struct pyr__request_status *request) {
  int rc = pyr__buf_add_byte(out, '{');
  rc = pyr__api_text(out, "profile", request->profile, rc);
  rc = pyr__api_text(out, "url", pyr__str(request->url), rc);
  rc = pyr__api_text(out, "health",
                     pyr__str(pyr__serve_health_name(request->health)), rc);
  rc = pyr__api_text(out, "lastError", pyr__str(request->last_error), rc);
  rc = add_quoted(out, "lastScrape", request->last_scrape_ns, pyr__serve_time,
                  rc);
  rc = add_seconds(out, "lastScrapeDuration", request->last_duration_ns, rc);
  rc = add_quoted(out, "nextScrape", request->next_scrape_ns, pyr__serve_time,
                  rc);
  rc = add_quoted(out, "interval", request->interval_ns,
                  pyr__serve_prometheus_duration, rc);
  rc = add_quoted(out, "timeout", request->timeout_ns,
                  pyr__serve_prometheus_duration, rc);
  return rc != 0
             ? rc
             : pyr__buf_add_format(
                   out, "\"scrapes\":%llu,\"failures\":%llu,\"missed\":%llu}",
                   (unsigned long long)request->scrapes,
                   (unsigned long long)request->failures,
                   (unsigned long long)request->missed);
}

static int add_profiles(const struct api *api, struct pyr__buf *out,
                        size_t count) {
  size_t i;
  int rc = pyr__buf_add_text(out, "\"profiles\":[");
  for (i = 0; i < count && rc == 0; i++) {
    struct pyr__request_status request;
    api->source->request(api->source->ctx, api->target, i, &request);
    if (i > 0)
      rc = pyr__buf_add_byte(out, ',');
    if (rc == 0)
      rc = add_profile(out, &request);
  }
  return rc == 0 ? pyr__buf_add_text(out, "]}") : rc;
}

static int add_entry(const struct api *api, struct pyr__buf *out,
                     const struct pyr__target_status *target) {
  struct summary summary;
  int rc = pyr__buf_add_text(out, api->has_entry ? ",\n{" : "\n{");
  summarize(api, target->request_count, &summary);
  rc = pyr__api_labels(out, "discoveredLabels", target->discovered,
                       target->discovered_count, rc);
  rc = pyr__api_labels(out, "labels", target->labels, target->label_count, rc);
  rc = pyr__api_text(out, "scrapePool", target->job, rc);
  rc = pyr__api_text(out, "scrapeUrl", pyr__str(summary.first.url), rc);
  rc = pyr__api_text(out, "globalUrl", pyr__str(summary.first.url), rc);
  if (rc == 0)
    rc = add_errors(api, out, target->request_count);
  rc = add_quoted(out, "lastScrape", summary.last_scrape_ns, pyr__serve_time,
                  rc);
  rc = add_seconds(out, "lastScrapeDuration", summary.last_duration_ns, rc);
  rc = pyr__api_text(out, "health",
                     pyr__str(pyr__serve_health_name(summary.health)), rc);
  rc = add_quoted(out, "scrapeInterval", summary.first.interval_ns,
                  pyr__serve_prometheus_duration, rc);
  rc = add_quoted(out, "scrapeTimeout", summary.first.timeout_ns,
                  pyr__serve_prometheus_duration, rc);
  return rc == 0 ? add_profiles(api, out, target->request_count) : rc;
}

/* The list of targets that are asked. */
static int step_target(struct api *api, struct pyr__buf *out) {
  const struct pyr__status_source *source = api->source;
  struct pyr__target_status target;
  int rc;
  if (!api->active || api->target >= source->target_count(source->ctx)) {
    api->part = DROPPED;
    api->has_entry = false;
    return pyr__buf_add_text(out, "],\"droppedTargets\":[");
  }
  source->target(source->ctx, api->target, &target);
  if (api->pool != NULL && !pyr__str_is(target.job, api->pool)) {
    api->target++;
    return 0;
  }
  rc = add_entry(api, out, &target);
  api->has_entry = true;
  api->target++;
  return rc;
}

/* "pyrite.yml:12:9: drop" */
static int add_dropped_by(struct pyr__buf *out, const pyr_rule_t *rule,
                          int rc) {
  char text[PYR_ERROR_TEXT];
  snprintf(text, sizeof(text), "%s:%u:%u: %.*s", rule->file, rule->line,
           rule->column, PYR__STR_ARG(rule->action));
  return pyr__api_text(out, "droppedBy", pyr__str(text), rc);
}

static int add_found(struct api *api, struct pyr__buf *out,
                     const pyr_found_t *found) {
  int rc = pyr__buf_add_text(out, api->has_entry ? ",\n{" : "\n{");
  api->has_entry = true;
  rc = pyr__api_labels(out, "discoveredLabels", found->discovered,
                       found->discovered_count, rc);
  if (found->outcome == PYR_FOUND_DROPPED)
    rc = add_dropped_by(out, found->rule, rc);
  else
    rc = pyr__api_text(out, "error", pyr__str(found->error), rc);
  rc = pyr__api_key(out, "scrapePool", rc);
  if (rc == 0)
    rc = pyr__serve_json(out, found->job);
  return rc == 0 ? pyr__buf_add_byte(out, '}') : rc;
}

/* One of the lists of what is not asked, which `end` closes. */
static int step_found(struct api *api, struct pyr__buf *out, int outcome,
                      const char *end) {
  const struct pyr__found_filter filter = {
      api->pool == NULL ? (pyr_str_t){NULL, 0} : pyr__str(api->pool),
      1u << outcome};
  enum pyr__found_step step = PYR__FOUND_END;
  pyr_found_t found;

  if (api->dropped)
    step = api->source->found(api->source->ctx, &filter, &api->cursor, &found);
  if (step == PYR__FOUND_ONE)
    return add_found(api, out, &found);
  if (step == PYR__FOUND_NO_MEMORY)
    return PYR__ENOMEM;
  if (step == PYR__FOUND_PASSED)
    return 0;
  api->cursor = (struct pyr__found_cursor){0};
  api->has_entry = false;
  api->part++;
  return pyr__buf_add_text(out, end);
}

/* Of all pools, as in Prometheus, whichever is asked for. */
static int step_count(struct api *api, struct pyr__buf *out) {
  const struct pyr__status_source *source = api->source;
  struct pyr__job_status job;
  int rc;
  if (!api->dropped || api->job >= source->job_count(source->ctx)) {
    api->part = BAD;
    return pyr__buf_add_text(out, api->dropped ? "},\"badTargets\":["
                                               : "null,\"badTargets\":[");
  }
  source->job(source->ctx, api->job, &job);
  rc = api->job++ > 0 ? pyr__buf_add_byte(out, ',') : 0;
  if (rc == 0)
    rc = pyr__serve_json(out, job.name);
  return rc == 0 ? pyr__buf_add_format(out, ":%zu", job.dropped_count) : rc;
}

static int step(struct api *api, struct pyr__buf *out) {
  switch (api->part) {
  case TARGETS:
    return step_target(api, out);
  case DROPPED:
    return step_found(api, out, PYR_FOUND_DROPPED,
                      api->dropped ? "],\"droppedTargetCounts\":{"
                                   : "],\"droppedTargetCounts\":");
  case COUNTS:
    return step_count(api, out);
  default:
    return step_found(api, out, PYR_FOUND_BAD, "]}}\n");
  }
}

static int next(void *ctx, struct pyr__buf *out) {
  struct api *api = ctx;
  size_t start = out->len, items;
  int rc = 0;
  if (!api->has_begun)
    rc = pyr__buf_add_text(
        out, "{\"status\":\"success\",\"data\":{\"activeTargets\":[");
  api->has_begun = true;
  for (items = 0;
       rc == 0 && api->part != DONE && items < PYR__SERVE_SLICE_ITEMS &&
       out->len - start < PYR__SERVE_SLICE_BYTES;
       items++)
    rc = step(api, out);
  if (rc == 0 && out->len == start)
    rc = pyr__buf_add_byte(out, '\n'); /* JSON allows it, chunks need it */
  return rc != 0 ? rc : api->part != DONE;
}

static void release(void *ctx) {
  struct api *api = ctx;
  pyr__free(api->memory, api->pool);
  pyr__free(api->memory, api);
}

int pyr__serve_api_targets(const struct pyr__serve_view *view,
                           const struct pyr__serve_api_filter *filter,
                           struct pyr__http_producer *out) {
  struct api *api = pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*api));
  if (api == NULL)
    return PYR__ENOMEM;
  api->memory = view->memory;
  api->source = view->source;
  api->active = filter->active;
  api->dropped = filter->dropped;
  if (filter->pool.base != NULL) {
    api->pool = pyr__copy_text(view->memory, PYR__MEM_SERVE, filter->pool);
    if (api->pool == NULL) {
      release(api);
      return PYR__ENOMEM;
    }
  }
  *out = (struct pyr__http_producer){next, release, api};
  return 0;
}
