/* TLS inside of TLS: to a host, over a proxy that is spoken to by TLS. */
#include "tls_stage.h"

#include "base/str.h"

static struct {
  struct test_cert ca, proxy, host;
  char ca_pem[2048];
} made;

struct world {
  struct test_stage stage; /* its peer is the proxy */
  struct test_peer *host;
};

/* The server-name is the host's. */
static struct world *begin(void) {
  struct world *world = calloc(1, sizeof(*world));
  struct pyr__tls_options options = {.ca = made.ca_pem, .server_name = "host"};
  struct test_peer_options proxy = {.chain = &made.proxy.cert,
                                    .key = &made.proxy.key};
  struct test_peer_options host = {.chain = &made.host.cert,
                                   .key = &made.host.key};

  test_stage_begin(&world->stage, NULL);
  test_stage_configure(&world->stage, &options);
  world->stage.peer = test_peer_new(&proxy);
  world->host = test_peer_new(&host);
  return world;
}

static void finish(struct world *world) {
  test_stage_end(&world->stage);
  test_peer_free(world->host);
  free(world);
}

static int connect_proxy(struct world *world, const char *name) {
  struct pyr__tls_peer peer = {.origin = pyr__str("proxy proxy:1"),
                               .host = pyr__str(name),
                               .is_proxy = true};
  int rc = test_stage_connect(&world->stage, &peer, NULL);
  if (rc == 0) {
    test_talk(&world->stage.self, world->stage.peer, 0);
    rc = world->stage.self.code;
  }
  return rc;
}

/* As a proxy does: what it hears goes to the host, what that says is said. */
static bool relay(struct world *world) {
  struct test_peer *proxy = world->stage.peer, *host = world->host;
  size_t len;

  test_peer_run(proxy);
  len = proxy->heard_len;
  memcpy(host->in.data + host->in.len, proxy->heard, len);
  host->in.len += len;
  proxy->heard_len = 0;
  test_peer_run(host);
  if (host->out.taken == host->out.len)
    return len > 0;
  test_peer_say(proxy, host->out.data + host->out.taken,
                host->out.len - host->out.taken);
  host->out.taken = host->out.len;
  return true;
}

static void hear(struct world *world, size_t piece) {
  struct test_bytes *out = &world->stage.peer->out;
  while (out->taken < out->len && world->stage.self.code == 0 &&
         !world->stage.self.is_ended) {
    size_t n = out->len - out->taken;
    n = piece != 0 && piece < n ? piece : n;
    test_client_take(&world->stage.self, out->data + out->taken, n);
    out->taken += n;
  }
}

static void talk(struct world *world, size_t piece) {
  do {
    hear(world, piece);
    test_client_flush(&world->stage.self, world->stage.peer);
  } while (relay(world) ||
           world->stage.peer->out.taken < world->stage.peer->out.len);
}

static int begin_host(struct world *world) {
  struct pyr__tls_peer peer = {.origin = pyr__str("https://other:1"),
                               .host = pyr__str("other"),
                               .below = world->stage.self.tls};
  int rc = test_stage_connect(&world->stage, &peer, NULL);
  return rc == 0 ? pyr__tls_write(world->stage.self.tls, "hi", 2) : rc;
}

static int connect_host(struct world *world, size_t piece) {
  int rc = begin_host(world);
  if (rc == 0) {
    talk(world, piece);
    rc = world->stage.self.code;
  }
  return rc;
}

static struct world *connected(void) {
  struct world *world = begin();
  assert_int_equal(connect_proxy(world, "proxy"), 0);
  assert_int_equal(connect_host(world, 0), 0);
  assert_true(pyr__tls_is_ready(world->stage.self.tls));
  return world;
}

static void assert_failed(const struct world *world, const char *text) {
  assert_int_equal(world->stage.self.code, PYR_ETLS);
  assert_string_equal(pyr__tls_error(world->stage.self.tls)->text, text);
}

static void bytes__both_ways_cut_anywhere(void **state) {
  static const size_t pieces[] = {1, 2, 3, 5, 7, 64, 333, 1000, 0};
  static char body[100000];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(body); i++)
    body[i] = (char)(i * i >> 5);
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    struct world *world = begin();
    assert_int_equal(connect_proxy(world, "proxy"), 0);
    assert_int_equal(connect_host(world, pieces[i]), 0);
    assert_string_equal(world->host->heard, "hi");
    test_peer_say(world->host, body, sizeof(body));
    talk(world, pieces[i]);
    assert_int_equal(world->stage.self.heard_len, sizeof(body));
    assert_memory_equal(world->stage.self.heard, body, sizeof(body));
    assert_int_equal(pyr__tls_eof(world->stage.self.tls), 0);
    finish(world);
  }
}

/* Each by its own name, whatever server-name says of the host's. */
static void names__are_each_ones_own(void **state) {
  struct world *world = begin();
  (void)state;
  assert_int_equal(connect_proxy(world, "elsewhere"), PYR_ETLS);
  assert_failed(world, "certificate is for DNS:proxy, not elsewhere");
  finish(world);
  world = begin();
  test_peer_free(world->host);
  world->host = test_peer_new(&(struct test_peer_options){
      .chain = &made.proxy.cert, .key = &made.proxy.key});
  assert_int_equal(connect_proxy(world, "proxy"), 0);
  assert_int_equal(connect_host(world, 0), PYR_ETLS);
  assert_failed(world, "certificate is for DNS:proxy, not host");
  finish(world);
}

