/* The stats endpoint: routes over the HTTP server and a status source. */
#ifndef PYR__SERVE_SERVE_H
#define PYR__SERVE_SERVE_H

#include "base/clock.h"
#include "serve/guard.h"
#include "serve/status.h"

struct pyr__serve;

struct pyr__serve_options {
  const char *listen;
  size_t connections;
  struct pyr__serve_guard *guard; /* taken over where it succeeds */
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
const char *pyr__serve_scheme(const struct pyr__serve *serve);
/* Another guard in place of the one there is; takes it over. */
void pyr__serve_set_guard(struct pyr__serve *serve,
                          struct pyr__serve_guard *guard);
/* A reload has ended: whoever waits for it is answered.  NULL: it went well. */
void pyr__serve_reloaded(struct pyr__serve *serve, const pyr_error_t *error);
/* Whether others than this host reach it, and nobody asks them who they are. */
bool pyr__serve_is_open(const struct pyr__serve *serve);

#endif
