/* A listening socket from the text of an address. */
#ifndef PYR__NET_HTTP_SERVER_LISTEN_H
#define PYR__NET_HTTP_SERVER_LISTEN_H

#include <stddef.h>

#include "base/error.h"

/* `address` is "127.0.0.1:4041", "[::1]:0", "localhost:4041", or ":4041" for
 * all addresses of the host.  `name` gets it back with the real port. */
int pyr__http_listen(const char *address, int *fd, char *name, size_t name_size,
                     pyr_error_t *err);

#endif
