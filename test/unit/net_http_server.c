#include "http_server_fixture.h"

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
      "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
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
  loop_until(&f.loop, f.later != NULL);
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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
