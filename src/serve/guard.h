/* Who may see the pages.  A browser that was led here by somebody else's page
 * may not: such a page can name this host (DNS rebinding) and can post to it,
 * but the browser says which name it used and where it comes from.  Nor may
 * strangers, where a web configuration says who is none. */
#ifndef PYR__SERVE_GUARD_H
#define PYR__SERVE_GUARD_H

#include "base/web_options.h"
#include "net/http_server.h"

struct pyr__tls_shared;

struct pyr__serve_guard {
  struct pyr__memory *memory;
  bool is_local;          /* it listens on a loopback address */
  const pyr_str_t *hosts; /* names under which it is asked; the owner's */
  size_t host_count;
  struct pyr__web_auth *auth;  /* NULL: nobody is asked who they are */
  struct pyr__tls_config *tls; /* NULL: plain HTTP */
  bool asks_clients;           /* for certificates, and takes none without */
};

/* `hosts` must outlive it; `web` is copied.  Certificates that cannot be used
 * are an error.  Memory and clock are those of `tls`, which is told of what
 * becomes of the certificates' files. */
int pyr__serve_guard_new(struct pyr__serve_guard **out,
                         struct pyr__tls_shared *tls, const pyr_str_t *hosts,
                         size_t host_count, const struct pyr__web_options *web,
                         pyr_error_t *err);
void pyr__serve_guard_free(struct pyr__serve_guard *guard); /* NULL: allowed */

/* Whether only this host reaches "127.0.0.1:4041", or "[::1]:4041". */
bool pyr__serve_is_loopback(pyr_str_t address);
/* NULL: the request may be answered; else the text of a 403.  Addresses and
 * localhost are always right, as nobody can make them lead elsewhere; other
 * names must be among `hosts` where there are any, or it listens locally. */
const char *pyr__serve_refusal(const struct pyr__serve_guard *guard,
                               const struct pyr__http_server_request *request);
/* Both; false: it has been answered. */
bool pyr__serve_admit(struct pyr__serve_guard *guard,
                      const struct pyr__http_server_request *request,
                      struct pyr__http_exchange *exchange);

#endif
