/* A TLS server in memory, or a client, and what moves the bytes between it and
 * the stage under test, in pieces of any size. */
#ifndef TEST_TLS_PEER_H
#define TEST_TLS_PEER_H

#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ticket.h>

#include "net/tls.h"
#include "tls_certs.h"

struct test_bytes {
  uint8_t data[256 * 1024];
  size_t len, taken;
};

struct test_peer_options {
  bool is_client;
  const mbedtls_x509_crt *chain; /* NULL: a client without one */
  mbedtls_pk_context *key;
  const mbedtls_x509_crt *client_ca;   /* NULL: no client certificate wanted */
  mbedtls_ssl_ticket_context *tickets; /* NULL: nothing is resumed */
  const int *suites;                   /* NULL: mbedTLS' own */
  const mbedtls_ssl_session *session;  /* of a client; NULL: a full handshake */
  bool is_old;                         /* TLS 1.1 at most */
};

struct test_peer {
  mbedtls_ssl_config conf;
  mbedtls_ssl_context ssl;
  struct test_bytes in, out;
  char heard[65536]; /* plaintext that came */
  size_t heard_len;
  bool is_ready, is_ended;
  int error; /* of mbedTLS */
};

static inline int test_peer_receive(void *ctx, unsigned char *out,
                                    size_t size) {
  struct test_peer *peer = (struct test_peer *)ctx;
  size_t len = peer->in.len - peer->in.taken;
  if (len == 0)
    return MBEDTLS_ERR_SSL_WANT_READ;
  len = size < len ? size : len;
  memcpy(out, peer->in.data + peer->in.taken, len);
  peer->in.taken += len;
  return (int)len;
}

static inline int test_peer_send(void *ctx, const unsigned char *data,
                                 size_t len) {
  struct test_peer *peer = (struct test_peer *)ctx;
  test_must(peer->out.len + len <= sizeof(peer->out.data));
  memcpy(peer->out.data + peer->out.len, data, len);
  peer->out.len += len;
  return (int)len;
}

static inline void test_peer_versions(struct test_peer *peer, bool is_old) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  mbedtls_ssl_conf_min_version(&peer->conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                               MBEDTLS_SSL_MINOR_VERSION_1);
  mbedtls_ssl_conf_max_version(&peer->conf, MBEDTLS_SSL_MAJOR_VERSION_3,
                               is_old ? MBEDTLS_SSL_MINOR_VERSION_2
                                      : MBEDTLS_SSL_MINOR_VERSION_3);
#else
  (void)is_old;
  mbedtls_ssl_conf_max_tls_version(&peer->conf, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
}

static inline struct test_peer *
test_peer_new(const struct test_peer_options *options) {
  struct test_peer *peer = (struct test_peer *)calloc(1, sizeof(*peer));
  mbedtls_ssl_config *conf = &peer->conf;
  mbedtls_x509_crt *chain = (mbedtls_x509_crt *)(uintptr_t)options->chain;

  mbedtls_ssl_config_init(conf);
  mbedtls_ssl_init(&peer->ssl);
  test_must(
      mbedtls_ssl_config_defaults(
          conf,
          options->is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
          MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) == 0);
  if (options->is_client)
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_NONE);
  mbedtls_ssl_conf_rng(conf, test_random, NULL);
  test_peer_versions(peer, options->is_old);
  pyr__mbed_conf_groups(conf); /* its own order starts with the dearest */
  if (chain != NULL)
    test_must(mbedtls_ssl_conf_own_cert(conf, chain, options->key) == 0);
  if (options->client_ca != NULL) {
    mbedtls_ssl_conf_ca_chain(
        conf, (mbedtls_x509_crt *)(uintptr_t)options->client_ca, NULL);
    mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
  }
  if (options->tickets != NULL)
    mbedtls_ssl_conf_session_tickets_cb(conf, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse,
                                        options->tickets);
  if (options->suites != NULL)
    mbedtls_ssl_conf_ciphersuites(conf, options->suites);
  test_must(mbedtls_ssl_setup(&peer->ssl, conf) == 0);
  if (options->session != NULL)
    test_must(mbedtls_ssl_set_session(&peer->ssl, options->session) == 0);
  mbedtls_ssl_set_bio(&peer->ssl, peer, test_peer_send, test_peer_receive,
                      NULL);
  return peer;
}

