#include "tls_stage.h"

#include "base/str.h"

/* What all tests need, made once: it costs. */
static struct {
  struct test_cert ca, server, other;
  char ca_pem[2048];
} made;

struct world {
  struct test_stage stage;
  int64_t now_ns, wall_ns, tick_ns;
};

static int64_t monotonic(void *ctx) {
  struct world *world = ctx;
  return world->now_ns += world->tick_ns;
}

static int64_t wall(void *ctx) {
  return ((struct world *)ctx)->wall_ns;
}

static struct world *begin(const struct pyr__tls_options *options) {
  struct world *world = calloc(1, sizeof(*world));
  const struct pyr__clock clock = {monotonic, wall, world};
  struct pyr__tls_options usual = {.ca = made.ca_pem};

  world->wall_ns = INT64_C(1700000000) * PYR__NS_PER_S;
  test_stage_begin(&world->stage, &clock);
  test_stage_configure(&world->stage, options == NULL ? &usual : options);
  return world;
}

static void finish(struct world *world) {
  test_stage_end(&world->stage);
  free(world);
}

static void connect_to(struct world *world,
                       const struct test_peer_options *options,
                       const char *host) {
  struct test_peer_options usual = {.chain = &made.server.cert,
                                    .key = &made.server.key};
  struct pyr__tls_peer peer = {.origin = pyr__str("https://o:443"),
                               .host = pyr__str(host)};
  pyr_error_t err;

  test_stage_disconnect(&world->stage);
  world->stage.peer = test_peer_new(options == NULL ? &usual : options);
  if (test_stage_connect(&world->stage, &peer, &err) != 0)
    fail_msg("%s", err.text);
}

static void assert_talks(struct world *world) {
  assert_string_equal(pyr__tls_error(world->stage.self.tls)->text, "");
  assert_int_equal(world->stage.self.code, 0);
  assert_true(pyr__tls_is_ready(world->stage.self.tls));
}

static void handshake__and_bytes_both_ways_cut_anywhere(void **state) {
  static const size_t pieces[] = {1, 2, 3, 5, 7, 64, 333, 1000, 0};
  char *body = malloc(100000);
  size_t i, k;
  (void)state;
  for (k = 0; k < 100000; k++)
    body[k] = (char)(k * 7);
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    struct world *world = begin(NULL);
    connect_to(world, NULL, "127.0.0.1");
    /* Before the handshake is over: it is kept. */
    assert_int_equal(pyr__tls_write(world->stage.self.tls, "GET /", 5), 0);
    assert_int_equal(pyr__tls_write(world->stage.self.tls, " HTTP", 5), 0);
    test_talk(&world->stage.self, world->stage.peer, pieces[i]);
    assert_talks(world);
    assert_memory_equal(world->stage.peer->heard, "GET / HTTP", 10);
    assert_int_equal(pyr__tls_write(world->stage.self.tls, "more", 4), 0);
    test_peer_say(world->stage.peer, body, 100000);
    test_talk(&world->stage.self, world->stage.peer, pieces[i]);
    assert_int_equal(world->stage.peer->heard_len, 14);
    assert_int_equal(world->stage.self.heard_len, 100000);
    assert_memory_equal(world->stage.self.heard, body, 100000);
    mbedtls_ssl_close_notify(&world->stage.peer->ssl);
    test_talk(&world->stage.self, world->stage.peer, pieces[i]);
    assert_true(world->stage.self.is_ended);
    finish(world);
  }
  free(body);
}

/* Fails the test unless the client failed with a text that holds `part`. */
static void assert_failed(struct world *world, const char *part) {
  const pyr_error_t *error = pyr__tls_error(world->stage.self.tls);
  assert_int_equal(world->stage.self.code, PYR_ETLS);
  assert_int_equal(error->code, PYR_ETLS);
  if (strstr(error->text, part) == NULL)
    fail_msg("\"%s\" is not in \"%s\"", part, error->text);
  /* Never a bare number of the library. */
  assert_null(strstr(error->text, "-0x"));
}

