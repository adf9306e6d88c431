/* A scripted HTTP server on the test's own loop, and a fetch that records what
 * became of a request.  Each request that comes gets the next reply of the
 * script that fits it, over whatever connection it came. */
#ifndef TEST_HTTP_SCRIPT_H
#define TEST_HTTP_SCRIPT_H

#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "net/http_client.h"
#include "loop_until.h"

enum script_end {
  SCRIPT_KEEP,  /* the connection waits for the next request */
  SCRIPT_CLOSE, /* after the reply */
  SCRIPT_RESET  /* after the reply, with RST */
};

struct script_reply {
  const char *text;
  size_t len;   /* 0: strlen */
  size_t piece; /* bytes a write; 0: all at once */
  enum script_end end;
  const char *match; /* a part of the request line; NULL: any */
};

/* Of a talk that comes before requests. */
struct script_step {
  size_t takes; /* bytes of the client */
  const char *reply;
  size_t len;
  enum script_end end;
};
#define SCRIPT_STEP(takes, reply)                                              \
  { takes, reply, sizeof(reply) - 1, SCRIPT_KEEP }

enum { SCRIPT_CONNECTIONS = 160, SCRIPT_REPLIES = 320 };

union script_socket {
  uv_handle_t handle;
  uv_stream_t stream;
  uv_tcp_t tcp;
  uv_pipe_t pipe; /* of a script that listens on a path */
};

struct script_conn {
  union script_socket socket;
  uv_write_t write;
  struct script *script;
  const struct script_reply *reply;
  size_t step, sent, received;
  char request[16384];
  bool is_used;
};

struct script {
  union script_socket listener;
  bool is_unix;
  uv_loop_t *loop;
  const struct script_reply *replies;
  size_t reply_count, next;
  unsigned connections, requests;
  unsigned port;
  const struct script_step *steps; /* of each connection */
  size_t step_count;
  char taken[1024]; /* by the steps of the last */
  size_t taken_len;
  bool repeats;     /* the last reply, for ever */
  char last[16384]; /* the last request */
  char log[16384];  /* the first lines of all of them */
  size_t log_len;
  bool is_used[SCRIPT_REPLIES];
  bool is_lasting[SCRIPT_REPLIES]; /* for all requests that fit its match */
  struct script_conn conns[SCRIPT_CONNECTIONS];
};

static void script_write(struct script_conn *conn);

static void script_closed(uv_handle_t *handle) {
  struct script_conn *conn = handle->data;
  conn->is_used = false;
}

static void script_end(struct script_conn *conn, enum script_end end) {
  if (uv_is_closing(&conn->socket.handle) || end == SCRIPT_KEEP)
    return;
  if (end == SCRIPT_RESET && !conn->script->is_unix)
    uv_tcp_close_reset(&conn->socket.tcp, script_closed);
  else
    uv_close(&conn->socket.handle, script_closed);
}

static void script_written(uv_write_t *req, int status) {
  struct script_conn *conn = req->data;
  const struct script_reply *reply = conn->reply;
  size_t len = reply->len == 0 ? strlen(reply->text) : reply->len;
  if (status != 0)
    script_end(conn, SCRIPT_CLOSE);
  else if (conn->sent < len)
    script_write(conn);
  else
    script_end(conn, reply->end);
}

static void script_write(struct script_conn *conn) {
  const struct script_reply *reply = conn->reply;
  size_t len = reply->len == 0 ? strlen(reply->text) : reply->len;
  size_t piece = len - conn->sent;
  uv_buf_t buf;
  if (reply->piece != 0 && piece > reply->piece)
    piece = reply->piece;
  if (piece == 0) {
    script_end(conn, reply->end);
    return;
  }
  buf = uv_buf_init((char *)(uintptr_t)(reply->text + conn->sent),
                    (unsigned)piece);
  conn->sent += piece;
  conn->write.data = conn;
  assert_int_equal(
      uv_write(&conn->write, &conn->socket.stream, &buf, 1, script_written), 0);
}

static void script_note(struct script *script) {
  size_t line = strcspn(script->last, "\r\n");
  if (script->log_len + line + 2 < sizeof(script->log))
    script->log_len += (size_t)snprintf(script->log + script->log_len, line + 2,
                                        "%.*s\n", (int)line, script->last);
}

/* One that fits the request; else the next of those that fit any. */
static const struct script_reply *script_find(struct script *script) {
  const char *end = script->last + strcspn(script->last, "\r\n");
  size_t i;

  for (i = 0; i < script->reply_count; i++) {
    const char *match = script->replies[i].match;
    const char *found = match == NULL ? NULL : strstr(script->last, match);
    if (found == NULL || found >= end || script->is_used[i])
      continue;
    script->is_used[i] = !script->is_lasting[i];
    return &script->replies[i];
  }
  if (script->next == script->reply_count && script->repeats)
    script->next--;
  while (script->next < script->reply_count)
    if (script->replies[script->next++].match == NULL)
      return &script->replies[script->next - 1];
  return NULL;
}

