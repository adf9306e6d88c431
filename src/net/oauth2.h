/* Tokens of OAuth 2.0's client credentials grant (RFC 6749, section 4.4): asked
 * for when a request needs one, once for all that wait for it, and kept until
 * shortly before its end.  As golang.org/x/oauth2 has it, which is Prometheus'.
 */
#ifndef PYR__NET_OAUTH2_H
#define PYR__NET_OAUTH2_H

#include "base/buf.h"
#include "base/http_options.h"
#include "base/list.h"
#include "net/http_client.h"

struct pyr__oauth2;

/* Of who waits. */
struct pyr__oauth2_waiter {
  struct pyr__list link;
  struct pyr__oauth2 *at; /* NULL: nowhere */
  /* Not inside pyr__oauth2_get: the token is there, or `err` says why not. */
  void (*ready)(struct pyr__oauth2_waiter *waiter, const pyr_error_t *err);
};

/* Copies the options, secrets into memory that is wiped. */
int pyr__oauth2_new(struct pyr__oauth2 **out, struct pyr__http_client *client,
                    const struct pyr__oauth2_options *options, const char *name,
                    pyr_error_t *err);
/* Nobody may wait.  NULL: allowed. */
void pyr__oauth2_free(struct pyr__oauth2 *oauth2);
/* 1: there is a token; 0: `ready` will be called.  A secret whose file cannot
 * be read is an error, whatever token there is. */
int pyr__oauth2_get(struct pyr__oauth2 *oauth2,
                    struct pyr__oauth2_waiter *waiter, pyr_error_t *err);
/* Waits no longer, if it does.  What was asked for the longest of the waiters
 * ends with its patience; for others it is asked anew. */
void pyr__oauth2_leave(struct pyr__oauth2_waiter *waiter);
/* Appends "Authorization: Bearer ...\r\n" of the newest token. */
int pyr__oauth2_write(const struct pyr__oauth2 *oauth2,
                      struct pyr__buf *headers, pyr_error_t *err);
/* Of the newest token; 0: there was none yet. */
uint64_t pyr__oauth2_serial(const struct pyr__oauth2 *oauth2);
/* A server did not take that token: it is not used again. */
void pyr__oauth2_refuse(struct pyr__oauth2 *oauth2, uint64_t serial);
/* "waiting for a token of http://...". */
const char *pyr__oauth2_phase(const struct pyr__oauth2 *oauth2);

#endif
