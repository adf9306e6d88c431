#include "base/str.h"
#include "net/tls_name.h"
#include "net/tls_verify.h"
#include "support.h"
#include "tls_certs.h"

/* Made once: keys cost. */
static struct { struct test_cert ca, middle, late_middle, twin; } made;

struct world {
  struct failing_allocator state;
  struct pyr__memory memory;
  struct pyr__tls_shared *shared;
  struct pyr__tls_setup *setup;
  mbedtls_x509_crt chain;
  char text[PYR_ERROR_TEXT]; /* of the last verification */
};

/* Trusts `trusted`, or nobody and verifies nothing. */
static struct world *begin(const struct test_cert *trusted) {
  struct world *world = calloc(1, sizeof(*world));
  struct pyr__tls_setup_parts parts = {.trust = NULL};
  struct pyr__tls_shared_options options = {.trust_path = "/nowhere"};
  pyr_alloc_t alloc = failing_alloc(&world->state);
  char pem[4096];
  pyr_error_t err;

  pyr__memory_init(&world->memory, &alloc);
  assert_int_equal(
      pyr__tls_shared_new(&world->shared, &world->memory, &options, &err), 0);
  if (trusted != NULL) {
    test_cert_pem(trusted, pem, sizeof(pem));
    assert_int_equal(pyr__tls_trust_new(&parts.trust, &world->memory,
                                        (const uint8_t *)pem, strlen(pem),
                                        &err),
                     0);
  }
  assert_int_equal(
      pyr__tls_setup_new(&world->setup, world->shared, &parts, &err), 0);
  pyr__tls_trust_unref(parts.trust);
  mbedtls_x509_crt_init(&world->chain);
  return world;
}

static void finish(struct world *world) {
  mbedtls_x509_crt_free(&world->chain);
  pyr__tls_setup_unref(world->setup);
  pyr__tls_shared_unref(world->shared);
  assert_int_equal(world->state.live, 0);
  free(world);
}

/* "" or the error's text, for a chain of up to three. */
static const char *verify(struct world *world, const struct test_cert *a,
                          const struct test_cert *b, const struct test_cert *c,
                          const char *name) {
  pyr_error_t err = {.code = 0};
  unsigned char alert;
  int rc;

  mbedtls_x509_crt_free(&world->chain);
  mbedtls_x509_crt_init(&world->chain);
  test_chain_add(&world->chain, a);
  if (b != NULL)
    test_chain_add(&world->chain, b);
  if (c != NULL)
    test_chain_add(&world->chain, c);
  rc = pyr__tls_verify(world->setup, &world->chain, pyr__str(name), &alert,
                       &err);
  assert_int_equal(rc, err.code);
  assert_true(rc == 0 || rc == PYR_ETLS);
  snprintf(world->text, sizeof(world->text), "%s", err.text);
  return world->text;
}

static void assert_holds(const char *text, const char *part) {
  if (strstr(text, part) == NULL)
    fail_msg("\"%s\" is not in \"%s\"", part, text);
}

/* ---- names -------------------------------------------------------------- */

