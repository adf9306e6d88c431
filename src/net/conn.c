#include "net/conn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "net/conn_tls.h"
#include "net/conn_turns.h"
#include "net/pool.h"

enum {
  KEEPALIVE_S = 60,
  OTHER_FILES = 128 /* segments, watches, secrets, who reads the stats page */
};

static size_t most_sockets(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return SIZE_MAX;
  if (limit.rlim_cur / 2 < OTHER_FILES)
    return (size_t)limit.rlim_cur / 2;
  return (size_t)limit.rlim_cur - OTHER_FILES;
}

int pyr__net_init(struct pyr__net *net, uv_loop_t *loop,
                  struct pyr__memory *memory, const struct pyr__clock *clock,
                  pyr_error_t *err) {
  memset(net, 0, sizeof(*net));
  net->loop = loop;
  net->memory = memory;
  net->clock = *clock;
  net->read_buffer = pyr__alloc(memory, PYR__MEM_NET_CLIENT, PYR__READ_BYTES);
  if (net->read_buffer == NULL)
    return pyr__error_nomem(err);
  net->stats.most = most_sockets();
  pyr__list_init(&net->deferred);
  pyr__pool_init(&net->pool);
  pyr__alarms_init(&net->alarms, loop);
  net->alarms.timer.data = net;
  net->handles = 1;
  pyr__turns_init(net);
  return 0;
}

void pyr__net_handle_closed(struct pyr__net *net) {
  if (--net->handles == 0)
    net->on_closed(net);
}

static void on_own_handle_closed(uv_handle_t *handle) {
  pyr__net_handle_closed(handle->data);
}

void pyr__net_close(struct pyr__net *net) {
  net->is_closing = true;
  pyr__pool_clear(net);
  uv_close((uv_handle_t *)&net->alarms.timer, on_own_handle_closed);
  uv_close((uv_handle_t *)&net->turns.later, on_own_handle_closed);
  uv_close((uv_handle_t *)&net->turns.end, on_own_handle_closed);
}

void pyr__net_release(struct pyr__net *net) {
  pyr__pool_release(net);
  pyr__free(net->memory, net->read_buffer);
  pyr__free(net->memory, net->plain_buffer);
}

struct pyr__conn *pyr__conn_of(const uv_stream_t *stream) {
  return pyr__container_of(stream, struct pyr__conn, socket.stream);
}

void pyr__conn_peer(const struct pyr__conn *conn, char out[PYR__PEER_TEXT]) {
  if (conn->peer.family == AF_UNIX)
    snprintf(out, PYR__PEER_TEXT, "unix:%s", conn->path);
  else
    pyr__address_format(&conn->peer, out);
}

static int init_socket(struct pyr__conn *conn) {
  uv_loop_t *loop = conn->net->loop;
  return conn->peer.family == AF_UNIX
             ? uv_pipe_init(loop, &conn->socket.pipe, 0)
             : uv_tcp_init(loop, &conn->socket.tcp);
}

struct pyr__conn *pyr__conn_new(struct pyr__net *net, pyr_str_t origin,
                                const struct pyr__address *peer,
                                const char *path) {
  bool is_unix = peer->family == AF_UNIX;
  size_t path_size = is_unix ? strlen(path) + 1 : 0;
  struct pyr__conn *conn = pyr__calloc(net->memory, PYR__MEM_NET_CLIENT, 1,
                                       sizeof(*conn) + origin.len + path_size);
  if (conn == NULL)
    return NULL;
  conn->net = net;
  conn->peer = *peer;
  if (init_socket(conn) != 0) {
    pyr__free(net->memory, conn);
    return NULL;
  }
  net->handles++;
  net->sockets++;
  conn->origin_len = origin.len;
  memcpy(conn->origin, origin.base, origin.len);
  if (is_unix)
    conn->path = memcpy(conn->origin + origin.len, path, path_size);
  conn->hash = pyr__hash(net->pool.seed, origin.base, origin.len);
  pyr__list_init(&conn->link);
  pyr__list_init(&conn->age);
  pyr__pool_prepare(conn);
  return conn;
}

int pyr__conn_connect(struct pyr__conn *conn, uv_connect_cb cb) {
  struct sockaddr_storage to;
  if (conn->peer.family == AF_UNIX) {
    uv_pipe_connect(&conn->connect, &conn->socket.pipe, conn->path, cb);
    return 0; /* what fails is told to `cb` */
  }
  pyr__address_to(&conn->peer, &to);
  return uv_tcp_connect(&conn->connect, &conn->socket.tcp,
                        (const struct sockaddr *)&to, cb);
}

void pyr__conn_ended(struct pyr__conn *conn, int code) {
  if (conn->user == NULL)
    pyr__pool_drop(conn);
  else
    conn->user->on_end(conn->ctx, code);
}

void pyr__conn_deliver(struct pyr__conn *conn, const uint8_t *data,
                       size_t len) {
  if (conn->user == NULL)
    pyr__pool_drop(conn);
  else
    conn->user->on_bytes(conn->ctx, data, len);
}

int pyr__conn_attach(struct pyr__conn *conn, const struct pyr__conn_user *user,
                     void *ctx) {
  int rc;
  conn->user = user;
  conn->ctx = ctx;
  if (conn->is_open)
    return 0; /* it reads already, or will in the next turn */
  rc = pyr__conn_read(conn);
  if (rc != 0)
    return rc;
  if (conn->peer.family != AF_UNIX) {
    uv_tcp_nodelay(&conn->socket.tcp, 1);
    uv_tcp_keepalive(&conn->socket.tcp, 1, KEEPALIVE_S);
  }
  conn->is_open = true;
  conn->net->stats.open++;
  conn->net->stats.connections_opened++;
  return 0;
}

bool pyr__conn_is_writing(const struct pyr__conn *conn) {
  return conn->unsent != NULL ||
         (conn->tls != NULL && pyr__tls_output(conn->tls)->len > 0);
}

bool pyr__conn_is_shaking_hands(const struct pyr__conn *conn) {
  return conn->tls != NULL && !pyr__tls_is_ready(conn->tls);
}

const pyr_error_t *pyr__conn_error(const struct pyr__conn *conn) {
  const pyr_error_t *error =
      conn->tls == NULL ? NULL : pyr__tls_error(conn->tls);
  return error != NULL && error->code != 0 ? error : NULL;
}

int pyr__conn_write(struct pyr__conn *conn, const void *data, size_t len) {
  return conn->tls == NULL ? pyr__conn_send(conn, data, len)
                           : pyr__conn_tls_write(conn, data, len);
}

static void on_closed(uv_handle_t *handle) {
  struct pyr__conn *conn = pyr__conn_of((uv_stream_t *)handle);
  struct pyr__net *net = conn->net;
  pyr__tls_free(conn->tls);
  pyr__free(net->memory, conn);
  pyr__net_handle_closed(net);
}

void pyr__conn_close(struct pyr__conn *conn) {
  if (conn->is_open) {
    conn->net->stats.open--;
    if (conn->tls != NULL)
      pyr__conn_tls_end(conn);
  }
  pyr__conn_drop_unsent(conn);
  conn->is_open = false;
  conn->user = NULL;
  pyr__list_remove(&conn->link);
  conn->net->sockets--;
  uv_close(&conn->socket.handle, on_closed);
}
