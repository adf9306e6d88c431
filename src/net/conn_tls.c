#include "net/conn_tls.h"

#include "base/limits.h"
#include "net/conn_turns.h"

enum { PLAIN_BYTES = 16 * 1024 /* a record */ };

static bool is_closing(const struct pyr__conn *conn) {
  return uv_is_closing(&conn->socket.handle) != 0;
}

/* A peer that has left may have said why, and that has still to be read; its
 * end will be read behind it. */
static int overlook_broken(int rc) {
  return rc == UV_EPIPE || rc == UV_ECONNRESET ? 0 : rc;
}

int pyr__conn_tls_flush(struct pyr__conn *conn) {
  struct pyr__buf *out = pyr__tls_output(conn->tls);
  int rc;

  if (out->len == 0 || conn->unsent != NULL)
    return 0;
  rc = pyr__conn_send(conn, out->data, out->len);
  /* Nothing is kept for a connection that is idle. */
  pyr__buf_release(out);
  return overlook_broken(rc);
}

int pyr__conn_tls_written(struct pyr__conn *conn, int status) {
  return status == 0 ? pyr__conn_tls_flush(conn) : overlook_broken(status);
}

/* Many handshakes at once take turns, so that they do not add up to one long
 * turn for everybody else. */
static bool may_compute(const struct pyr__conn *conn) {
  return pyr__tls_is_ready(conn->tls) || pyr__turns_may_compute(conn->net);
}

/* Hands on all plaintext there is; the user may close the connection, or put
 * more TLS on it. */
static int take_steps(struct pyr__conn *conn) {
  struct pyr__net *net = conn->net;
  int step;
  size_t len;

  if (!may_compute(conn))
    return pyr__tls_postpone(conn->tls);
  do {
    bool is_ready = pyr__tls_is_ready(conn->tls);
    int64_t spent_ns = pyr__tls_spent_ns(conn->tls);
    step = pyr__tls_step(conn->tls, net->plain_buffer, PLAIN_BYTES, &len);
    if (!is_ready)
      net->turns.handshake_ns += pyr__tls_spent_ns(conn->tls) - spent_ns;
    if (step == PYR__TLS_PLAIN)
      pyr__conn_deliver(conn, net->plain_buffer, len);
  } while (step == PYR__TLS_PLAIN && !is_closing(conn));
  return step;
}

static void deliver(struct pyr__conn *conn) {
  int step = take_steps(conn), rc;

  if (is_closing(conn))
    return;
  rc = pyr__conn_tls_flush(conn);
  if (step == PYR__TLS_BUSY && rc == 0)
    pyr__conn_pause(conn);
  else if (step == PYR__TLS_END)
    pyr__conn_ended(conn, 0);
  else if (step < 0 || rc < 0)
    pyr__conn_ended(conn, step < 0 ? step : rc);
}

void pyr__conn_tls_bytes(struct pyr__conn *conn, const uint8_t *data,
                         size_t len) {
  if (len > 0)
    pyr__tls_give(conn->tls, data, len);
  deliver(conn);
}

int pyr__conn_tls_eof(struct pyr__conn *conn) {
  return pyr__tls_eof(conn->tls);
}

int pyr__conn_tls_write(struct pyr__conn *conn, const void *data, size_t len) {
  int rc = pyr__tls_write(conn->tls, data, len);
  return rc == 0 ? pyr__conn_tls_flush(conn) : rc;
}

void pyr__conn_tls_end(struct pyr__conn *conn) {
  pyr__tls_end(conn->tls);
  (void)pyr__conn_tls_flush(conn);
}

int pyr__conn_secure(struct pyr__conn *conn, struct pyr__tls_setup *setup,
                     struct pyr__tls_peer peer, pyr_error_t *err) {
  struct pyr__net *net = conn->net;
  int rc;

  if (net->plain_buffer == NULL)
    net->plain_buffer = pyr__alloc(net->memory, PYR__MEM_NET_TLS, PLAIN_BYTES);
  if (net->plain_buffer == NULL)
    return pyr__error_nomem(err);
  peer.below = conn->tls;
  rc = pyr__tls_new(&conn->tls, setup, &peer, err);
  if (rc != 0)
    return rc == PYR__ENOMEM ? rc : pyr__error_prefix(err, "TLS: ");
  rc = pyr__conn_tls_flush(conn);
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0 : pyr__error(err, PYR_ENET, "send: %s", uv_strerror(rc));
}