static void name__is_matched_as_in_rfc_6125(void **state) {
  static const struct {
    const char *names, *name;
    bool matches;
  } cases[] = {
      {"DNS:a.example", "a.example", true},
      {"DNS:a.example", "A.EXAMPLE", true},
      {"DNS:A.Example", "a.example.", true},
      {"DNS:a.example.", "a.example", true},
      {"DNS:a.example", "b.example", false},
      {"DNS:a.example", "a.example.org", false},
      {"DNS:a.example", "xa.example", false},
      {"DNS:*.example", "a.example", true},
      {"DNS:*.example", "a.b.example", false},
      {"DNS:*.example", "example", false},
      {"DNS:*.example", ".example", false},
      {"DNS:*.b.example", "a.b.example", true},
      {"DNS:*", "localhost", false},
      {"DNS:*.", "localhost.", false},
      {"DNS:a*.example", "ab.example", false},
      {"DNS:*a.example", "ba.example", false},
      {"DNS:a.*.example", "a.b.example", false},
      {"DNS:x DNS:y.example IP:10.0.0.1", "y.example", true},
      {"DNS:x DNS:y.example IP:10.0.0.1", "10.0.0.1", true},
      {"IP:127.0.0.1", "127.0.0.2", false},
      {"IP:127.0.0.1", "localhost", false},
      /* An address is no name, and a name no address. */
      {"DNS:127.0.0.1", "127.0.0.1", false},
      {"DNS:*.0.0.1", "127.0.0.1", false},
      {"IP:::1", "::1", true},
      {"IP:::1", "0:0:0:0:0:0:0:1", true},
      {"IP:2001:db8::1", "2001:db8::2", false},
      {"IP:::ffff:127.0.0.1", "127.0.0.1", false},
  };
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    struct test_cert_spec spec = {.subject = "CN=localhost",
                                  .names = cases[i].names};
    struct test_cert cert;
    test_cert_make(&cert, &spec);
    if (pyr__tls_cert_is_for(&cert.cert, pyr__str(cases[i].name)) !=
        cases[i].matches)
      fail_msg("%s and %s", cases[i].names, cases[i].name);
    test_cert_free(&cert);
  }
}

/* "a.example" and a byte 0 behind it is no "a.example". */
static void name__with_a_byte_0_is_compared_whole(void **state) {
  struct test_cert_spec spec = {.subject = "CN=x",
                                .names = "DNS:a.example!.evil.example"};
  struct test_cert cert;
  char shown[128];
  (void)state;
  test_cert_make(&cert, &spec);
  *(char *)memchr(cert.cert.subject_alt_names.buf.p, '!',
                  cert.cert.subject_alt_names.buf.len) = '\0';
  assert_false(pyr__tls_cert_is_for(&cert.cert, pyr__str("a.example")));
  pyr__tls_cert_names(shown, sizeof(shown), &cert.cert);
  assert_string_equal(shown, "DNS:a.example\\x00.evil.example");
  test_cert_free(&cert);
}

static void names__of_a_certificate_are_shown_within_bounds(void **state) {
  static char names[4000];
  struct test_cert_spec spec = {.subject = "CN=x", .names = names};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  size_t size;
  char shown[256];
  unsigned i;
  (void)state;
  for (i = 0; i < 100; i++)
    sprintf(names + strlen(names), "%sDNS:host-%u.example", i > 0 ? " " : "",
            i);
  test_cert_make(&cert, &spec);
  assert_string_equal(
      verify(world, &cert, NULL, NULL, "127.0.0.1"),
      "certificate is for DNS:host-0.example, DNS:host-1.example, "
      "DNS:host-2.example, DNS:host-3.example, DNS:host-4.example and 95 "
      "more, not 127.0.0.1");
  for (size = 1; size < sizeof(shown); size++) {
    memset(shown, 'x', sizeof(shown));
    pyr__tls_cert_names(shown, size, &cert.cert);
    assert_true(strlen(shown) < size);
  }
  test_cert_free(&cert);
  finish(world);
}

static void name__that_is_only_common_is_none(void **state) {
  struct test_cert_spec spec = {.subject = "CN=localhost,O=Old",
                                .issuer = &made.ca};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&cert, &spec);
  assert_holds(verify(world, &cert, NULL, NULL, "localhost"),
               "has no subjectAltName, so it is not for localhost");
  assert_holds(world->text, "CN=localhost");
  test_cert_free(&cert);
  finish(world);
}

/* ---- trust -------------------------------------------------------------- */

