/* The stats endpoint: routes over the HTTP server and a status source. */
#ifndef PYR__SERVE_SERVE_H
#define PYR__SERVE_SERVE_H

#include "base/clock.h"
#include "serve/status.h"

struct pyr__serve;

int pyr__serve_new(struct pyr__serve **out, uv_loop_t *loop,
                   struct pyr__memory *memory, const char *listen,
                   size_t connections, const struct pyr__status_source *source,
                   const struct pyr__clock *clock, pyr_error_t *err);
void pyr__serve_close(struct pyr__serve *serve, void (*cb)(void *ctx),
                      void *ctx);
/* "127.0.0.1:4041", with the real port. */
const char *pyr__serve_address(const struct pyr__serve *serve);

#endif
