/* What went wrong in TLS, in words: what was presented and what was wanted,
 * never a number of the library alone. */
#ifndef PYR__NET_TLS_ERROR_H
#define PYR__NET_TLS_ERROR_H

#include "base/error.h"
#include "net/tls_compat.h"
#include "net/tls_shared.h"

/* How far a connection was when it failed: the same alert means different
 * things. */
enum pyr__tls_phase {
  PYR__TLS_HELLO,    /* the server has not answered yet */
  PYR__TLS_ACCEPTED, /* its certificate was good, the handshake goes on */
  PYR__TLS_READY     /* the handshake is over */
};

struct pyr__tls_failure {
  int code; /* mbedTLS's */
  unsigned alert;
  enum pyr__tls_phase phase;
  /* PYR__TLS_READY, and the server has not sent a byte since. */
  bool is_unheard;
  bool is_12;         /* the connection speaks TLS 1.2 */
  const char *client; /* "CN=..." of our certificate; NULL: we have none */
  pyr_str_t start;    /* the first bytes that came */
};

enum pyr__tls_reason
pyr__tls_failure_reason(const struct pyr__tls_failure *failure);
/* PYR_ETLS, or no memory. */
int pyr__tls_explain(pyr_error_t *err, const struct pyr__tls_failure *failure);
/* The same for what is not about a connection: "the file holds no PEM block" */
int pyr__tls_parse_error(pyr_error_t *err, int code, const char *what);
/* Whether mbedTLS means that there is no memory. */
bool pyr__tls_is_nomem(int code);

#endif
