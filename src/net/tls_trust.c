#include "net/tls_trust.h"

#include <string.h>
#include <strings.h>

#include "net/tls_error.h"

static bool is_same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b) {
  return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

int pyr__tls_trust_new(struct pyr__tls_trust **out, struct pyr__memory *memory,
                       const uint8_t *text, size_t len, pyr_error_t *err) {
  struct pyr__tls_trust *trust =
      pyr__calloc(memory, PYR__MEM_NET_TLS, 1, sizeof(*trust));
  const mbedtls_x509_crt *cert;
  int rc;

  if (trust == NULL)
    return pyr__error_nomem(err);
  trust->refs = 1;
  trust->memory = memory;
  mbedtls_x509_crt_init(&trust->chain);
  /* PEM is parsed with the 0 behind it; DER must be without. */
  if (memmem(text, len, "-----BEGIN ", 11) != NULL)
    len++;
  rc = mbedtls_x509_crt_parse(&trust->chain, text, len);
  if (rc < 0) {
    pyr__tls_trust_unref(trust);
    return pyr__tls_parse_error(err, rc, "no certificate can be read");
  }
  trust->unreadable = (unsigned)rc;
  for (cert = &trust->chain; cert != NULL; cert = cert->next)
    trust->count += cert->raw.p != NULL;
  *out = trust;
  return 0;
}

struct pyr__tls_trust *pyr__tls_trust_ref(struct pyr__tls_trust *trust) {
  trust->refs++;
  return trust;
}

void pyr__tls_trust_unref(struct pyr__tls_trust *trust) {
  if (trust == NULL || --trust->refs > 0)
    return;
  mbedtls_x509_crt_free(&trust->chain);
  pyr__free(trust->memory, trust);
}

bool pyr__tls_is_same_dn(const mbedtls_x509_name *a,
                         const mbedtls_x509_name *b) {
  while (a != NULL && b != NULL && is_same(&a->oid, &b->oid) &&
         a->val.len == b->val.len &&
         (a->val.len == 0 ||
          strncasecmp((const char *)a->val.p, (const char *)b->val.p,
                      a->val.len) == 0)) {
    a = a->next;
    b = b->next;
  }
  return a == NULL && b == NULL;
}

bool pyr__tls_trust_names_issuer(const struct pyr__tls_trust *trust,
                                 const mbedtls_x509_crt *cert) {
  const mbedtls_x509_crt *ca = &trust->chain;
  while (ca != NULL && !pyr__tls_is_same_dn(&ca->subject, &cert->issuer))
    ca = ca->next;
  return ca != NULL;
}

bool pyr__tls_trust_holds(const struct pyr__tls_trust *trust,
                          const mbedtls_x509_crt *cert) {
  const mbedtls_x509_crt *ca = &trust->chain;
  while (ca != NULL && !is_same(&ca->raw, &cert->raw))
    ca = ca->next;
  return ca != NULL;
}
