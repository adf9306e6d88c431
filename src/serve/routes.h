/* Inside the room: the endpoint, and the routes that need more than a view. */
#ifndef PYR__SERVE_ROUTES_H
#define PYR__SERVE_ROUTES_H

#include "base/list.h"
#include <uv.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/http_server.h"
#include "serve/guard.h"
#include "serve/serve.h"
#include "serve/views.h"

struct pyr__serve {
  uv_loop_t *loop;
  struct pyr__status_source source;
  struct pyr__clock clock;
  struct pyr__serve_view view;
  struct pyr__http_server *server;
  struct pyr__serve_guard *guard;
  struct pyr__list reload_waiters; /* who is answered when it has ended */
  unsigned handles;                /* what must be closed before this is gone */
  void (*close_cb)(void *ctx);
  void *close_ctx;
};

/* NULL where the query has none of that key; the first one otherwise. */
const pyr_str_t *
pyr__serve_param(const struct pyr__http_server_request *request,
                 const char *key);
/* One handle less. */
void pyr__serve_unref(struct pyr__serve *serve);

/* /-/reload */
void pyr__serve_reload(struct pyr__serve *serve,
                       const struct pyr__http_server_request *request,
                       struct pyr__http_exchange *exchange);

/* /debug/pprof/profile and /debug/pprof/heap */
void pyr__serve_cpu_profile(struct pyr__serve *serve,
                            const struct pyr__http_server_request *request,
                            struct pyr__http_exchange *exchange);
void pyr__serve_heap_profile(struct pyr__serve *serve,
                             const struct pyr__http_server_request *request,
                             struct pyr__http_exchange *exchange);

/* /api/v1/targets/relabel_steps */
void pyr__serve_relabel_steps(struct pyr__serve *serve,
                              const struct pyr__http_server_request *request,
                              struct pyr__http_exchange *exchange);

#endif
