/* Forward proxies: which one a request goes over, and what it is told. */
#ifndef PYR__NET_PROXY_H
#define PYR__NET_PROXY_H

#include "net/http_lines.h"
#include "net/no_proxy.h"
#include "net/url.h"

enum pyr__proxy_kind { PYR__PROXY_HTTP, PYR__PROXY_SOCKS5 };

struct pyr__proxy {
  enum pyr__proxy_kind kind;
  struct pyr__url url; /* without user and password; https: TLS to the proxy */
  char name[PYR__URL_ADDRESS_TEXT]; /* "proxy.example:3128" */
  /* "Proxy-Authorization: ...\r\n", or what pyr__socks5_write_login writes; ""
   * where nobody is named. */
  pyr_str_t authorization;
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
/* Appends the header that says who asks, if anybody. */
int pyr__proxy_write_authorization(struct pyr__buf *headers,
                                   const struct pyr__proxy *proxy);
/* NULL: without any. */
const struct pyr__proxy *pyr__proxies_find(const struct pyr__proxies *proxies,
                                           const struct pyr__url *url);

#endif
