/* Lines of the Prometheus text format: a name, labels, a value that ends the
 * line.  The first failure stays in `rc`, and nothing is written behind it. */
#ifndef PYR__SERVE_METRICS_TEXT_H
#define PYR__SERVE_METRICS_TEXT_H

#include <stdbool.h>

#include "base/buf.h"
#include "serve/histogram.h"

struct pyr__histogram;

struct pyr__metric_lines {
  struct pyr__buf *out;
  int rc;          /* 0 or a code of pyr__buf_add */
  bool has_labels; /* of the line that is being written */
};

void pyr__metric_name(struct pyr__metric_lines *lines, const char *name);
void pyr__metric_label(struct pyr__metric_lines *lines, const char *name,
                       pyr_str_t value);
void pyr__metric_number(struct pyr__metric_lines *lines, uint64_t value);
void pyr__metric_double(struct pyr__metric_lines *lines, double value);
void pyr__metric_seconds(struct pyr__metric_lines *lines, int64_t ns);
/* All lines of one; `job` with a NULL base: without that label. */
void pyr__metric_histogram(struct pyr__metric_lines *lines, const char *name,
                           pyr_str_t job, enum pyr__histogram_kind kind,
                           const struct pyr__histogram *histogram);

#endif
