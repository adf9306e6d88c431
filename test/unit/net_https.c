#include "http_script.h"
#include "https_script.h"

#include "net/http_access.h"

#define OK "HTTP/1.1 200 OK\r\n"

static struct test_authority made; /* once */

struct world {
  uv_loop_t loop;
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__tls_shared *tls;
  struct pyr__http_access *access;
  struct pyr__http_client *client;
  struct https_script server;
  struct fetch fetch;
  char url[128];
  bool is_closed;
  int64_t now_ns, tick_ns; /* tick_ns 0: the clock is the system's */
};

static int64_t monotonic(void *ctx) {
  struct world *world = ctx;
  struct pyr__clock system = pyr__clock_system();
  world->now_ns += world->tick_ns;
  return world->tick_ns == 0 ? pyr__now(&system) : world->now_ns;
}

static int64_t wall(void *ctx) {
  struct pyr__clock system = pyr__clock_system();
  (void)ctx;
  return pyr__wall(&system);
}

static void on_closed(void *ctx) {
  ((struct world *)ctx)->is_closed = true;
}

static struct pyr__http_access *
make_access(struct world *world, const struct pyr__tls_options *tls) {
  const struct pyr__http_access_options options = {.tls = tls};
  struct pyr__http_access *access;
  pyr_error_t err;
  assert_int_equal(
      pyr__http_access_new(&access, world->client, &options, "test", &err), 0);
  return access;
}

static struct world *begin(const struct https_reply *replies, size_t count) {
  struct world *world = calloc(1, sizeof(*world));
  struct test_peer_options server = {.chain = &made.server.cert,
                                     .key = &made.server.key};
  struct pyr__tls_shared_options shared = {.clock = {monotonic, wall, world},
                                           .trust_path = "/nowhere"};
  struct pyr__tls_options trust = {.ca = made.ca_pem};
  struct pyr__http_client_options options = {.only_loopback_dns = true};
  pyr_alloc_t alloc;
  pyr_error_t err;

  alloc = failing_alloc(&world->state);
  pyr__memory_init(&world->memory, &alloc);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  assert_int_equal(
      pyr__tls_shared_new(&world->tls, &world->memory, &shared, &err), 0);
  options.tls = world->tls;
  options.clock = shared.clock;
  assert_int_equal(pyr__http_client_new(&world->client, &world->loop,
                                        &world->memory, &options, &err),
                   0);
  assert_ptr_equal(pyr__http_client_tls(world->client), world->tls);
  world->access = make_access(world, &trust);
  https_listen(&world->server, &world->loop, &server, replies, count);
  snprintf(world->url, sizeof(world->url), "https://127.0.0.1:%u/",
           world->server.port);
  return world;
}

static void finish(struct world *world) {
  pyr__http_access_unref(world->access);
  pyr__tls_shared_unref(world->tls);
  if (world->client != NULL)
    pyr__http_client_close(world->client, on_closed, world);
  https_stop(&world->server);
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_true(world->is_closed);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  assert_int_equal(world->state.live, 0);
  free(world);
}

static int start(struct world *world, const char *url,
                 struct pyr__http_access *access) {
  struct pyr__http_handler handler = {fetch_on_head, fetch_on_body,
                                      fetch_on_done, &world->fetch};
  struct pyr__http_options options = {.follow_other_hosts = true,
                                      .access = access};
  pyr_error_t err;
  fetch_reset(&world->fetch);
  return pyr__http_start(world->client, url, &options, &handler,
                         &world->fetch.request, &err);
}

static struct fetch *get(struct world *world, struct pyr__http_access *access) {
  assert_int_equal(start(world, world->url, access), 0);
  fetch_wait(&world->fetch, &world->loop);
  return &world->fetch;
}

static void assert_body(const struct fetch *fetch, const char *body) {
  assert_string_equal(fetch->error, "");
  assert_int_equal(fetch->code, 0);
  assert_int_equal(fetch->body_len, strlen(body));
  assert_memory_equal(fetch->body, body, strlen(body));
}

/* ---- responses ---------------------------------------------------------- */

static void
response__comes_whole_and_the_connection_is_used_again(void **state) {
  static const struct https_reply replies[] = {
      {.text = OK "Content-Length: 5\r\n\r\nhello"},
      {.text = OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}};
  static const size_t pieces[] = {0, 1, 100};
  size_t i;
  (void)state;
  for (i = 0; i < 3; i++) {
    struct world *world = begin(replies, 2);
    world->server.piece = pieces[i];
    assert_body(get(world, world->access), "hello");
    assert_false(world->fetch.is_reused);
    assert_body(get(world, world->access), "abc");
    assert_true(world->fetch.is_reused);
    assert_int_equal(world->server.connections, 1);
    assert_int_equal(world->tls->stats[0].handshakes, 1);
    finish(world);
  }
}

