/* The Authorization header of a request. */
#ifndef PYR__NET_HTTP_AUTH_H
#define PYR__NET_HTTP_AUTH_H

#include "base/auth_options.h"
#include "base/buf.h"

/* Appends "Authorization: ...\r\n", or nothing where nothing is given.  A file
 * that cannot be read, or whose text cannot stand in a header, is an error. */
int pyr__http_auth_write(struct pyr__buf *headers,
                         const struct pyr__auth_options *options,
                         pyr_error_t *err);

#endif
