#include "net/conn_turns.h"

#include <errno.h>
#include <sys/socket.h>

#include "net/conn_tls.h"

enum {
  TURN_NS = 4000000, /* of one turn of the loop, for each of the two */
  RESUME_MAX = 64,   /* of those that wait, in one turn */
  READS_MAX = 16     /* of one connection, before others have their turn */
};

/* ---- reading ------------------------------------------------------------ */

static void leave_line(struct pyr__conn *conn) {
  pyr__list_remove(&conn->link);
  conn->is_due = false;
  conn->reads = 0;
}

static void wait_in(struct pyr__conn *conn, struct pyr__list *list) {
  uv_read_stop(&conn->socket.stream);
  pyr__list_add_before(list, &conn->link);
  pyr__net_wake(conn->net);
}

void pyr__conn_pause(struct pyr__conn *conn) {
  leave_line(conn);
  wait_in(conn, &conn->net->turns.busy);
}

void pyr__conn_hold(struct pyr__conn *conn) {
  leave_line(conn);
  uv_read_stop(&conn->socket.stream);
  conn->is_held = true;
}

void pyr__conn_release(struct pyr__conn *conn) {
  if (!conn->is_held)
    return;
  conn->is_held = false;
  leave_line(conn);
  wait_in(conn, &conn->net->turns.busy);
}

/* While some wait, it is their turn; whoever else has something to read gets in
 * line behind them. */
static bool may_read(const struct pyr__conn *conn) {
  const struct pyr__turns *turns = &conn->net->turns;
  return turns->reading_ns < TURN_NS &&
         (conn->is_due || pyr__list_is_empty(&turns->waiting));
}

/* No buffer: libuv reads nothing, and tells on_read so. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf) {
  struct pyr__conn *conn = pyr__conn_of((const uv_stream_t *)handle);
  (void)suggested;
  *buf = uv_buf_init(NULL, 0);
  if (may_read(conn))
    *buf = uv_buf_init((char *)conn->net->read_buffer, PYR__READ_BYTES);
}

/* libuv tells of a reset that comes with the last bytes as of an end, and a
 * body without a length would pass for a whole one. */
static bool was_reset(const struct pyr__conn *conn) {
  uv_os_fd_t fd;
  int error = 0;
  socklen_t len = sizeof(error);
  return uv_fileno(&conn->socket.handle, &fd) == 0 &&
         getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 &&
         error == ECONNRESET;
}

static int code_of_end(struct pyr__conn *conn, ssize_t nread) {
  if (nread != UV_EOF)
    return (int)nread;
  if (was_reset(conn))
    return UV_ECONNRESET;
  return conn->tls == NULL ? 0 : pyr__conn_tls_eof(conn);
}

static void take(struct pyr__conn *conn, ssize_t nread, const uint8_t *data) {
  if (nread < 0) {
    uv_read_stop(&conn->socket.stream);
    pyr__conn_ended(conn, code_of_end(conn, nread));
  } else if (conn->tls != NULL) {
    pyr__conn_tls_bytes(conn, data, (size_t)nread);
  } else {
    pyr__conn_deliver(conn, data, (size_t)nread);
  }
}

static void on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf) {
  struct pyr__conn *conn = pyr__conn_of(stream);
  struct pyr__net *net = conn->net;
  int64_t began_ns;

  if (nread == UV_ENOBUFS) {
    if (!conn->is_due)
      wait_in(conn, &net->turns.waiting);
    return;
  }
  if (nread < PYR__READ_BYTES || ++conn->reads == READS_MAX)
    leave_line(conn);
  if (nread == 0)
    return;
  began_ns = pyr__now(&net->clock);
  take(conn, nread, (const uint8_t *)buf->base);
  net->turns.reading_ns += pyr__now(&net->clock) - began_ns;
}

int pyr__conn_read(struct pyr__conn *conn) {
  return uv_read_start(&conn->socket.stream, on_alloc, on_read);
}

/* ---- between two turns -------------------------------------------------- */

static struct pyr__conn *conn_of_link(struct pyr__list *link) {
  return pyr__container_of(link, struct pyr__conn, link);
}

static int read_again(struct pyr__conn *conn) {
  int rc = pyr__conn_read(conn);
  if (rc != 0)
    pyr__conn_ended(conn, rc);
  return rc;
}

/* Those that wait stay in their places until they have had their turn. */
static void resume_waiting(struct pyr__net *net) {
  struct pyr__list *waiting = &net->turns.waiting, *at = waiting->next;
  unsigned count;

  for (count = 0; at != waiting && count < RESUME_MAX; count++) {
    struct pyr__conn *conn = conn_of_link(at);
    at = at->next;
    if (!conn->is_due && read_again(conn) != 0)
      break; /* the end of one may be that of others */
    conn->is_due = true;
  }
  if (!pyr__list_is_empty(waiting))
    pyr__net_wake(net);
}

/* What TLS has left to do comes first, and may be too much again. */
static void resume_busy(struct pyr__net *net) {
  struct pyr__list busy;

  pyr__list_init(&busy);
  pyr__list_move(&busy, &net->turns.busy);
  while (!pyr__list_is_empty(&busy)) {
    struct pyr__conn *conn = conn_of_link(busy.next);
    pyr__list_remove(&conn->link);
    if (conn->tls != NULL)
      pyr__conn_tls_bytes(conn, NULL, 0);
    if (!uv_is_closing(&conn->socket.handle) && !conn->is_held &&
        pyr__list_is_empty(&conn->link))
      (void)read_again(conn);
  }
}

static void on_later(uv_idle_t *idle) {
  struct pyr__net *net = idle->data;

  uv_idle_stop(idle);
  resume_busy(net);
  resume_waiting(net);
  net->run_deferred(net);
}

static void on_end(uv_check_t *check) {
  struct pyr__net *net = check->data;
  net->turns.handshake_ns = net->turns.reading_ns = 0;
}

bool pyr__turns_may_compute(const struct pyr__net *net) {
  return net->turns.handshake_ns < TURN_NS;
}

void pyr__net_wake(struct pyr__net *net) {
  if (!net->is_closing)
    uv_idle_start(&net->turns.later, on_later);
}

void pyr__turns_init(struct pyr__net *net) {
  struct pyr__turns *turns = &net->turns;

  pyr__list_init(&turns->busy);
  pyr__list_init(&turns->waiting);
  uv_idle_init(net->loop, &turns->later);
  uv_check_init(net->loop, &turns->end);
  uv_check_start(&turns->end, on_end);
  uv_unref((uv_handle_t *)&turns->end); /* it keeps no loop alive */
  turns->later.data = turns->end.data = net;
  net->handles += 2;
}
