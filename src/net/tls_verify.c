#include "net/tls_verify.h"

#include <string.h>
#include <time.h>

#include <mbedtls/oid.h>
#include <mbedtls/rsa.h>

#include "base/limits.h"
#include "net/tls_error.h"
#include "net/tls_name.h"

enum { NAMES_TEXT = 240, EXPONENT_BITS = 33 };

static const mbedtls_x509_crt_profile profile = {
    .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    .allowed_pks = 0xfffffff,
    .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    .rsa_min_bitlen = 2048,
};

/* The certificate closest to the server's own that something is wrong with. */
struct finding {
  const mbedtls_x509_crt *cert;
  uint32_t flags;
};

/* ---- bounds ------------------------------------------------------------- */

static int check_rsa(mbedtls_x509_crt *cert, pyr_error_t *err) {
  size_t bits = mbedtls_pk_get_bitlen(&cert->pk), exponent_bits;
  mbedtls_mpi exponent;
  int rc;

  mbedtls_mpi_init(&exponent);
  rc = mbedtls_rsa_export(mbedtls_pk_rsa(cert->pk), NULL, NULL, NULL, NULL,
                          &exponent);
  exponent_bits = mbedtls_mpi_bitlen(&exponent);
  mbedtls_mpi_free(&exponent);
  if (rc != 0)
    return pyr__tls_parse_error(err, rc, "the server's key cannot be read");
  if (bits > PYR__LIMIT_TLS_RSA_BITS || exponent_bits > EXPONENT_BITS)
    return pyr__error(err, PYR_ETLS,
                      "a certificate of the server has an RSA key of %zu bits "
                      "with an exponent of %zu: at most %d and %d are taken",
                      bits, exponent_bits, PYR__LIMIT_TLS_RSA_BITS,
                      EXPONENT_BITS);
  return 0;
}

static int check_key(mbedtls_x509_crt *cert, pyr_error_t *err) {
  if (mbedtls_pk_can_do(&cert->pk, MBEDTLS_PK_RSA))
    return check_rsa(cert, err);
  if (mbedtls_pk_can_do(&cert->pk, MBEDTLS_PK_ECKEY)) {
    mbedtls_ecp_group_id curve = pyr__mbed_curve(&cert->pk);
    if ((profile.allowed_curves & MBEDTLS_X509_ID_FLAG(curve)) != 0)
      return 0;
  }
  return pyr__error(err, PYR_ETLS,
                    "a certificate of the server has a kind of key that is not "
                    "supported: RSA and P-256, P-384, P-521 are");
}

static int check_bounds(mbedtls_x509_crt *chain, pyr_error_t *err) {
  mbedtls_x509_crt *cert;
  unsigned count = 0;
  int rc = 0;

  for (cert = chain; cert != NULL; cert = cert->next)
    count++;
  if (count > PYR__LIMIT_TLS_CHAIN)
    return pyr__error(err, PYR_ETLS,
                      "the server sent a chain of %u certificates: at most %d "
                      "are taken",
                      count, PYR__LIMIT_TLS_CHAIN);
  for (cert = chain; cert != NULL && rc == 0; cert = cert->next)
    rc = check_key(cert, err);
  return rc;
}

/* ---- trust -------------------------------------------------------------- */

/* The last certificate of the way up, by names. */
static const mbedtls_x509_crt *top_of(const mbedtls_x509_crt *chain) {
  const mbedtls_x509_crt *top = chain, *next;

  for (next = chain; next != NULL; next = next->next)
    if (pyr__tls_is_same_dn(&top->issuer, &next->subject))
      top = next;
  return top;
}

static bool is_self_signed(const mbedtls_x509_crt *cert) {
  return pyr__tls_is_same_dn(&cert->issuer, &cert->subject);
}

static int write_untrusted(const mbedtls_x509_crt *chain, pyr_error_t *err) {
  const mbedtls_x509_crt *top = top_of(chain);
  char text[PYR__TLS_NAME_TEXT];

  pyr__tls_dn_text(text, &top->issuer);
  if (!is_self_signed(top))
    return pyr__error(err, PYR_ETLS,
                      "certificate is of unknown issuer %s: see ca-file", text);
  return pyr__error(err, PYR_ETLS,
                    top == chain ? "self-signed certificate %s is not trusted: "
                                   "see ca-file"
                                 : "certificate is of unknown issuer %s, which "
                                   "signed itself: see ca-file",
                    text);
}

/* Nothing is computed for a chain that cannot lead to a trusted name. */
static int check_issuer(const struct pyr__tls_trust *trust,
                        const mbedtls_x509_crt *chain, pyr_error_t *err) {
  const mbedtls_x509_crt *cert = chain;

  if (pyr__tls_trust_holds(trust, chain))
    return 0;
  while (cert != NULL && !pyr__tls_trust_names_issuer(trust, cert))
    cert = cert->next;
  return cert != NULL ? 0 : write_untrusted(chain, err);
}

/* ---- what is said ------------------------------------------------------- */

/* "certificate", or "issuer CN=..., of the certificate," */
static void write_subject(char *out, size_t size, const mbedtls_x509_crt *chain,
                          const mbedtls_x509_crt *cert) {
  char text[PYR__TLS_NAME_TEXT];

  if (cert == chain) {
    snprintf(out, size, "certificate");
    return;
  }
  pyr__tls_dn_text(text, &cert->subject);
  snprintf(out, size, "issuer %s of the certificate", text);
}

