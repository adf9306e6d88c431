/* A scripted HTTPS server on the test's own loop: each request that comes gets
 * the next reply of the script. */
#ifndef TEST_HTTPS_SCRIPT_H
#define TEST_HTTPS_SCRIPT_H

#include <uv.h>

#include "tls_peer.h"

enum https_end {
  HTTPS_KEEP,
  HTTPS_GOODBYE,     /* close_notify, then the socket */
  HTTPS_CLOSE,       /* the socket alone */
  HTTPS_CUT,         /* the socket, three bytes before the reply's end */
  HTTPS_GOODBYE_OPEN /* close_notify, and the socket stays */
};

struct https_reply {
  const char *text;
  enum https_end end;
};

enum { HTTPS_CONNECTIONS = 16 };

struct https_conn {
  uv_tcp_t tcp;
  struct https_script *script;
  struct test_peer *peer;
  struct test_peer *front; /* TLS that the other is in; NULL: none */
  bool is_used, is_tunnel;
};

struct https_script {
  uv_tcp_t listener;
  uv_loop_t *loop;
  struct test_peer_options options;
  const struct https_reply *replies;
  size_t reply_count, next;
  size_t piece; /* bytes a write; 0: all */
  unsigned connections, port;
  bool is_silent; /* accepts and reads, and says nothing */
  /* It is a proxy, too: what it answers to CONNECT.  NULL: it is none. */
  const char *connect_reply;
  const struct test_peer_options *front; /* it is that by TLS */
  char connect[4096];                    /* the last that came */
  char request[4096];                    /* the same of requests */
  struct https_conn conns[HTTPS_CONNECTIONS];
};

static void https_closed(uv_handle_t *handle) {
  struct https_conn *conn = (struct https_conn *)handle->data;
  test_peer_free(conn->peer);
  if (conn->front != NULL)
    test_peer_free(conn->front);
  conn->is_used = false;
}

static void https_close_conn(struct https_conn *conn) {
  if (conn->is_used && !uv_is_closing((uv_handle_t *)&conn->tcp))
    uv_close((uv_handle_t *)&conn->tcp, https_closed);
}

static bool https_send(struct https_conn *conn, const void *data, size_t len) {
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)len);
  if (conn->front != NULL)
    test_peer_say(conn->front, data, len);
  else if (uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1) != (int)len)
    return false;
  return true;
}

static void https_flush_front(struct https_conn *conn) {
  struct test_bytes *out;
  uv_buf_t buf;
  if (conn->front == NULL)
    return;
  out = &conn->front->out;
  buf = uv_buf_init((char *)out->data + out->taken,
                    (unsigned)(out->len - out->taken));
  if (buf.len > 0)
    (void)uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
  out->taken = out->len;
}

/* All at once or in pieces, always in order: the kernel takes it. */
static void https_flush(struct https_conn *conn, size_t less) {
  struct test_bytes *out = &conn->peer->out;
  while (out->taken + less < out->len) {
    size_t n = out->len - out->taken - less;
    n = conn->script->piece != 0 && n > conn->script->piece
            ? conn->script->piece
            : n;
    if (!https_send(conn, out->data + out->taken, n))
      break;
    out->taken += n;
  }
  https_flush_front(conn);
}

static void https_answer(struct https_conn *conn) {
  struct https_script *script = conn->script;
  const struct https_reply *reply;
  snprintf(script->request, sizeof(script->request), "%.4000s",
           conn->peer->heard);
  conn->peer->heard_len = 0;
  if (script->next == script->reply_count)
    return;
  reply = &script->replies[script->next++];
  test_peer_say(conn->peer, reply->text, strlen(reply->text));
  if (reply->end == HTTPS_GOODBYE || reply->end == HTTPS_GOODBYE_OPEN)
    mbedtls_ssl_close_notify(&conn->peer->ssl);
  https_flush(conn, reply->end == HTTPS_CUT ? 3 : 0);
  if (reply->end != HTTPS_KEEP && reply->end != HTTPS_GOODBYE_OPEN)
    https_close_conn(conn);
}

