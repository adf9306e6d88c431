/* How the API server is reached: its address, and who we are to it. */
#ifndef PYR__DISCOVERY_KUBERNETES_ACCESS_H
#define PYR__DISCOVERY_KUBERNETES_ACCESS_H

#include "base/memory.h"
#include "net/http_client.h"

struct pyr__kube_access {
  struct pyr__http_client *client;
  struct pyr__memory *memory;
  const char *server; /* "https://10.0.0.1:443", maybe with a path */
};

/* Asks for a path with a query.  Files of credentials are read now, as they are
 * replaced while the process runs. */
int pyr__kube_access_get(struct pyr__kube_access *access, const char *path,
                         const struct pyr__http_handler *handler,
                         struct pyr__http_request **out, pyr_error_t *err);

#endif
