#include "net/tls_error.h"

#include <stdio.h>
#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/rsa.h>

#include "base/str.h"

enum { LIBRARY_TEXT = 160, SHOWN_START = 12 };

/* A code of mbedTLS is a sum of one of a room, in the high bits, and one of
 * what the room called, in the low ones. */
static int high_part(int code) {
  return -(-code & 0xff80);
}
static int low_part(int code) {
  return -(-code & 0x7f);
}

bool pyr__tls_is_nomem(int code) {
  switch (high_part(code)) {
  case MBEDTLS_ERR_SSL_ALLOC_FAILED:
  case MBEDTLS_ERR_X509_ALLOC_FAILED:
  case MBEDTLS_ERR_PK_ALLOC_FAILED:
  case MBEDTLS_ERR_PEM_ALLOC_FAILED:
  case MBEDTLS_ERR_ECP_ALLOC_FAILED:
  case MBEDTLS_ERR_MD_ALLOC_FAILED:
  case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
    return true;
  default:
    return low_part(code) == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
           low_part(code) == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
  }
}

/* ---- alerts ------------------------------------------------------------- */

static const char *alert_name(unsigned alert) {
  switch (alert) {
  case MBEDTLS_SSL_ALERT_MSG_UNEXPECTED_MESSAGE:
    return "unexpected_message";
  case MBEDTLS_SSL_ALERT_MSG_BAD_RECORD_MAC:
    return "bad_record_mac";
  case MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW:
    return "record_overflow";
  case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
    return "handshake_failure";
  case MBEDTLS_SSL_ALERT_MSG_BAD_CERT:
    return "bad_certificate";
  case MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT:
    return "unsupported_certificate";
  case MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED:
    return "certificate_revoked";
  case MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED:
    return "certificate_expired";
  case MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN:
    return "certificate_unknown";
  case MBEDTLS_SSL_ALERT_MSG_ILLEGAL_PARAMETER:
    return "illegal_parameter";
  case MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA:
    return "unknown_ca";
  case MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED:
    return "access_denied";
  case MBEDTLS_SSL_ALERT_MSG_DECODE_ERROR:
    return "decode_error";
  case MBEDTLS_SSL_ALERT_MSG_DECRYPT_ERROR:
    return "decrypt_error";
  case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
    return "protocol_version";
  case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
    return "insufficient_security";
  case MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR:
    return "internal_error";
  case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
    return "unrecognized_name";
  case 116: /* of TLS 1.3, which 2.28 does not name */
    return "certificate_required";
  case MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL:
    return "no_application_protocol";
  default:
    return "of an unknown kind";
  }
}

/* Whether the alert can be about our certificate, or the lack of one. */
static bool is_about_client(unsigned alert) {
  return alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE ||
         (alert >= MBEDTLS_SSL_ALERT_MSG_NO_CERT &&
          alert <= MBEDTLS_SSL_ALERT_MSG_CERT_UNKNOWN) ||
         alert == MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA ||
         alert == MBEDTLS_SSL_ALERT_MSG_ACCESS_DENIED || alert == 116;
}

static int write_version(pyr_error_t *err) {
  if (PYR__MBED_HAS_TLS13)
    return pyr__error(err, PYR_ETLS,
                      "the server speaks no TLS version that is allowed here: "
                      "see min-version and max-version (alert "
                      "protocol_version)");
  return pyr__error(err, PYR_ETLS,
                    "the server does not speak TLS 1.2, only TLS 1.3, which "
                    "this build's mbedTLS %s does not have (alert "
                    "protocol_version)",
                    MBEDTLS_VERSION_STRING);
}

static int write_hello_alert(pyr_error_t *err, unsigned alert) {
  switch (alert) {
  case MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION:
    return write_version(err);
  case MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE:
  case MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY:
    return pyr__error(err, PYR_ETLS,
                      "the server and this client have no cipher suite, curve "
                      "or kind of certificate in common (alert %s)",
                      alert_name(alert));
  case MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME:
    return pyr__error(err, PYR_ETLS,
                      "the server knows nothing of this name: see server-name "
                      "(alert unrecognized_name)");
  case MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL:
    return pyr__error(err, PYR_ETLS,
                      "the server does not speak HTTP/1.1 (alert "
                      "no_application_protocol)");
  default:
    return pyr__error(err, PYR_ETLS,
                      "the server refused the handshake (alert %s)",
                      alert_name(alert));
  }
}

static int write_alert(pyr_error_t *err,
                       const struct pyr__tls_failure *failure) {
  bool about_client = is_about_client(failure->alert) &&
                      (failure->phase == PYR__TLS_ACCEPTED ||
                       failure->is_unheard || failure->alert == 116);

  /* What TLS 1.2 has to say of certificates is said before it is ready. */
  if (failure->phase == PYR__TLS_READY && failure->is_12 &&
      failure->alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE)
    return pyr__error(err, PYR_ETLS,
                      "the server wanted to negotiate anew, which is not done: "
                      "does it want a client certificate for some paths only? "
                      "(alert %s)",
                      alert_name(failure->alert));
  if (about_client && failure->client == NULL)
    return pyr__error(err, PYR_ETLS,
                      "server requires a client certificate: see cert-file and "
                      "key-file (alert %s)",
                      alert_name(failure->alert));
  if (about_client)
    return pyr__error(err, PYR_ETLS,
                      "the server refused the client certificate %s (alert %s)",
                      failure->client, alert_name(failure->alert));
  if (failure->phase == PYR__TLS_HELLO)
    return write_hello_alert(err, failure->alert);
  return pyr__error(err, PYR_ETLS, "the server broke off (alert %s)",
                    alert_name(failure->alert));
}

