/* A handshake, step by step: sessions, and the verification in between. */
#include "net/tls_state.h"

#include <string.h>

#include "base/limits.h"
#include "net/tls_error.h"
#include "net/tls_name.h"
#include "net/tls_verify.h"

enum {
  /* What may be computed in one turn, before others have theirs. */
  BUDGET_NS = 1000000
};

static pyr_str_t origin_of(const struct pyr__tls *tls) {
  return (pyr_str_t){tls->text, tls->origin_len};
}
static pyr_str_t name_of(const struct pyr__tls *tls) {
  return (pyr_str_t){tls->text + tls->origin_len, tls->name_len};
}

/* ---- sessions ----------------------------------------------------------- */

void pyr__tls_offer_session(struct pyr__tls *tls) {
  struct pyr__tls_setup *setup = tls->setup;
  mbedtls_ssl_session session;
  int64_t until_ns;
  pyr_str_t saved =
      pyr__tls_sessions_get(&setup->sessions, origin_of(tls),
                            pyr__wall(&setup->shared->clock), &until_ns);

  if (saved.base == NULL)
    return;
  mbedtls_ssl_session_init(&session);
  if (mbedtls_ssl_session_load(&session, (const unsigned char *)saved.base,
                               saved.len) == 0 &&
      mbedtls_ssl_set_session(&tls->ssl, &session) == 0) {
    tls->offers_session = true;
    tls->until_ns = until_ns; /* a resumed one lives no longer */
  }
  mbedtls_ssl_session_free(&session);
}

/* A session that cannot be kept costs a full handshake later. */
void pyr__tls_keep_session(struct pyr__tls *tls) {
  struct pyr__tls_shared *shared = tls->setup->shared;
  int64_t until_ns =
      pyr__wall(&shared->clock) + (int64_t)PYR__TLS_SESSION_S * PYR__NS_PER_S;
  mbedtls_ssl_session session;
  uint8_t *bytes = pyr__alloc(shared->memory, PYR__MEM_NET_TLS,
                              PYR__LIMIT_TLS_SESSION_BYTES);
  size_t len;

  if (bytes == NULL)
    return;
  mbedtls_ssl_session_init(&session);
  if (mbedtls_ssl_get_session(&tls->ssl, &session) == 0 &&
      mbedtls_ssl_session_save(&session, bytes, PYR__LIMIT_TLS_SESSION_BYTES,
                               &len) == 0) {
    pyr__tls_sessions_put(&tls->setup->sessions, origin_of(tls), bytes, len,
                          until_ns < tls->until_ns ? until_ns : tls->until_ns);
    explicit_bzero(bytes, len);
  }
  mbedtls_ssl_session_free(&session);
  pyr__free(shared->memory, bytes);
}

/* ---- failing ------------------------------------------------------------ */

/* The session that was offered may be the reason. */
void pyr__tls_note_failure(struct pyr__tls *tls, enum pyr__tls_reason reason) {
  struct pyr__tls_setup *setup = tls->setup;
  if (!tls->has_failed)
    pyr__tls_stats(setup->shared, setup->is_server)->failures[reason]++;
  tls->has_failed = true;
  pyr__tls_sessions_drop(&setup->sessions, origin_of(tls));
}

int pyr__tls_end_of_bytes(struct pyr__tls *tls) {
  bool inside = tls->header_len > 0 || tls->body_left > 0;

  if (tls->is_ready && !inside)
    return 0; /* many servers save themselves the goodbye, as Go accepts */
  pyr__tls_note_failure(tls, PYR__TLS_CLOSED);
  if (tls->is_ready)
    return pyr__error(&tls->error, PYR_ETLS,
                      "closed by the server inside a record");
  if (tls->start_len == 0)
    return pyr__error(&tls->error, PYR_ETLS,
                      "closed by the server before it said anything: does it "
                      "speak TLS?");
  return pyr__error(&tls->error, PYR_ETLS,
                    "closed by the server in the "
                    "handshake%s",
                    tls->is_verified && !tls->setup->has_cert
                        ? ": does it require a client certificate?"
                        : "");
}

/* Its own connection may be well. */
static int fail_below(struct pyr__tls *tls) {
  tls->has_failed = true;
  tls->error = tls->below->error;
  return pyr__error_prefix(&tls->error, "to the proxy: ");
}

