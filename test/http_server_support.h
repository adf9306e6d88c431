/* A raw client on the loop of the server under test. */
#ifndef TEST_HTTP_SERVER_SUPPORT_H
#define TEST_HTTP_SERVER_SUPPORT_H

#include <signal.h>
#include <string.h>
#include <uv.h>

#include "base/str.h"
#include "loop_until.h"
#include "net/http_server.h"

struct test_client {
  uv_tcp_t socket;
  uv_connect_t connect;
  uv_write_t write;
  char *in;
  size_t len, capacity;
  size_t stop_after; /* reads no more once it has so many bytes; 0: never */
  bool connected, ended, closed;
};

static inline void test_run_until(uv_loop_t *loop, const bool *flag) {
  loop_until(loop, *flag);
  uv_run(loop, UV_RUN_NOWAIT); /* nothing of it is left */
}

/* What the server holds, if that is more than ever. */
static inline void test_note_peak(const struct pyr__memory *memory,
                                  size_t *peak) {
  const struct pyr__account *account = &memory->accounts[PYR__MEM_NET_SERVER];
  if (account->used_bytes > *peak)
    *peak = (size_t)account->used_bytes;
}

static inline void test_client_alloc(uv_handle_t *handle, size_t suggested,
                                     uv_buf_t *out) {
  struct test_client *client = handle->data;
  if (client->capacity - client->len < suggested) {
    client->capacity = client->len + suggested + client->capacity;
    client->in = realloc(client->in, client->capacity + 1);
    assert_non_null(client->in);
  }
  *out = uv_buf_init(client->in + client->len, (unsigned)suggested);
}

static inline void test_client_closed(uv_handle_t *handle) {
  ((struct test_client *)handle->data)->closed = true;
}

static inline void test_client_read(uv_stream_t *stream, ssize_t len,
                                    const uv_buf_t *buf) {
  struct test_client *client = stream->data;
  (void)buf;
  if (len < 0) {
    client->ended = true;
    uv_read_stop(stream);
    return;
  }
  client->len += (size_t)len;
  client->in[client->len] = '\0';
  if (client->stop_after > 0 && client->len >= client->stop_after)
    uv_read_stop(stream);
}

static inline void test_client_connected(uv_connect_t *request, int status) {
  struct test_client *client = request->data;
  client->connected = status == 0;
  client->ended = status != 0;
  if (status == 0)
    uv_read_start((uv_stream_t *)&client->socket, test_client_alloc,
                  test_client_read);
}

/* "127.0.0.1:4041" or "[::1]:4041" */
static inline void test_client_connect(struct test_client *client,
                                       uv_loop_t *loop, const char *address) {
  struct sockaddr_storage where;
  const char *colon = strrchr(address, ':');
  memset(client, 0, sizeof(*client));
  client->in = malloc(1);
  assert_non_null(client->in);
  client->in[0] = '\0';
  if (address[0] == '[')
    assert_int_equal(
        uv_ip6_addr("::1", atoi(colon + 1), (struct sockaddr_in6 *)&where), 0);
  else
    assert_int_equal(
        uv_ip4_addr("127.0.0.1", atoi(colon + 1), (struct sockaddr_in *)&where),
        0);
  uv_tcp_init(loop, &client->socket);
  client->socket.data = client->connect.data = client;
  assert_int_equal(uv_tcp_connect(&client->connect, &client->socket,
                                  (struct sockaddr *)&where,
                                  test_client_connected),
                   0);
}

/* All of it at once; the sockets of tests take it. */
static inline void test_client_send(struct test_client *client,
                                    const char *text, size_t len) {
  uv_buf_t buf = uv_buf_init((char *)(uintptr_t)text, (unsigned)len);
  int sent = uv_try_write((uv_stream_t *)&client->socket, &buf, 1);
  (void)sent; /* the server may be gone already: the test sees it elsewhere */
}

static inline void test_client_close(struct test_client *client) {
  uv_loop_t *loop = client->socket.loop;
  uv_close((uv_handle_t *)&client->socket, test_client_closed);
  test_run_until(loop, &client->closed);
  free(client->in);
  client->in = NULL;
}

/* Connects, sends, reads to the end; the caller frees client->in. */
static inline void test_client_exchange(struct test_client *client,
                                        uv_loop_t *loop, const char *address,
                                        const char *request) {
  test_client_connect(client, loop, address);
  test_run_until(loop, &client->connected);
  test_client_send(client, request, strlen(request));
  test_run_until(loop, &client->ended);
}

static inline int test_client_status(const struct test_client *client) {
  return strncmp(client->in, "HTTP/1.1 ", 9) == 0 ? atoi(client->in + 9) : 0;
}

static inline const char *test_client_body(const struct test_client *client) {
  const char *end = strstr(client->in, "\r\n\r\n");
  return end == NULL ? "" : end + 4;
}

/* Takes the chunks' framing away, in place. */
static inline size_t test_dechunk(char *body) {
  char *from = body, *to = body;
  for (;;) {
    char *end;
    unsigned long len = strtoul(from, &end, 16);
    assert_true(end > from && end[0] == '\r' && end[1] == '\n');
    memmove(to, end + 2, len);
    to += len;
    from = end + 2 + len;
    assert_memory_equal(from, "\r\n", 2);
    from += 2;
    if (len == 0)
      break;
  }
  *to = '\0';
  return (size_t)(to - body);
}

static inline void test_set_flag(void *ctx) {
  *(bool *)ctx = true;
}

#endif
