/* Certificates made for a test, by mbedTLS: keys on P-256 where nothing else is
 * asked for. */
#ifndef TEST_TLS_CERTS_H
#define TEST_TLS_CERTS_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

/* Also for programs without cmocka. */
static inline void test_must(bool is_so) {
  if (!is_so)
    abort();
}

/* Not 0: the numbers are those that follow from it. */
static uint64_t test_random_seed;

static int test_random(void *ctx, unsigned char *out, size_t len) {
  (void)ctx;
  if (test_random_seed == 0)
    return getrandom(out, len, 0) == (ssize_t)len ? 0 : -1;
  for (; len > 0; len--) {
    test_random_seed ^= test_random_seed << 13;
    test_random_seed ^= test_random_seed >> 7;
    test_random_seed ^= test_random_seed << 17;
    *out++ = (unsigned char)(test_random_seed >> 32);
  }
  return 0;
}

struct test_cert {
  mbedtls_pk_context key;
  mbedtls_x509_crt cert;
  char subject[256];
};

struct test_cert_spec {
  const char *subject;            /* "CN=..." */
  const char *names;              /* "DNS:a.example IP:127.0.0.1"; NULL: none */
  const struct test_cert *issuer; /* NULL: it signs itself */
  bool is_ca;
  const char *from, *to;      /* "20200101000000"; NULL: from 2020 to 2099 */
  unsigned rsa_bits;          /* 0: an elliptic curve */
  mbedtls_ecp_group_id curve; /* 0: P-256 */
  unsigned key_usage;         /* 0: none said */
  mbedtls_md_type_t hash;     /* 0: SHA-256 */
};

static inline void test_key_make(mbedtls_pk_context *key,
                                 const struct test_cert_spec *spec) {
  mbedtls_pk_init(key);
  if (spec->rsa_bits > 0) {
    test_must(
        mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_RSA)) == 0);
    test_must(mbedtls_rsa_gen_key(mbedtls_pk_rsa(*key), test_random, NULL,
                                  spec->rsa_bits, 65537) == 0);
    return;
  }
  test_must(
      mbedtls_pk_setup(key, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)) == 0);
  test_must(mbedtls_ecp_gen_key(spec->curve == MBEDTLS_ECP_DP_NONE
                                    ? MBEDTLS_ECP_DP_SECP256R1
                                    : spec->curve,
                                mbedtls_pk_ec(*key), test_random, NULL) == 0);
}

/* Appends one name of "DNS:... IP:..." as a GeneralName. */
static inline size_t test_san_add(uint8_t *out, const char *text, size_t len) {
  if (len > 4 && memcmp(text, "DNS:", 4) == 0) {
    out[0] = 0x82;
    out[1] = (uint8_t)(len - 4);
    memcpy(out + 2, text + 4, len - 4);
    return len - 2;
  }
  {
    char address[64] = {0};
    memcpy(address, text + 3, len - 3);
    out[0] = 0x87;
    out[1] = strchr(address, ':') == NULL ? 4 : 16;
    test_must(inet_pton(out[1] == 4 ? AF_INET : AF_INET6, address, out + 2) ==
              1);
    return 2 + (size_t)out[1];
  }
}

static inline void test_san_set(mbedtls_x509write_cert *write,
                                const char *names) {
  uint8_t der[4096];
  size_t len = 4;
  while (*names != '\0') {
    size_t n = strcspn(names, " ");
    len += test_san_add(der + len, names, n);
    names += n + (names[n] == ' ');
  }
  der[0] = 0x30;
  der[1] = 0x82;
  der[2] = (uint8_t)((len - 4) >> 8);
  der[3] = (uint8_t)(len - 4);
  test_must(mbedtls_x509write_crt_set_extension(
                write, MBEDTLS_OID_SUBJECT_ALT_NAME,
                MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0, der,
                len) == 0);
}

static inline void test_serial_set(mbedtls_x509write_cert *write) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
  mbedtls_mpi serial;
  mbedtls_mpi_init(&serial);
  mbedtls_mpi_lset(&serial, 7);
  test_must(mbedtls_x509write_crt_set_serial(write, &serial) == 0);
  mbedtls_mpi_free(&serial);