static void chain__is_followed_to_whom_is_trusted(void **state) {
  struct test_cert_spec direct = {
      .subject = "CN=a", .names = "DNS:a", .issuer = &made.ca};
  struct test_cert_spec below = {
      .subject = "CN=b", .names = "DNS:b", .issuer = &made.middle};
  struct test_cert a, b;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&a, &direct);
  test_cert_make(&b, &below);
  assert_string_equal(verify(world, &a, NULL, NULL, "a"), "");
  /* Whatever else is sent does no harm. */
  assert_string_equal(verify(world, &a, &b, &made.ca, "a"), "");
  assert_string_equal(verify(world, &b, &made.middle, NULL, "b"), "");
  assert_string_equal(verify(world, &b, &a, &made.middle, "b"), "");
  assert_string_equal(verify(world, &b, NULL, NULL, "b"),
                      "certificate is of unknown issuer CN=Middle: see "
                      "ca-file");
  assert_int_equal(pyr__tls_chain_until_ns(&a.cert) / PYR__NS_PER_S,
                   4102444799);
  test_cert_free(&a);
  test_cert_free(&b);
  finish(world);
}

static void issuer__that_is_unknown_is_named(void **state) {
  struct test_cert_spec alone = {.subject = "CN=alone,O=Nobody",
                                 .names = "DNS:alone"};
  struct test_cert_spec below = {
      .subject = "CN=b", .names = "DNS:b", .issuer = &made.ca};
  struct test_cert self, b;
  struct world *world;
  (void)state;
  test_cert_make(&self, &alone);
  test_cert_make(&b, &below);
  world = begin(&made.middle);
  assert_holds(verify(world, &self, NULL, NULL, "alone"),
               "self-signed certificate CN=alone");
  assert_holds(world->text, "is not trusted: see ca-file");
  assert_string_equal(verify(world, &b, NULL, NULL, "b"),
                      "certificate is of unknown issuer CN=Test CA: see "
                      "ca-file");
  assert_string_equal(verify(world, &b, &made.ca, NULL, "b"),
                      "certificate is of unknown issuer CN=Test CA, which "
                      "signed itself: see ca-file");
  finish(world);
  /* One that is trusted itself needs no issuer. */
  world = begin(&self);
  assert_string_equal(verify(world, &self, NULL, NULL, "alone"), "");
  finish(world);
  test_cert_free(&self);
  test_cert_free(&b);
}

/* Another authority that calls itself the same. */
static void issuer__must_have_signed(void **state) {
  struct test_cert_spec spec = {
      .subject = "CN=a", .names = "DNS:a", .issuer = &made.twin};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&cert, &spec);
  assert_string_equal(verify(world, &cert, NULL, NULL, "a"),
                      "certificate names the issuer CN=Test CA, but was not "
                      "signed by the one that is trusted");
  assert_holds(verify(world, &cert, &made.twin, NULL, "a"), "was not signed");
  finish(world);
  test_cert_free(&cert);
}

/* A server's certificate that is no authority's cannot vouch for another. */
static void issuer__must_be_an_authority(void **state) {
  struct test_cert_spec plain = {
      .subject = "CN=plain", .names = "DNS:plain", .issuer = &made.ca};
  struct test_cert_spec forged = {.subject = "CN=forged", .names = "DNS:bank"};
  struct test_cert issuer, cert;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&issuer, &plain);
  forged.issuer = &issuer;
  test_cert_make(&cert, &forged);
  assert_holds(verify(world, &cert, &issuer, NULL, "bank"),
               "names the issuer CN=plain");
  finish(world);
  test_cert_free(&cert);
  test_cert_free(&issuer);
}

