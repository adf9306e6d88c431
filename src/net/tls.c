#include "net/tls.h"

#include <string.h>

#include "base/limits.h"
#include "net/address.h"
#include "net/tls_error.h"
#include "net/tls_name.h"
#include "net/tls_verify.h"

enum {
  /* What may be computed in one turn, before others have theirs. */
  BUDGET_NS = 1000000,
  SESSION_S = 24 * 60 * 60,
  TICKETS_MAX = 4, /* of one connection; costs more to keep than to send */
  RECORD_HEADER = 5,
  START_BYTES = 12,
  NAME_MAX = 253
};

struct pyr__tls {
  struct pyr__tls_setup *setup;
  mbedtls_ssl_context ssl;
  const uint8_t *given; /* what has not been taken yet */
  size_t given_len;
  struct pyr__buf held; /* where `given` is between two turns */
  struct pyr__buf unsaid; /* plaintext, written before the handshake is over */
  struct pyr__buf out;
  bool is_verified, offers_session, is_ready, is_resumed, is_unheard, has_failed;
  /* Where in the peer's records the bytes taken end. */
  uint8_t header[RECORD_HEADER];
  size_t header_len, body_left;
  uint8_t start[START_BYTES]; /* the very first bytes */
  size_t start_len;
  int64_t until_ns; /* when the chain expires */
  unsigned tickets;
  pyr_error_t error;
  size_t origin_len, name_len;
  char text[]; /* the origin, the name, a byte 0 */
};

static pyr_str_t origin_of(const struct pyr__tls *tls) {
  return (pyr_str_t){tls->text, tls->origin_len};
}
static pyr_str_t name_of(const struct pyr__tls *tls) {
  return (pyr_str_t){tls->text + tls->origin_len, tls->name_len};
}

/* ---- between mbedTLS and the buffers ------------------------------------ */

/* Follows the records, to know whether the peer's end is inside of one. */
static void follow_records(struct pyr__tls *tls, const uint8_t *data,
                           size_t len) {
  while (len > 0) {
    size_t n = len;
    if (tls->body_left > 0) {
      n = n < tls->body_left ? n : tls->body_left;
      tls->body_left -= n;
    } else {
      n = n < RECORD_HEADER - tls->header_len ? n
                                              : RECORD_HEADER - tls->header_len;
      memcpy(tls->header + tls->header_len, data, n);
      tls->header_len += n;
      if (tls->header_len == RECORD_HEADER) {
        tls->body_left = (size_t)tls->header[3] << 8 | tls->header[4];
        tls->header_len = 0;
      }
    }
    data += n;
    len -= n;
  }
}

static int on_receive(void *ctx, unsigned char *out, size_t size) {
  struct pyr__tls *tls = ctx;
  size_t len = size < tls->given_len ? size : tls->given_len;

  if (len == 0)
    return MBEDTLS_ERR_SSL_WANT_READ;
  memcpy(out, tls->given, len);
  if (tls->start_len < START_BYTES) {
    size_t room = START_BYTES - tls->start_len;
    size_t n = len < room ? len : room;
    memcpy(tls->start + tls->start_len, out, n);
    tls->start_len += n;
  }
  follow_records(tls, out, len);
  tls->given += len;
  tls->given_len -= len;
  return (int)len;
}

static int on_send(void *ctx, const unsigned char *data, size_t len) {
  struct pyr__tls *tls = ctx;
  int rc = pyr__buf_add(&tls->out, data, len);
  if (rc == 0)
    return (int)len;
  return rc == PYR_ELIMIT ? MBEDTLS_ERR_SSL_WANT_WRITE
                          : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}

/* ---- sessions ----------------------------------------------------------- */

static void offer_session(struct pyr__tls *tls) {
  struct pyr__tls_setup *setup = tls->setup;
  mbedtls_ssl_session session;
  pyr_str_t saved = pyr__tls_sessions_get(&setup->sessions, origin_of(tls),
                                          pyr__wall(&setup->shared->clock));

  if (saved.base == NULL)
    return;
  mbedtls_ssl_session_init(&session);
  if (mbedtls_ssl_session_load(&session, (const unsigned char *)saved.base,
                               saved.len) == 0 &&
      mbedtls_ssl_set_session(&tls->ssl, &session) == 0)
    tls->offers_session = true;
  mbedtls_ssl_session_free(&session);
}

