/* The server's side of the TLS stage: that of the stats endpoint. */
#include "tls_stage.h"

#include "base/str.h"

/* What all tests need, made once: it costs. */
static struct {
  struct test_authority ours, theirs;
  char cert_pem[4096], key_pem[4096];
} made;

static struct test_stage *begin(enum pyr__client_certs policy) {
  struct test_stage *stage = calloc(1, sizeof(*stage));
  struct pyr__tls_options options = {.name = "test",
                                     .is_server = true,
                                     .cert = made.cert_pem,
                                     .key = made.key_pem,
                                     .client_certs = policy};

  if (policy != PYR__CLIENT_CERTS_NONE)
    options.ca = made.ours.ca_pem;
  test_stage_begin(stage, NULL);
  test_stage_configure(stage, &options);
  return stage;
}

static void finish(struct test_stage *stage) {
  test_stage_end(stage);
  free(stage);
}

static const struct pyr__tls_peer anybody = {.origin = {"", 0},
                                             .host = {"", 0}};

static int accept_from(struct test_stage *stage, struct test_authority *who,
                       const mbedtls_ssl_session *session, pyr_error_t *err) {
  struct test_peer_options client = {.is_client = true, .session = session};

  test_stage_disconnect(stage);
  if (who != NULL) {
    client.chain = &who->server.cert;
    client.key = &who->server.key;
  }
  stage->peer = test_peer_new(&client);
  return test_stage_connect(stage, &anybody, err);
}

/* `who` the client is; NULL: it has no certificate. */
static void meet(struct test_stage *stage, struct test_authority *who,
                 const mbedtls_ssl_session *session, size_t piece) {
  pyr_error_t err;
  if (accept_from(stage, who, session, &err) != 0)
    fail_msg("%s", err.text);
  test_talk(&stage->self, stage->peer, piece);
}

static void assert_talks(struct test_stage *stage) {
  assert_string_equal(pyr__tls_error(stage->self.tls)->text, "");
  assert_true(pyr__tls_is_ready(stage->self.tls));
  test_peer_say(stage->peer, "GET /", 5);
  test_talk(&stage->self, stage->peer, 0);
  assert_int_equal(stage->self.heard_len, 5);
  assert_memory_equal(stage->self.heard, "GET /", 5);
}

static void assert_refused(struct test_stage *stage, const char *part) {
  const pyr_error_t *error = pyr__tls_error(stage->self.tls);
  assert_int_equal(stage->self.code, PYR_ETLS);
  assert_false(pyr__tls_is_ready(stage->self.tls));
  assert_int_equal(stage->self.heard_len, 0);
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
    struct test_stage *stage = begin(PYR__CLIENT_CERTS_NONE);
    meet(stage, NULL, NULL, pieces[i]);
    assert_talks(stage);
    assert_int_equal(pyr__tls_write(stage->self.tls, body, sizeof(body)), 0);
    test_talk(&stage->self, stage->peer, pieces[i]);
    assert_int_equal(stage->peer->heard_len, sizeof(body));
    assert_memory_equal(stage->peer->heard, body, sizeof(body));
    mbedtls_ssl_close_notify(&stage->peer->ssl);
    test_talk(&stage->self, stage->peer, pieces[i]);
    assert_true(stage->self.is_ended);
    finish(stage);
  }
}

/* ---- who may talk ------------------------------------------------------- */

static void clients__are_taken_as_the_policy_says(void **state) {
  static const size_t pieces[] = {1, 100, 0};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
    struct test_stage *stage = begin(PYR__CLIENT_CERTS_REQUIRED);
    meet(stage, &made.ours, NULL, pieces[i]);
    assert_talks(stage);
    meet(stage, NULL, NULL, pieces[i]);
    assert_refused(stage, "the client has no certificate");
    meet(stage, &made.theirs, NULL, pieces[i]);
    assert_refused(stage, "certificate names the issuer CN=Test CA, but");
    finish(stage);

    stage = begin(PYR__CLIENT_CERTS_IF_GIVEN);
    meet(stage, &made.ours, NULL, pieces[i]);
    assert_talks(stage);
    meet(stage, NULL, NULL, pieces[i]);
    assert_talks(stage);
    meet(stage, &made.theirs, NULL, pieces[i]);
    assert_refused(stage, "certificate names the issuer CN=Test CA, but");
    finish(stage);

    stage = begin(PYR__CLIENT_CERTS_NONE);
    meet(stage, &made.theirs, NULL, pieces[i]);
    assert_talks(stage);
    finish(stage);
  }
}

