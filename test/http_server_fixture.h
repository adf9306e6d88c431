/* A server with a few routes, on a loop of its own. */
#ifndef TEST_HTTP_SERVER_FIXTURE_H
#define TEST_HTTP_SERVER_FIXTURE_H

#include "http_server_support.h"

#include <stdio.h>

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

struct fixture {
  uv_loop_t loop;
  struct failing_allocator allocator;
  struct pyr__memory memory;
  struct pyr__http_server *server;
  struct pyr__http_exchange *later;
  size_t slices_left, released, routed;
  bool gone, closed;
  char seen[256]; /* path and query of the last request */
};

static inline int next_slice(void *ctx, struct pyr__buf *out) {
  struct fixture *f = ctx;
  static const char block[4096] = {'x'};
  int i;
  for (i = 0; i < 4; i++)
    if (pyr__buf_add(out, block, sizeof(block)) != 0)
      return PYR__ENOMEM;
  return --f->slices_left > 0;
}

static inline int next_broken(void *ctx, struct pyr__buf *out) {
  struct fixture *f = ctx;
  if (f->slices_left-- == 0)
    return PYR_ENET;
  return pyr__buf_add_text(out, "part") == 0 ? 1 : PYR__ENOMEM;
}

static inline void release_slices(void *ctx) {
  ((struct fixture *)ctx)->released++;
}

static inline void on_gone(void *ctx) {
  struct fixture *f = ctx;
  f->gone = true;
  f->later = NULL;
}

static inline void note(struct fixture *f,
                        const struct pyr__http_server_request *request) {
  size_t i, len = (size_t)snprintf(f->seen, sizeof(f->seen), "%.*s",
                                   PYR__STR_ARG(request->path));
  for (i = 0; i < request->query_count && len < sizeof(f->seen); i++)
    len += (size_t)snprintf(f->seen + len, sizeof(f->seen) - len, "|%.*s=%.*s",
                            PYR__STR_ARG(request->query[i].key),
                            PYR__STR_ARG(request->query[i].value));
}

static inline void route(void *ctx,
                         const struct pyr__http_server_request *request,
                         struct pyr__http_exchange *exchange) {
  struct fixture *f = ctx;
  struct pyr__http_producer producer = {next_slice, release_slices, f};
  f->routed++;
  note(f, request);
  if (pyr__str_is(request->path, "/slices")) {
    pyr__http_respond_slices(exchange, 200, "text/plain", &producer);
  } else if (pyr__str_is(request->path, "/broken")) {
    producer.next = next_broken;
    pyr__http_respond_slices(exchange, 200, "text/plain", &producer);
  } else if (pyr__str_is(request->path, "/later")) {
    f->later = exchange;
    pyr__http_exchange_on_gone(exchange, on_gone, f);
  } else if (pyr__str_starts(request->path, "/hello")) {
    pyr__http_respond_text(exchange, 200, "hello %.*s\n",
                           PYR__STR_ARG(request->path));
  } else {
    pyr__http_respond_text(exchange, 404, "no such page\n");
  }
}

static const struct pyr__http_server_options quick
    __attribute__((unused)) = {.connections = 8,
                               .header_timeout_ns = 80 * PYR__NS_PER_MS,
                               .write_timeout_ns = 150 * PYR__NS_PER_MS,
                               .idle_timeout_ns = 80 * PYR__NS_PER_MS};

static inline void open_with(struct fixture *f,
                             const struct pyr__http_server_options *options,
                             const char *listen) {
  pyr_alloc_t alloc;
  pyr_error_t err;
  signal(SIGPIPE, SIG_IGN);
  memset(f, 0, sizeof(*f));
  alloc = failing_alloc(&f->allocator);
  pyr__memory_init(&f->memory, &alloc);
  assert_int_equal(uv_loop_init(&f->loop), 0);
  assert_int_equal(pyr__http_server_new(&f->server, &f->loop, &f->memory,
                                        listen, options, route, f, &err),
                   0);
}

static inline void open_server(struct fixture *f) {
  static const struct pyr__http_server_options none;
  open_with(f, &none, "127.0.0.1:0");
}

static inline void close_server(struct fixture *f) {
  pyr__http_server_close(f->server, test_set_flag, &f->closed);
  test_run_until(&f->loop, &f->closed);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  assert_int_equal(f->allocator.live, 0);
}

static inline void expect_status(struct fixture *f, const char *request,
                                 int status, const char *text) {
  struct test_client client;
  test_client_exchange(&client, &f->loop, pyr__http_server_address(f->server),
                       request);
  assert_int_equal(test_client_status(&client), status);
  if (text != NULL)
    assert_non_null(strstr(client.in, text));
  test_client_close(&client);
}

#endif