static void take(struct world *world, const void *data, size_t len) {
  test_client_take(&world->stage.self, data, len);
}

static void no_tls__is_told_by_what_came(void **state) {
  static const char http[] = "HTTP/1.0 400 Bad Request\r\n\r\nno";
  static const char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";
  static const uint8_t alien[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  struct world *world = begin(NULL);
  size_t i;
  (void)state;
  connect_to(world, NULL, "127.0.0.1");
  for (i = 0; i < sizeof(http) - 1 && world->stage.self.code == 0; i++)
    take(world, http + i, 1);
  assert_failed(world, "speaks no TLS but plain HTTP: its first bytes are "
                       "\"HTTP/");
  connect_to(world, NULL, "127.0.0.1");
  take(world, ssh, sizeof(ssh) - 1);
  assert_failed(world, "the server speaks no TLS: its first bytes are \"SSH-");
  connect_to(world, NULL, "127.0.0.1");
  take(world, alien, sizeof(alien));
  assert_failed(world, "\\x00\\x01");
  connect_to(world, NULL, "127.0.0.1");
  world->stage.self.code = pyr__tls_eof(world->stage.self.tls);
  assert_failed(world, "closed by the server before it said anything");
  finish(world);
}

/* The server's first flight, to be spoilt. */
static void let_server_speak(struct world *world) {
  connect_to(world, NULL, "127.0.0.1");
  test_client_flush(&world->stage.self, world->stage.peer);
  test_peer_run(world->stage.peer);
  assert_true(world->stage.peer->out.len > 500);
}

static void handshake__that_breaks_off_anywhere_is_an_error(void **state) {
  struct world *world = begin(NULL);
  size_t len, cut;
  (void)state;
  let_server_speak(world);
  len = world->stage.peer->out.len;
  for (cut = 1; cut < len; cut += 1 + len / 40) {
    let_server_speak(world);
    take(world, world->stage.peer->out.data, cut);
    assert_int_equal(world->stage.self.code, 0);
    assert_false(pyr__tls_is_ready(world->stage.self.tls));
    world->stage.self.code = pyr__tls_eof(world->stage.self.tls);
    assert_failed(world, "closed by the server in the handshake");
  }
  assert_int_equal(world->stage.shared->stats[0].handshakes, 0);
  finish(world);
}

static void handshake__with_any_bit_changed_does_not_succeed(void **state) {
  struct world *world = begin(NULL);
  size_t len, at;
  (void)state;
  let_server_speak(world);
  len = world->stage.peer->out.len;
  for (at = 0; at < len - 8; at += 1 + len / 40) {
    let_server_speak(world);
    world->stage.peer->out.data[at] ^= (uint8_t)(1u << (at % 8));
    test_talk(&world->stage.self, world->stage.peer, 0);
    /* It may wait for bytes that a changed length promises. */
    assert_false(pyr__tls_is_ready(world->stage.self.tls));
  }
  finish(world);
}

static void old_server__is_refused_by_its_version(void **state) {
  struct test_peer_options options = {
      .chain = &made.server.cert, .key = &made.server.key, .is_old = true};
  struct world *world = begin(NULL);
  (void)state;
  if (MBEDTLS_VERSION_NUMBER >= 0x03000000) {
    finish(world);
    skip(); /* it cannot play an old server */
  }
  connect_to(world, &options, "127.0.0.1");
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "speaks only versions of TLS older than is allowed");
  finish(world);
}

/* RSA key exchange without forward secrecy is not offered. */
static void suites__that_are_not_offered_leave_nothing(void **state) {
  static const int suites[] = {MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256, 0};
  struct test_peer_options options = {
      .chain = &made.server.cert, .key = &made.server.key, .suites = suites};
  struct world *world = begin(NULL);
  (void)state;
  connect_to(world, &options, "127.0.0.1");
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "no cipher suite, curve or kind of certificate in "
                       "common (alert handshake_failure)");
  finish(world);
}

