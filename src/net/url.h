/* http and https URLs: absolute ones as a configuration has them, and
 * references as a redirect has them.  What is kept is normal: lower-case scheme
 * and host, no default port, no fragment, and nothing in the path or query that
 * may not stand in a request line. */
#ifndef PYR__NET_URL_H
#define PYR__NET_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/memory.h"

struct pyr__url {
  struct pyr__memory *memory;
  char *text; /* owns all below: "http://host:8080/path?query" */
  bool is_https;
  bool is_ipv6; /* the host is an IPv6 literal */
  uint16_t port;
  pyr_str_t origin;    /* "http://host:8080": what one connection serves */
  pyr_str_t host;      /* without brackets */
  pyr_str_t authority; /* "host", "host:8080", "[::1]:8080": for Host */
  pyr_str_t target;    /* "/path?query" */
};

enum { PYR__URL_ADDRESS_TEXT = 272 };

/* -EINVAL with what is wrong with the text, PYR_ELIMIT, or no memory. */
int pyr__url_parse(struct pyr__url *url, struct pyr__memory *memory,
                   pyr_str_t text, pyr_error_t *err);
/* The URL that `reference` means on a page at `base` (RFC 3986, section 5). */
int pyr__url_resolve(struct pyr__url *url, const struct pyr__url *base,
                     pyr_str_t reference, pyr_error_t *err);
void pyr__url_release(struct pyr__url *url);
/* The same scheme, host and port. */
bool pyr__url_same_origin(const struct pyr__url *a, const struct pyr__url *b);

/* Host and port, which is there also where it is the usual one: "host:80",
 * "[::1]:443". */
void pyr__url_format_address(const struct pyr__url *url,
                             char out[PYR__URL_ADDRESS_TEXT]);

/* Appends text as a part of a path or query: %XX for all that may mean
 * something there. */
int pyr__url_escape(struct pyr__buf *out, pyr_str_t text);

#endif