static inline void test_peer_free(struct test_peer *peer) {
  mbedtls_ssl_free(&peer->ssl);
  mbedtls_ssl_config_free(&peer->conf);
  free(peer);
}

/* As far as it gets with what it has. */
static inline void test_peer_run(struct test_peer *peer) {
  int rc = 0;
  while (rc == 0 && !peer->is_ready && peer->error == 0) {
    rc = mbedtls_ssl_handshake(&peer->ssl);
    peer->is_ready = rc == 0;
  }
  while (peer->is_ready && !peer->is_ended) {
    rc = mbedtls_ssl_read(&peer->ssl,
                          (unsigned char *)peer->heard + peer->heard_len,
                          sizeof(peer->heard) - 1 - peer->heard_len);
    if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
      peer->is_ended = true;
    if (rc <= 0)
      break;
    peer->heard_len += (size_t)rc;
  }
  if (rc < 0 && rc != MBEDTLS_ERR_SSL_WANT_READ && !peer->is_ended)
    peer->error = rc;
}

static inline void test_peer_say(struct test_peer *peer, const void *data,
                                 size_t len) {
  const unsigned char *at = (const unsigned char *)data;
  while (len > 0) {
    int rc = mbedtls_ssl_write(&peer->ssl, at, len);
    test_must(rc > 0);
    at += rc;
    len -= (size_t)rc;
  }
}

static const struct pyr__tls_peer test_localhost = {
    .origin = {"https://localhost", 17}, .host = {"localhost", 9}};

/* The client under test, and what became of it. */
struct test_client {
  struct pyr__tls *tls;
  char heard[262144];
  size_t heard_len;
  unsigned busy; /* how often it asked for another turn */
  int code;      /* of the failure, or 0 */
  bool is_ended;
};

/* What the client wrote goes to the server. */
static inline void test_client_flush(struct test_client *client,
                                     struct test_peer *peer) {
  struct pyr__buf *out = pyr__tls_output(client->tls);
  test_must(peer->in.len + out->len <= sizeof(peer->in.data));
  if (out->len > 0)
    memcpy(peer->in.data + peer->in.len, out->data, out->len);
  peer->in.len += out->len;
  pyr__buf_clear(out);
}

/* The bytes are in memory of exactly their size, which dies at the end. */
static inline void test_client_take(struct test_client *client,
                                    const uint8_t *data, size_t len) {
  uint8_t *copy = (uint8_t *)malloc(len == 0 ? 1 : len), plain[777];
  int step = PYR__TLS_PLAIN;
  size_t n;

  memcpy(copy, data, len);
  pyr__tls_give(client->tls, copy, len);
  while (step == PYR__TLS_PLAIN || step == PYR__TLS_BUSY) {
    step = pyr__tls_step(client->tls, plain, sizeof(plain), &n);
    test_must(client->heard_len + n < sizeof(client->heard));
    memcpy(client->heard + client->heard_len, plain, n);
    client->heard_len += n;
    client->busy += step == PYR__TLS_BUSY;
    if (step != PYR__TLS_PLAIN) {
      free(copy);
      copy = NULL;
    }
  }
  client->is_ended = client->is_ended || step == PYR__TLS_END;
  if (step < 0)
    client->code = step;
}

/* Until nobody has anything to say, the server's bytes in pieces. */
static inline void test_talk(struct test_client *client, struct test_peer *peer,
                             size_t piece) {
  struct test_bytes *out = &peer->out;
  size_t before;
  do {
    before = peer->in.len + out->taken;
    test_client_flush(client, peer);
    test_peer_run(peer);
    while (out->taken < out->len && client->code == 0 && !client->is_ended) {
      size_t n = out->len - out->taken;
      n = piece != 0 && piece < n ? piece : n;
      test_client_take(client, out->data + out->taken, n);
      out->taken += n;
    }
    test_client_flush(client, peer);
  } while (peer->in.len + out->taken != before);
  test_peer_run(peer);
}

#endif
