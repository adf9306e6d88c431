#include "net/tls_state.h"

#include <string.h>

#include "base/limits.h"
#include "net/address.h"
#include "net/tls_error.h"
#include "net/tls_name.h"

enum {
  TICKETS_MAX = 4, /* of a connection: one costs more to keep than to send */
  HOST_NAME_MAX_LEN = 253
};

/* ---- between mbedTLS and the buffers ------------------------------------ */

/* Follows the records, to know whether the peer's end is inside of one, and to
 * keep the one that has the certificates of a client. */
static int follow_records(struct pyr__tls *tls, const uint8_t *data,
                          size_t len) {
  int rc = 0;
  while (len > 0 && rc == 0) {
    size_t n = len;
    if (tls->body_left > 0) {
      n = n < tls->body_left ? n : tls->body_left;
      tls->body_left -= n;
      if (pyr__tls_awaits_client(tls))
        rc = pyr__tls_take_client(tls, data, n);
    } else {
      n = n < PYR__TLS_RECORD_HEADER - tls->header_len
              ? n
              : PYR__TLS_RECORD_HEADER - tls->header_len;
      memcpy(tls->header + tls->header_len, data, n);
      tls->header_len += n;
      if (tls->header_len == PYR__TLS_RECORD_HEADER) {
        tls->body_left = (size_t)tls->header[3] << 8 | tls->header[4];
        tls->header_len = 0;
      }
    }
    data += n;
    len -= n;
  }
  return rc;
}

static void keep_start(struct pyr__tls *tls, const uint8_t *data, size_t len) {
  size_t room = PYR__TLS_START_BYTES - tls->start_len;
  size_t n = len < room ? len : room;
  memcpy(tls->start + tls->start_len, data, n);
  tls->start_len += n;
}

static int receive_given(struct pyr__tls *tls, unsigned char *out, size_t size,
                         size_t *len) {
  *len = size < tls->given_len ? size : tls->given_len;
  if (*len == 0)
    return MBEDTLS_ERR_SSL_WANT_READ;
  memcpy(out, tls->given, *len);
  tls->given += *len;
  tls->given_len -= *len;
  return 0;
}

/* What is wrong below is told of by pyr__tls_fail. */
static int receive_below(struct pyr__tls *tls, unsigned char *out, size_t size,
                         size_t *len) {
  switch (pyr__tls_step(tls->below, out, size, len)) {
  case PYR__TLS_PLAIN:
    return 0;
  case PYR__TLS_HUNGRY:
    return MBEDTLS_ERR_SSL_WANT_READ;
  case PYR__TLS_END:
    tls->is_cut_off = true;
    return MBEDTLS_ERR_SSL_CONN_EOF;
  default:
    return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  }
}

static int on_receive(void *ctx, unsigned char *out, size_t size) {
  struct pyr__tls *tls = ctx;
  size_t len;
  int rc = tls->below == NULL ? receive_given(tls, out, size, &len)
                              : receive_below(tls, out, size, &len);

  tls->is_dry = rc == MBEDTLS_ERR_SSL_WANT_READ;
  if (rc != 0)
    return rc;
  tls->taken += len;
  keep_start(tls, out, len);
  rc = follow_records(tls, out, len);
  return rc == 0 ? (int)len : rc;
}

static int on_send(void *ctx, const unsigned char *data, size_t len) {
  struct pyr__tls *tls = ctx;
  int rc;

  if (tls->below != NULL)
    return pyr__tls_write(tls->below, data, len) == 0
               ? (int)len
               : MBEDTLS_ERR_SSL_INTERNAL_ERROR;
  rc = pyr__buf_add(&tls->out, data, len);
  if (rc == 0)
    return (int)len;
  return rc == PYR_ELIMIT ? MBEDTLS_ERR_SSL_WANT_WRITE
                          : MBEDTLS_ERR_SSL_ALLOC_FAILED;
}

/* ---- bytes -------------------------------------------------------------- */

static int read_plain(struct pyr__tls *tls, uint8_t *out, size_t size,
                      size_t *len) {
  for (;;) {
    uint64_t before = tls->taken;
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
        pyr__tls_keep_session(tls);
      continue;
    }
#endif
    /* An empty record, or an alert that is only a warning. */
    if ((rc == 0 || rc == MBEDTLS_ERR_SSL_WANT_READ) && tls->taken > before)
      continue;
    if (tls->is_cut_off) /* for which rc is 0 */
      return pyr__tls_end_of_bytes(tls) == 0 ? PYR__TLS_END : tls->error.code;
    if (rc == 0 || rc == MBEDTLS_ERR_SSL_WANT_READ)
      return PYR__TLS_HUNGRY;
    return pyr__tls_fail(tls, rc);
  }
}

static struct pyr__tls *lowest(struct pyr__tls *tls) {
  return tls->below == NULL ? tls : tls->below;
}

/* What was given dies: the rest of it is kept for the next turn. */
static int hold(struct pyr__tls *tls, int step) {
  struct pyr__tls *low = lowest(tls);
  struct pyr__buf rest;
  int rc;

  if (step != PYR__TLS_BUSY || low->given_len == 0) {
    pyr__buf_release(&low->held);
    return step;
  }
  pyr__buf_init(&rest, tls->setup->shared->memory, PYR__MEM_NET_TLS,
                PYR__LIMIT_TLS_HELD_BYTES);
  rc = pyr__buf_add(&rest, low->given, low->given_len);
  pyr__buf_release(&low->held);
  low->held = rest;
  low->given = rest.data;
  if (rc == 0)
    return step;
  low->given_len = 0;
  return rc == PYR__ENOMEM
             ? pyr__error_nomem(&tls->error)
             : pyr__error(&tls->error, rc, "too much in the handshake");
}