static void script_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  struct script_conn *conn = handle->data;
  (void)size;
  *buf = uv_buf_init(conn->request + conn->received,
                     (unsigned)(sizeof(conn->request) - 1 - conn->received));
}

static void script_take_step(struct script_conn *conn) {
  struct script *script = conn->script;
  const struct script_step *step = &script->steps[conn->step++];
  uv_buf_t buf =
      uv_buf_init((char *)(uintptr_t)step->reply, (unsigned)step->len);

  script->taken_len = conn->step == 1 ? 0 : script->taken_len;
  assert_true(script->taken_len + step->takes <= sizeof(script->taken));
  memcpy(script->taken + script->taken_len, conn->request, step->takes);
  script->taken_len += step->takes;
  conn->received -= step->takes;
  memmove(conn->request, conn->request + step->takes, conn->received + 1);
  if (step->len > 0)
    assert_int_equal(uv_try_write(&conn->socket.stream, &buf, 1), buf.len);
  script_end(conn, step->end);
}

static void script_read(uv_stream_t *stream, ssize_t nread,
                        const uv_buf_t *buf) {
  struct script_conn *conn = stream->data;
  struct script *script = conn->script;
  (void)buf;
  if (nread < 0) {
    script_end(conn, SCRIPT_CLOSE);
    return;
  }
  conn->received += (size_t)nread;
  conn->request[conn->received] = '\0';
  while (conn->step < script->step_count &&
         conn->received >= script->steps[conn->step].takes &&
         !uv_is_closing(&conn->socket.handle))
    script_take_step(conn);
  if (conn->step < script->step_count ||
      strstr(conn->request, "\r\n\r\n") == NULL)
    return;
  memcpy(script->last, conn->request, conn->received + 1);
  conn->received = 0;
  script->requests++;
  script_note(script);
  conn->reply = script_find(script);
  if (conn->reply == NULL)
    return; /* silence */
  conn->sent = 0;
  script_write(conn);
}

static void script_accept(uv_stream_t *listener, int status) {
  struct script *script = listener->data;
  struct script_conn *conn = NULL;
  size_t i;
  assert_int_equal(status, 0);
  for (i = 0; i < SCRIPT_CONNECTIONS && conn == NULL; i++)
    if (!script->conns[i].is_used)
      conn = &script->conns[i];
  assert_non_null(conn);
  memset(conn, 0, sizeof(*conn));
  conn->is_used = true;
  conn->script = script;
  script->connections++;
  if (script->is_unix)
    assert_int_equal(uv_pipe_init(script->loop, &conn->socket.pipe, 0), 0);
  else
    assert_int_equal(uv_tcp_init(script->loop, &conn->socket.tcp), 0);
  conn->socket.handle.data = conn;
  assert_int_equal(uv_accept(listener, &conn->socket.stream), 0);
  if (!script->is_unix)
    uv_tcp_nodelay(&conn->socket.tcp, 1);
  uv_read_start(&conn->socket.stream, script_alloc, script_read);
}

/* False where the address cannot be listened on (no IPv6 here). */
static inline bool script_listen(struct script *script, uv_loop_t *loop,
                                 const char *host, unsigned port,
                                 const struct script_reply *replies,
                                 size_t count) {
  struct sockaddr_storage address;
  int len = sizeof(address);
  memset(script, 0, sizeof(*script));
  script->loop = loop;
  script->replies = replies;
  script->reply_count = count;
  assert_true(count <= SCRIPT_REPLIES);
  assert_int_equal(uv_tcp_init(loop, &script->listener.tcp), 0);
  script->listener.handle.data = script;
  if (strchr(host, ':') != NULL)
    uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)&address);
  else
    uv_ip4_addr(host, (int)port, (struct sockaddr_in *)&address);
  if (uv_tcp_bind(&script->listener.tcp, (struct sockaddr *)&address, 0) != 0 ||
      uv_listen(&script->listener.stream, 128, script_accept) != 0) {
    uv_close(&script->listener.handle, NULL);
    return false;
  }
  uv_tcp_getsockname(&script->listener.tcp, (struct sockaddr *)&address, &len);
  script->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
  return true;
}

/* The same at a path that does not exist; libuv removes it at the end. */
static inline void script_listen_unix(struct script *script, uv_loop_t *loop,
                                      const char *path,
                                      const struct script_reply *replies,
                                      size_t count) {
  memset(script, 0, sizeof(*script));
  script->loop = loop;
  script->replies = replies;
  script->reply_count = count;
  script->is_unix = true;
  assert_true(count <= SCRIPT_REPLIES);
  assert_int_equal(uv_pipe_init(loop, &script->listener.pipe, 0), 0);
  script->listener.handle.data = script;
  assert_int_equal(uv_pipe_bind(&script->listener.pipe, path), 0);
  assert_int_equal(uv_listen(&script->listener.stream, 128, script_accept), 0);
}

