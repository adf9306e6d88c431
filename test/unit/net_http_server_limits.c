#include "http_server_fixture.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/http_exchange.h"

/* A reader that stops gets no more slices, and is closed in the end. */
static void slices__wait_for_a_greedy_reader_and_then_close(void **state) {
  struct fixture f;
  struct test_client client;
  size_t peak = 0;
  (void)state;
  open_with(&f, &quick, "127.0.0.1:0");
  f.slices_left = 100000;
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  client.stop_after = 1;
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /slices" END, strlen("GET /slices" END));
  loop_until(&f.loop, (test_note_peak(&f.memory, &peak), f.released == 1));
  assert_true(peak < 64 * 1024);
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

static volatile sig_atomic_t pipes;

static void on_pipe(int number) {
  (void)number;
  pipes++;
}

/* A program that embeds this need not ignore SIGPIPE. */
static void slices__raise_no_signal_when_the_client_is_gone(void **state) {
  struct fixture f;
  struct test_client client;
  (void)state;
  open_server(&f);
  signal(SIGPIPE, on_pipe);
  f.slices_left = 1000;
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  test_run_until(&f.loop, &client.connected);
  test_client_send(&client, "GET /slices" END, strlen("GET /slices" END));
  test_client_close(&client);
  loop_until(&f.loop, f.released == 1);
  assert_in_range(f.slices_left, 1, 999); /* it was written to */
  signal(SIGPIPE, SIG_IGN);
  assert_int_equal(pipes, 0);
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
  loop_until(&f.loop, f.later != NULL);
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
  loop_until(&f.loop, f.later != NULL);
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
    loop_until(&f.loop, f.routed > i);
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
  size_t i;
  (void)state;
  open_server(&f);
  test_client_connect(&client, &f.loop, pyr__http_server_address(f.server));
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = 3;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  for (i = 0; i < 20; i++)
    uv_run(&f.loop, UV_RUN_NOWAIT);
  assert_true(f.server->resume_ns != INT64_MAX);
  assert_false(uv_is_active((uv_handle_t *)&f.server->listener));
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
      cmocka_unit_test(slices__wait_for_a_greedy_reader_and_then_close),
      cmocka_unit_test(server__times_out_a_slow_header),
      cmocka_unit_test(server__closes_who_says_nothing),
      cmocka_unit_test(slices__raise_no_signal_when_the_client_is_gone),
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
