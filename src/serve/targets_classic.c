/* /targets, shaped as the classic server's: an array with an entry for each
 * target and profile. */
#include "serve/text.h"
#include "serve/views.h"

struct classic {
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  size_t target;
  bool has_begun, has_entry;
};

static int add_pair(struct pyr__buf *out, const char *before, pyr_str_t value,
                    int rc) {
  if (rc == 0)
    rc = pyr__buf_add_text(out, before);
  return rc == 0 ? pyr__serve_json(out, value) : rc;
}

static int add_labels(struct pyr__buf *out, const char *before,
                      const pyr_label_t *labels, size_t count, int rc) {
  if (rc == 0)
    rc = pyr__buf_add_text(out, before);
  return rc == 0 ? pyr__serve_json_labels(out, labels, count) : rc;
}

static int add_entry(struct pyr__buf *out,
                     const struct pyr__target_status *target,
                     const struct pyr__request_status *request) {
  int rc = add_pair(out, "{\"job\":", target->job, 0);
  rc = add_pair(out, ",\"url\":", pyr__str(request->url), rc);
  rc = add_labels(out, ",\"discoveredLabels\":", target->discovered,
                  target->discovered_count, rc);
  rc = add_labels(out, ",\"labels\":", target->labels, target->label_count, rc);
  rc = add_pair(out, ",\"health\":",
                pyr__str(pyr__serve_health_name(request->health)), rc);
  if (rc == 0)
    rc = pyr__buf_add_text(out, ",\"lastScrape\":\"");
  if (rc == 0)
    rc = pyr__serve_time(out, request->last_scrape_ns);
  rc = add_pair(out, "\",\"lastError\":", pyr__str(request->last_error), rc);
  if (rc == 0)
    rc = pyr__buf_add_text(out, ",\"lastScrapeDuration\":\"");
  if (rc == 0)
    rc = pyr__serve_go_duration(out, request->last_duration_ns);
  return rc == 0 ? pyr__buf_add_text(out, "\"}") : rc;
}

static int add_target(struct classic *classic, struct pyr__buf *out) {
  const struct pyr__status_source *source = classic->source;
  struct pyr__target_status target;
  size_t i;
  int rc = 0;
  source->target(source->ctx, classic->target, &target);
  for (i = 0; i < target.request_count && rc == 0; i++) {
    struct pyr__request_status request;
    source->request(source->ctx, classic->target, i, &request);
    rc = pyr__buf_add_text(out, classic->has_entry ? ",\n" : "\n");
    classic->has_entry = true;
    if (rc == 0)
      rc = add_entry(out, &target, &request);
  }
  classic->target++;
  return rc;
}

static int next(void *ctx, struct pyr__buf *out) {
  struct classic *classic = ctx;
  const struct pyr__status_source *source = classic->source;
  size_t start = out->len, items;
  int rc = classic->has_begun ? 0 : pyr__buf_add_byte(out, '[');
  classic->has_begun = true;
  for (items = 0; rc == 0 && items < PYR__SERVE_SLICE_ITEMS &&
                  out->len - start < PYR__SERVE_SLICE_BYTES;
       items++) {
    if (classic->target >= source->target_count(source->ctx))
      return pyr__buf_add_text(out, "]\n");
    rc = add_target(classic, out);
  }
  if (rc == 0 && out->len == start)
    rc = pyr__buf_add_byte(out, '\n');
  return rc == 0 ? 1 : rc;
}

static void release(void *ctx) {
  struct classic *classic = ctx;
  pyr__free(classic->memory, classic);
}

int pyr__serve_classic_targets(const struct pyr__serve_view *view,
                               struct pyr__http_producer *out) {
  struct classic *classic =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*classic));
  if (classic == NULL)
    return PYR__ENOMEM;
  classic->memory = view->memory;
  classic->source = view->source;
  *out = (struct pyr__http_producer){next, release, classic};
  return 0;
}
