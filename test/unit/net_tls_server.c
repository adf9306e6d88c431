/* The server's side of the TLS stage: that of the stats endpoint. */
#include "support.h"
#include "tls_peer.h"

#include "base/str.h"
#include "net/tls_config.h"

/* What all tests need, made once: it costs. */
static struct {
  struct test_authority ours, theirs;
  char cert_pem[4096], key_pem[4096];
} made;

struct world {
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  struct test_peer *peer;
  struct test_client server;
};

static struct world *begin(enum pyr__client_certs policy) {
  struct world *world = calloc(1, sizeof(*world));
  const struct pyr__tls_shared_options shared = {.trust_path = "/nowhere"};
  struct pyr__tls_options options = {.name = "test",
                                     .is_server = true,
                                     .cert = made.cert_pem,
                                     .key = made.key_pem,
                                     .client_certs = policy};
  pyr_alloc_t alloc = failing_alloc(&world->state);
  pyr_error_t err;

  if (policy != PYR__CLIENT_CERTS_NONE)
    options.ca = made.ours.ca_pem;
  pyr__memory_init(&world->memory, &alloc);
  assert_int_equal(
      pyr__tls_shared_new(&world->shared, &world->memory, &shared, &err), 0);
  if (pyr__tls_config_new(&world->config, world->shared, &options, &err) != 0)
    fail_msg("%s", err.text);
  return world;
}

static void disconnect(struct world *world) {
  if (world->peer != NULL)
    test_peer_free(world->peer);
  pyr__tls_free(world->server.tls);
  memset(&world->server, 0, sizeof(world->server));
  world->peer = NULL;
}

static void finish(struct world *world) {
  disconnect(world);
  pyr__tls_config_unref(world->config);
  pyr__tls_shared_unref(world->shared);
  assert_int_equal(world->state.live, 0);
  free(world);
}

static const struct pyr__tls_peer anybody = {.origin = {"", 0},
                                             .host = {"", 0}};

static int accept_from(struct world *world, struct test_authority *who,
                       const mbedtls_ssl_session *session, pyr_error_t *err) {
  struct test_peer_options client = {.is_client = true, .session = session};
  struct pyr__tls_setup *setup;
  int rc;

  disconnect(world);
  if (who != NULL) {
    client.chain = &who->server.cert;
    client.key = &who->server.key;
  }
  world->peer = test_peer_new(&client);
  rc = pyr__tls_config_setup(world->config, &setup, err);
  if (rc == 0)
    rc = pyr__tls_new(&world->server.tls, setup, &anybody, err);
  return rc;
}

/* `who` the client is; NULL: it has no certificate. */
static void meet(struct world *world, struct test_authority *who,
                 const mbedtls_ssl_session *session, size_t piece) {
  pyr_error_t err;
  if (accept_from(world, who, session, &err) != 0)
    fail_msg("%s", err.text);
  test_talk(&world->server, world->peer, piece);
}

static void assert_talks(struct world *world) {
  assert_string_equal(pyr__tls_error(world->server.tls)->text, "");
  assert_true(pyr__tls_is_ready(world->server.tls));
  test_peer_say(world->peer, "GET /", 5);
  test_talk(&world->server, world->peer, 0);
  assert_int_equal(world->server.heard_len, 5);
  assert_memory_equal(world->server.heard, "GET /", 5);
}

static void assert_refused(struct world *world, const char *part) {
  const pyr_error_t *error = pyr__tls_error(world->server.tls);
  assert_int_equal(world->server.code, PYR_ETLS);
  assert_false(pyr__tls_is_ready(world->server.tls));
  assert_int_equal(world->server.heard_len, 0);
  if (strstr(error->text, part) == NULL)
    fail_msg("\"%s\" is not in \"%s\"", part, error->text);
}

/* ---- talking ------------------------------------------------------------ */

static void handshake__and_bytes_both_ways_cut_anywhere(void **state) {
  static const size_t pieces[] = {1, 2, 3, 5, 7, 64, 333, 1000, 0};
  static char body[40000];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(body); i++)
    body[i] = (char)(i * 7);
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    struct world *world = begin(PYR__CLIENT_CERTS_NONE);
    meet(world, NULL, NULL, pieces[i]);
    assert_talks(world);
    assert_int_equal(pyr__tls_write(world->server.tls, body, sizeof(body)), 0);
    test_talk(&world->server, world->peer, pieces[i]);
    assert_int_equal(world->peer->heard_len, sizeof(body));
    assert_memory_equal(world->peer->heard, body, sizeof(body));
    mbedtls_ssl_close_notify(&world->peer->ssl);
    test_talk(&world->server, world->peer, pieces[i]);
    assert_true(world->server.is_ended);
    finish(world);
  }
}

/* ---- who may talk ------------------------------------------------------- */