/* The chain is bounded before anything is computed with its keys. */
static void chain__of_a_client_is_bounded(void **state) {
  struct test_stage *stage = begin(PYR__CLIENT_CERTS_REQUIRED);
  struct test_authority who = made.ours;
  unsigned i;
  (void)state;
  mbedtls_x509_crt_init(&who.server.cert);
  test_chain_add(&who.server.cert, &made.ours.server);
  for (i = 0; i < 7; i++)
    test_chain_add(&who.server.cert, &made.ours.ca);
  meet(stage, &who, NULL, 0);
  assert_talks(stage);
  test_chain_add(&who.server.cert, &made.ours.ca);
  meet(stage, &who, NULL, 0);
  assert_refused(stage, "the client's certificates cannot be read");
  finish(stage);
  mbedtls_x509_crt_free(&who.server.cert);
}

/* ---- sessions ----------------------------------------------------------- */

/* What the client may resume with. */
static void keep(struct test_stage *stage, mbedtls_ssl_session *out) {
  mbedtls_ssl_session_init(out);
  assert_int_equal(mbedtls_ssl_get_session(&stage->peer->ssl, out), 0);
}

static void session__is_resumed(void **state) {
  struct test_stage *stage = begin(PYR__CLIENT_CERTS_NONE);
  struct test_stage *other = begin(PYR__CLIENT_CERTS_NONE);
  mbedtls_ssl_session session;
  (void)state;
  meet(stage, NULL, NULL, 0);
  assert_talks(stage);
  assert_false(pyr__tls_is_resumed(stage->self.tls));
  keep(stage, &session);
  meet(stage, NULL, &session, 0);
  assert_talks(stage);
  assert_true(pyr__tls_is_resumed(stage->self.tls));
  assert_int_equal(stage->shared->stats[1].handshakes, 2);
  assert_int_equal(stage->shared->stats[1].resumed, 1);
  /* A server with other keys cannot read it, and begins anew. */
  meet(other, NULL, &session, 0);
  assert_talks(other);
  assert_false(pyr__tls_is_resumed(other->self.tls));
  mbedtls_ssl_session_free(&session);
  finish(stage);
  finish(other);
}

static void session__does_not_say_who_one_is(void **state) {
  struct test_stage *stage = begin(PYR__CLIENT_CERTS_REQUIRED);
  mbedtls_ssl_session session;
  (void)state;
  meet(stage, &made.ours, NULL, 0);
  assert_talks(stage);
  keep(stage, &session);
  meet(stage, &made.ours, &session, 0);
  assert_talks(stage);
  assert_false(pyr__tls_is_resumed(stage->self.tls));
  meet(stage, NULL, &session, 0);
  assert_refused(stage, "the client has no certificate");
  mbedtls_ssl_session_free(&session);
  finish(stage);
}

/* ---- memory ------------------------------------------------------------- */

static void allocation__that_fails_is_an_ordinary_error(void **state) {
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct test_stage *stage = begin(PYR__CLIENT_CERTS_REQUIRED);
    pyr_error_t err;
    int rc;
    stage->state.fail_at = stage->state.calls + fail_at;
    rc = accept_from(stage, &made.ours, NULL, &err);
    if (rc == 0) {
      test_talk(&stage->self, stage->peer, 0);
      rc = stage->self.code;
      is_done = rc == 0 && stage->state.calls < stage->state.fail_at;
    }
    if (rc != 0)
      assert_int_equal(rc, PYR__ENOMEM);
    stage->state.fail_at = 0;
    finish(stage);
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