/* More of the reply that fits `match`, which was given without an end. */
static inline void script_push(struct script *script, const char *match,
                               const char *text) {
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
  size_t i;
  for (i = 0; i < SCRIPT_CONNECTIONS; i++) {
    struct script_conn *conn = &script->conns[i];
    if (!conn->is_used || conn->reply == NULL || conn->reply->match == NULL ||
        strcmp(conn->reply->match, match) != 0)
      continue;
    assert_int_equal(uv_try_write(&conn->socket.stream, &buf, 1), (int)buf.len);
    return;
  }
  fail_msg("no connection has the reply to %s", match);
}

static inline void script_close(struct script *script) {
  size_t i;
  if (!uv_is_closing(&script->listener.handle))
    uv_close(&script->listener.handle, NULL);
  for (i = 0; i < SCRIPT_CONNECTIONS; i++)
    if (script->conns[i].is_used)
      script_end(&script->conns[i], SCRIPT_CLOSE);
}

/* ---- the client's side -------------------------------------------------- */

enum fetch_place { FETCH_NOWHERE, FETCH_ON_HEAD, FETCH_ON_BODY };

struct fetch {
  struct pyr__http_request *request;
  int code, status, head_status;
  unsigned heads, dones, redirects;
  bool is_reused;
  uint64_t wire_bytes;
  char error[PYR_ERROR_TEXT];
  char encoding[64];
  char body[1 << 18];
  size_t body_len;
  enum fetch_place cancel_at, fail_at;
  bool holds;                        /* at each slice of the body */
  void (*then)(struct fetch *fetch); /* inside on_done */
  void *ctx;
};

static int fetch_at(struct fetch *fetch, enum fetch_place place,
                    pyr_error_t *err) {
  if (fetch->cancel_at == place)
    pyr__http_cancel(fetch->request, PYR_ETIMEOUT, "cancelled inside");
  if (fetch->fail_at == place)
    return pyr__error(err, PYR_EPPROF, "the handler says no");
  return 0;
}

static int fetch_on_head(void *ctx, const struct pyr__http_head *head,
                         pyr_error_t *err) {
  struct fetch *fetch = ctx;
  fetch->heads++;
  fetch->head_status = head->status;
  fetch->redirects = head->redirects;
  snprintf(fetch->encoding, sizeof(fetch->encoding), "%.*s",
           (int)head->content_encoding.len,
           head->content_encoding.len == 0 ? "" : head->content_encoding.base);
  return fetch_at(fetch, FETCH_ON_HEAD, err);
}

static int fetch_on_body(void *ctx, const uint8_t *data, size_t len,
                         pyr_error_t *err) {
  struct fetch *fetch = ctx;
  assert_true(fetch->body_len + len <= sizeof(fetch->body));
  memcpy(fetch->body + fetch->body_len, data, len);
  fetch->body_len += len;
  if (fetch->holds)
    pyr__http_hold(fetch->request);
  return fetch_at(fetch, FETCH_ON_BODY, err);
}

static void fetch_on_done(void *ctx, const struct pyr__http_done *done) {
  struct fetch *fetch = ctx;
  fetch->dones++;
  fetch->code = done->code;
  fetch->status = done->status;
  fetch->wire_bytes = done->wire_bytes;
  fetch->is_reused = done->reused_connection;
  assert_true((done->code == 0) == (done->error == NULL));
  if (done->error != NULL) {
    assert_int_equal(done->error->code, done->code);
    snprintf(fetch->error, sizeof(fetch->error), "%s", done->error->text);
  }
  if (fetch->then != NULL)
    fetch->then(fetch);
}

static inline void fetch_reset(struct fetch *fetch) {
  memset(fetch, 0, offsetof(struct fetch, body));
  fetch->body_len = 0;
  fetch->cancel_at = fetch->fail_at = FETCH_NOWHERE;
  fetch->then = NULL;
  fetch->ctx = NULL;
}

static inline int fetch_start_with(struct fetch *fetch,
                                   struct pyr__http_client *client,
                                   const char *url,
                                   const struct pyr__http_options *options) {
  struct pyr__http_handler handler = {fetch_on_head, fetch_on_body,
                                      fetch_on_done, fetch};
  pyr_error_t err = {0};
  int rc =
      pyr__http_start(client, url, options, &handler, &fetch->request, &err);
  assert_int_equal(fetch->dones, 0);
  if (rc != 0)
    snprintf(fetch->error, sizeof(fetch->error), "%s", err.text);
  return rc;
}

static inline int fetch_start(struct fetch *fetch,
                              struct pyr__http_client *client, const char *url,
                              bool follow_other_hosts) {
  struct pyr__http_options options = {.follow_other_hosts = follow_other_hosts};
  return fetch_start_with(fetch, client, url, &options);
}

static inline void fetch_wait(struct fetch *fetch, uv_loop_t *loop) {
  loop_until(loop, fetch->dones != 0);
  assert_int_equal(fetch->dones, 1);
}

/* One request from start to end, in a fetch that is reset first. */
static inline void fetch_run(struct fetch *fetch,
                             struct pyr__http_client *client, uv_loop_t *loop,
                             const char *url, bool follow_other_hosts) {
  fetch_reset(fetch);
  assert_int_equal(fetch_start(fetch, client, url, follow_other_hosts), 0);
  fetch_wait(fetch, loop);
}

#endif
