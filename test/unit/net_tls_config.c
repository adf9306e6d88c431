#include "net/tls_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "support.h"
#include "tls_certs.h"

/* Made once. */
static struct {
  struct test_cert ca, other, client;
  char ca_pem[2048], other_pem[2048], cert_pem[2048], key_pem[2048];
} made;

static char folder[] = "/tmp/pyrite-tls-config-XXXXXX";

struct world {
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_config *config;
  struct pyr__tls_setup *setup;
  char ca[80], cert[80], key[80], system[80];
  int64_t now_ns;
  unsigned notes;
  char note[PYR_ERROR_TEXT];
};

static int64_t now(void *ctx) {
  return ((struct world *)ctx)->now_ns;
}

static void on_note(void *ctx, int level, const char *text) {
  struct world *world = ctx;
  (void)level;
  world->notes++;
  snprintf(world->note, sizeof(world->note), "%s", text);
}

static void write_file(const char *path, const char *text) {
  char temporary[96];
  FILE *file;
  snprintf(temporary, sizeof(temporary), "%s.new", path);
  file = fopen(temporary, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  assert_int_equal(rename(temporary, path), 0);
}

static struct world *begin(void) {
  struct world *world = calloc(1, sizeof(*world));
  struct pyr__tls_shared_options options = {.clock = {now, now, world},
                                            .trust_path = world->system};
  pyr_alloc_t alloc = failing_alloc(&world->state);
  pyr_error_t err;

  memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
  assert_non_null(mkdtemp(folder));
  snprintf(world->ca, sizeof(world->ca), "%s/ca.pem", folder);
  snprintf(world->cert, sizeof(world->cert), "%s/cert.pem", folder);
  snprintf(world->key, sizeof(world->key), "%s/key.pem", folder);
  snprintf(world->system, sizeof(world->system), "%s/system.pem", folder);
  pyr__memory_init(&world->memory, &alloc);
  assert_int_equal(
      pyr__tls_shared_new(&world->shared, &world->memory, &options, &err), 0);
  pyr__tls_shared_on_note(world->shared, on_note, world);
  world->now_ns = PYR__NS_PER_S;
  return world;
}

static void finish(struct world *world) {
  pyr__tls_config_unref(world->config);
  pyr__tls_shared_unref(world->shared);
  unlink(world->ca);
  unlink(world->cert);
  unlink(world->key);
  unlink(world->system);
  assert_int_equal(rmdir(folder), 0);
  assert_int_equal(world->state.live, 0);
  free(world);
}

static void make(struct world *world, const struct pyr__tls_options *options) {
  pyr_error_t err;
  if (pyr__tls_config_new(&world->config, world->shared, options, &err) != 0)
    fail_msg("%s", err.text);
}

/* The setup a second later, or NULL and the error. */
static struct pyr__tls_setup *look(struct world *world, pyr_error_t *err) {
  struct pyr__tls_setup *setup = NULL;
  pyr_error_t unwanted;
  world->now_ns += PYR__NS_PER_S;
  world->note[0] = '\0';
  if (pyr__tls_config_setup(world->config, &setup,
                            err == NULL ? &unwanted : err) != 0)
    return NULL;
  return setup;
}

static void assert_holds(const char *text, const char *part) {
  if (strstr(text, part) == NULL)
    fail_msg("\"%s\" is not in \"%s\"", part, text);
}

static void assert_refused(const struct pyr__tls_options *options,
                           const char *part) {
  struct world *world = begin();
  pyr_error_t err;
  assert_int_equal(
      pyr__tls_config_new(&world->config, world->shared, options, &err),
      PYR_ECONFIG);
  assert_int_equal(err.code, PYR_ECONFIG);
  assert_holds(err.text, part);
  finish(world);
}

/* ---- options ------------------------------------------------------------ */

#define REFUSED(part, ...)                                                     \
  assert_refused(&(struct pyr__tls_options){__VA_ARGS__}, part)

static void options__that_contradict_each_other_are_refused(void **state) {
  (void)state;
  REFUSED("at most one of ca and ca-file must be configured", .ca = "x",
          .ca_file = "y");
  REFUSED("at most one of cert and cert-file must be configured", .cert = "x",
          .cert_file = "y", .key = "z");
  REFUSED("at most one of key and key-file must be configured", .cert = "x",
          .key = "y", .key_file = "z");
  REFUSED("exactly one of key or key-file must be configured when a client "
          "certificate is configured",
          .cert_file = "x");
  REFUSED("exactly one of cert or cert-file must be configured when a client "
          "key is configured",
          .key = "x");
  REFUSED("max-version: TLS11 is not supported, expected TLS12 or TLS13",
          .max_version = "TLS11");
  REFUSED("min-version: \"1.2\" is unknown, expected one of TLS10, TLS11, "
          "TLS12 and TLS13",
          .min_version = "1.2");
  REFUSED("max-version must be greater than or equal to min-version",
          .min_version = "TLS13", .max_version = "TLS12");
  if (!PYR__MBED_HAS_TLS13)
    REFUSED("min-version: TLS13 needs mbedTLS 3, and this build has 2.28",
            .min_version = "TLS13");
}

static void texts__that_cannot_be_read_are_refused_at_once(void **state) {
  static const char *const encrypted =
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
      "DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
      "AAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n";
  (void)state;
  REFUSED("no certificate can be read", .ca = "");
  REFUSED("no certificate can be read", .ca = made.key_pem);
  REFUSED("the client certificate cannot be read", .cert = "x",
          .key = made.key_pem);
  REFUSED("the client key cannot be read: it holds no private key, or a broken",
          .cert = made.cert_pem, .key = made.cert_pem);
  REFUSED("it is encrypted, and there is nobody to ask for the password",
          .cert = made.cert_pem, .key = encrypted);
  REFUSED("the client certificate and key do not belong together",
          .cert = made.ca_pem, .key = made.key_pem);
}

static void versions__that_can_be_are_taken(void **state) {
  static const char *const names[] = {NULL, "TLS10", "TLS11", "TLS12"};
  size_t i;
  (void)state;
  for (i = 0; i < 4; i++) {
    struct pyr__tls_options options = {.min_version = names[i],
                                       .max_version = i % 2 ? "TLS13" : NULL,
                                       .insecure_skip_verify = true};
    struct world *world = begin();
    make(world, &options);
    assert_non_null(look(world, NULL));
    finish(world);
  }
}

static void skipping__is_told_once(void **state) {
  struct pyr__tls_options options = {.insecure_skip_verify = true,
                                     .name = "job \"api\""};
  struct world *world = begin();
  struct pyr__tls_setup *setup;
  (void)state;
  make(world, &options);
  setup = look(world, NULL);
  assert_non_null(setup);
  assert_null(setup->trust);
  assert_string_equal(world->note, "job \"api\": insecure-skip-verify is on: "
                                   "whoever answers is believed");
  look(world, NULL);
  assert_int_equal(world->notes, 1);
  finish(world);
}

/* ---- files -------------------------------------------------------------- */

static void file__is_read_when_it_is_needed_and_when_it_changes(void **state) {
  struct world *world = begin();
  struct pyr__tls_options options = {.ca_file = world->ca};
  struct pyr__tls_setup *first, *second;
  char expected[256];
  pyr_error_t err;
  (void)state;
  make(world, &options);
  assert_null(look(world, &err));
  assert_int_equal(err.code, PYR_ETLS);
  snprintf(expected, sizeof(expected), "ca-file %s: No such file or directory",
           world->ca);
  assert_string_equal(err.text, expected);
  write_file(world->ca, made.ca_pem);
  first = pyr__tls_setup_ref(look(world, NULL));
  assert_int_equal(first->trust->count, 1);
  assert_ptr_equal(look(world, NULL), first);
  assert_int_equal(world->notes, 0);
  write_file(world->ca, made.other_pem);
  second = look(world, NULL);
  assert_ptr_not_equal(second, first);
  assert_string_equal(world->note,
                      "tls-config: certificates and keys were read again");
  assert_int_equal(world->shared->stats[0].reloads, 1);
  /* Whoever has the old one can still use it. */
  assert_memory_equal(first->trust->chain.raw.p, made.ca.cert.raw.p,
                      made.ca.cert.raw.len);
  pyr__tls_setup_unref(first);
  finish(world);
}

static void file__that_becomes_unusable_leaves_the_old(void **state) {
  static const char *const broken[] = {"", "nonsense",
                                       ("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                        "-----END CERTIFICATE-----\n")};
  struct world *world = begin();
  struct pyr__tls_options options = {.ca_file = world->ca};
  struct pyr__tls_setup *setup;
  size_t i;
  (void)state;
  make(world, &options);
  write_file(world->ca, made.ca_pem);
  setup = look(world, NULL);
  for (i = 0; i < 3; i++) {
    write_file(world->ca, broken[i]);
    assert_ptr_equal(look(world, NULL), setup);
    assert_holds(world->note, "tls-config: what was read before is used on: "
                              "ca-file /tmp/pyrite-tls-config-");
    assert_holds(world->note, "no certificate can be read");
    /* Told once. */
    assert_ptr_equal(look(world, NULL), setup);
    assert_string_equal(world->note, "");
  }
  unlink(world->ca);
  assert_ptr_equal(look(world, NULL), setup);
  assert_holds(world->note, "No such file or directory");
  assert_ptr_equal(look(world, NULL), setup);
  assert_string_equal(world->note, "");
  write_file(world->ca, made.other_pem);
  assert_ptr_not_equal(look(world, NULL), NULL);
  assert_holds(world->note, "were read again");
  finish(world);
}

/* A certificate is replaced before its key, which happens. */
static void pair__is_taken_when_it_fits(void **state) {
  struct world *world = begin();
  struct pyr__tls_options options = {.insecure_skip_verify = true,
                                     .cert_file = world->cert,
                                     .key_file = world->key};
  struct pyr__tls_setup *setup;
  char key_pem[2048];
  (void)state;
  make(world, &options);
  write_file(world->cert, made.cert_pem);
  write_file(world->key, made.key_pem);
  setup = look(world, NULL);
  assert_non_null(setup);
  assert_true(setup->has_cert);
  write_file(world->cert, made.other_pem);
  assert_ptr_equal(look(world, NULL), setup);
  assert_holds(world->note, "do not belong together");
  write_file(world->key, test_key_pem(&made.other, key_pem, sizeof(key_pem)));
  setup = look(world, NULL);
  assert_memory_equal(setup->cert.raw.p, made.other.cert.raw.p,
                      made.other.cert.raw.len);
  finish(world);
}

static void files__are_looked_at_once_a_second(void **state) {
  struct world *world = begin();
  struct pyr__tls_options options = {.ca_file = world->ca};
  struct pyr__tls_setup *first, *again;
  pyr_error_t err;
  (void)state;
  make(world, &options);
  write_file(world->ca, made.ca_pem);
  first = look(world, NULL);
  write_file(world->ca, made.other_pem);
  world->now_ns += PYR__NS_PER_S - 1;
  assert_int_equal(pyr__tls_config_setup(world->config, &again, &err), 0);
  assert_ptr_equal(again, first);
  world->now_ns += 1;
  assert_int_equal(pyr__tls_config_setup(world->config, &again, &err), 0);
  assert_holds(world->note, "were read again");
  finish(world);
}

static void certificates__that_cannot_be_read_are_left_out(void **state) {
  static char text[8192];
  struct world *world = begin();
  struct pyr__tls_options options = {.ca_file = world->ca};
  struct pyr__tls_setup *setup;
  (void)state;
  snprintf(text, sizeof(text),
           "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n%s",
           made.ca_pem, made.other_pem);
  write_file(world->ca, text);
  make(world, &options);
  setup = look(world, NULL);
  assert_int_equal(setup->trust->count, 2);
  assert_string_equal(world->note, "tls-config: 1 certificates of ca-file "
                                   "cannot be read and are not trusted");
  finish(world);
}

static void file__may_be_der(void **state) {
  struct world *world = begin();
  struct pyr__tls_options options = {.ca_file = world->ca};
  FILE *file = fopen(world->ca, "w");
  (void)state;
  fwrite(made.ca.cert.raw.p, made.ca.cert.raw.len, 1, file);
  fclose(file);
  make(world, &options);
  assert_int_equal(look(world, NULL)->trust->count, 1);
  finish(world);
}

/* ---- the system's store ------------------------------------------------- */

static void
system__is_trusted_where_nothing_else_is_and_read_once(void **state) {
  struct world *world = begin();
  struct pyr__tls_options options = {.name = "one"};
  struct pyr__tls_config *other;
  struct pyr__tls_setup *setup, *again;
  pyr_error_t err;
  (void)state;
  make(world, &options);
  assert_null(look(world, &err));
  assert_holds(err.text, "the system's CA certificates, /tmp/pyrite-tls-");
  write_file(world->system, made.ca_pem);
  setup = look(world, NULL);
  assert_non_null(setup);
  assert_int_equal(pyr__tls_config_new(&other, world->shared, &options, &err),
                   0);
  assert_int_equal(pyr__tls_config_setup(other, &again, &err), 0);
  assert_ptr_equal(again->trust, setup->trust);
  write_file(world->system, made.other_pem);
  again = look(world, NULL);
  assert_memory_equal(again->trust->chain.raw.p, made.other.cert.raw.p,
                      made.other.cert.raw.len);
  /* The other one follows, though the first has read the file. */
  setup = again;
  assert_int_equal(pyr__tls_config_setup(other, &again, &err), 0);
  assert_ptr_equal(again->trust, setup->trust);
  unlink(world->system);
  assert_ptr_equal(look(world, NULL)->trust, setup->trust);
  assert_holds(world->note, "what was read before is used on: the system's CA "
                            "certificates, /tmp/pyrite-tls-");
  world->notes = 0;
  assert_ptr_equal(look(world, NULL)->trust, setup->trust);
  assert_int_equal(world->notes, 0);
  pyr__tls_config_unref(other);
  finish(world);
}

/* ---- memory ------------------------------------------------------------- */

static void allocation__that_fails_is_an_ordinary_error(void **state) {
  size_t fail_at;
  bool is_done = false;
  (void)state;
  for (fail_at = 1; !is_done; fail_at++) {
    struct world *world = begin();
    struct pyr__tls_options options = {.ca_file = world->ca,
                                       .cert_file = world->cert,
                                       .key = made.key_pem,
                                       .server_name = "name"};
    struct pyr__tls_setup *setup = NULL;
    pyr_error_t err;
    int rc;
    write_file(world->ca, made.ca_pem);
    write_file(world->cert, made.cert_pem);
    world->state.fail_at = world->state.calls + fail_at;
    rc = pyr__tls_config_new(&world->config, world->shared, &options, &err);
    if (rc == 0)
      rc = pyr__tls_config_setup(world->config, &setup, &err);
    if (rc != 0)
      assert_int_equal(rc, PYR__ENOMEM);
    is_done = world->state.calls < world->state.fail_at;
    /* At once, not a second later. */
    if (rc != 0 && world->config != NULL) {
      world->state.fail_at = 0;
      assert_int_equal(pyr__tls_config_setup(world->config, &setup, &err), 0);
    }
    finish(world);
  }
  assert_in_range(fail_at, 8, 40);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options__that_contradict_each_other_are_refused),
      cmocka_unit_test(texts__that_cannot_be_read_are_refused_at_once),
      cmocka_unit_test(versions__that_can_be_are_taken),
      cmocka_unit_test(skipping__is_told_once),
      cmocka_unit_test(file__is_read_when_it_is_needed_and_when_it_changes),
      cmocka_unit_test(file__that_becomes_unusable_leaves_the_old),
      cmocka_unit_test(pair__is_taken_when_it_fits),
      cmocka_unit_test(files__are_looked_at_once_a_second),
      cmocka_unit_test(certificates__that_cannot_be_read_are_left_out),
      cmocka_unit_test(file__may_be_der),
      cmocka_unit_test(system__is_trusted_where_nothing_else_is_and_read_once),
      cmocka_unit_test(allocation__that_fails_is_an_ordinary_error),
  };
  struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  struct test_cert_spec client = {.subject = "CN=client", .issuer = &made.ca};
  int rc;
  test_cert_make(&made.ca, &ca);
  test_cert_make(&made.other, &ca);
  test_cert_make(&made.client, &client);
  test_cert_pem(&made.ca, made.ca_pem, sizeof(made.ca_pem));
  test_cert_pem(&made.other, made.other_pem, sizeof(made.other_pem));
  test_cert_pem(&made.client, made.cert_pem, sizeof(made.cert_pem));
  test_key_pem(&made.client, made.key_pem, sizeof(made.key_pem));
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  test_cert_free(&made.ca);
  test_cert_free(&made.other);
  test_cert_free(&made.client);
  return rc;
}
