#include "http_server_support.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

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

static int next_slice(void *ctx, struct pyr__buf *out) {
  struct fixture *f = ctx;
  static const char block[4096] = {'x'};
  int i;
  for (i = 0; i < 4; i++)
    if (pyr__buf_add(out, block, sizeof(block)) != 0)
      return PYR__ENOMEM;
  return --f->slices_left > 0;
}

static int next_broken(void *ctx, struct pyr__buf *out) {
  struct fixture *f = ctx;
  if (f->slices_left-- == 0)
    return PYR_ENET;
  return pyr__buf_add_text(out, "part") == 0 ? 1 : PYR__ENOMEM;
}

static void release_slices(void *ctx) {
  ((struct fixture *)ctx)->released++;
}

static void on_gone(void *ctx) {
  struct fixture *f = ctx;
  f->gone = true;
  f->later = NULL;
}

static void note(struct fixture *f,
                 const struct pyr__http_server_request *request) {
  size_t i, len = (size_t)snprintf(f->seen, sizeof(f->seen), "%.*s",
                                   PYR__STR_ARG(request->path));
  for (i = 0; i < request->query_count && len < sizeof(f->seen); i++)
    len += (size_t)snprintf(f->seen + len, sizeof(f->seen) - len, "|%.*s=%.*s",
                            PYR__STR_ARG(request->query[i].key),
                            PYR__STR_ARG(request->query[i].value));
}