static void clients__are_taken_as_the_policy_says(void **state) {
  static const size_t pieces[] = {1, 100, 0};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    struct world *world = begin(PYR__CLIENT_CERTS_REQUIRED);
    meet(world, &made.ours, NULL, pieces[i]);
    assert_talks(world);
    meet(world, NULL, NULL, pieces[i]);
    assert_refused(world, "the client has no certificate");
    meet(world, &made.theirs, NULL, pieces[i]);
    assert_refused(world, "certificate names the issuer CN=Test CA, but");
    finish(world);

    world = begin(PYR__CLIENT_CERTS_IF_GIVEN);
    meet(world, &made.ours, NULL, pieces[i]);
    assert_talks(world);
    meet(world, NULL, NULL, pieces[i]);
    assert_talks(world);
    meet(world, &made.theirs, NULL, pieces[i]);
    assert_refused(world, "certificate names the issuer CN=Test CA, but");
    finish(world);

    world = begin(PYR__CLIENT_CERTS_NONE);
    meet(world, &made.theirs, NULL, pieces[i]);
    assert_talks(world);
    finish(world);
  }
}

/* The chain is bounded before anything is computed with its keys. */
static void chain__of_a_client_is_bounded(void **state) {
  struct world *world = begin(PYR__CLIENT_CERTS_REQUIRED);
  struct test_authority who = made.ours;
  unsigned i;
  (void)state;
  mbedtls_x509_crt_init(&who.server.cert);
  test_chain_add(&who.server.cert, &made.ours.server);
  for (i = 0; i < 7; i++)
    test_chain_add(&who.server.cert, &made.ours.ca);
  meet(world, &who, NULL, 0);
  assert_talks(world);
  test_chain_add(&who.server.cert, &made.ours.ca);
  meet(world, &who, NULL, 0);
  assert_refused(world, "the client's certificates cannot be read");
  finish(world);
  mbedtls_x509_crt_free(&who.server.cert);
}

/* ---- sessions ----------------------------------------------------------- */

/* What the client may resume with. */
static void keep(struct world *world, mbedtls_ssl_session *out) {
  mbedtls_ssl_session_init(out);
  assert_int_equal(mbedtls_ssl_get_session(&world->peer->ssl, out), 0);
}

static void session__is_resumed(void **state) {
  struct world *world = begin(PYR__CLIENT_CERTS_NONE);
  struct world *other = begin(PYR__CLIENT_CERTS_NONE);
  mbedtls_ssl_session session;
  (void)state;
  meet(world, NULL, NULL, 0);
  assert_talks(world);
  assert_false(pyr__tls_is_resumed(world->server.tls));
  keep(world, &session);
  meet(world, NULL, &session, 0);
  assert_talks(world);
  assert_true(pyr__tls_is_resumed(world->server.tls));
  assert_int_equal(world->shared->stats[1].handshakes, 2);
  assert_int_equal(world->shared->stats[1].resumed, 1);
  /* A server with other keys cannot read it, and begins anew. */
  meet(other, NULL, &session, 0);
  assert_talks(other);
  assert_false(pyr__tls_is_resumed(other->server.tls));
  mbedtls_ssl_session_free(&session);
  finish(world);
  finish(other);
}

static void session__does_not_say_who_one_is(void **state) {
  struct world *world = begin(PYR__CLIENT_CERTS_REQUIRED);
  mbedtls_ssl_session session;
  (void)state;
  meet(world, &made.ours, NULL, 0);
  assert_talks(world);
  keep(world, &session);
  meet(world, &made.ours, &session, 0);
  assert_talks(world);
  assert_false(pyr__tls_is_resumed(world->server.tls));
  meet(world, NULL, &session, 0);
  assert_refused(world, "the client has no certificate");
  mbedtls_ssl_session_free(&session);
  finish(world);
}

/* ---- memory ------------------------------------------------------------- */

static void allocation__that_fails_is_an_ordinary_error(void **state) {
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct world *world = begin(PYR__CLIENT_CERTS_REQUIRED);
    pyr_error_t err;
    int rc;
    world->state.fail_at = world->state.calls + fail_at;
    rc = accept_from(world, &made.ours, NULL, &err);
    if (rc == 0) {
      test_talk(&world->server, world->peer, 0);
      rc = world->server.code;
      is_done = rc == 0 && world->state.calls < world->state.fail_at;
    }
    if (rc != 0)
      assert_int_equal(rc, PYR__ENOMEM);
    world->state.fail_at = 0;
    finish(world);
  }
  assert_in_range(fail_at, 5, 60);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handshake__and_bytes_both_ways_cut_anywhere),
      cmocka_unit_test(clients__are_taken_as_the_policy_says),
      cmocka_unit_test(chain__of_a_client_is_bounded),
      cmocka_unit_test(session__is_resumed),
      cmocka_unit_test(session__does_not_say_who_one_is),
      cmocka_unit_test(allocation__that_fails_is_an_ordinary_error),
  };
  int rc;
  test_authority_make(&made.ours, "DNS:localhost");
  test_authority_make(&made.theirs, "DNS:localhost");
  test_cert_pem(&made.ours.server, made.cert_pem, sizeof(made.cert_pem));
  test_key_pem(&made.ours.server, made.key_pem, sizeof(made.key_pem));
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  test_authority_free(&made.ours);
  test_authority_free(&made.theirs);
  return rc;
}
