#include "serve/metrics_text.h"

#include <math.h>

#include "serve/status.h"
#include "serve/text.h"

/* ---- one line ----------------------------------------------------------- */

static void add_text(struct pyr__metric_lines *lines, const char *text) {
  if (lines->rc == 0)
    lines->rc = pyr__buf_add_text(lines->out, text);
}

static void begin_label(struct pyr__metric_lines *lines, const char *name) {
  add_text(lines, lines->has_labels ? "," : "{");
  add_text(lines, name);
  add_text(lines, "=\"");
  lines->has_labels = true;
}

static void begin_value(struct pyr__metric_lines *lines) {
  add_text(lines, lines->has_labels ? "} " : " ");
  lines->has_labels = false;
}

void pyr__metric_name(struct pyr__metric_lines *lines, const char *name) {
  add_text(lines, name);
}

void pyr__metric_label(struct pyr__metric_lines *lines, const char *name,
                       pyr_str_t value) {
  begin_label(lines, name);
  if (lines->rc == 0)
    lines->rc = pyr__serve_label_value(lines->out, value);
  add_text(lines, "\"");
}

void pyr__metric_number(struct pyr__metric_lines *lines, uint64_t value) {
  begin_value(lines);
  if (lines->rc == 0)
    lines->rc =
        pyr__buf_add_format(lines->out, "%llu\n", (unsigned long long)value);
}

void pyr__metric_double(struct pyr__metric_lines *lines, double value) {
  begin_value(lines);
  if (lines->rc == 0)
    lines->rc = pyr__serve_double(lines->out, value);
  add_text(lines, "\n");
}

void pyr__metric_seconds(struct pyr__metric_lines *lines, int64_t ns) {
  begin_value(lines);
  if (lines->rc == 0)
    lines->rc = pyr__serve_seconds(lines->out, ns);
  add_text(lines, "\n");
}

/* ---- histograms --------------------------------------------------------- */

static void begin_series(struct pyr__metric_lines *lines, const char *name,
                         const char *suffix, pyr_str_t job) {
  add_text(lines, name);
  add_text(lines, suffix);
  if (job.base != NULL)
    pyr__metric_label(lines, "job", job);
}

static void add_bound(struct pyr__metric_lines *lines, double bound) {
  begin_label(lines, "le");
  if (lines->rc == 0)
    lines->rc = pyr__serve_double(lines->out, bound);
  add_text(lines, "\"");
}

void pyr__metric_histogram(struct pyr__metric_lines *lines, const char *name,
                           pyr_str_t job, enum pyr__histogram_kind kind,
                           const struct pyr__histogram *histogram) {
  const double *bounds = pyr__histogram_bounds(kind);
  uint64_t count = 0;
  size_t i;
  for (i = 0; i <= PYR__HISTOGRAM_BUCKETS; i++) {
    count += histogram->buckets[i];
    begin_series(lines, name, "_bucket", job);
    add_bound(lines, i < PYR__HISTOGRAM_BUCKETS ? bounds[i] : INFINITY);
    pyr__metric_number(lines, count);
  }
  begin_series(lines, name, "_sum", job);
  pyr__metric_double(lines, histogram->sum);
  begin_series(lines, name, "_count", job);
  pyr__metric_number(lines, count);
}