static void body__to_the_end_ends_between_records(void **state) {
  static const struct https_reply replies[] = {
      {.text = OK "\r\nwhole", .end = HTTPS_GOODBYE},
      {.text = OK "\r\nwhole", .end = HTTPS_GOODBYE_OPEN},
      {.text = OK "\r\nwhole", .end = HTTPS_CLOSE},
      {.text = OK "\r\ncut", .end = HTTPS_CUT},
      {.text = OK "Content-Length: 9\r\n\r\nhalf", .end = HTTPS_GOODBYE}};
  struct world *world = begin(replies, 5);
  char expected[128];
  (void)state;
  assert_body(get(world, world->access), "whole");
  assert_body(get(world, world->access), "whole");
  assert_body(get(world, world->access), "whole");
  get(world, world->access);
  assert_int_equal(world->fetch.code, PYR_ETLS);
  snprintf(expected, sizeof(expected),
           "127.0.0.1:%u: TLS: closed by the server inside a record",
           world->server.port);
  assert_string_equal(world->fetch.error, expected);
  get(world, world->access);
  assert_int_equal(world->fetch.code, PYR_EHTTP);
  finish(world);
}

static void connection__that_ended_in_the_pool_is_replaced(void **state) {
  static const struct https_reply replies[] = {
      {.text = OK "Content-Length: 3\r\n\r\none", .end = HTTPS_GOODBYE_OPEN},
      {.text = OK "Content-Length: 3\r\n\r\ntwo", .end = HTTPS_CLOSE},
      {.text = OK "Content-Length: 5\r\n\r\nthree"}};
  struct world *world = begin(replies, 3);
  (void)state;
  assert_body(get(world, world->access), "one");
  assert_body(get(world, world->access), "two");
  assert_body(get(world, world->access), "three");
  assert_int_equal(world->server.connections, 3);
  finish(world);
}

/* ---- who may share ------------------------------------------------------ */

static void connections__are_shared_within_a_configuration(void **state) {
  static const struct https_reply reply = {.text = OK
                                           "Content-Length: 2\r\n\r\nok"};
  struct https_reply replies[4] = {reply, reply, reply, reply};
  struct world *world = begin(replies, 4);
  struct pyr__tls_options lax = {.insecure_skip_verify = true};
  struct pyr__http_access *other;
  (void)state;
  other = make_access(world, &lax);
  /* A connection that nobody verified is not for whom wants it verified. */
  assert_body(get(world, other), "ok");
  assert_body(get(world, world->access), "ok");
  assert_false(world->fetch.is_reused);
  assert_body(get(world, world->access), "ok");
  assert_true(world->fetch.is_reused);
  assert_body(get(world, other), "ok");
  assert_true(world->fetch.is_reused);
  assert_int_equal(world->server.connections, 2);
  pyr__http_access_unref(other);
  finish(world);
}

/* Without a configuration it is the system's store, and that is not there. */
static void request__without_a_configuration_trusts_the_system(void **state) {
  struct world *world = begin(NULL, 0);
  (void)state;
  get(world, NULL);
  assert_int_equal(world->fetch.code, PYR_ETLS);
  assert_string_equal(world->fetch.error,
                      "the system's CA certificates, /nowhere: No such file or "
                      "directory");
  assert_int_equal(world->server.connections, 0);
  finish(world);
}

static void redirect__leads_to_https(void **state) {
  static const struct https_reply replies[] = {
      {.text = OK "Content-Length: 2\r\n\r\nok"}};
  struct world *world = begin(replies, 1);
  struct script *plain = calloc(1, sizeof(*plain));
  char text[256], url[64];
  struct script_reply reply = {.text = text};
  (void)state;
  snprintf(text, sizeof(text),
           "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
           world->url);
  assert_true(script_listen(plain, &world->loop, "127.0.0.1", 0, &reply, 1));
  snprintf(url, sizeof(url), "http://127.0.0.1:%u/", plain->port);
  assert_int_equal(start(world, url, world->access), 0);
  fetch_wait(&world->fetch, &world->loop);
  assert_body(&world->fetch, "ok");
  assert_int_equal(world->fetch.redirects, 1);
  script_close(plain);
  finish(world);
  free(plain);
}

/* ---- failures ----------------------------------------------------------- */

static void certificate__for_another_name_fails_the_request(void **state) {
  struct world *world = begin(NULL, 0);
  struct pyr__tls_options options = {.ca = made.ca_pem,
                                     .server_name = "elsewhere.example"};
  struct pyr__http_access *access;
  char expected[256];
  (void)state;
  access = make_access(world, &options);
  get(world, access);
  assert_int_equal(world->fetch.code, PYR_ETLS);
  snprintf(expected, sizeof(expected),
           "127.0.0.1:%u: TLS: certificate is for DNS:localhost, IP:127.0.0.1, "
           "not elsewhere.example",
           world->server.port);
  assert_string_equal(world->fetch.error, expected);
  pyr__http_access_unref(access);
  finish(world);
}

