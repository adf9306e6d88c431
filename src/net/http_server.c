#include "net/http_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/http_exchange.h"
#include "net/http_server_listen.h"
#include "net/loop_timer.h"

enum { ACCEPTS_A_TURN = 16 };

/* How long accepting rests when it cannot go on: no descriptors, or every
 * connection is too young to be closed. */
#define REST_NS (100 * PYR__NS_PER_MS)

static void on_connection(uv_poll_t *handle, int status, int events);
static void on_timer(uv_timer_t *handle);

/* ---- time --------------------------------------------------------------- */

void pyr__http_server_wake_at(struct pyr__http_server *server, int64_t at_ns) {
  int64_t wait_ns;
  if (server->is_closing || at_ns >= server->timer_due_ns)
    return;
  server->timer_due_ns = at_ns;
  wait_ns = at_ns - pyr__now(&server->options.clock);
  pyr__loop_timer_start(
      &server->timer, on_timer,
      wait_ns <= 0 ? 0 : (uint64_t)(wait_ns / PYR__NS_PER_MS) + 1);
}

static void resume(struct pyr__http_server *server) {
  server->resume_ns = INT64_MAX;
  if (!server->is_closing)
    uv_poll_start(&server->listener, UV_READABLE, on_connection);
}

static void rest(struct pyr__http_server *server) {
  uv_poll_stop(&server->listener);
  server->resume_ns = pyr__now(&server->options.clock) + REST_NS;
  pyr__http_server_wake_at(server, server->resume_ns);
}

static void on_timer(uv_timer_t *handle) {
  struct pyr__http_server *server = handle->data;
  int64_t now = pyr__now(&server->options.clock), earliest;
  struct pyr__http_exchange *exchange, *next;

  server->timer_due_ns = INT64_MAX;
  for (exchange = server->exchanges; exchange != NULL; exchange = next) {
    next = exchange->next;
    if (exchange->deadline_ns <= now)
      pyr__http_exchange_expire(exchange);
  }
  if (server->resume_ns <= now)
    resume(server);
  earliest = server->resume_ns;
  for (exchange = server->exchanges; exchange != NULL;
       exchange = exchange->next)
    if (exchange->deadline_ns < earliest)
      earliest = exchange->deadline_ns;
  if (earliest != INT64_MAX)
    pyr__http_server_wake_at(server, earliest);
}

/* ---- accepting ---------------------------------------------------------- */

/* The one that has been idle, or stuck, for longest; NULL: none. */
static struct pyr__http_exchange *find_spare(struct pyr__http_server *server,
                                             bool *may_come) {
  int64_t now = pyr__now(&server->options.clock);
  struct pyr__http_exchange *exchange, *oldest = NULL;
  *may_come = false;
  for (exchange = server->exchanges; exchange != NULL;
       exchange = exchange->next) {
    if (exchange->phase == PYR__HTTP_READING)
      *may_come = true;
    if (pyr__http_exchange_is_spare(exchange, now) &&
        (oldest == NULL || exchange->since_ns < oldest->since_ns))
      oldest = exchange;
  }
  return oldest;
}

static void turn_away(int fd) {
  static const char text[] =
      "HTTP/1.1 503 Service Unavailable\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 22\r\n"
      "Retry-After: 1\r\nConnection: close\r\n\r\n"
      "Too many connections.\n";
  ssize_t sent = send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)sent; /* nobody to tell */
  close(fd);
}

/* 0: there is room, 1: there is none and will be none soon, -1: wait. */
static int make_room(struct pyr__http_server *server) {
  struct pyr__http_exchange *spare;
  bool may_come;
  if (server->open < server->options.connections)
    return 0;
  spare = find_spare(server, &may_come);
  if (spare == NULL)
    return may_come ? -1 : 1;
  pyr__http_exchange_close(spare);
  return 0;
}

/* One connection; false: no more now. */
static bool accept_one(struct pyr__http_server *server) {
  int room = make_room(server), fd;
  if (room < 0) {
    rest(server);
    return false;
  }
  fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    return false;
  if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
    return true;
  if (fd < 0) {
    rest(server); /* no descriptors or no memory: not a busy loop */
    return false;
  }
  if (room > 0)
    turn_away(fd);
  else if (pyr__http_exchange_new(server, fd) == PYR__ENOMEM)
    rest(server);
  return true;
}

/* Few at a time, so that a flood leaves the loop to others.  When all places
 * are taken one is made only for a connection that is known to wait. */
