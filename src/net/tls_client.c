/* The certificates of a client, read before mbedTLS reads them. */
#include "net/tls_state.h"

#include "base/limits.h"

enum {
  LENGTH = 3 /* bytes of one: a message's, the list's, a certificate's */
};

bool pyr__tls_awaits_client(const struct pyr__tls *tls) {
  return tls->setup->is_server &&
         tls->setup->client_certs != PYR__CLIENT_CERTS_NONE &&
         pyr__mbed_state(&tls->ssl) == MBEDTLS_SSL_CLIENT_CERTIFICATE;
}

static int read_u24(struct pyr__reader *reader, size_t *out) {
  pyr_str_t bytes;
  const uint8_t *at;
  if (pyr__read_bytes(reader, LENGTH, &bytes) != 0)
    return -1;
  at = (const uint8_t *)bytes.base;
  *out = (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
  return 0;
}

static int read_list(struct pyr__reader *reader, mbedtls_x509_crt *chain) {
  unsigned count = 0;
  size_t len;
  pyr_str_t der;
  while (pyr__reader_left(reader) > 0) {
    if (++count > PYR__LIMIT_TLS_CHAIN || read_u24(reader, &len) != 0 ||
        pyr__read_bytes(reader, len, &der) != 0)
      return MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
    if (mbedtls_x509_crt_parse_der(chain, (const unsigned char *)der.base,
                                   der.len) != 0)
      return MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
  }
  return 0;
}

static int refuse(struct pyr__tls *tls, const char *text, unsigned char alert) {
  pyr__tls_note_failure(tls, PYR__TLS_CERTIFICATE);
  pyr__error(&tls->error, PYR_ETLS, "%s", text);
  (void)mbedtls_ssl_send_alert_message(&tls->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                       alert);
  return MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
}

static int verify_list(struct pyr__tls *tls, struct pyr__reader *list) {
  mbedtls_x509_crt chain;
  int rc;

  if (pyr__reader_left(list) == 0)
    return tls->setup->client_certs == PYR__CLIENT_CERTS_REQUIRED
               ? refuse(tls, "the client has no certificate",
                        MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE)
               : 0;
  mbedtls_x509_crt_init(&chain);
  rc = read_list(list, &chain);
  if (rc != 0)
    rc = refuse(tls, "the client's certificates cannot be read",
                MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
  else if (pyr__tls_verify_peer(tls, &chain) != 0)
    rc = MBEDTLS_ERR_SSL_BAD_CERTIFICATE;
  mbedtls_x509_crt_free(&chain);
  return rc;
}

/* What is no list of certificates is mbedTLS's to refuse. */
static int verify_record(struct pyr__tls *tls) {
  struct pyr__reader reader = pyr__reader_of(tls->client.data, tls->client.len);
  size_t message_len, list_len;
  uint8_t kind;
  pyr_str_t list;

  if (pyr__read_byte(&reader, &kind) != 0 || kind != MBEDTLS_SSL_HS_CERTIFICATE)
    return 0;
  if (read_u24(&reader, &message_len) != 0 ||
      read_u24(&reader, &list_len) != 0 ||
      pyr__read_bytes(&reader, list_len, &list) != 0)
    return refuse(tls, "the client's certificates come in several records",
                  MBEDTLS_SSL_ALERT_MSG_BAD_CERT);
  reader = pyr__reader_of(list.base, list.len);
  return verify_list(tls, &reader);
}

int pyr__tls_take_client(struct pyr__tls *tls, const uint8_t *data,
                         size_t len) {
  int rc = 0;
  if (tls->header[0] != MBEDTLS_SSL_MSG_HANDSHAKE)
    return 0;
  if (pyr__buf_add(&tls->client, data, len) != 0)
    rc = MBEDTLS_ERR_SSL_ALLOC_FAILED;
  else if (tls->body_left == 0)
    rc = verify_record(tls);
  if (rc != 0 || tls->body_left == 0)
    pyr__buf_release(&tls->client);
  return rc;
}
