/* /metrics: a table of families, and a cursor that walks it.  Each family is a
 * function that writes the lines of one item: the process, a job, a room's
 * account, or one profile of a target. */
#include "serve/metrics.h"

#include "serve/views.h"

static size_t item_count(const struct pyr__metrics *metrics,
                         enum pyr__metric_scope scope) {
  const struct pyr__status_source *source = metrics->source;
  switch (scope) {
  case PYR__METRIC_JOBS:
    return source->job_count(source->ctx);
  case PYR__METRIC_MEMORY:
    return PYR__PURPOSE_COUNT;
  case PYR__METRIC_TARGETS:
    return source->target_count(source->ctx);
  case PYR__METRIC_STORE:
    return metrics->store.enabled ? 1 : 0;
  default:
    return 1;
  }
}

static int write_header(struct pyr__buf *out,
                        const struct pyr__metric_family *family) {
  return pyr__buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", family->name,
                             family->help, family->name, family->type);
}

/* One step; 1: there is more. */
static int step(struct pyr__metrics *metrics, struct pyr__buf *out) {
  const struct pyr__metric_family *family =
      &pyr__metric_families[metrics->family];
  struct pyr__metric_lines lines = {.out = out};
  if (!metrics->has_header)
    lines.rc = write_header(out, family);
  metrics->has_header = true;
  if (lines.rc != 0)
    return lines.rc;
  if (metrics->item < item_count(metrics, family->scope)) {
    family->write(metrics, family, &lines);
    metrics->item++;
    return lines.rc != 0 ? lines.rc : 1;
  }
  metrics->item = 0;
  metrics->has_header = false;
  return ++metrics->family < pyr__metric_family_count;
}

static int next(void *ctx, struct pyr__buf *out) {
  struct pyr__metrics *metrics = ctx;
  size_t start = out->len, items = 0;
  int rc = 1;
  while (rc == 1 && out->len - start < PYR__SERVE_SLICE_BYTES &&
         (items++ < PYR__SERVE_SLICE_ITEMS || out->len == start))
    rc = step(metrics, out);
  return rc;
}

static void release(void *ctx) {
  struct pyr__metrics *metrics = ctx;
  pyr__free(metrics->memory, metrics);
}

int pyr__serve_metrics(const struct pyr__serve_view *view,
                       struct pyr__http_producer *out) {
  const struct pyr__status_source *source = view->source;
  struct pyr__metrics *metrics =
      pyr__calloc(view->memory, PYR__MEM_SERVE, 1, sizeof(*metrics));
  if (metrics == NULL)
    return PYR__ENOMEM;
  metrics->memory = view->memory;
  metrics->source = source;
  source->process(source->ctx, &metrics->process);
  if (metrics->process.loop != NULL)
    metrics->loop = *metrics->process.loop;
  source->store(source->ctx, &metrics->store);
  source->memory(source->ctx, metrics->accounts);
  *out = (struct pyr__http_producer){next, release, metrics};
  return 0;
}
