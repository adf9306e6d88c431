#include "net/http_exchange.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SEND_BUFFER = 128 * 1024, LINGER_BYTES = 256 * 1024 };

/* How long a client may take to hear that the connection ends. */
#define LINGER_NS PYR__NS_PER_S
/* A connection is left alone for so long, so that a flood cannot push out a
 * client whose request is already in the socket. */
#define YOUNG_NS (100 * PYR__NS_PER_MS)
/* A slice that is not taken for so long makes its reader spare. */
#define STUCK_NS (2 * PYR__NS_PER_S)

static void read_requests(struct pyr__http_exchange *exchange);

void pyr__http_exchange_phase(struct pyr__http_exchange *exchange,
                              enum pyr__http_phase phase, int64_t allowed_ns) {
  struct pyr__http_server *server = exchange->server;
  exchange->phase = phase;
  exchange->since_ns = pyr__now(&server->options.clock);
  exchange->deadline_ns =
      allowed_ns < 0 ? INT64_MAX : exchange->since_ns + allowed_ns;
  if (allowed_ns >= 0)
    pyr__http_server_wake_at(server, exchange->deadline_ns);
}

bool pyr__http_exchange_is_spare(const struct pyr__http_exchange *exchange,
                                 int64_t now_ns) {
  int64_t age = now_ns - exchange->since_ns;
  switch (exchange->phase) {
  case PYR__HTTP_READING:
    return age >= YOUNG_NS;
  case PYR__HTTP_WRITING:
    return age >= STUCK_NS;
  case PYR__HTTP_LINGERING:
    return true;
  default:
    return false;
  }
}

/* ---- the end ------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle) {
  struct pyr__http_exchange *exchange = handle->data;
  struct pyr__http_server *server = exchange->server;
  pyr__tls_free(exchange->tls);
  pyr__http_request_parser_release(&exchange->parser);
  pyr__buf_release(&exchange->out);
  pyr__free(server->memory, exchange);
  pyr__http_server_unref(server);
}

void pyr__http_exchange_close(struct pyr__http_exchange *exchange) {
  bool was_answering = exchange->phase == PYR__HTTP_ANSWERING;
  if (exchange->phase == PYR__HTTP_CLOSING)
    return;
  exchange->phase = PYR__HTTP_CLOSING;
  pyr__http_server_left(exchange->server, exchange);
  uv_close((uv_handle_t *)&exchange->poll, on_closed);
  close(exchange->fd);
  if (exchange->has_producer && exchange->producer.release != NULL)
    exchange->producer.release(exchange->producer.ctx);
  exchange->has_producer = false;
  if (was_answering && exchange->gone != NULL)
    exchange->gone(exchange->gone_ctx);
}

void pyr__http_exchange_expire(struct pyr__http_exchange *exchange) {
  bool asked = exchange->input_len > 0 || exchange->parser.taken > 0;
  if (exchange->tls != NULL)
    pyr__tls_time_out(exchange->tls);
  if (exchange->phase != PYR__HTTP_READING || !asked) {
    pyr__http_exchange_close(exchange);
    return;
  }
  exchange->keep_alive = false;
  exchange->phase = PYR__HTTP_ANSWERING;
  pyr__http_respond_text(exchange, 408, "The request took too long.\n");
}

/* ---- reading ------------------------------------------------------------ */

void pyr__http_exchange_take(struct pyr__http_exchange *exchange, size_t len) {
  exchange->input_len += len;
  if (exchange->phase == PYR__HTTP_READING) {
    read_requests(exchange);
  } else if (exchange->phase == PYR__HTTP_LINGERING) {
    exchange->lingered += exchange->input_len;
    exchange->input_len = 0;
    if (exchange->lingered > LINGER_BYTES)
      pyr__http_exchange_close(exchange);
  } else if (exchange->input_len == sizeof(exchange->input)) {
    pyr__http_exchange_watch(exchange, 0);
  }
}

/* The end of the client's bytes is the end of the client, also where an answer
 * is under way: there is no other sign of one that left. */
static void read_some(struct pyr__http_exchange *exchange) {
  ssize_t len = recv(exchange->fd, exchange->input + exchange->input_len,
                     sizeof(exchange->input) - exchange->input_len, 0);
  if (len > 0)
    pyr__http_exchange_take(exchange, (size_t)len);
  else if (len == 0 || (errno != EAGAIN && errno != EINTR))
    pyr__http_exchange_close(exchange);
}

static void on_ready(uv_poll_t *poll, int status, int events) {
  struct pyr__http_exchange *exchange = poll->data;
  if (status < 0 && exchange->tls != NULL)
    (void)pyr__tls_eof(exchange->tls); /* counts it, where it is a failure */
  if (status < 0)
    pyr__http_exchange_close(exchange);
  else if (exchange->tls != NULL && exchange->phase != PYR__HTTP_LINGERING)
    pyr__http_exchange_tls_ready(exchange, (events & UV_WRITABLE) != 0);
  else if ((events & UV_WRITABLE) != 0)
    pyr__http_exchange_send(exchange);
  else
    read_some(exchange);
}

void pyr__http_exchange_watch(struct pyr__http_exchange *exchange, int events) {
  int rc = 0;
  if (events == exchange->events)
    return;
  exchange->events = events;
  if (events == 0)
    uv_poll_stop(&exchange->poll);
  else
    rc = uv_poll_start(&exchange->poll, events, on_ready);
  if (rc != 0)
    pyr__http_exchange_close(exchange);
}

