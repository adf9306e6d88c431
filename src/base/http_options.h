/* How a server is asked, as the keys of a job or of a discovery say it: whom we
 * trust, who we are, which way we take.  config/read_http.c reads it for all of
 * them, net/http_access.c does what it says.  Texts are terminated. */
#ifndef PYR__BASE_HTTP_OPTIONS_H
#define PYR__BASE_HTTP_OPTIONS_H

#include <stdbool.h>

#include "base/auth_options.h"
#include "base/tls_options.h"

struct pyr__http_access_options {
  const struct pyr__tls_options *tls;   /* NULL: none is given */
  const struct pyr__auth_options *auth; /* NULL: none is given */
  bool follow_redirects; /* to another host; to the same always */
};

#endif