static void cancelling__in_the_handshake_leaves_nothing(void **state) {
  struct world *world = begin(NULL, 0);
  const bool *is_accepted = &world->server.conns[0].is_used;
  (void)state;
  world->server.is_silent = true;
  assert_int_equal(start(world, world->url, world->access), 0);
  loop_until(&world->loop, *is_accepted);
  loop_until(&world->loop, strcmp(pyr__http_phase(world->fetch.request),
                                  "in the TLS handshake") == 0);
  pyr__http_cancel(world->fetch.request, PYR_ETIMEOUT, "too slow");
  assert_int_equal(world->fetch.dones, 1);
  assert_string_equal(world->fetch.error, "too slow");
  finish(world);
}

static void closing__in_the_handshake_leaves_nothing(void **state) {
  struct world *world = begin(NULL, 0);
  (void)state;
  world->server.is_silent = true;
  assert_int_equal(start(world, world->url, world->access), 0);
  loop_until(&world->loop, world->server.conns[0].is_used);
  pyr__http_client_close(world->client, on_closed, world);
  world->client = NULL;
  assert_int_equal(world->fetch.code, PYR_ECANCELED);
  finish(world);
}

/* ---- many at once ------------------------------------------------------- */

enum { MANY = 12 };

static unsigned count_dones(const struct fetch *fetches) {
  unsigned i, dones = 0;
  for (i = 0; i < MANY; i++)
    dones += fetches[i].dones;
  return dones;
}

/* By a clock that says that every step took long, a turn of the loop is for one
 * of them, and yet all come to their end. */
static void handshakes__of_many_at_once_take_turns(void **state) {
  static const struct https_reply reply = {.text = OK
                                           "Content-Length: 2\r\n\r\nok"};
  struct https_reply replies[MANY];
  struct world *world;
  struct fetch *fetches = calloc(MANY, sizeof(*fetches));
  struct pyr__http_options options = {.follow_other_hosts = true};
  unsigned i, turns = 0;
  pyr_error_t err;
  (void)state;
  for (i = 0; i < MANY; i++)
    replies[i] = reply;
  world = begin(replies, MANY);
  world->tick_ns = 3 * PYR__NS_PER_MS;
  options.access = world->access;
  for (i = 0; i < MANY; i++) {
    struct pyr__http_handler handler = {fetch_on_head, fetch_on_body,
                                        fetch_on_done, &fetches[i]};
    fetch_reset(&fetches[i]);
    assert_int_equal(pyr__http_start(world->client, world->url, &options,
                                     &handler, &fetches[i].request, &err),
                     0);
  }
  loop_until(&world->loop, (turns++, count_dones(fetches) == MANY));
  for (i = 0; i < MANY; i++)
    assert_body(&fetches[i], "ok");
  assert_int_equal(world->tls->stats[0].handshakes, MANY);
  assert_true(turns > MANY * 6);
  free(fetches);
  finish(world);
}

/* ---- memory ------------------------------------------------------------- */

static void allocation__that_fails_is_an_ordinary_error(void **state) {
  static const struct https_reply replies[] = {
      {.text = OK "Content-Length: 2\r\n\r\nok"}};
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct world *world = begin(replies, 1);
    int rc;
    world->state.fail_at = world->state.calls + fail_at;
    rc = start(world, world->url, world->access);
    if (rc == 0) {
      fetch_wait(&world->fetch, &world->loop);
      rc = world->fetch.code;
    }
    is_done = world->state.calls < world->state.fail_at;
    /* A session that could not be kept is no failure. */
    if (rc != 0)
      assert_int_equal(rc, PYR__ENOMEM);
    else
      assert_body(&world->fetch, "ok");
    world->state.fail_at = 0;
    finish(world);
  }
  assert_in_range(fail_at, 15, 80);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(response__comes_whole_and_the_connection_is_used_again),
      cmocka_unit_test(body__to_the_end_ends_between_records),
      cmocka_unit_test(connection__that_ended_in_the_pool_is_replaced),
      cmocka_unit_test(connections__are_shared_within_a_configuration),
      cmocka_unit_test(request__without_a_configuration_trusts_the_system),
      cmocka_unit_test(redirect__leads_to_https),
      cmocka_unit_test(certificate__for_another_name_fails_the_request),
      cmocka_unit_test(cancelling__in_the_handshake_leaves_nothing),
      cmocka_unit_test(closing__in_the_handshake_leaves_nothing),
      cmocka_unit_test(handshakes__of_many_at_once_take_turns),
      cmocka_unit_test(allocation__that_fails_is_an_ordinary_error),
  };
  int rc;
  test_authority_make(&made, "DNS:localhost IP:127.0.0.1");
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  test_authority_free(&made);
  return rc;
}
