/* What connections of one TLS configuration are made with: trust, certificate
 * and key as the files had them at one time, and the sessions that may be
 * resumed with these.  Immutable but for the sessions, counted by reference:
 * when a file changes there is a new one, and connections keep theirs. */
#ifndef PYR__NET_TLS_SETUP_H
#define PYR__NET_TLS_SETUP_H

#include <mbedtls/ssl_ticket.h>

#include "base/tls_options.h"
#include "net/tls_sessions.h"
#include "net/tls_shared.h"

enum { PYR__TLS_SESSION_S = 24 * 60 * 60 /* may be resumed for so long */ };

struct pyr__tls_setup {
  unsigned refs;
  struct pyr__tls_shared *shared;
  struct pyr__tls_trust *trust; /* NULL: nothing is verified */
  bool has_cert, is_server;
  enum pyr__client_certs client_certs; /* of a server */
  mbedtls_x509_crt cert;
  mbedtls_pk_context key;
  mbedtls_ssl_config conf;
  struct pyr__tls_sessions sessions;
  mbedtls_ssl_ticket_context tickets; /* of a server */
  size_t name_len;
  char name[]; /* server-name; "": the URL's host */
};

struct pyr__tls_setup_parts {
  struct pyr__tls_trust *trust;    /* gets a reference; NULL: verify nothing */
  struct pyr__file_text cert, key; /* data NULL: none */
  const char *server_name;         /* NULL: the URL's host */
  bool min13, max13;
  bool is_server;
  enum pyr__client_certs client_certs;
};

int pyr__tls_setup_new(struct pyr__tls_setup **out,
                       struct pyr__tls_shared *shared,
                       const struct pyr__tls_setup_parts *parts,
                       pyr_error_t *err);
struct pyr__tls_setup *pyr__tls_setup_ref(struct pyr__tls_setup *setup);
void pyr__tls_setup_unref(struct pyr__tls_setup *setup); /* NULL is allowed */

#endif
