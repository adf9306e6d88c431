/* Names in certificates: whom one is for, and how it is called in an error. */
#ifndef PYR__NET_TLS_NAME_H
#define PYR__NET_TLS_NAME_H

#include "base/str.h"
#include "net/tls_compat.h"

enum { PYR__TLS_NAME_TEXT = 160, PYR__TLS_DATE_TEXT = 16 };

/* Whether the certificate's subjectAltName has `name`: an address as that (also
 * written as "::1"), anything else as a DNS name, with "*" for the whole first
 * label.  The common name is not looked at. */
bool pyr__tls_cert_is_for(const mbedtls_x509_crt *cert, pyr_str_t name);
/* "DNS:a.example, IP:10.0.0.1 and 7 more" */
void pyr__tls_cert_names(char *out, size_t size, const mbedtls_x509_crt *cert);
/* "CN=Some CA, O=Somebody" */
void pyr__tls_dn_text(char out[PYR__TLS_NAME_TEXT],
                      const mbedtls_x509_name *name);
/* "2026-01-02" */
void pyr__tls_date_text(char out[PYR__TLS_DATE_TEXT],
                        const mbedtls_x509_time *time);
/* Without the dot that ends an absolute name. */
pyr_str_t pyr__tls_plain_name(pyr_str_t name);

#endif