void pyr__tls_give(struct pyr__tls *tls, const uint8_t *data, size_t len) {
  struct pyr__tls *low = lowest(tls);
  low->given = data;
  low->given_len = len;
}

static void note_time(struct pyr__tls *tls, int64_t began_ns) {
  struct pyr__tls_shared *shared = tls->setup->shared;
  struct pyr__tls_stats *stats = pyr__tls_stats(shared, tls->setup->is_server);
  int64_t took_ns = pyr__now(&shared->clock) - began_ns;
  tls->spent_ns += took_ns;
  if (took_ns > stats->longest_step_ns)
    stats->longest_step_ns = took_ns;
}

int pyr__tls_step(struct pyr__tls *tls, uint8_t *out, size_t size,
                  size_t *len) {
  int64_t began_ns = pyr__now(&tls->setup->shared->clock);
  int rc = PYR__TLS_PLAIN;

  *len = 0;
  if (!tls->is_ready)
    rc = pyr__tls_shake_hands(tls, began_ns);
  if (rc == PYR__TLS_PLAIN)
    rc = read_plain(tls, out, size, len);
  note_time(tls, began_ns);
  return rc == PYR__TLS_PLAIN ? rc : hold(tls, rc);
}

int pyr__tls_postpone(struct pyr__tls *tls) {
  return hold(tls, PYR__TLS_BUSY);
}

int pyr__tls_eof(struct pyr__tls *tls) {
  if (tls->below != NULL && pyr__tls_eof(tls->below) != 0)
    return pyr__tls_fail(tls, MBEDTLS_ERR_SSL_CONN_EOF);
  return pyr__tls_end_of_bytes(tls);
}

void pyr__tls_time_out(struct pyr__tls *tls) {
  if (!tls->is_ready && !tls->has_failed)
    pyr__tls_note_failure(tls, PYR__TLS_TIMEOUT);
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
      return pyr__tls_fail(tls, rc);
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
  if (tls->below != NULL)
    pyr__tls_end(tls->below);
}

struct pyr__buf *pyr__tls_output(struct pyr__tls *tls) {
  return &lowest(tls)->out;
}
bool pyr__tls_is_ready(const struct pyr__tls *tls) {
  return tls->is_ready;
}
bool pyr__tls_is_resumed(const struct pyr__tls *tls) {
  return tls->is_resumed;
}
int64_t pyr__tls_spent_ns(const struct pyr__tls *tls) {
  return tls->spent_ns;
}

/* ---- the beginning and the end ------------------------------------------ */

/* The name goes out where it is one: RFC 6066 has no addresses in SNI. */
static int set_name(struct pyr__tls *tls) {
  struct pyr__address address;
  pyr_str_t name = {tls->text + tls->origin_len, tls->name_len};

  if (pyr__address_parse(&address, name) || name.len > HOST_NAME_MAX_LEN)
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
  pyr__buf_init(&tls->client, memory, PYR__MEM_NET_TLS,
                PYR__LIMIT_TLS_HELD_BYTES);
  pyr__buf_init(&tls->out, memory, PYR__MEM_NET_TLS, PYR__LIMIT_TLS_HELD_BYTES);
  mbedtls_ssl_init(&tls->ssl);
  rc = mbedtls_ssl_setup(&tls->ssl, &tls->setup->conf);
  if (rc == 0 && !tls->setup->is_server)
    rc = set_name(tls);
  if (rc != 0)
    return pyr__tls_parse_error(err, rc, "a connection");
  mbedtls_ssl_set_bio(&tls->ssl, tls, on_send, on_receive, NULL);
  if (!tls->setup->is_server)
    pyr__tls_offer_session(tls);
  /* The hello is one piece of work, however long it takes. */
  do
    rc = pyr__tls_shake_hands(tls, began_ns);
  while (rc == PYR__TLS_BUSY);
  note_time(tls, began_ns);
  if (rc < 0 && err != NULL)
    *err = tls->error;
  return rc < 0 ? rc : 0;
}

int pyr__tls_new(struct pyr__tls **out, struct pyr__tls_setup *setup,
                 const struct pyr__tls_peer *peer, pyr_error_t *err) {
  pyr_str_t origin = peer->origin, host = peer->host;
  struct pyr__tls *tls;
  int rc;

  if (setup->name_len > 0 && !peer->is_proxy)
    host = (pyr_str_t){setup->name, setup->name_len};
  host = pyr__tls_plain_name(host);
  tls = pyr__calloc(setup->shared->memory, PYR__MEM_NET_TLS, 1,
                    sizeof(*tls) + origin.len + host.len + 1);
  if (tls == NULL)
    return pyr__error_nomem(err);
  tls->setup = pyr__tls_setup_ref(setup);
  tls->below = peer->below;
  tls->origin_len = origin.len;
  tls->name_len = host.len;
  tls->until_ns = INT64_MAX;
  memcpy(tls->text, origin.base, origin.len);
  memcpy(tls->text + origin.len, host.base, host.len);
  rc = begin(tls, err);
  if (rc != 0) {
    tls->below = NULL; /* the caller's */
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
  pyr__tls_free(tls->below);
  setup = tls->setup;
  mbedtls_ssl_free(&tls->ssl); /* wipes keys and what it has decrypted */
  if (tls->unsaid.data != NULL)
    explicit_bzero(tls->unsaid.data, tls->unsaid.len);
  pyr__buf_release(&tls->unsaid);
  pyr__buf_release(&tls->held);
  pyr__buf_release(&tls->client);
  pyr__buf_release(&tls->out);
  pyr__free(setup->shared->memory, tls);
  pyr__tls_setup_unref(setup);
}