static int write_time(const mbedtls_x509_crt *chain,
                      const struct finding *finding, pyr_error_t *err) {
  bool has_expired = (finding->flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0;
  char subject[PYR__TLS_NAME_TEXT + 32], date[PYR__TLS_DATE_TEXT];

  write_subject(subject, sizeof(subject), chain, finding->cert);
  pyr__tls_date_text(date, has_expired ? &finding->cert->valid_to
                                       : &finding->cert->valid_from);
  return pyr__error(err, PYR_ETLS,
                    has_expired ? "%s expired on %s"
                                : "%s is not valid before %s: is the clock "
                                  "right?",
                    subject, date);
}

static int write_weak(const mbedtls_x509_crt *chain,
                      const struct finding *finding, pyr_error_t *err) {
  char subject[PYR__TLS_NAME_TEXT + 32];

  write_subject(subject, sizeof(subject), chain, finding->cert);
  return pyr__error(err, PYR_ETLS,
                    (finding->flags & MBEDTLS_X509_BADCERT_BAD_MD) != 0
                        ? "%s is signed with a hash that is no longer safe: "
                          "SHA-256, SHA-384 and SHA-512 are taken"
                        : "%s has a key, or is signed with one, that is too "
                          "weak or of the wrong kind: RSA of 2048 bits and "
                          "P-256 are the least",
                    subject);
}

static int write_finding(const mbedtls_x509_crt *chain,
                         const struct finding *finding, unsigned char *alert,
                         pyr_error_t *err) {
  char text[PYR__TLS_NAME_TEXT];

  if (finding->flags &
      (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) {
    *alert = MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
    return write_time(chain, finding, err);
  }
  if (finding->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
    *alert = MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    pyr__tls_dn_text(text, &finding->cert->issuer);
    return pyr__error(err, PYR_ETLS,
                      "certificate names the issuer %s, but was not signed by "
                      "the one that is trusted",
                      text);
  }
  if (finding->flags &
      (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
       MBEDTLS_X509_BADCERT_BAD_KEY))
    return write_weak(chain, finding, err);
  return pyr__error(err, PYR_ETLS, "certificate was refused");
}

static int write_name(const mbedtls_x509_crt *cert, pyr_str_t name,
                      pyr_error_t *err) {
  char names[NAMES_TEXT], subject[PYR__TLS_NAME_TEXT];

  pyr__tls_cert_names(names, sizeof(names), cert);
  if (names[0] != '\0')
    return pyr__error(err, PYR_ETLS, "certificate is for %s, not %.*s", names,
                      PYR__STR_ARG(name));
  pyr__tls_dn_text(subject, &cert->subject);
  return pyr__error(err, PYR_ETLS,
                    "certificate %s has no subjectAltName, so it is not for "
                    "%.*s",
                    subject, PYR__STR_ARG(name));
}

/* ---- the whole ---------------------------------------------------------- */

static int on_cert(void *ctx, mbedtls_x509_crt *cert, int depth,
                   uint32_t *flags) {
  struct finding *finding = ctx;
  (void)depth;
  if (*flags != 0)
    *finding = (struct finding){cert, *flags};
  return 0;
}

static int check_usage(const mbedtls_x509_crt *cert, bool is_client,
                       pyr_error_t *err) {
  const char *usage =
      is_client ? MBEDTLS_OID_CLIENT_AUTH : MBEDTLS_OID_SERVER_AUTH;
  if (mbedtls_x509_crt_check_key_usage(
          cert, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0 &&
      mbedtls_x509_crt_check_extended_key_usage(cert, usage, strlen(usage)) ==
          0)
    return 0;
  return pyr__error(err, PYR_ETLS,
                    "certificate may not be used by a %s (its keyUsage or "
                    "extendedKeyUsage says so)",
                    is_client ? "client" : "server");
}

static int check_trust(struct pyr__tls_trust *trust, mbedtls_x509_crt *chain,
                       unsigned char *alert, pyr_error_t *err) {
  struct finding finding = {NULL, 0};
  uint32_t flags = 0;
  int rc = mbedtls_x509_crt_verify_with_profile(
      chain, &trust->chain, NULL, &profile, NULL, &flags, on_cert, &finding);
  if (rc == 0 && flags == 0)
    return 0;
  if (finding.cert != NULL)
    return write_finding(chain, &finding, alert, err);
  return pyr__tls_parse_error(err, rc, "certificate cannot be verified");
}

int pyr__tls_verify(const struct pyr__tls_setup *setup, mbedtls_x509_crt *chain,
                    pyr_str_t name, unsigned char *alert, pyr_error_t *err) {
  int rc;

  *alert = MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
  rc = check_bounds(chain, err);
  if (rc != 0 || setup->trust == NULL)
    return rc;
  if (!setup->is_server && !pyr__tls_cert_is_for(chain, name))
    return write_name(chain, name, err);
  rc = check_issuer(setup->trust, chain, err);
  if (rc != 0) {
    *alert = MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
    return rc;
  }
  rc = check_trust(setup->trust, chain, alert, err);
  return rc == 0 ? check_usage(chain, setup->is_server, err) : rc;
}

int64_t pyr__tls_chain_until_ns(const mbedtls_x509_crt *chain) {
  int64_t until_ns = INT64_MAX;

  for (; chain != NULL; chain = chain->next) {
    const mbedtls_x509_time *end = &chain->valid_to;
    struct tm tm = {.tm_year = end->year - 1900,
                    .tm_mon = end->mon - 1,
                    .tm_mday = end->day,
                    .tm_hour = end->hour,
                    .tm_min = end->min,
                    .tm_sec = end->sec};
    int64_t end_s = timegm(&tm);
    if (end_s < until_ns / PYR__NS_PER_S)
      until_ns = end_s * PYR__NS_PER_S;
  }
  return until_ns;
}
