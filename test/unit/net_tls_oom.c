/* Fails the allocations that mbedTLS makes inside, which go to calloc: this
 * program is linked with mbedTLS' archives, so that the linker can put the
 * function below in its place.  Only those of the client count. */
#include "tls_stage.h"

#include "base/str.h"

static struct {
  bool is_armed;
  size_t calls, fail_at; /* 0: never */
} inner;

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);

void *__wrap_calloc(size_t count, size_t size) {
  if (inner.is_armed && ++inner.calls == inner.fail_at)
    return NULL;
  return __real_calloc(count, size);
}

/* Made once. */
static struct {
  struct test_cert ca, server, client;
  char ca_pem[2048], cert_pem[2048], key_pem[2048];
  mbedtls_ssl_ticket_context tickets;
} made;

struct world {
  struct test_stage stage;
  int64_t now_ns;
  pyr_error_t err; /* of the last call that failed */
};

static int64_t now(void *ctx) {
  return ((struct world *)ctx)->now_ns;
}

static int make_config(struct world *world) {
  struct pyr__tls_options options = {
      .ca = made.ca_pem, .cert = made.cert_pem, .key = made.key_pem};
  return pyr__tls_config_new(&world->stage.config, world->stage.shared,
                             &options, &world->err);
}

static void begin(struct world *world) {
  const struct pyr__clock clock = {now, now, world};
  memset(world, 0, sizeof(*world));
  test_stage_begin(&world->stage, &clock);
}

/* The server's part, whose allocations do not count. */
static void serve(struct world *world) {
  inner.is_armed = false;
  test_client_flush(&world->stage.self, world->stage.peer);
  test_peer_run(world->stage.peer);
  inner.is_armed = true;
}

static int talk(struct world *world) {
  struct test_bytes *out = &world->stage.peer->out;
  size_t heard;
  do {
    heard = out->len;
    serve(world);
    if (out->taken < out->len)
      test_client_take(&world->stage.self, out->data + out->taken,
                       out->len - out->taken);
    out->taken = out->len;
  } while (world->stage.self.code == 0 && out->len != heard);
  return world->stage.self.code;
}

/* All that a client does, or the first error. */
static int meet(struct world *world) {
  struct test_peer_options options = {.chain = &made.server.cert,
                                      .key = &made.server.key,
                                      .client_ca = &made.ca.cert,
                                      .tickets = &made.tickets};
  int rc;

  test_stage_disconnect(&world->stage);
  world->now_ns += PYR__NS_PER_S;
  world->stage.peer = test_peer_new(&options);
  inner.is_armed = true;
  rc = test_stage_connect(&world->stage, &test_localhost, &world->err);
  if (rc == 0)
    rc = pyr__tls_write(world->stage.self.tls, "hi", 2);
  if (rc == 0)
    rc = talk(world);
  if (rc == 0)
    pyr__tls_end(world->stage.self.tls);
  else if (world->stage.self.tls != NULL)
    world->err = *pyr__tls_error(world->stage.self.tls);
  inner.is_armed = false;
  return rc;
}

/* mbedTLS tells of some blocks it did not get as if a key were broken or a
 * signature wrong: that is an error, too, if with another text. */
static size_t check(const struct world *world, int rc) {
  assert_int_equal(rc, world->err.code);
  assert_true(rc == PYR__ENOMEM || rc == PYR_ETLS || rc == PYR_ECONFIG);
  return rc == PYR__ENOMEM;
}

static void config__without_memory_is_an_ordinary_error(void **state) {
  bool is_done = false;
  size_t fail_at, told = 0;
  (void)state;
  for (fail_at = 1; !is_done; fail_at += 1 + fail_at / 64) {
    struct world world;
    int rc;
    begin(&world);
    inner.calls = 0;
    inner.fail_at = fail_at;
    inner.is_armed = true;
    rc = make_config(&world);
    inner.is_armed = false;
    is_done = inner.calls < fail_at;
    if (rc != 0)
      told += check(&world, rc);
    test_stage_end(&world.stage);
  }
  assert_in_range(told, 20, 1000);
}

/* Computing takes thousands of small blocks: the first ones are all failed, the
 * others in growing steps. */
static void handshake__without_memory_is_an_ordinary_error(void **state) {
  size_t fail_at, told = 0, turn = 0;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at += 1 + fail_at / 10) {
    struct world world;
    int rc;
    begin(&world);
    inner.fail_at = 0;
    assert_int_equal(make_config(&world), 0);
    inner.calls = 0;
    inner.fail_at = fail_at;
    rc = meet(&world);
    is_done = inner.calls < fail_at;
    if (rc != 0)
      told += check(&world, rc);
    /* The next one is none the worse for it. */
    inner.fail_at = 0;
    if (turn++ % 4 == 0) {
      rc = meet(&world);
      if (rc != 0)
        fail_msg("after %zu: %s", fail_at, world.err.text);
      assert_string_equal(world.stage.peer->heard, "hi");
    }
    test_stage_end(&world.stage);
  }
  assert_in_range(told, 30, 1000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(config__without_memory_is_an_ordinary_error),
      cmocka_unit_test(handshake__without_memory_is_an_ordinary_error),
  };
  struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  struct test_cert_spec server = {
      .subject = "CN=server", .names = "DNS:localhost", .issuer = &made.ca};
  struct test_cert_spec client = {.subject = "CN=client", .issuer = &made.ca};
  int rc;
  test_cert_make(&made.ca, &ca);
  test_cert_make(&made.server, &server);
  test_cert_make(&made.client, &client);
  test_cert_pem(&made.ca, made.ca_pem, sizeof(made.ca_pem));
  test_cert_pem(&made.client, made.cert_pem, sizeof(made.cert_pem));
  test_key_pem(&made.client, made.key_pem, sizeof(made.key_pem));
  mbedtls_ssl_ticket_init(&made.tickets);
  assert_int_equal(mbedtls_ssl_ticket_setup(&made.tickets, test_random, NULL,
                                            MBEDTLS_CIPHER_AES_256_GCM, 86400),
                   0);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  mbedtls_ssl_ticket_free(&made.tickets);
  test_cert_free(&made.ca);
  test_cert_free(&made.server);
  test_cert_free(&made.client);
  return rc;
}