static void time__that_has_passed_or_not_come_is_told(void **state) {
  struct test_cert_spec past = {.subject = "CN=a",
                                .names = "DNS:a",
                                .issuer = &made.ca,
                                .to = "20260102000000"};
  struct test_cert_spec future = {.subject = "CN=a",
                                  .names = "DNS:a",
                                  .issuer = &made.ca,
                                  .from = "20810203000000"};
  struct test_cert_spec below = {
      .subject = "CN=b", .names = "DNS:b", .issuer = &made.late_middle};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&cert, &past);
  assert_string_equal(verify(world, &cert, NULL, NULL, "a"),
                      "certificate expired on 2026-01-02");
  assert_int_equal(pyr__tls_chain_until_ns(&cert.cert) / PYR__NS_PER_S,
                   1767312000);
  test_cert_free(&cert);
  test_cert_make(&cert, &future);
  assert_string_equal(verify(world, &cert, NULL, NULL, "a"),
                      "certificate is not valid before 2081-02-03: is the "
                      "clock right?");
  test_cert_free(&cert);
  test_cert_make(&cert, &below);
  assert_string_equal(verify(world, &cert, &made.late_middle, NULL, "b"),
                      "issuer CN=Late of the certificate expired on "
                      "2021-01-01");
  assert_int_equal(pyr__tls_chain_until_ns(&world->chain) / PYR__NS_PER_S,
                   1609459200);
  test_cert_free(&cert);
  finish(world);
}

static void usage__that_forbids_a_server_is_told(void **state) {
  struct test_cert_spec spec = {.subject = "CN=a",
                                .names = "DNS:a",
                                .issuer = &made.ca,
                                .key_usage = MBEDTLS_X509_KU_KEY_ENCIPHERMENT};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&cert, &spec);
  assert_holds(verify(world, &cert, NULL, NULL, "a"),
               "may not be used by a server");
  test_cert_free(&cert);
  finish(world);
}

static void hash__and_key_that_are_weak_are_told(void **state) {
  struct test_cert_spec sha1 = {.subject = "CN=a",
                                .names = "DNS:a",
                                .issuer = &made.ca,
                                .hash = MBEDTLS_MD_SHA1};
  struct test_cert_spec small = {.subject = "CN=b",
                                 .names = "DNS:b",
                                 .issuer = &made.ca,
                                 .rsa_bits = 1024};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  (void)state;
  test_cert_make(&cert, &sha1);
  assert_holds(verify(world, &cert, NULL, NULL, "a"),
               "certificate is signed with a hash that is no longer safe");
  test_cert_free(&cert);
  test_cert_make(&cert, &small);
  assert_holds(verify(world, &cert, NULL, NULL, "b"),
               "too weak or of the wrong kind");
  test_cert_free(&cert);
  finish(world);
}

/* ---- bounds ------------------------------------------------------------- */

/* Also where nothing is verified: the handshake computes with the key. */
static void key__of_a_rare_curve_is_not_computed_with(void **state) {
  struct test_cert_spec spec = {
      .subject = "CN=a", .names = "DNS:a", .curve = MBEDTLS_ECP_DP_BP256R1};
  struct test_cert cert;
  struct world *world = begin(NULL);
  (void)state;
  test_cert_make(&cert, &spec);
  assert_holds(verify(world, &cert, NULL, NULL, "a"),
               "kind of key that is not supported: RSA and P-256");
  assert_holds(verify(world, &made.ca, &cert, NULL, "a"), "kind of key");
  test_cert_free(&cert);
  finish(world);
}

/* An exponent as long as the modulus makes checking as dear as signing. */
static void key__with_an_absurd_exponent_is_not_computed_with(void **state) {
  struct test_cert_spec spec = {.subject = "CN=a",
                                .names = "DNS:a",
                                .issuer = &made.ca,
                                .rsa_bits = 1024};
  struct test_cert cert;
  struct world *world = begin(NULL);
  mbedtls_rsa_context *rsa;
  mbedtls_mpi n, e;
  pyr_error_t err;
  unsigned char alert;
  (void)state;
  test_cert_make(&cert, &spec);
  rsa = mbedtls_pk_rsa(cert.cert.pk);
  mbedtls_mpi_init(&n);
  mbedtls_mpi_init(&e);
  assert_int_equal(mbedtls_rsa_export(rsa, &n, NULL, NULL, NULL, NULL), 0);
  assert_int_equal(mbedtls_mpi_lset(&e, 1), 0);
  assert_int_equal(mbedtls_mpi_shift_l(&e, 900), 0);
  assert_int_equal(mbedtls_mpi_set_bit(&e, 0, 1), 0);
  assert_int_equal(mbedtls_rsa_import(rsa, &n, NULL, NULL, NULL, &e), 0);
  mbedtls_mpi_free(&n);
  mbedtls_mpi_free(&e);
  assert_int_equal(
      pyr__tls_verify(world->setup, &cert.cert, pyr__str("a"), &alert, &err),
      PYR_ETLS);
  assert_holds(err.text, "RSA key of 1024 bits with an exponent of 901: at "
                         "most 8192 and 33");
  test_cert_free(&cert);
  finish(world);
}