void pyr__http_exchange_listen(struct pyr__http_exchange *exchange) {
  bool is_full = exchange->input_len == sizeof(exchange->input);
  int events = exchange->is_behind ? UV_READABLE | UV_WRITABLE : UV_READABLE;
  pyr__http_exchange_watch(exchange, is_full ? 0 : events);
}

/* Closing with unread bytes in the socket would reset the connection, and the
 * client might never see the response: so it is shut down first, and what still
 * comes is thrown away for a while. */
static void linger(struct pyr__http_exchange *exchange) {
  exchange->input_len = exchange->lingered = 0;
  exchange->is_behind = false;
  if (exchange->tls != NULL)
    pyr__http_exchange_tls_end(exchange);
  pyr__http_exchange_phase(exchange, PYR__HTTP_LINGERING, LINGER_NS);
  if (shutdown(exchange->fd, SHUT_WR) != 0)
    pyr__http_exchange_close(exchange);
  else
    pyr__http_exchange_listen(exchange);
}

static const char *reason_refused(int status) {
  switch (status) {
  case 405:
    return "Only GET and HEAD are answered here.\n";
  case 413:
    return "A request has no body here.\n";
  case 431:
    return "The request's header is too large.\n";
  case 503:
    return "Out of memory, try again later.\n";
  case 505:
    return "Only HTTP/1.0 and HTTP/1.1 are spoken here.\n";
  default:
    return "This is not a well-formed HTTP request.\n";
  }
}

static void dispatch(struct pyr__http_exchange *exchange) {
  struct pyr__http_server *server = exchange->server;
  exchange->keep_alive = exchange->parser.keep_alive && !server->is_closing;
  exchange->gone = NULL;
  pyr__http_exchange_phase(exchange, PYR__HTTP_ANSWERING, -1);
  server->route(server->ctx, &exchange->parser.request, exchange);
}

static void refuse(struct pyr__http_exchange *exchange) {
  int status = exchange->parser.status;
  exchange->keep_alive = false;
  exchange->gone = NULL;
  pyr__http_exchange_phase(exchange, PYR__HTTP_ANSWERING, -1);
  pyr__http_respond_text(exchange, status, "%s", reason_refused(status));
}

/* At most one request: its response changes the phase, and the rest waits. */
static void read_requests(struct pyr__http_exchange *exchange) {
  bool is_first_byte = exchange->parser.taken == 0;
  size_t used;
  enum pyr__http_parsed parsed = pyr__http_request_parse(
      &exchange->parser, exchange->input, exchange->input_len, &used);
  exchange->input_len -= used;
  memmove(exchange->input, exchange->input + used, exchange->input_len);
  if (parsed == PYR__HTTP_WHOLE)
    dispatch(exchange);
  else if (parsed == PYR__HTTP_BAD)
    refuse(exchange);
  else if (is_first_byte && used > 0)
    pyr__http_exchange_phase(exchange, PYR__HTTP_READING,
                             exchange->server->options.header_timeout_ns);
}

void pyr__http_exchange_next(struct pyr__http_exchange *exchange) {
  pyr__buf_release(&exchange->out);
  if (!exchange->keep_alive || exchange->server->is_closing) {
    linger(exchange);
    return;
  }
  pyr__http_request_parser_restart(&exchange->parser);
  pyr__http_exchange_phase(exchange, PYR__HTTP_READING,
                           exchange->server->options.idle_timeout_ns);
  if (exchange->input_len > 0)
    read_requests(exchange);
  if (exchange->phase == PYR__HTTP_READING ||
      exchange->phase == PYR__HTTP_ANSWERING)
    pyr__http_exchange_listen(exchange);
}

/* ---- the beginning ------------------------------------------------------ */

static void link_exchange(struct pyr__http_exchange *exchange) {
  struct pyr__http_server *server = exchange->server;
  exchange->next = server->exchanges;
  if (exchange->next != NULL)
    exchange->next->previous = exchange;
  server->exchanges = exchange;
  server->open++;
}

/* A small send buffer, so that a reader that does not read is felt early and
 * the kernel holds little for it.  Without either option it works as well. */
static void set_options(int fd) {
  int yes = 1, size = SEND_BUFFER;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int pyr__http_exchange_new(struct pyr__http_server *server, int fd) {
  struct pyr__http_exchange *exchange =
      pyr__calloc(server->memory, PYR__MEM_NET_SERVER, 1, sizeof(*exchange));

  if (exchange == NULL ||
      uv_poll_init(server->loop, &exchange->poll, fd) != 0) {
    pyr__free(server->memory, exchange);
    close(fd);
    return PYR__ENOMEM;
  }
  exchange->server = server;
  exchange->fd = fd;
  exchange->poll.data = exchange;
  pyr__http_request_parser_init(&exchange->parser, server->memory,
                                server->options.header_bytes);
  exchange->parser.allow_post = server->options.allow_post;
  pyr__buf_init(&exchange->out, server->memory, PYR__MEM_NET_SERVER,
                PYR__HTTP_SLICE_MAX);
  server->handles++;
  link_exchange(exchange);
  pyr__http_exchange_phase(exchange, PYR__HTTP_READING,
                           server->options.header_timeout_ns);
  set_options(fd);
  if (server->tls != NULL && pyr__http_exchange_secure(exchange) != 0) {
    pyr__http_exchange_close(exchange);
    return 0; /* it is gone, and others may have more luck */
  }
  pyr__http_exchange_listen(exchange);
  return 0;
}