static void on_connection(uv_poll_t *handle, int status, int events) {
  struct pyr__http_server *server = handle->data;
  int i;
  (void)events;
  if (status < 0) {
    rest(server);
    return;
  }
  for (i = 0; i < ACCEPTS_A_TURN && server->resume_ns == INT64_MAX; i++)
    if (server->is_closing ||
        (i > 0 && server->open >= server->options.connections) ||
        !accept_one(server))
      return;
}

void pyr__http_server_left(struct pyr__http_server *server,
                           struct pyr__http_exchange *exchange) {
  if (exchange->previous != NULL)
    exchange->previous->next = exchange->next;
  else
    server->exchanges = exchange->next;
  if (exchange->next != NULL)
    exchange->next->previous = exchange->previous;
  server->open--;
}

/* ---- the beginning and the end ------------------------------------------ */

/* The callback comes last: its owner may take the memory away. */
void pyr__http_server_unref(struct pyr__http_server *server) {
  void (*cb)(void *ctx) = server->close_cb;
  void *ctx = server->close_ctx;
  if (--server->handles > 0)
    return;
  close(server->fd);
  pyr__tls_config_unref(server->tls);
  pyr__free(server->memory, server);
  if (cb != NULL)
    cb(ctx);
}

static void on_handle_closed(uv_handle_t *handle) {
  pyr__http_server_unref(handle->data);
}

void pyr__http_server_close(struct pyr__http_server *server,
                            void (*cb)(void *ctx), void *ctx) {
  struct pyr__http_exchange *exchange, *next;
  server->is_closing = true;
  server->close_cb = cb;
  server->close_ctx = ctx;
  uv_close((uv_handle_t *)&server->listener, on_handle_closed);
  uv_close((uv_handle_t *)&server->timer, on_handle_closed);
  for (exchange = server->exchanges; exchange != NULL; exchange = next) {
    next = exchange->next;
    pyr__http_exchange_close(exchange);
  }
}

static void set_defaults(struct pyr__http_server_options *options) {
  if (options->connections == 0)
    options->connections = PYR__LIMIT_SERVER_CONNECTIONS;
  if (options->header_bytes == 0)
    options->header_bytes = PYR__LIMIT_REQUEST_HEADER_BYTES;
  if (options->header_timeout_ns == 0)
    options->header_timeout_ns = 10 * PYR__NS_PER_S;
  if (options->write_timeout_ns == 0)
    options->write_timeout_ns = 10 * PYR__NS_PER_S;
  if (options->idle_timeout_ns == 0)
    options->idle_timeout_ns = 75 * PYR__NS_PER_S;
  if (options->clock.monotonic_ns == NULL)
    options->clock = pyr__clock_system();
  if (options->allow == NULL)
    options->allow = "GET, HEAD";
}

static struct pyr__http_server *
make_server(uv_loop_t *loop, struct pyr__memory *memory,
            const struct pyr__http_server_options *options) {
  struct pyr__http_server *server =
      pyr__calloc(memory, PYR__MEM_NET_SERVER, 1, sizeof(*server));
  if (server == NULL)
    return NULL;
  server->loop = loop;
  server->memory = memory;
  if (options != NULL)
    server->options = *options;
  set_defaults(&server->options);
  server->timer_due_ns = server->resume_ns = INT64_MAX;
  server->listener.data = server->timer.data = server;
  return server;
}

int pyr__http_server_new(struct pyr__http_server **out, uv_loop_t *loop,
                         struct pyr__memory *memory, const char *listen,
                         const struct pyr__http_server_options *options,
                         pyr__http_route_cb route, void *ctx,
                         pyr_error_t *err) {
  struct pyr__http_server *server = make_server(loop, memory, options);
  int rc;

  if (server == NULL)
    return pyr__error_nomem(err);
  server->route = route;
  server->ctx = ctx;
  rc = pyr__http_listen(listen, &server->fd, server->address,
                        sizeof(server->address), err);
  if (rc != 0)
    goto fail;
  rc = uv_poll_init(loop, &server->listener, server->fd);
  if (rc != 0) {
    close(server->fd);
    pyr__error(err, rc, "listen on %s: %s", listen, uv_strerror(rc));
    goto fail;
  }
  uv_timer_init(loop, &server->timer);
  server->handles = 2;
  resume(server);
  *out = server;
  return 0;
fail:
  pyr__free(memory, server);
  return rc;
}

void pyr__http_server_set_tls(struct pyr__http_server *server,
                              struct pyr__tls_config *tls) {
  if (tls != NULL)
    pyr__tls_config_ref(tls);
  pyr__tls_config_unref(server->tls);
  server->tls = tls;
}

const char *pyr__http_server_address(const struct pyr__http_server *server) {
  return server->address;
}