static void chain__without_end_is_not_followed(void **state) {
  struct world *world = begin(&made.ca);
  pyr_error_t err;
  unsigned char alert;
  unsigned i;
  (void)state;
  for (i = 0; i < 100; i++)
    test_chain_add(&world->chain, &made.middle);
  assert_int_equal(
      pyr__tls_verify(world->setup, &world->chain, pyr__str("a"), &alert, &err),
      PYR_ETLS);
  assert_string_equal(err.text, "the server sent a chain of 100 certificates: "
                                "at most 8 are taken");
  finish(world);
}

static void name__of_any_length_fits_an_error(void **state) {
  struct test_cert_spec spec = {
      .subject =
          "CN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,"
          "O=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,"
          "OU=cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
      .names = "DNS:a"};
  struct test_cert cert;
  struct world *world = begin(&made.ca);
  char name[2000];
  (void)state;
  test_cert_make(&cert, &spec);
  memset(name, 'n', sizeof(name));
  name[sizeof(name) - 1] = '\0';
  assert_holds(verify(world, &cert, NULL, NULL, "a"), "(a very long name)");
  assert_holds(verify(world, &cert, NULL, NULL, name),
               "certificate is for DNS:a, not nnnn");
  test_cert_free(&cert);
  finish(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(name__is_matched_as_in_rfc_6125),
      cmocka_unit_test(name__with_a_byte_0_is_compared_whole),
      cmocka_unit_test(names__of_a_certificate_are_shown_within_bounds),
      cmocka_unit_test(name__that_is_only_common_is_none),
      cmocka_unit_test(chain__is_followed_to_whom_is_trusted),
      cmocka_unit_test(issuer__that_is_unknown_is_named),
      cmocka_unit_test(issuer__must_have_signed),
      cmocka_unit_test(issuer__must_be_an_authority),
      cmocka_unit_test(time__that_has_passed_or_not_come_is_told),
      cmocka_unit_test(usage__that_forbids_a_server_is_told),
      cmocka_unit_test(hash__and_key_that_are_weak_are_told),
      cmocka_unit_test(key__of_a_rare_curve_is_not_computed_with),
      cmocka_unit_test(key__with_an_absurd_exponent_is_not_computed_with),
      cmocka_unit_test(chain__without_end_is_not_followed),
      cmocka_unit_test(name__of_any_length_fits_an_error),
  };
  struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  struct test_cert_spec middle = {
      .subject = "CN=Middle", .is_ca = true, .issuer = &made.ca};
  struct test_cert_spec late = {.subject = "CN=Late",
                                .is_ca = true,
                                .issuer = &made.ca,
                                .to = "20210101000000"};
  int rc;
  test_cert_make(&made.ca, &ca);
  test_cert_make(&made.twin, &ca);
  test_cert_make(&made.middle, &middle);
  test_cert_make(&made.late_middle, &late);
  rc = cmocka_run_group_tests(tests, NULL, NULL);
  test_cert_free(&made.ca);
  test_cert_free(&made.twin);
  test_cert_free(&made.middle);
  test_cert_free(&made.late_middle);
  return rc;
}
