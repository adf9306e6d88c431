/* mbedTLS 2.28 and 3.x from one source: what differs between them, and nothing
 * else. */
#ifndef PYR__NET_TLS_COMPAT_H
#define PYR__NET_TLS_COMPAT_H

#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include <stdbool.h>

/* The chain is verified when its message has been read, so it must be kept. */
#if !defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
#error "mbedTLS must be built with MBEDTLS_SSL_KEEP_PEER_CERTIFICATE"
#endif
#if !defined(MBEDTLS_SSL_SESSION_TICKETS) || !defined(MBEDTLS_SSL_TICKET_C)
#error "mbedTLS must be built with its session tickets"
#endif

typedef int (*pyr__mbed_random)(void *ctx, unsigned char *out, size_t len);

#if MBEDTLS_VERSION_NUMBER < 0x03000000

#define PYR__MBED(member)                 member
#define MBEDTLS_ERR_SSL_BAD_CERTIFICATE   MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO
#define MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION                                   \
  MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION

enum {
  PYR__MBED_HAS_TLS13 = 0,
  PYR__MBED_NO_CIPHER = MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN
};

static inline int pyr__mbed_start(void) {
  return 0;
}
static inline void pyr__mbed_conf_versions(mbedtls_ssl_config *conf, bool min13,
                                           bool max13) {
  (void)min13;
  (void)max13;
  mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                               MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                               MBEDTLS_SSL_MINOR_VERSION_3);
}
static inline void pyr__mbed_conf_groups(mbedtls_ssl_config *conf) {
  static const mbedtls_ecp_group_id groups[] = {
      MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519,
      MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1, MBEDTLS_ECP_DP_NONE};
  mbedtls_ssl_conf_curves(conf, groups);
}
static inline bool pyr__mbed_is_over(mbedtls_ssl_context *ssl) {
  return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
}
static inline bool pyr__mbed_is_12(const mbedtls_ssl_context *ssl) {
  return ssl->minor_ver == MBEDTLS_SSL_MINOR_VERSION_3;
}
static inline int pyr__mbed_parse_key(mbedtls_pk_context *key,
                                      const unsigned char *data, size_t len,
                                      pyr__mbed_random random, void *ctx) {
  (void)random;
  (void)ctx;
  return mbedtls_pk_parse_key(key, data, len, NULL, 0);
}
static inline int pyr__mbed_check_pair(const mbedtls_x509_crt *cert,
                                       const mbedtls_pk_context *key,
                                       pyr__mbed_random random, void *ctx) {
  (void)random;
  (void)ctx;
  return mbedtls_pk_check_pair(&cert->pk, key);
}

#else

#include <psa/crypto.h>

#define PYR__MBED(member) MBEDTLS_PRIVATE(member)

enum { PYR__MBED_NO_CIPHER = MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE };
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
enum { PYR__MBED_HAS_TLS13 = 1 };
#else
enum { PYR__MBED_HAS_TLS13 = 0 };
#endif

/* TLS 1.3 computes through PSA, which is one for the whole process. */
static inline int pyr__mbed_start(void) {
  return psa_crypto_init() == PSA_SUCCESS ? 0 : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}
static inline void pyr__mbed_conf_versions(mbedtls_ssl_config *conf, bool min13,
                                           bool max13) {
  mbedtls_ssl_conf_min_tls_version(conf, min13 ? MBEDTLS_SSL_VERSION_TLS1_3
                                               : MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(conf, max13 ? MBEDTLS_SSL_VERSION_TLS1_3
                                               : MBEDTLS_SSL_VERSION_TLS1_2);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) &&                                       \
    defined(MBEDTLS_SSL_SESSION_TICKETS) &&                                    \
    MBEDTLS_VERSION_NUMBER >= 0x03060100
  mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
      conf, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
#endif
}
static inline void pyr__mbed_conf_groups(mbedtls_ssl_config *conf) {
  static const uint16_t groups[] = {
      MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, MBEDTLS_SSL_IANA_TLS_GROUP_X25519,
      MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1,
      MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
  mbedtls_ssl_conf_groups(conf, groups);
}
static inline bool pyr__mbed_is_over(mbedtls_ssl_context *ssl) {
  return mbedtls_ssl_is_handshake_over(ssl) != 0;
}
static inline bool pyr__mbed_is_12(const mbedtls_ssl_context *ssl) {
  return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
}
static inline int pyr__mbed_parse_key(mbedtls_pk_context *key,
                                      const unsigned char *data, size_t len,
                                      pyr__mbed_random random, void *ctx) {
  return mbedtls_pk_parse_key(key, data, len, NULL, 0, random, ctx);
}
static inline int pyr__mbed_check_pair(const mbedtls_x509_crt *cert,
                                       const mbedtls_pk_context *key,
                                       pyr__mbed_random random, void *ctx) {
  return mbedtls_pk_check_pair(&cert->pk, key, random, ctx);
}

#endif

static inline int pyr__mbed_state(const mbedtls_ssl_context *ssl) {
  return ssl->PYR__MBED(state);
}
/* What the server sent, as long as the handshake lasts. */
static inline mbedtls_x509_crt *
pyr__mbed_chain(const mbedtls_ssl_context *ssl) {
  return ssl->PYR__MBED(session_negotiate)->PYR__MBED(peer_cert);
}
/* The description of the fatal alert that has just been read. */
static inline unsigned pyr__mbed_alert(const mbedtls_ssl_context *ssl) {
  return ssl->PYR__MBED(in_msg)[1];
}
static inline mbedtls_ecp_group_id pyr__mbed_curve(mbedtls_pk_context *key) {
  return mbedtls_pk_ec(*key)->PYR__MBED(grp).id;
}

#endif
