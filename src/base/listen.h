/* Addresses to listen on, as the configuration and the command line have them:
 * "127.0.0.1:4041", "localhost:0", "[::1]:4041", ":4041". */
#ifndef PYR__BASE_LISTEN_H
#define PYR__BASE_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/str.h"

/* For errors: "expected one such as " ... */
#define PYR__LISTEN_SUCH "127.0.0.1:4041, [::1]:4041, :4041"

struct pyr__listen_address {
  union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } to;
  /* No host was named: all addresses, of both families where the host has
   * IPv6; `to` is that of IPv6. */
  bool is_wildcard;
};

/* Whether it is one; `out` is undefined where not. */
bool pyr__listen_address_parse(struct pyr__listen_address *out, pyr_str_t text);
/* The same, or "": nowhere. */
bool pyr__is_listen_address(pyr_str_t text);

#endif