/* A session that cannot be kept costs a full handshake later. */
static void keep_session(struct pyr__tls *tls) {
  struct pyr__tls_shared *shared = tls->setup->shared;
  int64_t until_ns =
      pyr__wall(&shared->clock) + (int64_t)SESSION_S * PYR__NS_PER_S;
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
static void note_failure(struct pyr__tls *tls) {
  tls->has_failed = true;
  tls->setup->shared->stats.failures++;
  pyr__tls_sessions_drop(&tls->setup->sessions, origin_of(tls));
}

static int fail(struct pyr__tls *tls, int code) {
  struct pyr__tls_failure failure = {
      .code = code,
      .phase = tls->is_ready      ? PYR__TLS_READY
               : tls->is_verified ? PYR__TLS_ACCEPTED
                                  : PYR__TLS_HELLO,
      .is_unheard = tls->is_unheard,
      .start = {(const char *)tls->start, tls->start_len}};
  char client[PYR__TLS_NAME_TEXT];

  note_failure(tls);
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

/* Right after the message with the chain has been read, before anything is
 * computed with the key in it. */
static int verify(struct pyr__tls *tls) {
  mbedtls_x509_crt *chain = pyr__mbed_chain(&tls->ssl);
  unsigned char alert;
  int rc;

  if (chain == NULL)
    return fail(tls, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
  rc = pyr__tls_verify(tls->setup, chain, name_of(tls), &alert, &tls->error);
  if (rc == 0) {
    tls->is_verified = true;
    tls->until_ns = pyr__tls_chain_until_ns(chain);
    return 0;
  }
  note_failure(tls);
  (void)mbedtls_ssl_send_alert_message(
      &tls->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert);
  return rc;
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
  struct pyr__tls_stats *stats = &tls->setup->shared->stats;

  /* No certificate was sent: then it can only be the session that was offered,
   * whose server had been verified. */
  if (!tls->is_verified && !tls->offers_session)
    return fail(tls, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE);
  tls->is_resumed = !tls->is_verified;
  tls->is_ready = true;
  tls->is_unheard = true;
  stats->handshakes++;
  stats->resumed += tls->is_resumed;
  keep_session(tls);
  rc = say_unsaid(tls);
  return rc == 0 ? PYR__TLS_PLAIN : rc;
}

/* HUNGRY where the handshake waits for the peer, PLAIN where it is over. */
static int shake_hands(struct pyr__tls *tls, int64_t began_ns) {
  const struct pyr__clock *clock = &tls->setup->shared->clock;

  while (!pyr__mbed_is_over(&tls->ssl)) {
    int state = pyr__mbed_state(&tls->ssl);
    size_t left = tls->given_len;
    int rc = mbedtls_ssl_handshake_step(&tls->ssl);

    if (rc == MBEDTLS_ERR_SSL_WANT_READ && tls->given_len == 0)
      return PYR__TLS_HUNGRY;
    /* After an alert that is only a warning it wants to be called again. */
    if (rc != 0 &&
        (rc != MBEDTLS_ERR_SSL_WANT_READ || tls->given_len == left))
      return fail(tls, rc);
    if (state == MBEDTLS_SSL_SERVER_CERTIFICATE &&
        pyr__mbed_state(&tls->ssl) != state) {
      rc = verify(tls);
      if (rc != 0)
        return rc;
    }
    if (pyr__now(clock) - began_ns > BUDGET_NS)
      return PYR__TLS_BUSY;
  }
  return begin_talk(tls);
}

/* ---- bytes -------------------------------------------------------------- */

static int read_plain(struct pyr__tls *tls, uint8_t *out, size_t size,
                      size_t *len) {
  for (;;) {
    size_t left = tls->given_len;
    int rc = mbedtls_ssl_read(&tls->ssl, out, size);

    if (rc > 0) {
      tls->is_unheard = false;
      *len = (size_t)rc;
      return PYR__TLS_PLAIN;
    }
    if (rc == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
      return PYR__TLS_END;
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
    if (rc == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      if (tls->tickets++ < TICKETS_MAX)
        keep_session(tls);
      continue;
    }
#endif
    /* An empty record, or an alert that is only a warning. */
    if ((rc == 0 || rc == MBEDTLS_ERR_SSL_WANT_READ) && tls->given_len < left)
      continue;
    if (rc == 0 || rc == MBEDTLS_ERR_SSL_WANT_READ)
      return PYR__TLS_HUNGRY;
    return fail(tls, rc);
  }
}

/* What was given dies: the rest of it is kept for the next turn. */
static int hold(struct pyr__tls *tls, int step) {
  struct pyr__buf rest;
  int rc;

  if (step != PYR__TLS_BUSY || tls->given_len == 0) {
    pyr__buf_release(&tls->held);
    return step;
  }
  pyr__buf_init(&rest, tls->setup->shared->memory, PYR__MEM_NET_TLS,
                PYR__LIMIT_TLS_HELD_BYTES);
  rc = pyr__buf_add(&rest, tls->given, tls->given_len);
  pyr__buf_release(&tls->held);
  tls->held = rest;
  tls->given = rest.data;
  if (rc == 0)
    return step;
  tls->given_len = 0;
  return rc == PYR__ENOMEM
             ? pyr__error_nomem(&tls->error)
             : pyr__error(&tls->error, rc, "too much in the handshake");
}

void pyr__tls_give(struct pyr__tls *tls, const uint8_t *data, size_t len) {
  tls->given = data;
  tls->given_len = len;
}

static void note_time(struct pyr__tls *tls, int64_t began_ns) {
  struct pyr__tls_shared *shared = tls->setup->shared;
  int64_t took_ns = pyr__now(&shared->clock) - began_ns;
  if (took_ns > shared->stats.longest_step_ns)
    shared->stats.longest_step_ns = took_ns;
}

int pyr__tls_step(struct pyr__tls *tls, uint8_t *out, size_t size,
                  size_t *len) {
  int64_t began_ns = pyr__now(&tls->setup->shared->clock);
  int rc = PYR__TLS_PLAIN;

  *len = 0;
  if (!tls->is_ready)
    rc = shake_hands(tls, began_ns);
  if (rc == PYR__TLS_PLAIN)
    rc = read_plain(tls, out, size, len);
  note_time(tls, began_ns);
  return rc == PYR__TLS_PLAIN ? rc : hold(tls, rc);
}

int pyr__tls_eof(struct pyr__tls *tls) {
  bool inside = tls->header_len > 0 || tls->body_left > 0;

  if (tls->is_ready && !inside)
    return 0; /* many servers save themselves the goodbye, as Go accepts */
  note_failure(tls);
  if (tls->is_ready)
    return pyr__error(&tls->error, PYR_ETLS,
                      "closed by the server inside a record");
  return pyr__error(&tls->error, PYR_ETLS,
                    tls->start_len == 0
                        ? "closed by the server before it said anything: does "
                          "it speak TLS?"
                        : "closed by the server in the handshake");
}

int pyr__tls_write(struct pyr__tls *tls, const void *data, size_t len) {
  const unsigned char *at = data;
  int rc;

  if (!tls->is_ready) {
    rc = pyr__buf_add(&tls->unsaid, data, len);
    if (rc == PYR__ENOMEM)
      return pyr__error_nomem(&tls->error);
    return rc == 0 ? 0 : pyr__error(&tls->error, rc, "too much to send");
  }
  while (len > 0) {
    rc = mbedtls_ssl_write(&tls->ssl, at, len);
    if (rc < 0)
      return fail(tls, rc);
    at += rc;
    len -= (size_t)rc;
  }
  return 0;
}

const pyr_error_t *pyr__tls_error(const struct pyr__tls *tls) {
  return &tls->error;
}

void pyr__tls_end(struct pyr__tls *tls) {
  if (tls->is_ready && !tls->has_failed)
    (void)mbedtls_ssl_close_notify(&tls->ssl);
}

struct pyr__buf *pyr__tls_output(struct pyr__tls *tls) {
  return &tls->out;
}
bool pyr__tls_is_ready(const struct pyr__tls *tls) {
  return tls->is_ready;
}
bool pyr__tls_is_resumed(const struct pyr__tls *tls) {
  return tls->is_resumed;
}

/* ---- the beginning and the end ------------------------------------------ */

/* The name goes out where it is one: RFC 6066 has no addresses in SNI. */
static int set_name(struct pyr__tls *tls) {
  struct pyr__address address;
  pyr_str_t name = name_of(tls);

  if (pyr__address_parse(&address, name) || name.len > NAME_MAX)
    return 0;
  return mbedtls_ssl_set_hostname(&tls->ssl, name.base);
}

static int begin(struct pyr__tls *tls, pyr_error_t *err) {
  struct pyr__memory *memory = tls->setup->shared->memory;
  int64_t began_ns = pyr__now(&tls->setup->shared->clock);
  int rc;

  pyr__buf_init(&tls->held, memory, PYR__MEM_NET_TLS,
                PYR__LIMIT_TLS_HELD_BYTES);
  pyr__buf_init(&tls->unsaid, memory, PYR__MEM_NET_TLS,
                PYR__LIMIT_TLS_HELD_BYTES);
  pyr__buf_init(&tls->out, memory, PYR__MEM_NET_TLS, PYR__LIMIT_TLS_HELD_BYTES);
  mbedtls_ssl_init(&tls->ssl);
  rc = mbedtls_ssl_setup(&tls->ssl, &tls->setup->conf);
  if (rc == 0)
    rc = set_name(tls);
  if (rc != 0)
    return pyr__tls_parse_error(err, rc, "a connection");
  mbedtls_ssl_set_bio(&tls->ssl, tls, on_send, on_receive, NULL);
  offer_session(tls);
  rc = shake_hands(tls, began_ns);
  note_time(tls, began_ns);
  if (rc < 0 && err != NULL)
    *err = tls->error;
  return rc < 0 ? rc : 0;
}

int pyr__tls_new(struct pyr__tls **out, struct pyr__tls_setup *setup,
                 pyr_str_t origin, pyr_str_t host, pyr_error_t *err) {
  struct pyr__tls *tls;
  int rc;

  if (setup->name_len > 0)
    host = (pyr_str_t){setup->name, setup->name_len};
  host = pyr__tls_plain_name(host);
  tls = pyr__calloc(setup->shared->memory, PYR__MEM_NET_TLS, 1,
                    sizeof(*tls) + origin.len + host.len + 1);
  if (tls == NULL)
    return pyr__error_nomem(err);
  tls->setup = pyr__tls_setup_ref(setup);
  tls->origin_len = origin.len;
  tls->name_len = host.len;
  tls->until_ns = INT64_MAX;
  memcpy(tls->text, origin.base, origin.len);
  memcpy(tls->text + origin.len, host.base, host.len);
  rc = begin(tls, err);
  if (rc != 0) {
    pyr__tls_free(tls);
    return rc;
  }
  *out = tls;
  return 0;
}

void pyr__tls_free(struct pyr__tls *tls) {
  struct pyr__tls_setup *setup;

  if (tls == NULL)
    return;
  setup = tls->setup;
  mbedtls_ssl_free(&tls->ssl); /* wipes keys and what it has decrypted */
  if (tls->unsaid.data != NULL)
    explicit_bzero(tls->unsaid.data, tls->unsaid.len);
  pyr__buf_release(&tls->unsaid);
  pyr__buf_release(&tls->held);
  pyr__buf_release(&tls->out);
  pyr__free(setup->shared->memory, tls);
  pyr__tls_setup_unref(setup);
}
