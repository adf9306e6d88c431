/* Hosts that are asked without a proxy, as no-proxy and NO_PROXY list them: by
 * the rules of golang.org/x/net/http/httpproxy. */
#ifndef PYR__NET_NO_PROXY_H
#define PYR__NET_NO_PROXY_H

#include <stdbool.h>

#include "base/arena.h"

struct pyr__no_proxy_rule;

struct pyr__no_proxy {
  struct pyr__no_proxy_rule *rules; /* in the arena */
  size_t count;
  bool is_all; /* "*" */
};

/* `text` is a list with commas; what in it makes no sense is left out.
 * PYR__ENOMEM. */
int pyr__no_proxy_init(struct pyr__no_proxy *list, struct pyr__arena *arena,
                       pyr_str_t text);
/* `host` is a URL's: in lower case, without brackets. */
bool pyr__no_proxy_has(const struct pyr__no_proxy *list, pyr_str_t host,
                       uint16_t port);

#endif
