/* The stats endpoint: routes over the HTTP server and a status source. */
#ifndef PYR__SERVE_SERVE_H
#define PYR__SERVE_SERVE_H

#include "base/clock.h"
#include "serve/status.h"

struct pyr__serve;

struct pyr__serve_options {
  const char *listen;
  size_t connections;
  struct pyr__status_source source;
  struct pyr__clock clock;
};

int pyr__serve_new(struct pyr__serve **out, uv_loop_t *loop,
                   struct pyr__memory *memory,
                   const struct pyr__serve_options *options, pyr_error_t *err);
void pyr__serve_close(struct pyr__serve *serve, void (*cb)(void *ctx),
                      void *ctx);
/* "127.0.0.1:4041", with the real port. */
const char *pyr__serve_address(const struct pyr__serve *serve);
/* Names under which it is asked, beside addresses and localhost; they must live
 * until others are set, or it is closed. */
void pyr__serve_set_hosts(struct pyr__serve *serve, const pyr_str_t *hosts,
                          size_t count);
/* Whether others than this host reach it. */
bool pyr__serve_is_public(const struct pyr__serve *serve);

#endif
