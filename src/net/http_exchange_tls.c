/* TLS between the socket of a connection and its requests and responses. */
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/http_exchange.h"

enum { CIPHER_BYTES = 4096, PLAIN_BYTES = 16 * 1024 /* a record */ };

/* What handshakes may compute in one turn, all together: a flood of them must
 * leave the loop to scrapes. */
#define TURN_NS (4 * PYR__NS_PER_MS)

int pyr__http_exchange_secure(struct pyr__http_exchange *exchange) {
  static const struct pyr__tls_peer anybody = {.origin = {"", 0},
                                               .host = {"", 0}};
  struct pyr__tls_setup *setup;
  int rc = pyr__tls_config_setup(exchange->server->tls, &setup, NULL);
  if (rc != 0)
    return rc;
  return pyr__tls_new(&exchange->tls, setup, &anybody, NULL);
}

/* ---- sending ------------------------------------------------------------ */

/* 1: TLS has nothing to send, 0: the socket takes no more, -1: it is broken. */
static int flush(struct pyr__http_exchange *exchange) {
  struct pyr__buf *out = pyr__tls_output(exchange->tls);
  while (exchange->ciphered < out->len) {
    ssize_t sent =
        send(exchange->fd, out->data + exchange->ciphered,
             out->len - exchange->ciphered, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return errno == EAGAIN ? 0 : -1;
    exchange->ciphered += (size_t)sent;
  }
  exchange->ciphered = 0;
  pyr__buf_release(out); /* nothing is kept for a connection that is idle */
  return 1;
}

/* A record of the response after the other, each when the one before is gone.
 */
static void send_response(struct pyr__http_exchange *exchange) {
  int rc;
  while ((rc = flush(exchange)) == 1 && exchange->sent < exchange->out.len) {
    size_t len = exchange->out.len - exchange->sent;
    len = len < PLAIN_BYTES ? len : PLAIN_BYTES;
    if (pyr__tls_write(exchange->tls, exchange->out.data + exchange->sent,
                       len) != 0) {
      rc = -1;
      break;
    }
    exchange->sent += len;
  }
  if (rc == 1)
    pyr__http_exchange_sent(exchange);
  else if (rc < 0)
    pyr__http_exchange_close(exchange);
}

void pyr__http_exchange_tls_end(struct pyr__http_exchange *exchange) {
  pyr__tls_end(exchange->tls);
  (void)flush(exchange);
}

/* ---- reading ------------------------------------------------------------ */

static bool may_compute(struct pyr__http_exchange *exchange) {
  struct pyr__http_server *server = exchange->server;
  uint64_t turn = uv_now(server->loop);
  if (server->computed_turn != turn) {
    server->computed_turn = turn;
    server->computed_ns = 0;
  }
  return pyr__tls_is_ready(exchange->tls) || server->computed_ns < TURN_NS;
}

/* The next step, whose plaintext goes where there is room for it. */
static int take_step(struct pyr__http_exchange *exchange, size_t *len) {
  size_t room = sizeof(exchange->input) - exchange->input_len;
  int64_t spent_ns = pyr__tls_spent_ns(exchange->tls);
  bool was_ready = pyr__tls_is_ready(exchange->tls);
  int step;

  if (room == 0 || exchange->phase == PYR__HTTP_WRITING ||
      !may_compute(exchange))
    return pyr__tls_postpone(exchange->tls);
  step = pyr__tls_step(exchange->tls,
                       (uint8_t *)exchange->input + exchange->input_len, room,
                       len);
  if (!was_ready)
    exchange->server->computed_ns +=
        pyr__tls_spent_ns(exchange->tls) - spent_ns;
  return step;
}

/* Hands on all plaintext that there is and that there is room for. */
static void take_steps(struct pyr__http_exchange *exchange) {
  int step;
  size_t len = 0;
  do {
    step = take_step(exchange, &len);
    if (step == PYR__TLS_PLAIN)
      pyr__http_exchange_take(exchange, len);
  } while (step == PYR__TLS_PLAIN && exchange->phase != PYR__HTTP_CLOSING);
  if (exchange->phase == PYR__HTTP_CLOSING)
    return;
  exchange->is_behind = step == PYR__TLS_BUSY;
  if (exchange->phase != PYR__HTTP_WRITING && flush(exchange) < 0) {
    (void)pyr__tls_eof(exchange->tls);
    step = PYR_ENET;
  }
  if (step < 0 || step == PYR__TLS_END)
    pyr__http_exchange_close(exchange);
  else if (exchange->phase != PYR__HTTP_WRITING)
    pyr__http_exchange_listen(exchange);
}

static void read_some(struct pyr__http_exchange *exchange) {
  uint8_t cipher[CIPHER_BYTES];
  ssize_t len = recv(exchange->fd, cipher, sizeof(cipher), 0);
  if (len > 0) {
    pyr__tls_give(exchange->tls, cipher, (size_t)len);
    take_steps(exchange);
  } else if (len == 0 || (errno != EAGAIN && errno != EINTR)) {
    (void)pyr__tls_eof(exchange->tls);
    pyr__http_exchange_close(exchange);
  }
}

void pyr__http_exchange_tls_ready(struct pyr__http_exchange *exchange,
                                  bool is_writable) {
  if (exchange->phase == PYR__HTTP_WRITING)
    send_response(exchange);
  else if (exchange->is_behind)
    take_steps(exchange);
  else if (!is_writable)
    read_some(exchange);
  else if (flush(exchange) < 0)
    pyr__http_exchange_close(exchange);
  else
    pyr__http_exchange_listen(exchange);
}
