/* How a server is asked, as the keys of a job or of a discovery say it: whom we
 * trust, who we are, which way we take.  config/read_http.c reads it for all of
 * them, net/http_access.c does what it says.  Texts are terminated. */
#ifndef PYR__BASE_HTTP_OPTIONS_H
#define PYR__BASE_HTTP_OPTIONS_H

#include <stdbool.h>

#include "base/auth_options.h"
#include "base/tls_options.h"
#include "pyrite.h"

struct pyr__http_header { /* one line */
  const char *name;
  const char *value; /* NULL: what is in */
  const char *file;
};

struct pyr__http_headers {
  const struct pyr__http_header *items;
  size_t count;
};

struct pyr__proxy_options { /* texts "": not given */
  pyr_str_t url;            /* "http://user:password@host:3128" */
  pyr_str_t no_proxy;       /* "10.0.0.0/8, .example.com" */
  bool from_environment;    /* instead of the two */
  struct pyr__http_headers connect_headers;
};

struct pyr__oauth2_options;

struct pyr__http_access_options {
  const struct pyr__tls_options *tls;       /* NULL: none is given */
  const struct pyr__auth_options *auth;     /* NULL: none is given */
  const struct pyr__oauth2_options *oauth2; /* NULL: none; instead of auth */
  struct pyr__http_headers headers;         /* of each request */
  struct pyr__proxy_options proxy;
  bool follow_redirects; /* to another host; to the same always */
};

/* Who we are is told by a token that is asked for. */
struct pyr__oauth2_options {
  const char *client_id;
  const char *client_secret, *client_secret_file; /* NULL both: it has none */
  const char *token_url;
  const pyr_str_t *scopes;
  size_t scope_count;
  const pyr_label_t *params; /* that are asked with, terminated */
  size_t param_count;
  struct pyr__http_access_options access; /* to the token-url, without auth */
};

/* What may be the name of a header. */
bool pyr__is_header_name(pyr_str_t text);
/* What goes into a header as it is must not end it; nor be empty. */
bool pyr__is_header_text(pyr_str_t text);

#endif