int pyr__tls_fail(struct pyr__tls *tls, int code) {
  struct pyr__tls_failure failure = {
      .code = code,
      .phase = tls->is_ready      ? PYR__TLS_READY
               : tls->is_verified ? PYR__TLS_ACCEPTED
                                  : PYR__TLS_HELLO,
      .is_unheard = tls->is_unheard,
      .is_12 = pyr__mbed_is_12(&tls->ssl),
      .start = {(const char *)tls->start, tls->start_len}};
  char client[PYR__TLS_NAME_TEXT];

  if (tls->below != NULL && tls->below->has_failed)
    return fail_below(tls);
  if (code == MBEDTLS_ERR_SSL_CONN_EOF)
    return pyr__tls_end_of_bytes(tls);
  pyr__tls_note_failure(tls, pyr__tls_failure_reason(&failure));
  if (code == MBEDTLS_ERR_SSL_WANT_WRITE)
    return pyr__error(&tls->error, PYR_ELIMIT,
                      "the server does not read what it is sent");
  if (tls->setup->has_cert) {
    pyr__tls_dn_text(client, &tls->setup->cert.subject);
    failure.client = client;
  }
  if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
    failure.alert = pyr__mbed_alert(&tls->ssl);
  return pyr__tls_explain(&tls->error, &failure);
}

/* ---- the handshake ------------------------------------------------------ */

/* A client, where it is not required to say who it is. */
static bool may_be_anonymous(const struct pyr__tls *tls) {
  return tls->setup->is_server &&
         tls->setup->client_certs != PYR__CLIENT_CERTS_REQUIRED;
}

int pyr__tls_verify_peer(struct pyr__tls *tls, mbedtls_x509_crt *chain) {
  unsigned char alert;
  int rc =
      pyr__tls_verify(tls->setup, chain, name_of(tls), &alert, &tls->error);
  if (rc == 0) {
    tls->is_verified = true;
    tls->until_ns = pyr__tls_chain_until_ns(chain);
    return 0;
  }
  pyr__tls_note_failure(tls, PYR__TLS_CERTIFICATE);
  (void)mbedtls_ssl_send_alert_message(&tls->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                       alert);
  return rc;
}

/* Right after the message with the chain has been read, before anything is
 * computed with the key in it. */
static int verify(struct pyr__tls *tls) {
  mbedtls_x509_crt *chain = pyr__mbed_chain(&tls->ssl);
  if (chain == NULL)
    return pyr__tls_fail(tls, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
  return pyr__tls_verify_peer(tls, chain);
}

static int say_unsaid(struct pyr__tls *tls) {
  int rc = 0;
  if (tls->unsaid.len > 0)
    rc = pyr__tls_write(tls, tls->unsaid.data, tls->unsaid.len);
  if (tls->unsaid.data != NULL)
    explicit_bzero(tls->unsaid.data, tls->unsaid.len);
  pyr__buf_release(&tls->unsaid);
  return rc;
}

static int begin_talk(struct pyr__tls *tls) {
  int rc;
  struct pyr__tls_stats *stats =
      pyr__tls_stats(tls->setup->shared, tls->setup->is_server);

  /* No certificate was sent: then it can only be the session that was offered,
   * whose server had been verified. */
  if (!tls->is_verified && !tls->offers_session && !may_be_anonymous(tls))
    return pyr__tls_fail(tls, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
  tls->is_resumed = tls->setup->is_server
                        ? !tls->has_presented
                        : !tls->is_verified && tls->offers_session;
  tls->is_ready = true;
  tls->is_unheard = true;
  stats->handshakes++;
  stats->resumed += tls->is_resumed;
  if (!tls->setup->is_server)
    pyr__tls_keep_session(tls);
  rc = say_unsaid(tls);
  return rc == 0 ? PYR__TLS_PLAIN : rc;
}

int pyr__tls_shake_hands(struct pyr__tls *tls, int64_t began_ns) {
  const struct pyr__clock *clock = &tls->setup->shared->clock;

  while (!pyr__mbed_is_over(&tls->ssl)) {
    int state = pyr__mbed_state(&tls->ssl);
    uint64_t before = tls->taken;
    int rc = mbedtls_ssl_handshake_step(&tls->ssl);

    if (rc == MBEDTLS_ERR_SSL_WANT_READ && tls->is_dry)
      return PYR__TLS_HUNGRY;
    /* After an alert that is only a warning it wants to be called again. */
    if (rc != 0 && (rc != MBEDTLS_ERR_SSL_WANT_READ || tls->taken == before))
      return tls->has_failed ? tls->error.code : pyr__tls_fail(tls, rc);
    if (state == MBEDTLS_SSL_SERVER_CERTIFICATE &&
        pyr__mbed_state(&tls->ssl) != state) {
      tls->has_presented = true;
      rc = tls->setup->is_server ? 0 : verify(tls);
      if (rc != 0)
        return rc;
    }
    if (pyr__now(clock) - began_ns > BUDGET_NS)
      return PYR__TLS_BUSY;
  }
  return begin_talk(tls);
}