static void https_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  struct https_conn *conn = (struct https_conn *)handle->data;
  struct test_bytes *in =
      conn->front != NULL ? &conn->front->in : &conn->peer->in;
  (void)size;
  if (in->taken == in->len)
    in->taken = in->len = 0;
  *buf = uv_buf_init((char *)in->data + in->len,
                     (unsigned)(sizeof(in->data) - in->len));
}

/* Answers CONNECT when all of it is there. */
static void https_tunnel(struct https_conn *conn) {
  struct test_bytes *in = &conn->peer->in;
  struct https_script *script = conn->script;
  if (in->len < 4 || memcmp(in->data + in->len - 4, "\r\n\r\n", 4) != 0)
    return;
  snprintf(script->connect, sizeof(script->connect), "%.*s", (int)in->len,
           (const char *)in->data);
  in->len = 0;
  conn->is_tunnel = true;
  assert_true(
      https_send(conn, script->connect_reply, strlen(script->connect_reply)));
  https_flush_front(conn);
}

/* What is in TLS in TLS is taken out of the outer. */
static void https_take(struct https_conn *conn, size_t len) {
  struct test_peer *front = conn->front;
  struct test_bytes *in = &conn->peer->in;
  if (front == NULL) {
    in->len += len;
    return;
  }
  front->in.len += len;
  test_peer_run(front);
  https_flush_front(conn);
  if (in->taken == in->len)
    in->taken = in->len = 0;
  memcpy(in->data + in->len, front->heard, front->heard_len);
  in->len += front->heard_len;
  front->heard_len = 0;
}

static void https_read(uv_stream_t *stream, ssize_t nread,
                       const uv_buf_t *buf) {
  struct https_conn *conn = (struct https_conn *)stream->data;
  struct test_peer *peer = conn->peer;
  (void)buf;
  if (nread < 0) {
    https_close_conn(conn);
    return;
  }
  https_take(conn, (size_t)nread);
  if (conn->script->is_silent)
    return;
  if (conn->script->connect_reply != NULL && !conn->is_tunnel) {
    https_tunnel(conn);
    return;
  }
  test_peer_run(peer);
  https_flush(conn, 0);
  peer->heard[peer->heard_len] = '\0';
  if (strstr(peer->heard, "\r\n\r\n") != NULL)
    https_answer(conn);
  else if (peer->error != 0 || peer->is_ended)
    https_close_conn(conn);
}

static void https_accept(uv_stream_t *listener, int status) {
  struct https_script *script = (struct https_script *)listener->data;
  struct https_conn *conn = script->conns;
  assert_int_equal(status, 0);
  while (conn->is_used)
    conn++;
  memset(conn, 0, sizeof(*conn));
  conn->is_used = true;
  conn->script = script;
  conn->peer = test_peer_new(&script->options);
  if (script->front != NULL)
    conn->front = test_peer_new(script->front);
  script->connections++;
  uv_tcp_init(script->loop, &conn->tcp);
  conn->tcp.data = conn;
  assert_int_equal(uv_accept(listener, (uv_stream_t *)&conn->tcp), 0);
  uv_tcp_nodelay(&conn->tcp, 1);
  uv_read_start((uv_stream_t *)&conn->tcp, https_alloc, https_read);
}

static inline void https_listen(struct https_script *script, uv_loop_t *loop,
                                const struct test_peer_options *options,
                                const struct https_reply *replies,
                                size_t count) {
  struct sockaddr_in address;
  int len = sizeof(address);
  memset(script, 0, sizeof(*script));
  script->loop = loop;
  script->options = *options;
  script->replies = replies;
  script->reply_count = count;
  uv_tcp_init(loop, &script->listener);
  script->listener.data = script;
  uv_ip4_addr("127.0.0.1", 0, &address);
  uv_tcp_bind(&script->listener, (struct sockaddr *)&address, 0);
  assert_int_equal(
      uv_listen((uv_stream_t *)&script->listener, 16, https_accept), 0);
  uv_tcp_getsockname(&script->listener, (struct sockaddr *)&address, &len);
  script->port = ntohs(address.sin_port);
}

static inline void https_stop(struct https_script *script) {
  size_t i;
  uv_close((uv_handle_t *)&script->listener, NULL);
  for (i = 0; i < HTTPS_CONNECTIONS; i++)
    https_close_conn(&script->conns[i]);
}

#endif
