/* POST /-/reload, answered as Prometheus answers it: when the reload has ended.
 */
#include "serve/routes.h"

struct waiter {
  struct pyr__memory *memory;
  struct pyr__http_exchange *exchange;
  struct pyr__list link;
};

static void forget(void *ctx) {
  struct waiter *waiter = ctx;
  pyr__list_remove(&waiter->link);
  pyr__free(waiter->memory, waiter);
}

/* `error` NULL: it went well. */
static void answer(struct pyr__http_exchange *exchange,
                   const pyr_error_t *error) {
  if (error == NULL)
    pyr__http_respond(exchange, 200, "text/plain; charset=utf-8", "", 0);
  else
    pyr__http_respond_text(exchange, 500, "failed to reload config: %s\n",
                           error->text);
}

static void wait_for_it(struct pyr__serve *serve,
                        struct pyr__http_exchange *exchange) {
  struct pyr__memory *memory = serve->view.memory;
  struct waiter *waiter =
      pyr__calloc(memory, PYR__MEM_SERVE, 1, sizeof(*waiter));

  if (waiter == NULL) {
    pyr__http_respond_text(exchange, 503,
                           "The reload goes on without an "
                           "answer: out of memory.\n");
    return;
  }
  *waiter = (struct waiter){.memory = memory, .exchange = exchange};
  pyr__list_init(&waiter->link);
  pyr__list_add_before(&serve->reload_waiters, &waiter->link);
  pyr__http_exchange_on_gone(exchange, forget, waiter);
}

void pyr__serve_reload(struct pyr__serve *serve,
                       const struct pyr__http_server_request *request,
                       struct pyr__http_exchange *exchange) {
  pyr_error_t err = {0};
  int rc;

  if (!request->is_post) {
    pyr__http_respond_text(exchange, 405, "Only POST requests allowed\n");
    return;
  }
  if (serve->source.reload == NULL) {
    pyr__http_respond_text(exchange, 403, "Lifecycle API is not enabled.\n");
    return;
  }
  rc = serve->source.reload(serve->source.ctx, &err);
  if (rc > 0)
    wait_for_it(serve, exchange);
  else
    answer(exchange, rc == 0 ? NULL : &err);
}

void pyr__serve_reloaded(struct pyr__serve *serve, const pyr_error_t *error) {
  while (!pyr__list_is_empty(&serve->reload_waiters)) {
    struct waiter *waiter =
        pyr__container_of(serve->reload_waiters.next, struct waiter, link);
    struct pyr__http_exchange *exchange = waiter->exchange;
    forget(waiter);
    answer(exchange, error);
  }
}
