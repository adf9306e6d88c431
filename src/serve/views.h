/* What the routes answer with: each view is a producer of slices that reads the
 * status source as it goes, so that ten thousand targets need neither memory
 * nor a long turn of the loop. */
#ifndef PYR__SERVE_VIEWS_H
#define PYR__SERVE_VIEWS_H

#include "net/http_server.h"
#include "serve/status.h"

enum {
  PYR__SERVE_SLICE_BYTES = 16 * 1024, /* a slice ends after so many bytes */
  PYR__SERVE_SLICE_ITEMS = 256        /* or so many targets looked at */
};

struct pyr__serve_view {
  struct pyr__memory *memory;
  const struct pyr__status_source *source;
  const struct pyr__clock *clock;
};

/* A view is made, or -ENOMEM; `*out` owns it then.  Parameters are copied. */
int pyr__serve_metrics(const struct pyr__serve_view *view,
                       struct pyr__http_producer *out);

struct pyr__serve_api_filter {
  bool active, dropped;
  pyr_str_t pool; /* only this one; base NULL: all */
};
int pyr__serve_api_targets(const struct pyr__serve_view *view,
                           const struct pyr__serve_api_filter *filter,
                           struct pyr__http_producer *out);
int pyr__serve_scrape_pools(const struct pyr__serve_view *view,
                            struct pyr__http_producer *out);
/* The classic server's /targets. */
int pyr__serve_classic_targets(const struct pyr__serve_view *view,
                               struct pyr__http_producer *out);

struct pyr__serve_page_filter {
  pyr_str_t job, health; /* base NULL: all */
  size_t page;           /* from 1 */
};
int pyr__serve_page(const struct pyr__serve_view *view,
                    const struct pyr__serve_page_filter *filter,
                    struct pyr__http_producer *out);
extern const char pyr__serve_style[];

struct pyr__serve_found_filter {
  pyr_str_t job;   /* base NULL: all, as of the others */
  pyr_str_t state; /* active, dropped, bad */
  pyr_str_t text;  /* in a label, as it was discovered */
  size_t page;     /* from 1 */
};
bool pyr__serve_is_found_state(pyr_str_t name);
int pyr__serve_discovery_page(const struct pyr__serve_view *view,
                              const struct pyr__serve_found_filter *filter,
                              struct pyr__http_producer *out);

const char *pyr__serve_health_name(enum pyr__health health);
/* Down if one is, else unknown if one is, else up. */
enum pyr__health pyr__serve_worst_health(enum pyr__health a,
                                         enum pyr__health b);

#endif