static void certificate__is_verified_before_anything_is_said(void **state) {
  struct world *world = begin(NULL);
  (void)state;
  connect_to(world, NULL, "elsewhere.example");
  assert_int_equal(pyr__tls_write(world->stage.self.tls, "secret", 6), 0);
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "certificate is for DNS:localhost, IP:127.0.0.1, not "
                       "elsewhere.example");
  assert_false(world->stage.peer->is_ready);
  assert_int_equal(world->stage.peer->heard_len, 0);
  /* The server has been told. */
  assert_int_equal(world->stage.peer->error,
                   MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  assert_int_equal(world->stage.shared->stats[0].failures[PYR__TLS_CERTIFICATE],
                   1);
  finish(world);
}

/* Who shows somebody else's certificate has not the key that is in it. */
static void certificate__of_somebody_else_is_no_use(void **state) {
  struct world *world = begin(NULL);
  struct test_peer_options options = {.chain = &made.server.cert,
                                      .key = &made.other.key};
  (void)state;
  connect_to(world, &options, "127.0.0.1");
  assert_int_equal(pyr__tls_write(world->stage.self.tls, "secret", 6), 0);
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "the server does not have the key of the certificate "
                       "that it presents");
  assert_int_equal(world->stage.peer->heard_len, 0);
  finish(world);
}

static void skip_verify__takes_anybody(void **state) {
  struct pyr__tls_options options = {.insecure_skip_verify = true};
  struct world *world = begin(&options);
  (void)state;
  connect_to(world, NULL, "elsewhere.example");
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_talks(world);
  finish(world);
}

static void server_name__is_verified_in_place_of_the_host(void **state) {
  struct pyr__tls_options options = {.ca = made.ca_pem,
                                     .server_name = "localhost."};
  struct world *world = begin(&options);
  (void)state;
  connect_to(world, NULL, "10.1.2.3");
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_talks(world);
  finish(world);
}

/* ---- client certificates ------------------------------------------------ */

static void client_certificate__is_asked_for_and_missing(void **state) {
  struct test_peer_options options = {.chain = &made.server.cert,
                                      .key = &made.server.key,
                                      .client_ca = &made.ca.cert};
  struct world *world = begin(NULL);
  (void)state;
  connect_to(world, &options, "localhost");
  test_talk(&world->stage.self, world->stage.peer, 3);
  assert_int_equal(world->stage.peer->error,
                   MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE);
  /* mbedTLS leaves without a word. */
  world->stage.self.code = pyr__tls_eof(world->stage.self.tls);
  assert_failed(world, "closed by the server in the handshake: does it require "
                       "a client certificate?");
  connect_to(world, &options, "localhost");
  test_talk(&world->stage.self, world->stage.peer, 3);
  mbedtls_ssl_send_alert_message(&world->stage.peer->ssl,
                                 MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                 MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
  test_talk(&world->stage.self, world->stage.peer, 3);
  assert_failed(world, "server requires a client certificate: see cert-file");
  finish(world);
}

static void client_certificate__is_shown(void **state) {
  static char cert_pem[2048], key_pem[2048];
  struct test_peer_options good = {.chain = &made.server.cert,
                                   .key = &made.server.key,
                                   .client_ca = &made.ca.cert};
  struct test_peer_options bad = good;
  struct pyr__tls_options options = {
      .ca = made.ca_pem,
      .cert = test_cert_pem(&made.server, cert_pem, sizeof(cert_pem)),
      .key = test_key_pem(&made.server, key_pem, sizeof(key_pem))};
  struct world *world = begin(&options);
  (void)state;
  connect_to(world, &good, "localhost");
  assert_int_equal(pyr__tls_write(world->stage.self.tls, "hello", 5), 0);
  test_talk(&world->stage.self, world->stage.peer, 1);
  assert_talks(world);
  assert_string_equal(world->stage.peer->heard, "hello");
  bad.client_ca = &made.other.cert;
  connect_to(world, &bad, "localhost");
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "the server refused the client certificate CN=server "
                       "(alert unknown_ca)");
  finish(world);
}