static void route(void *ctx, const struct pyr__http_server_request *request,
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

static const struct pyr__http_server_options quick = {
    .connections = 8,
    .header_timeout_ns = 80 * PYR__NS_PER_MS,
    .write_timeout_ns = 150 * PYR__NS_PER_MS,
    .idle_timeout_ns = 80 * PYR__NS_PER_MS};

static void open_with(struct fixture *f,
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

static void open_server(struct fixture *f) {
  static const struct pyr__http_server_options none;
  open_with(f, &none, "127.0.0.1:0");
}

static void close_server(struct fixture *f) {
  pyr__http_server_close(f->server, test_set_flag, &f->closed);
  test_run_until(&f->loop, &f->closed);
  uv_run(&f->loop, UV_RUN_DEFAULT);
  assert_int_equal(uv_loop_close(&f->loop), 0);
  assert_int_equal(f->allocator.live, 0);
}

static void expect_status(struct fixture *f, const char *request, int status,
                          const char *text) {
  struct test_client client;
  test_client_exchange(&client, &f->loop, pyr__http_server_address(f->server),
                       request);
  assert_int_equal(test_client_status(&client), status);
  if (text != NULL)
    assert_non_null(strstr(client.in, text));
  test_client_close(&client);
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void server__answers_with_the_right_status(void **state) {
  struct fixture f;
  (void)state;
  open_server(&f);
  expect_status(&f, "GET /hello" END, 200, "\r\n\r\nhello /hello\n");
  expect_status(&f, "GET /nowhere" END, 404, "no such page");
  expect_status(&f, "POST /hello" END, 405, "Allow: GET, HEAD\r\n");
  expect_status(&f, "DELETE /hello" END, 405, NULL);
  expect_status(&f, "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, NULL);
  expect_status(&f, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405, NULL);
  expect_status(&f, "POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc", 405,
                NULL);
  expect_status(&f, "GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", 413,
                NULL);
  expect_status(&f, "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0",
                413, NULL);
  expect_status(&f, "GET / HTTP/2.0\r\n\r\n", 505, NULL);
  assert_int_equal(f.routed, 2);
  close_server(&f);
}

static void server__refuses_what_is_malformed(void **state) {
  static const char *const bad[] = {
      "hello\r\n\r\n",
      "GET\r\n\r\n",
      "GET hello HTTP/1.1\r\n\r\n",
      "GET  HTTP/1.1\r\n\r\n",
      "GET / HTTP/x\r\n\r\n",
      "get / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nbad\x01header: 1\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\x01\r\n\r\n",
      "GET /%zz HTTP/1.1\r\n\r\n",
      "GET /% HTTP/1.1\r\n\r\n",
      "GET /%4 HTTP/1.1\r\n\r\n",
      "GET /a%00b HTTP/1.1\r\n\r\n",
      "GET /?a=%0g HTTP/1.1\r\n\r\n",
      "GET http://host HTTP/1.1\r\n\r\n",
      "GET ftp://host/ HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  };
  struct fixture f;
  size_t i;
  (void)state;
  open_server(&f);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    expect_status(&f, bad[i], 400, "Connection: close\r\n");
  assert_int_equal(f.routed, 0);
  close_server(&f);
}

static void server__decodes_path_and_query(void **state) {
  struct fixture f;
  (void)state;
  open_server(&f);
  expect_status(&f, "GET /hello%20a%2Fb?a=1&&b=x%26y+z&c&=d#frag" END, 200,
                NULL);
  assert_string_equal(f.seen, "/hello a/b|a=1|b=x&y z|c=|=d");
  expect_status(&f, "GET http://host:1/hello?x=%3D" END, 200, NULL);
  assert_string_equal(f.seen, "/hello|x==");
  expect_status(&f, "\r\n\r\nGET /hello?" END, 200, NULL);
  assert_string_equal(f.seen, "/hello");
  close_server(&f);
}

static void server__bounds_header_and_query(void **state) {
  struct fixture f;
  size_t i, len;
  char *text = malloc(70000);
  (void)state;
  assert_non_null(text);
  open_server(&f);
  memset(text, 'a', 70000);
  memcpy(text, "GET /", 5);
  text[60000] = '\0';
  expect_status(&f, text, 431, NULL);
  memset(text, 'a', 70000);
  memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
  text[60000] = '\0';
  expect_status(&f, text, 431, NULL);
  len = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
  for (i = 0; i < 2000; i++)
    len += (size_t)sprintf(text + len, "A%zu: b\r\n", i);
  expect_status(&f, text, 431, NULL);
  memset(text, '\n', 20000);
  text[20000] = '\0';
  expect_status(&f, text, 431, NULL);
  len = (size_t)sprintf(text, "GET /?");
  for (i = 0; i < 100; i++)
    len += (size_t)sprintf(text + len, "a&");
  sprintf(text + len, END);
  expect_status(&f, text, 400, NULL);
  free(text);
  close_server(&f);
}

static void server__answers_head_without_a_body(void **state) {
  struct fixture f;
  struct test_client client;
  const char *address;
  (void)state;
  open_server(&f);
  address = pyr__http_server_address(f.server);
  f.slices_left = 3;
  test_client_exchange(&client, &f.loop, address,
                       "HEAD /hello HTTP/1.1\r\n\r\n"
                       "HEAD /slices HTTP/1.1\r\nConnection: close\r\n\r\n");
  assert_non_null(strstr(client.in, "Content-Length: 13\r\n"));
  assert_null(strstr(client.in, "hello /"));
  assert_non_null(strstr(client.in, "Transfer-Encoding: chunked\r\n"));
  assert_memory_equal(client.in + client.len - 4, "\r\n\r\n", 4);
  assert_int_equal(f.released, 1);
  assert_int_equal(f.slices_left, 3);
  test_client_close(&client);
  close_server(&f);
}

static void server__gives_safe_headers(void **state) {
  struct fixture f;
  (void)state;
  open_server(&f);
  expect_status(&f, "GET /hello" END, 200, "Cache-Control: no-store\r\n");
  expect_status(&f, "GET /hello" END, 200, "X-Content-Type-Options: nosniff\r");
  expect_status(&f, "GET /x" END, 404,
                "Content-Security-Policy: default-src 'none'; style-src "
                "'self'");
  close_server(&f);
}

/* Three requests in one write, and one of them slow to answer. */
static void server__answers_pipelined_requests_in_order(void **state) {
  struct fixture f;
  struct test_client client;
  char *at;
  (void)state;
  open_server(&f);
  f.slices_left = 5;
  test_client_exchange(&client, &f.loop, pyr__http_server_address(f.server),
                       "GET /hello1 HTTP/1.1\r\n\r\n"
                       "GET /slices HTTP/1.1\r\n\r\n"
                       "GET /hello2 HTTP/1.1\r\n\r\n"
                       "GET /hello3 HTTP/1.1\r\nConnection: close\r\n\r\n"
                       "GET /never HTTP/1.1\r\n\r\n");
  at = strstr(client.in, "hello /hello1\n");
  assert_non_null(at);
  at = strstr(at, "00004000\r\n");
  assert_non_null(at);
  at = memmem(at, (size_t)(client.in + client.len - at), "hello /hello2\n", 14);
  assert_non_null(at);
  at = strstr(at, "hello /hello3\n");
  assert_non_null(at);
  assert_ptr_equal(at + 14, client.in + client.len);
  assert_int_equal(f.routed, 4);
  test_client_close(&client);
  close_server(&f);
}

/* More requests than the input buffer holds, while the first one waits. */
static void server__holds_back_a_pipelining_client(void **state) {
  struct fixture f;
  struct test_client client;
  bool waiting;
  size_t i;
  const char *at;
  (void)state;
  open_server(&f);
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /later HTTP/1.1\r\n\r\n", 23);
  for (i = 0; i < 499; i++)
    test_client_send(&client, "GET /hello HTTP/1.1\r\n\r\n", 23);
  test_client_send(&client, "GET /hello" END, strlen("GET /hello" END));
  for (waiting = true; waiting;) {
    uv_run(&f.loop, UV_RUN_ONCE);
    waiting = f.later == NULL;
  }
  assert_int_equal(f.routed, 1);
  assert_true(f.memory.accounts[PYR__MEM_NET_SERVER].used_bytes < 20000);
  pyr__http_respond_text(f.later, 200, "at last\n");
  test_run_until(&f.loop, &client.ended);
  assert_int_equal(f.routed, 501);
  for (i = 0, at = client.in; at != NULL; i++)
    at = strstr(at + 1, "HTTP/1.1 200 OK\r\n");
  assert_int_equal(i, 501);
  test_client_close(&client);
  close_server(&f);
}

static void server__takes_a_request_cut_anywhere(void **state) {
  static const char request[] =
      "GET /hello?a=b%20c HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n"
      "HEAD /hello2 HTTP/1.1\r\nConnection: close\r\n\r\n";
  struct fixture f;
  size_t cut;
  (void)state;
  open_server(&f);
  for (cut = 1; cut < sizeof(request) - 1; cut++) {
    struct test_client client;
    f.routed = 0;
    test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
    test_run_until(&f.loop, &client.connected);
    test_client_send(&client, request, cut);
    uv_run(&f.loop, UV_RUN_NOWAIT);
    uv_run(&f.loop, UV_RUN_NOWAIT);
    test_client_send(&client, request + cut, sizeof(request) - 1 - cut);
    test_run_until(&f.loop, &client.ended);
    assert_int_equal(f.routed, 2);
    assert_string_equal(f.seen, "/hello2");
    test_client_close(&client);
  }
  close_server(&f);
}

static void server__keeps_connections_as_the_client_asks(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  expect_status(&f, "GET /hello HTTP/1.0\r\n\r\n", 200,
                "Connection: close\r\n");
  test_client_exchange(
      &client, &f.loop, pyr__http_server_address(f.server),
      "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
      "GET /hello2 HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
      "GET /hello3 HTTP/1.0\r\n\r\n");
  assert_non_null(strstr(client.in, "Connection: keep-alive\r\n"));
  assert_non_null(strstr(client.in, "hello /hello2\n"));
  assert_non_null(strstr(client.in, "hello /hello3\n"));
  test_client_close(&client);
  close_server(&f);
}

/* HTTP/1.0 knows no chunks: the body ends with the connection. */
static void slices__come_without_chunks_to_old_clients(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  f.slices_left = 4;
  test_client_exchange(&client, &f.loop, pyr__http_server_address(f.server),
                       "GET /slices HTTP/1.0\r\nConnection: keep-alive\r\n"
                       "\r\n");
  assert_null(strstr(client.in, "chunked"));
  assert_int_equal(client.in + client.len - test_client_body(&client),
                   4 * 16384);
  test_client_close(&client);
  close_server(&f);
}

static void slices__arrive_whole(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  f.slices_left = 200;
  test_client_exchange(&client, &f.loop, pyr__http_server_address(f.server),
                       "GET /slices" END);
  assert_int_equal(test_dechunk((char *)(uintptr_t)test_client_body(&client)),
                   200 * 16384);
  assert_int_equal(f.released, 1);
  assert_true(f.memory.accounts[PYR__MEM_NET_SERVER].used_bytes < 64 * 1024);
  test_client_close(&client);
  close_server(&f);
}

/* What cannot be finished must not look finished. */
static void slices__end_without_the_last_chunk_on_failure(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  f.slices_left = 3;
  test_client_exchange(&client, &f.loop, pyr__http_server_address(f.server),
                       "GET /broken" END);
  assert_int_equal(test_client_status(&client), 200);
  assert_null(strstr(client.in, "\r\n0\r\n"));
  assert_int_equal(f.released, 1);
  test_client_close(&client);
  f.slices_left = 0;
  expect_status(&f, "GET /broken" END, 503, NULL);
  assert_int_equal(f.released, 2);
  close_server(&f);
}

/* A reader that stops gets no more slices, and is closed in the end. */
static void slices__wait_for_a_greedy_reader_and_then_close(void **state) {
  struct fixture f;
  struct test_client client;
  bool released = false;
  (void)state;
  open_with(&f, &quick, "127.0.0.1:0");
  f.slices_left = 100000;
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  client.stop_after = 1;
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /slices" END, strlen("GET /slices" END));
  while (!released) {
    uv_run(&f.loop, UV_RUN_ONCE);
    assert_true(f.memory.accounts[PYR__MEM_NET_SERVER].used_bytes < 64 * 1024);
    released = f.released == 1;
  }
  assert_true(f.slices_left > 90000);
  test_client_close(&client);
  close_server(&f);
}

struct dripper {
  uv_timer_t timer;
  struct test_client *client;
  size_t sent;
};

static void drip(uv_timer_t *timer) {
  static const char start[] = "GET /hello HTTP/1.1\r\nA: ";
  struct dripper *dripper = timer->data;
  if (dripper->sent < sizeof(start) - 1)
    test_client_send(dripper->client, start + dripper->sent, 1);
  else
    test_client_send(dripper->client, "a", 1);
  dripper->sent++;
}

/* The time is that of the whole header, not of a byte. */
static void server__times_out_a_slow_header(void **state) {
  struct fixture f;
  struct test_client client;
  struct dripper dripper = {.client = &client};
  (void)state;
  open_with(&f, &quick, "127.0.0.1:0");
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  test_run_until(&f.loop, &client.connected);
  uv_timer_init(&f.loop, &dripper.timer);
  dripper.timer.data = &dripper;
  uv_timer_start(&dripper.timer, drip, 0, 5);
  test_run_until(&f.loop, &client.ended);
  uv_close((uv_handle_t *)&dripper.timer, NULL);
  assert_int_equal(test_client_status(&client), 408);
  assert_int_equal(f.routed, 0);
  test_client_close(&client);
  close_server(&f);
}

static void server__closes_who_says_nothing(void **state) {
  struct fixture f;
  struct test_client silent, idle;
  (void)state;
  open_with(&f, &quick, "127.0.0.1:0");
  test_client_exchange(&silent, &f.loop, pyr__http_server_address(f.server),
                       "");
  assert_int_equal(silent.len, 0);
  test_client_close(&silent);
  test_client_exchange(&idle, &f.loop, pyr__http_server_address(f.server),
                       "GET /hello HTTP/1.1\r\n\r\n");
  assert_int_equal(test_client_status(&idle), 200);
  test_client_close(&idle);
  close_server(&f);
}

static void later__is_told_when_the_client_goes(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /later" END, strlen("GET /later" END));
  while (f.later == NULL)
    uv_run(&f.loop, UV_RUN_ONCE);
  test_client_close(&client);
  test_run_until(&f.loop, &f.gone);
  close_server(&f);
}

static void later__is_told_when_the_server_closes(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /later" END, strlen("GET /later" END));
  while (f.later == NULL)
    uv_run(&f.loop, UV_RUN_ONCE);
  pyr__http_server_close(f.server, test_set_flag, &f.closed);
  assert_true(f.gone);
  test_run_until(&f.loop, &f.closed);
  test_client_close(&client);
  assert_int_equal(uv_loop_close(&f.loop), 0);
  assert_int_equal(f.allocator.live, 0);
}

/* Bytes that nobody reads must not turn the end into a reset. */
static void server__lets_the_client_hear_an_early_refusal(void **state) {
  struct fixture f;
  struct test_client client;
  char *text = calloc(1, 200000);
  (void)state;
  assert_non_null(text);
  memset(text, 'x', 199999);
  memcpy(text, "POST /hello HTTP/1.1\r\nContent-Length: 180000\r\n\r\n", 48);
  open_server(&f);
  test_client_exchange(&client, &f.loop, pyr__http_server_address(f.server),
                       text);
  assert_int_equal(test_client_status(&client), 405);
  test_client_close(&client);
  free(text);
  close_server(&f);
}

/* Far more connections than places: the memory stays bounded, and one that
 * really asks is answered. */
static void flood__does_not_starve_a_client(void **state) {
  enum { FLOOD = 400 };
  struct pyr__http_server_options options = {.connections = 16};
  struct fixture f;
  struct test_client *clients = calloc(FLOOD, sizeof(*clients)), honest;
  size_t i;
  (void)state;
  assert_non_null(clients);
  open_with(&f, &options, "127.0.0.1:0");
  for (i = 0; i < FLOOD; i++)
    test_client_connect(&clients[i], &f.loop,
                        pyr__http_server_address(f.server));
  test_client_exchange(&honest, &f.loop, pyr__http_server_address(f.server),
                       "GET /hello" END);
  assert_int_equal(test_client_status(&honest), 200);
  assert_true(f.memory.accounts[PYR__MEM_NET_SERVER].used_bytes <
              40 * sizeof(struct test_client) * 16);
  assert_true(f.memory.accounts[PYR__MEM_NET_SERVER].used_blocks <= 40);
  test_client_close(&honest);
  for (i = 0; i < FLOOD; i++)
    test_client_close(&clients[i]);
  free(clients);
  close_server(&f);
}

/* Where all are at work there is nobody to close: one is told so. */
static void flood__is_turned_away_when_all_are_busy(void **state) {
  struct fixture f;
  struct test_client busy[8], extra;
  size_t i;
  (void)state;
  open_with(&f, &quick, "127.0.0.1:0");
  for (i = 0; i < 8; i++) {
    test_client_connect(&busy[i], &f.loop, pyr__http_server_address(f.server));
    test_run_until(&f.loop, &busy[i].connected);
    test_client_send(&busy[i], "GET /later" END, strlen("GET /later" END));
    while (f.routed <= i)
      uv_run(&f.loop, UV_RUN_ONCE);
  }
  test_client_exchange(&extra, &f.loop, pyr__http_server_address(f.server), "");
  assert_int_equal(test_client_status(&extra), 503);
  assert_string_equal(test_client_body(&extra), "Too many connections.\n");
  test_client_close(&extra);
  for (i = 0; i < 8; i++)
    test_client_close(&busy[i]);
  close_server(&f);
}

/* No descriptors: accepting rests instead of spinning, and goes on by itself.
 */
static void server__survives_a_lack_of_descriptors(void **state) {
  struct fixture f;
  struct test_client client;
  struct rlimit before, none;
  size_t turns = 0, i;
  (void)state;
  open_server(&f);
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = 3;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  for (i = 0; i < 20; i++)
    turns += uv_run(&f.loop, UV_RUN_NOWAIT) != 0;
  assert_int_equal(f.routed, 0);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /hello" END, strlen("GET /hello" END));
  test_run_until(&f.loop, &client.ended);
  assert_int_equal(test_client_status(&client), 200);
  test_client_close(&client);
  close_server(&f);
}

static void listen__says_what_is_wrong(void **state) {
  static const char *const bad[] = {
      "",   "localhost", "x:1",     "1.2.3", "1.2.3.4:",    "1.2.3.4:70000",
      ":x", "[::1",      "::1:80x", "[]:1",  "[1.2.3.4]:1", "127.0.0.1:-1"};
  struct fixture f;
  struct pyr__http_server *second;
  pyr_error_t err;
  char expected[128];
  size_t i;
  (void)state;
  open_server(&f);
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    assert_int_equal(pyr__http_server_new(&second, &f.loop, &f.memory, bad[i],
                                          NULL, route, &f, &err),
                     PYR_EUSAGE);
    assert_non_null(strstr(err.text, "not an address"));
  }
  assert_int_equal(pyr__http_server_new(&second, &f.loop, &f.memory,
                                        pyr__http_server_address(f.server),
                                        NULL, route, &f, &err),
                   UV_EADDRINUSE);
  snprintf(expected, sizeof(expected), "listen on %s: address already in use",
           pyr__http_server_address(f.server));
  assert_string_equal(err.text, expected);
  close_server(&f);
}

static void listen__takes_every_kind_of_address(void **state) {
  static const char *const good[] = {"127.0.0.1:0", "localhost:0", ":0",
                                     "[::1]:0"};
  static const struct pyr__http_server_options none;
  struct fixture f;
  struct test_client client;
  size_t i;
  (void)state;
  for (i = 0; i < 4; i++) {
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has_v6 =
        probe >= 0 && bind(probe, (struct sockaddr *)&any, sizeof(any)) == 0;
    if (probe >= 0)
      close(probe);
    if (good[i][0] == '[' && !has_v6)
      continue;
    open_with(&f, &none, good[i]);
    assert_null(strstr(pyr__http_server_address(f.server), ":0"));
    test_client_exchange(&client, &f.loop,
                         good[i][0] == ':'
                             ? strrchr(pyr__http_server_address(f.server), ':')
                             : pyr__http_server_address(f.server),
                         "GET /hello" END);
    assert_int_equal(test_client_status(&client), 200);
    test_client_close(&client);
    close_server(&f);
  }
}

/* Each allocation of a whole exchange fails once: the client sees a 503, a
 * closed connection, or nothing wrong. */
static void server__survives_each_failed_allocation(void **state) {
  size_t n;
  bool clean = false;
  (void)state;
  for (n = 1; !clean; n++) {
    struct fixture f;
    struct test_client client;
    open_server(&f);
    f.slices_left = 20;
    f.allocator.fail_at = f.allocator.calls + n;
    test_client_exchange(&client, &f.loop, pyr__http_server_address(f.server),
                         "GET /hello HTTP/1.1\r\n\r\n"
                         "GET /slices" END);
    clean = f.allocator.calls < f.allocator.fail_at;
    assert_true(clean || f.released <= 1);
    test_client_close(&client);
    close_server(&f);
  }
  assert_true(n > 4);
}

static void new__survives_each_failed_allocation(void **state) {
  struct failing_allocator allocator = {.fail_at = 1};
  pyr_alloc_t alloc = failing_alloc(&allocator);
  struct pyr__http_server *server;
  struct pyr__memory memory;
  uv_loop_t loop;
  pyr_error_t err;
  (void)state;
  pyr__memory_init(&memory, &alloc);
  uv_loop_init(&loop);
  assert_int_equal(pyr__http_server_new(&server, &loop, &memory, "127.0.0.1:0",
                                        NULL, route, NULL, &err),
                   PYR__ENOMEM);
  assert_int_equal(allocator.live, 0);
  assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(server__answers_with_the_right_status),
      cmocka_unit_test(server__refuses_what_is_malformed),
      cmocka_unit_test(server__decodes_path_and_query),
      cmocka_unit_test(server__bounds_header_and_query),
      cmocka_unit_test(server__answers_head_without_a_body),
      cmocka_unit_test(server__gives_safe_headers),
      cmocka_unit_test(server__answers_pipelined_requests_in_order),
      cmocka_unit_test(server__holds_back_a_pipelining_client),
      cmocka_unit_test(server__takes_a_request_cut_anywhere),
      cmocka_unit_test(server__keeps_connections_as_the_client_asks),
      cmocka_unit_test(slices__come_without_chunks_to_old_clients),
      cmocka_unit_test(slices__arrive_whole),
      cmocka_unit_test(slices__end_without_the_last_chunk_on_failure),
      cmocka_unit_test(slices__wait_for_a_greedy_reader_and_then_close),
      cmocka_unit_test(server__times_out_a_slow_header),
      cmocka_unit_test(server__closes_who_says_nothing),
      cmocka_unit_test(later__is_told_when_the_client_goes),
      cmocka_unit_test(later__is_told_when_the_server_closes),
      cmocka_unit_test(server__lets_the_client_hear_an_early_refusal),
      cmocka_unit_test(flood__does_not_starve_a_client),
      cmocka_unit_test(flood__is_turned_away_when_all_are_busy),
      cmocka_unit_test(server__survives_a_lack_of_descriptors),
      cmocka_unit_test(listen__says_what_is_wrong),
      cmocka_unit_test(listen__takes_every_kind_of_address),
      cmocka_unit_test(server__survives_each_failed_allocation),
      cmocka_unit_test(new__survives_each_failed_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
