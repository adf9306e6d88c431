/* Profiles of this process. */
#include "serve/routes.h"

void pyr__serve_cpu_profile(struct pyr__serve *serve,
                            const struct pyr__http_server_request *request,
                            struct pyr__http_exchange *exchange) {
  (void)serve;
  (void)request;
  pyr__http_respond_text(exchange, 503, "Not there yet.\n");
}

void pyr__serve_heap_profile(struct pyr__serve *serve,
                             const struct pyr__http_server_request *request,
                             struct pyr__http_exchange *exchange) {
  (void)serve;
  (void)request;
  pyr__http_respond_text(exchange, 503, "Not there yet.\n");
}
