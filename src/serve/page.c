/* The page of the stats endpoint. */
#include "serve/views.h"

static int next(void *ctx, struct pyr__buf *out) {
  (void)ctx;
  return pyr__buf_add_text(out, "<!DOCTYPE html>\n<title>Pyrite</title>\n");
}

int pyr__serve_page(const struct pyr__serve_view *view,
                    const struct pyr__serve_page_filter *filter,
                    struct pyr__http_producer *out) {
  (void)view;
  (void)filter;
  *out = (struct pyr__http_producer){next, NULL, NULL};
  return 0;
}
