/* Between the walk over the metric families and the families themselves. */
#ifndef PYR__SERVE_METRICS_H
#define PYR__SERVE_METRICS_H

#include "serve/metrics_text.h"
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

enum pyr__metric_form {
  PYR__METRIC_U32,
  PYR__METRIC_U64,
  PYR__METRIC_NS,
  PYR__METRIC_DOUBLE
};

struct pyr__metric_family {
  const char *name, *type, *help;
  /* The lines of item metrics->item. */
  void (*write)(const struct pyr__metrics *metrics,
                const struct pyr__metric_family *family,
                struct pyr__metric_lines *lines);
  enum pyr__metric_scope scope;
  /* For those that are one member of the item's struct: what, and where. */
  enum pyr__metric_form form;
  size_t offset;
};

extern const struct pyr__metric_family pyr__metric_families[];
extern const size_t pyr__metric_family_count;

#endif
