/* Whether a server is whom it should be, or a client one of those that are
 * known.  What is presented is bounded before anything is computed with it: no
 * peer must be able to keep the loop busy with keys of absurd size or chains
 * without end. */
#ifndef PYR__NET_TLS_VERIFY_H
#define PYR__NET_TLS_VERIFY_H

#include "net/tls_setup.h"

/* 0, PYR_ETLS with a text that says what was presented, or no memory.  `*alert`
 * is what to tell the server on failure. */
int pyr__tls_verify(const struct pyr__tls_setup *setup, mbedtls_x509_crt *chain,
                    pyr_str_t name, unsigned char *alert, pyr_error_t *err);
/* The first moment at which one of the chain has expired, by the wall clock. */
int64_t pyr__tls_chain_until_ns(const mbedtls_x509_crt *chain);

#endif