/* ---- sessions ----------------------------------------------------------- */

static void meet(struct world *world, mbedtls_ssl_ticket_context *tickets) {
  struct test_peer_options options = {
      .chain = &made.server.cert, .key = &made.server.key, .tickets = tickets};
  connect_to(world, &options, "localhost");
  assert_int_equal(pyr__tls_write(world->stage.self.tls, "hi", 2), 0);
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_talks(world);
  assert_string_equal(world->stage.peer->heard, "hi");
}

static void make_tickets(mbedtls_ssl_ticket_context *tickets) {
  mbedtls_ssl_ticket_init(tickets);
  assert_int_equal(mbedtls_ssl_ticket_setup(tickets, test_random, NULL,
                                            MBEDTLS_CIPHER_AES_256_GCM, 86400),
                   0);
}

static void session__is_resumed_for_a_day_and_no_longer(void **state) {
  const int64_t hour_ns = 3600 * PYR__NS_PER_S;
  mbedtls_ssl_ticket_context tickets;
  struct world *world = begin(NULL);
  const struct pyr__tls_stats *stats = &world->stage.shared->stats[0];
  (void)state;
  make_tickets(&tickets);
  meet(world, &tickets);
  assert_false(pyr__tls_is_resumed(world->stage.self.tls));
  meet(world, &tickets);
  assert_true(pyr__tls_is_resumed(world->stage.self.tls));
  world->wall_ns += 20 * hour_ns;
  meet(world, &tickets);
  assert_true(pyr__tls_is_resumed(world->stage.self.tls));
  /* Resuming does not lengthen what was verified once. */
  world->wall_ns += 5 * hour_ns;
  meet(world, &tickets);
  assert_false(pyr__tls_is_resumed(world->stage.self.tls));
  assert_int_equal(stats->handshakes, 4);
  assert_int_equal(stats->resumed, 2);
  assert_int_equal(stats->failures[PYR__TLS_OTHER], 0);
  finish(world);
  mbedtls_ssl_ticket_free(&tickets);
}

static void session__that_the_server_forgot_is_no_error(void **state) {
  mbedtls_ssl_ticket_context old, new;
  struct world *world = begin(NULL);
  (void)state;
  make_tickets(&old);
  make_tickets(&new);
  meet(world, &old);
  meet(world, &new);
  assert_false(pyr__tls_is_resumed(world->stage.self.tls));
  meet(world, &new);
  assert_true(pyr__tls_is_resumed(world->stage.self.tls));
  finish(world);
  mbedtls_ssl_ticket_free(&old);
  mbedtls_ssl_ticket_free(&new);
}

/* Whoever took over the address has to show a certificate. */
static void session__does_not_vouch_for_another_server(void **state) {
  mbedtls_ssl_ticket_context tickets, others;
  struct test_peer_options options = {
      .chain = &made.other.cert, .key = &made.other.key, .tickets = &others};
  struct world *world = begin(NULL);
  (void)state;
  make_tickets(&tickets);
  make_tickets(&others);
  meet(world, &tickets);
  connect_to(world, &options, "localhost");
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "self-signed certificate CN=other is not trusted");
  /* It is not offered again to whom failed with it. */
  meet(world, &tickets);
  assert_false(pyr__tls_is_resumed(world->stage.self.tls));
  finish(world);
  mbedtls_ssl_ticket_free(&tickets);
  mbedtls_ssl_ticket_free(&others);
}

/* ---- after the handshake ------------------------------------------------ */

