#include "net/tls_setup.h"

#include <string.h>

#include <mbedtls/ssl_ciphersuites.h>

#include "base/limits.h"
#include "net/tls_error.h"

/* Forward secrecy always; the last ones, without an AEAD, for old servers. */
static const int suites[] = {
#if defined(MBEDTLS_TLS1_3_AES_128_GCM_SHA256)
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
    0,
};

static int parse_pair(struct pyr__tls_setup *setup,
                      const struct pyr__tls_setup_parts *parts,
                      pyr_error_t *err) {
  struct pyr__tls_shared *shared = setup->shared;
  int rc;

  rc = mbedtls_x509_crt_parse(&setup->cert, parts->cert.data,
                              parts->cert.len + 1);
  if (rc != 0)
    return pyr__tls_parse_error(
        err, rc < 0 ? rc : MBEDTLS_ERR_X509_CERT_UNKNOWN_FORMAT,
        setup->is_server ? "the certificate cannot be read"
                         : "the client certificate cannot be read");
  rc = pyr__mbed_parse_key(&setup->key, parts->key.data, parts->key.len + 1,
                           shared->random, shared->random_ctx);
  if (rc != 0)
    return pyr__tls_parse_error(err, rc,
                                setup->is_server
                                    ? "the key cannot be read"
                                    : "the client key cannot be read");
  rc = pyr__mbed_check_pair(&setup->cert, &setup->key, shared->random,
                            shared->random_ctx);
  if (rc != 0 && !pyr__tls_is_nomem(rc))
    return pyr__error(err, PYR_ETLS,
                      "the %scertificate and key do not belong together",
                      setup->is_server ? "" : "client ");
  if (rc == 0)
    rc = mbedtls_ssl_conf_own_cert(&setup->conf, &setup->cert, &setup->key);
  if (rc != 0)
    return pyr__tls_parse_error(err, rc, "the certificate");
  setup->has_cert = true;
  return 0;
}

/* A server that wants certificates must let mbedTLS ask for them.  That
 * verifies them by itself too, against nothing: the result does not count. */
static int auth_mode(const struct pyr__tls_setup_parts *parts) {
  return parts->client_certs == PYR__CLIENT_CERTS_NONE
             ? MBEDTLS_SSL_VERIFY_NONE
             : MBEDTLS_SSL_VERIFY_OPTIONAL;
}

/* What clients may resume with, for a day: sealed, and nothing is kept.  Of who
 * has to say who they are, it is asked each time. */
static int give_tickets(struct pyr__tls_setup *setup) {
  struct pyr__tls_shared *shared = setup->shared;
  int rc = mbedtls_ssl_ticket_setup(
      &setup->tickets, shared->random, shared->random_ctx,
      MBEDTLS_CIPHER_AES_256_GCM, PYR__TLS_SESSION_S);
  if (rc == 0)
    mbedtls_ssl_conf_session_tickets_cb(&setup->conf, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse,
                                        &setup->tickets);
  return rc;
}

/* The chain is verified by pyr__tls_verify, between two steps of the handshake,
 * and not by mbedTLS inside one: it must be bounded before anything of it is
 * computed with. */
static int configure(struct pyr__tls_setup *setup,
                     const struct pyr__tls_setup_parts *parts,
                     pyr_error_t *err) {
  static const char *protocols[] = {"http/1.1", NULL};
  mbedtls_ssl_config *conf = &setup->conf;
  int rc = mbedtls_ssl_config_defaults(
      conf, parts->is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
      MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT);
  if (rc == 0)
    rc = mbedtls_ssl_conf_alpn_protocols(conf, protocols);
  if (rc == 0 && parts->is_server &&
      parts->client_certs == PYR__CLIENT_CERTS_NONE)
    rc = give_tickets(setup);
  if (rc != 0)
    return pyr__tls_parse_error(err, rc, "the configuration");
  mbedtls_ssl_conf_authmode(conf, auth_mode(parts));
  mbedtls_ssl_conf_rng(conf, setup->shared->random, setup->shared->random_ctx);
  mbedtls_ssl_conf_ciphersuites(conf, suites);
  pyr__mbed_conf_groups(conf);
  pyr__mbed_conf_versions(conf, parts->min13, parts->max13);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
  mbedtls_ssl_conf_renegotiation(conf, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
  if (!parts->is_server)
    mbedtls_ssl_conf_session_tickets(conf, MBEDTLS_SSL_SESSION_TICKETS_ENABLED);
  return parts->cert.data == NULL ? 0 : parse_pair(setup, parts, err);
}

int pyr__tls_setup_new(struct pyr__tls_setup **out,
                       struct pyr__tls_shared *shared,
                       const struct pyr__tls_setup_parts *parts,
                       pyr_error_t *err) {
  const char *name = parts->server_name == NULL ? "" : parts->server_name;
  size_t len = strlen(name);
  struct pyr__tls_setup *setup = pyr__calloc(shared->memory, PYR__MEM_NET_TLS,
                                             1, sizeof(*setup) + len + 1);
  int rc;

  if (setup == NULL)
    return pyr__error_nomem(err);
  setup->refs = 1;
  setup->shared = pyr__tls_shared_ref(shared);
  setup->is_server = parts->is_server;
  setup->client_certs = parts->client_certs;
  setup->name_len = len;
  memcpy(setup->name, name, len);
  if (parts->trust != NULL)
    setup->trust = pyr__tls_trust_ref(parts->trust);
  mbedtls_x509_crt_init(&setup->cert);
  mbedtls_pk_init(&setup->key);
  mbedtls_ssl_config_init(&setup->conf);
  mbedtls_ssl_ticket_init(&setup->tickets);
  pyr__tls_sessions_init(&setup->sessions, shared->memory,
                         PYR__LIMIT_TLS_SESSIONS);
  rc = pyr__mbed_start();
  rc = rc == 0 ? configure(setup, parts, err) : pyr__error_nomem(err);
  if (rc != 0) {
    pyr__tls_setup_unref(setup);
    return rc;
  }
  *out = setup;
  return 0;
}

struct pyr__tls_setup *pyr__tls_setup_ref(struct pyr__tls_setup *setup) {
  setup->refs++;
  return setup;
}

void pyr__tls_setup_unref(struct pyr__tls_setup *setup) {
  if (setup == NULL || --setup->refs > 0)
    return;
  pyr__tls_sessions_release(&setup->sessions);
  mbedtls_ssl_config_free(&setup->conf);
  mbedtls_ssl_ticket_free(&setup->tickets);
  mbedtls_pk_free(&setup->key); /* wipes it */
  mbedtls_x509_crt_free(&setup->cert);
  pyr__tls_trust_unref(setup->trust);
  {
    struct pyr__tls_shared *shared = setup->shared;
    pyr__free(shared->memory, setup);
    pyr__tls_shared_unref(shared);
  }
}
