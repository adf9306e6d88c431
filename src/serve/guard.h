/* Who may see the pages: a browser that was led here by somebody else's page
 * may not.  Such a page can name this host (DNS rebinding) and can post to it,
 * but the browser says which name it used and where it comes from. */
#ifndef PYR__SERVE_GUARD_H
#define PYR__SERVE_GUARD_H

#include "net/http_server.h"

struct pyr__serve_guard {
  bool is_local;          /* it listens on a loopback address */
  const pyr_str_t *hosts; /* names under which it is asked; the owner's */
  size_t host_count;
};

/* NULL: the request may be answered; else the text of a 403.  Addresses and
 * localhost are always right, as nobody can make them lead elsewhere; other
 * names must be among `hosts` where there are any, or it listens locally. */
const char *pyr__serve_refusal(const struct pyr__serve_guard *guard,
                               const struct pyr__http_server_request *request);

#endif