static void record__that_was_altered_is_an_error(void **state) {
  struct world *world = begin(NULL);
  (void)state;
  meet(world, NULL);
  test_peer_say(world->stage.peer, "profile", 7);
  world->stage.peer->out.data[world->stage.peer->out.len - 1] ^= 1;
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_failed(world, "a record was altered on its way");
  assert_int_equal(world->stage.self.heard_len, 0);
  finish(world);
}

static void end__inside_a_record_is_an_error_and_between_not(void **state) {
  struct world *world = begin(NULL);
  (void)state;
  meet(world, NULL);
  assert_int_equal(pyr__tls_eof(world->stage.self.tls), 0);
  meet(world, NULL);
  test_peer_say(world->stage.peer, "profile", 7);
  world->stage.peer->out.len -= 3;
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_int_equal(world->stage.self.code, 0);
  world->stage.self.code = pyr__tls_eof(world->stage.self.tls);
  assert_failed(world, "closed by the server inside a record");
  finish(world);
}

static void goodbye__is_said_in_order(void **state) {
  struct world *world = begin(NULL);
  (void)state;
  meet(world, NULL);
  pyr__tls_end(world->stage.self.tls);
  test_talk(&world->stage.self, world->stage.peer, 0);
  assert_true(world->stage.peer->is_ended);
  finish(world);
}

#if defined(MBEDTLS_SSL_RENEGOTIATION)
static void renegotiation__is_refused_and_the_talk_goes_on(void **state) {
  struct world *world = begin(NULL);
  (void)state;
  meet(world, NULL);
  mbedtls_ssl_conf_renegotiation(&world->stage.peer->conf,
                                 MBEDTLS_SSL_RENEGOTIATION_ENABLED);
  assert_int_equal(mbedtls_ssl_renegotiate(&world->stage.peer->ssl), 0);
  test_peer_say(world->stage.peer, "profile", 7);
  test_talk(&world->stage.self, world->stage.peer, 1);
  assert_talks(world);
  assert_string_equal(world->stage.self.heard, "profile");
  finish(world);
}

/* Each asks for an answer, and nobody reads the answers. */
static void renegotiation__without_end_meets_a_limit(void **state) {
  struct world *world = begin(NULL);
  struct test_bytes *out;
  size_t i;
  (void)state;
  meet(world, NULL);
  mbedtls_ssl_conf_renegotiation(&world->stage.peer->conf,
                                 MBEDTLS_SSL_RENEGOTIATION_ENABLED);
  out = &world->stage.peer->out;
  for (i = 0; i < 3000; i++)
    assert_int_equal(mbedtls_ssl_renegotiate(&world->stage.peer->ssl), 0);
  take(world, out->data + out->taken, out->len - out->taken);
  assert_int_equal(world->stage.self.code, PYR_ELIMIT);
  assert_string_equal(pyr__tls_error(world->stage.self.tls)->text,
                      "the server does not read what it is sent");
  pyr__buf_clear(pyr__tls_output(world->stage.self.tls));
  finish(world);
}
#endif

static void writing__before_the_handshake_has_a_limit(void **state) {
  struct world *world = begin(NULL);
  char *much = calloc(1, 70000);
  (void)state;
  connect_to(world, NULL, "localhost");
  assert_int_equal(pyr__tls_write(world->stage.self.tls, much, 70000),
                   PYR_ELIMIT);
  assert_string_equal(pyr__tls_error(world->stage.self.tls)->text,
                      "too much to send");
  free(much);
  finish(world);
}

/* With a clock by which everything takes long, each step asks for a turn of its
 * own, and what was given meanwhile is kept. */
static void handshake__lets_others_have_their_turn(void **state) {
  static const size_t pieces[] = {1, 100, 0};
  size_t i;
  (void)state;
  for (i = 0; i < 3; i++) {
    struct world *world = begin(NULL);
    world->tick_ns = 2 * PYR__NS_PER_MS;
    connect_to(world, NULL, "localhost");
    assert_int_equal(pyr__tls_write(world->stage.self.tls, "hi", 2), 0);
    test_talk(&world->stage.self, world->stage.peer, pieces[i]);
    assert_talks(world);
    assert_string_equal(world->stage.peer->heard, "hi");
    assert_in_range(world->stage.self.busy, 6, 40);
    assert_in_range(world->stage.shared->stats[0].longest_step_ns, 4000000,
                    9000000);
    finish(world);
  }
}

