/* A small response, wanted whole: a token, keys, what a machine says of itself.
 * What comes may be a secret, so it is wiped. */
#ifndef PYR__NET_HTTP_FETCH_H
#define PYR__NET_HTTP_FETCH_H

#include "base/buf.h"
#include "net/http_client.h"

struct pyr__http_fetch {
  struct pyr__http_request **request; /* the owner's: NULL while none runs */
  struct pyr__buf body;               /* so far; not terminated */
  int status;
  /* Once for each start, never inside it: `err` is NULL where a response came
   * whole, which has any status.  The owner releases the body, at the end or
   * before. */
  void (*done)(struct pyr__http_fetch *fetch, const pyr_error_t *err);
};

/* `request` is where the owner has what runs, to cancel it. */
void pyr__http_fetch_init(struct pyr__http_fetch *fetch,
                          struct pyr__memory *memory,
                          struct pyr__http_request **request,
                          void (*done)(struct pyr__http_fetch *fetch,
                                       const pyr_error_t *err));
/* Fails at once as pyr__http_start does.  Sets `any_status`. */
int pyr__http_fetch_start(struct pyr__http_fetch *fetch,
                          struct pyr__http_client *client, const char *url,
                          struct pyr__http_options options, pyr_error_t *err);
/* What came, as a text. */
static inline pyr_str_t
pyr__http_fetch_text(const struct pyr__http_fetch *fetch) {
  return (pyr_str_t){fetch->body.len == 0 ? "" : (const char *)fetch->body.data,
                     fetch->body.len};
}

#endif
