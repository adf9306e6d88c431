/* How one job or discovery gets at its servers: what all its requests have in
 * common.  Counted by reference, since requests outlive a reload. */
#ifndef PYR__NET_HTTP_ACCESS_H
#define PYR__NET_HTTP_ACCESS_H

#include "base/buf.h"
#include "base/http_options.h"
#include "net/http_client.h"
#include "net/proxy.h"

/* Copies the options, secrets into memory that is wiped.  `name` is for notes:
 * "job \"api\"".  PYR_ECONFIG for what cannot be; no file is read yet. */
int pyr__http_access_new(struct pyr__http_access **out,
                         struct pyr__http_client *client,
                         const struct pyr__http_access_options *options,
                         const char *name, pyr_error_t *err);
struct pyr__http_access *pyr__http_access_ref(struct pyr__http_access *access);
void pyr__http_access_unref(
    struct pyr__http_access *access); /* NULL: allowed */

/* For requests. */
struct pyr__oauth2;
/* What must have a token before the headers are written; NULL: nothing. */
struct pyr__oauth2 *
pyr__http_access_oauth2(const struct pyr__http_access *access);
struct pyr__tls_config *
pyr__http_access_tls(const struct pyr__http_access *access);
/* Appends the headers that say who we are, and those of http-headers; an error
 * where a file is bad. */
int pyr__http_access_write(struct pyr__http_access *access,
                           struct pyr__buf *headers, pyr_error_t *err);

/* NULL: such a URL is asked directly. */
const struct pyr__proxy *
pyr__http_access_proxy(const struct pyr__http_access *access,
                       const struct pyr__url *url);
/* Another number than that of any other access of the client, so that what was
 * made through a proxy by one is used by no other. */
uint64_t pyr__http_access_number(const struct pyr__http_access *access);
/* Appends the headers of proxy-connect-header. */
int pyr__http_access_write_connect(struct pyr__http_access *access,
                                   struct pyr__buf *headers, pyr_error_t *err);

#endif
