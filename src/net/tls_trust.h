/* A set of certificate authorities: of a file, of a text, or the system's. */
#ifndef PYR__NET_TLS_TRUST_H
#define PYR__NET_TLS_TRUST_H

#include "base/memory.h"
#include "net/tls_compat.h"

/* Immutable, counted by reference. */
struct pyr__tls_trust {
  unsigned refs;
  struct pyr__memory *memory;
  unsigned count;
  unsigned unreadable; /* certificates of the text that were left out */
  mbedtls_x509_crt chain;
};

/* `text` is PEM or DER, with a byte 0 after its `len` bytes.  At least one
 * certificate must be readable. */
int pyr__tls_trust_new(struct pyr__tls_trust **out, struct pyr__memory *memory,
                       const uint8_t *text, size_t len, pyr_error_t *err);
struct pyr__tls_trust *pyr__tls_trust_ref(struct pyr__tls_trust *trust);
void pyr__tls_trust_unref(struct pyr__tls_trust *trust); /* NULL is allowed */
/* Whether the names are equal but for letter case and encoding: at least
 * whenever mbedTLS takes them to be. */
bool pyr__tls_is_same_dn(const mbedtls_x509_name *a,
                         const mbedtls_x509_name *b);
/* Whether one of them has the name that issued `cert`. */
bool pyr__tls_trust_names_issuer(const struct pyr__tls_trust *trust,
                                 const mbedtls_x509_crt *cert);
/* Whether it is one of them itself. */
bool pyr__tls_trust_holds(const struct pyr__tls_trust *trust,
                          const mbedtls_x509_crt *cert);

#endif