#else
  unsigned char serial[] = {7};
  test_must(mbedtls_x509write_crt_set_serial_raw(write, serial, 1) == 0);
#endif
}

static inline void test_cert_make(struct test_cert *out,
                                  const struct test_cert_spec *spec) {
  const struct test_cert *issuer = spec->issuer == NULL ? out : spec->issuer;
  mbedtls_x509write_cert write;
  static uint8_t der[16384];
  int len;

  test_key_make(&out->key, spec);
  snprintf(out->subject, sizeof(out->subject), "%s", spec->subject);
  mbedtls_x509write_crt_init(&write);
  mbedtls_x509write_crt_set_version(&write, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(
      &write, spec->hash == MBEDTLS_MD_NONE ? MBEDTLS_MD_SHA256 : spec->hash);
  mbedtls_x509write_crt_set_subject_key(&write, &out->key);
  mbedtls_x509write_crt_set_issuer_key(
      &write, (mbedtls_pk_context *)(uintptr_t)&issuer->key);
  test_must(mbedtls_x509write_crt_set_subject_name(&write, out->subject) == 0);
  test_must(mbedtls_x509write_crt_set_issuer_name(&write, issuer->subject) ==
            0);
  test_serial_set(&write);
  test_must(mbedtls_x509write_crt_set_validity(
                &write, spec->from == NULL ? "20200101000000" : spec->from,
                spec->to == NULL ? "20991231235959" : spec->to) == 0);
  if (spec->is_ca)
    test_must(mbedtls_x509write_crt_set_basic_constraints(&write, 1, -1) == 0);
  if (spec->names != NULL)
    test_san_set(&write, spec->names);
  if (spec->key_usage != 0)
    test_must(mbedtls_x509write_crt_set_key_usage(&write, spec->key_usage) ==
              0);
  len = mbedtls_x509write_crt_der(&write, der, sizeof(der), test_random, NULL);
  test_must(len > 0);
  mbedtls_x509write_crt_free(&write);
  mbedtls_x509_crt_init(&out->cert);
  test_must(mbedtls_x509_crt_parse_der(&out->cert, der + sizeof(der) - len,
                                       (size_t)len) == 0);
}

static inline void test_cert_free(struct test_cert *cert) {
  mbedtls_x509_crt_free(&cert->cert);
  mbedtls_pk_free(&cert->key);
}

/* Adds a certificate to a chain that will be sent. */
static inline void test_chain_add(mbedtls_x509_crt *chain,
                                  const struct test_cert *cert) {
  test_must(mbedtls_x509_crt_parse_der(chain, cert->cert.raw.p,
                                       cert->cert.raw.len) == 0);
}

static inline char *test_cert_pem(const struct test_cert *cert, char *out,
                                  size_t size) {
  size_t len;
  test_must(mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n",
                                     "-----END CERTIFICATE-----\n",
                                     cert->cert.raw.p, cert->cert.raw.len,
                                     (unsigned char *)out, size, &len) == 0);
  return out;
}

/* An authority, and a server that it vouches for. */
struct test_authority {
  struct test_cert ca, server;
  char ca_pem[2048];
};

static inline void test_authority_make(struct test_authority *made,
                                       const char *server_names) {
  const struct test_cert_spec ca = {.subject = "CN=Test CA", .is_ca = true};
  const struct test_cert_spec server = {
      .subject = "CN=server", .names = server_names, .issuer = &made->ca};
  test_cert_make(&made->ca, &ca);
  test_cert_make(&made->server, &server);
  test_cert_pem(&made->ca, made->ca_pem, sizeof(made->ca_pem));
}

static inline void test_authority_free(struct test_authority *made) {
  test_cert_free(&made->ca);
  test_cert_free(&made->server);
}

static inline char *test_key_pem(struct test_cert *cert, char *out,
                                 size_t size) {
  test_must(mbedtls_pk_write_key_pem(&cert->key, (unsigned char *)out, size) ==
            0);
  return out;
}

#endif
