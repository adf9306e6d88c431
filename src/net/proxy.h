/* Forward proxies: which one a request goes over, and what it is told. */
#ifndef PYR__NET_PROXY_H
#define PYR__NET_PROXY_H

#include "net/http_lines.h"
#include "net/no_proxy.h"
#include "net/url.h"

struct pyr__proxy {
  struct pyr__url url;              /* without user and password */
  char name[PYR__URL_ADDRESS_TEXT]; /* "proxy.example:3128" */
  const char *authorization;        /* "Proxy-Authorization: ...\r\n", or "" */
};

struct pyr__proxies {
  struct pyr__proxy of_http, of_https; /* url.text NULL: none */
  struct pyr__no_proxy direct;
  bool is_loopback_direct;
  struct pyr__http_lines connect_lines;
};

/* Copies all into `arena`, the environment's part too.  PYR_ECONFIG, in a text
 * without secrets, or PYR__ENOMEM.  To be released whatever comes of it. */
int pyr__proxies_init(struct pyr__proxies *proxies, struct pyr__arena *arena,
                      const struct pyr__proxy_options *options,
                      pyr_error_t *err);
void pyr__proxies_release(struct pyr__proxies *proxies,
                          struct pyr__memory *memory);
/* NULL: without any. */
const struct pyr__proxy *pyr__proxies_find(const struct pyr__proxies *proxies,
                                           const struct pyr__url *url);

#endif