/* ---- memory ------------------------------------------------------------- */

/* What mbedTLS allocates is not seen here; test/unit/net_tls_oom.c fails that.
 */
static void allocation__that_fails_is_an_ordinary_error(void **state) {
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct world *world = begin(NULL);
    struct test_peer_options options = {.chain = &made.server.cert,
                                        .key = &made.server.key};
    pyr_error_t err;
    int rc;
    world->stage.peer = test_peer_new(&options);
    world->stage.state.fail_at = world->stage.state.calls + fail_at;
    rc = test_stage_connect(&world->stage, &test_localhost, &err);
    if (rc == 0)
      rc = pyr__tls_write(world->stage.self.tls, "hi", 2);
    if (rc == 0) {
      test_talk(&world->stage.self, world->stage.peer, 0);
      rc = world->stage.self.code;
      is_done =
          rc == 0 && world->stage.state.calls < world->stage.state.fail_at;
    }
    if (rc != 0)
      assert_int_equal(rc, PYR__ENOMEM);
    world->stage.state.fail_at = 0;
    finish(world);
  }
  assert_in_range(fail_at, 8, 60);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(handshake__and_bytes_both_ways_cut_anywhere),
    cmocka_unit_test(no_tls__is_told_by_what_came),
    cmocka_unit_test(handshake__that_breaks_off_anywhere_is_an_error),
    cmocka_unit_test(handshake__with_any_bit_changed_does_not_succeed),
    cmocka_unit_test(old_server__is_refused_by_its_version),
    cmocka_unit_test(suites__that_are_not_offered_leave_nothing),
    cmocka_unit_test(certificate__is_verified_before_anything_is_said),
    cmocka_unit_test(certificate__of_somebody_else_is_no_use),
    cmocka_unit_test(skip_verify__takes_anybody),
    cmocka_unit_test(server_name__is_verified_in_place_of_the_host),
    cmocka_unit_test(client_certificate__is_asked_for_and_missing),
    cmocka_unit_test(client_certificate__is_shown),
    cmocka_unit_test(session__is_resumed_for_a_day_and_no_longer),
    cmocka_unit_test(session__that_the_server_forgot_is_no_error),
    cmocka_unit_test(session__does_not_vouch_for_another_server),
    cmocka_unit_test(record__that_was_altered_is_an_error),
    cmocka_unit_test(end__inside_a_record_is_an_error_and_between_not),
    cmocka_unit_test(goodbye__is_said_in_order),
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    cmocka_unit_test(renegotiation__is_refused_and_the_talk_goes_on),
    cmocka_unit_test(renegotiation__without_end_meets_a_limit),
#endif
    cmocka_unit_test(writing__before_the_handshake_has_a_limit),
    cmocka_unit_test(handshake__lets_others_have_their_turn),
    cmocka_unit_test(allocation__that_fails_is_an_ordinary_error),
  };
  struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  struct test_cert_spec server = {.subject = "CN=server",
                                  .names = "DNS:localhost IP:127.0.0.1",
                                  .issuer = &made.ca};
  struct test_cert_spec other = {.subject = "CN=other",
                                 .names = "DNS:localhost"};
  int rc;
  test_cert_make(&made.ca, &ca);
  test_cert_make(&made.server, &server);
  test_cert_make(&made.other, &other);
  test_cert_pem(&made.ca, made.ca_pem, sizeof(made.ca_pem));
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  test_cert_free(&made.ca);
  test_cert_free(&made.server);
  test_cert_free(&made.other);
  return rc;
}
