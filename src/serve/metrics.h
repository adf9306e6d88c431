/* Between the walk over the metric families and the families themselves. */
#ifndef PYR__SERVE_METRICS_H
#define PYR__SERVE_METRICS_H

#include "base/buf.h"
#include "serve/status.h"

enum pyr__metric_scope {
  PYR__METRIC_PROCESS, /* one item */
  PYR__METRIC_STORE,   /* one, where something is stored */
  PYR__METRIC_MEMORY,  /* an item a purpose */
  PYR__METRIC_JOBS,
  PYR__METRIC_TARGETS
};

struct pyr__metrics {
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  struct pyr__process_status process; /* all of the start of the page */
  struct pyr__loop_status loop;
  struct pyr__store_status store; /* its pointers are not to be used */
  struct pyr__account accounts[PYR__PURPOSE_COUNT];
  size_t family, item;
  bool has_header;
};

struct pyr__metric_family {
  const char *name, *type, *help;
  enum pyr__metric_scope scope;
  /* The lines of item metrics->item; 0 or a code of pyr__buf_add. */
  int (*write)(const struct pyr__metrics *metrics,
               const struct pyr__metric_family *family, struct pyr__buf *out);
  size_t offset, width; /* of the value in the item's struct, for plain ones */
};

extern const struct pyr__metric_family pyr__metric_families[];
extern const size_t pyr__metric_family_count;

#endif