static void sessions__of_a_proxy_are_not_a_hosts(void **state) {
  struct world *world = connected();
  (void)state;
  assert_int_equal(world->stage.shared->stats[0].handshakes, 2);
  assert_int_equal(world->stage.shared->stats[0].resumed, 0);
  finish(world);
}

static void end__of_the_outer_is_that_of_the_inner(void **state) {
  struct world *world = connected();
  (void)state;
  mbedtls_ssl_close_notify(&world->stage.peer->ssl);
  hear(world, 1);
  assert_true(world->stage.self.is_ended);
  finish(world);
  world = begin();
  assert_int_equal(connect_proxy(world, "proxy"), 0);
  assert_int_equal(begin_host(world), 0);
  mbedtls_ssl_close_notify(&world->stage.peer->ssl);
  hear(world, 0);
  assert_failed(world, "closed by the server before it said anything: does it "
                       "speak TLS?");
  finish(world);
}

/* Half of a record of the host's is in a whole one of the proxy's; and the
 * other way. */
static void end__inside_of_either_record_is_an_error(void **state) {
  struct world *world = connected();
  struct test_bytes *said = &world->host->out;
  (void)state;
  test_peer_say(world->host, "hello", 5);
  test_peer_say(world->stage.peer, said->data + said->taken, 7);
  hear(world, 0);
  assert_int_equal(pyr__tls_eof(world->stage.self.tls), PYR_ETLS);
  assert_string_equal(pyr__tls_error(world->stage.self.tls)->text,
                      "closed by the server inside a record");
  finish(world);
  world = connected();
  test_peer_say(world->stage.peer, "hello", 5);
  world->stage.peer->out.len -= 2;
  hear(world, 0);
  assert_int_equal(pyr__tls_eof(world->stage.self.tls), PYR_ETLS);
  assert_string_equal(pyr__tls_error(world->stage.self.tls)->text,
                      "to the proxy: closed by the server inside a record");
  finish(world);
}

static void record__that_was_altered_is_told_of_where_it_was(void **state) {
  struct world *world = connected();
  struct test_bytes *said = &world->host->out;
  (void)state;
  test_peer_say(world->host, "hello", 5);
  said->data[said->len - 1] ^= 1;
  talk(world, 0);
  assert_failed(world, "a record was altered on its way: its checksum is "
                       "wrong");
  finish(world);
  world = connected();
  test_peer_say(world->host, "hello", 5);
  (void)relay(world);
  world->stage.peer->out.data[world->stage.peer->out.len - 1] ^= 1;
  hear(world, 3);
  assert_failed(world, "to the proxy: a record was altered on its way: its "
                       "checksum is wrong");
  finish(world);
}

static void goodbye__is_said_to_both(void **state) {
  struct world *world = connected();
  (void)state;
  pyr__tls_end(world->stage.self.tls);
  test_client_flush(&world->stage.self, world->stage.peer);
  (void)relay(world);
  assert_true(world->host->is_ended);
  assert_true(world->stage.peer->is_ended);
  finish(world);
}

static void allocation__that_fails_is_an_ordinary_error(void **state) {
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct world *world = begin();
    int rc;
    world->stage.state.fail_at = world->stage.state.calls + fail_at;
    rc = connect_proxy(world, "proxy");
    if (rc == 0)
      rc = connect_host(world, 700);
    is_done = rc == 0 && world->stage.state.calls < world->stage.state.fail_at;
    if (rc != 0)
      assert_int_equal(rc, PYR__ENOMEM);
    world->stage.state.fail_at = 0;
    finish(world);
  }
  assert_in_range(fail_at, 12, 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes__both_ways_cut_anywhere),
      cmocka_unit_test(names__are_each_ones_own),
      cmocka_unit_test(sessions__of_a_proxy_are_not_a_hosts),
      cmocka_unit_test(end__of_the_outer_is_that_of_the_inner),
      cmocka_unit_test(end__inside_of_either_record_is_an_error),
      cmocka_unit_test(record__that_was_altered_is_told_of_where_it_was),
      cmocka_unit_test(goodbye__is_said_to_both),
      cmocka_unit_test(allocation__that_fails_is_an_ordinary_error),
  };
  struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  struct test_cert_spec proxy = {
      .subject = "CN=proxy", .names = "DNS:proxy", .issuer = &made.ca};
  struct test_cert_spec host = {
      .subject = "CN=host", .names = "DNS:host", .issuer = &made.ca};
  test_cert_make(&made.ca, &ca);
  test_cert_make(&made.proxy, &proxy);
  test_cert_make(&made.host, &host);
  test_cert_pem(&made.ca, made.ca_pem, sizeof(made.ca_pem));
  return cmocka_run_group_tests(tests, NULL, NULL);
}