/* ---- the rest ----------------------------------------------------------- */

static const char *phase_name(enum pyr__tls_phase phase) {
  return phase == PYR__TLS_READY ? "in what the server sent"
                                 : "in the handshake";
}

static int write_library(pyr_error_t *err, int code, const char *what) {
  char text[LIBRARY_TEXT];
  mbedtls_strerror(code, text, sizeof(text));
  return pyr__error(err, PYR_ETLS, "%s: %s", what,
                    text[0] == '\0' ? "mbedTLS does not say why" : text);
}

static int write_no_tls(pyr_error_t *err, pyr_str_t start) {
  char shown[4 * SHOWN_START + 1];
  bool is_http = start.len >= 5 && memcmp(start.base, "HTTP/", 5) == 0;

  if (start.len > SHOWN_START)
    start.len = SHOWN_START;
  pyr__str_escape(shown, sizeof(shown), start);
  return pyr__error(err, PYR_ETLS,
                    "the server speaks no TLS%s: its first bytes are \"%s\"",
                    is_http ? " but plain HTTP" : "", shown);
}

/* A record starts with its kind, 20 to 23, and the version's 3. */
static bool is_no_tls(const struct pyr__tls_failure *failure) {
  return failure->start.len > 0 &&
         (failure->start.base[0] < 20 || failure->start.base[0] > 23);
}

enum pyr__tls_reason
pyr__tls_failure_reason(const struct pyr__tls_failure *failure) {
  if (is_no_tls(failure))
    return PYR__TLS_NO_TLS;
  switch (high_part(failure->code)) {
  case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
    return PYR__TLS_ALERT;
  case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    return PYR__TLS_VERSION;
  case PYR__MBED_NO_CIPHER:
    return PYR__TLS_CIPHER;
  case MBEDTLS_ERR_SSL_INVALID_RECORD:
  case MBEDTLS_ERR_SSL_UNEXPECTED_RECORD:
  case MBEDTLS_ERR_SSL_INVALID_MAC:
  case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
    return PYR__TLS_MALFORMED;
  default:
    return PYR__TLS_OTHER;
  }
}

int pyr__tls_explain(pyr_error_t *err, const struct pyr__tls_failure *failure) {
  if (pyr__tls_is_nomem(failure->code))
    return pyr__error_nomem(err);
  switch (high_part(failure->code)) {
  case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
    return write_alert(err, failure);
  case MBEDTLS_ERR_SSL_INVALID_RECORD:
  case MBEDTLS_ERR_SSL_UNEXPECTED_RECORD:
    if (is_no_tls(failure))
      return write_no_tls(err, failure->start);
    return pyr__error(err, PYR_ETLS, "malformed record %s",
                      phase_name(failure->phase));
  case MBEDTLS_ERR_SSL_INVALID_MAC:
    return pyr__error(err, PYR_ETLS,
                      "a record was altered on its way: its checksum is wrong");
  case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
    return pyr__error(err, PYR_ETLS,
                      "the server speaks only versions of TLS older than is "
                      "allowed here (1.2 or min-version)");
  case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
    return pyr__error(err, PYR_ETLS, "unexpected message %s",
                      phase_name(failure->phase));
  case MBEDTLS_ERR_SSL_BAD_INPUT_DATA: /* 3.x: it does not fit its buffer */
    return pyr__error(err, PYR_ETLS,
                      "a handshake message of the server is longer than "
                      "mbedTLS %s takes (a chain of very many certificates?)",
                      MBEDTLS_VERSION_STRING);
  case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE:
    return pyr__error(err, PYR_ETLS,
                      "a handshake message of the server comes in several "
                      "records (a chain of very many certificates?), which "
                      "mbedTLS %s does not read",
                      MBEDTLS_VERSION_STRING);
  case MBEDTLS_ERR_ECP_VERIFY_FAILED:
  case MBEDTLS_ERR_RSA_VERIFY_FAILED:
    return pyr__error(err, PYR_ETLS,
                      "the server does not have the key of the certificate "
                      "that it presents: its signature is wrong");
  default:
    return write_library(err, failure->code,
                         failure->phase == PYR__TLS_READY
                             ? "what the server sent cannot be read"
                             : "the handshake failed");
  }
}

int pyr__tls_parse_error(pyr_error_t *err, int code, const char *what) {
  if (pyr__tls_is_nomem(code))
    return pyr__error_nomem(err);
  switch (high_part(code)) {
  case MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT:
  case MBEDTLS_ERR_X509_CERT_UNKNOWN_FORMAT:
    return pyr__error(err, PYR_ETLS, "%s: it holds no PEM block of that kind",
                      what);
  case MBEDTLS_ERR_PK_KEY_INVALID_FORMAT:
    return pyr__error(err, PYR_ETLS,
                      "%s: it holds no private key, or a broken "
                      "one",
                      what);
  case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
  case MBEDTLS_ERR_PK_PASSWORD_MISMATCH:
  case MBEDTLS_ERR_PEM_PASSWORD_REQUIRED:
    return pyr__error(err, PYR_ETLS,
                      "%s: it is encrypted, and there is nobody to ask for the "
                      "password: store it without one",
                      what);
  case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
  case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
    return pyr__error(err, PYR_ETLS,
                      "%s: its kind of key is not supported, only RSA and "
                      "ECDSA on a NIST curve are",
                      what);
  default:
    return write_library(err, code, what);
  }
}
