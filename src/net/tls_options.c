#include <string.h>

#include "net/tls_config.h"

static int read_version(const char *key, const char *text, bool is_min,
                        bool *is_13, pyr_error_t *err) {
  bool is_old = text != NULL &&
                (strcmp(text, "TLS10") == 0 || strcmp(text, "TLS11") == 0);

  /* To allow an old version is no promise to speak it. */
  if (text == NULL || strcmp(text, "TLS12") == 0 || (is_old && is_min)) {
    *is_13 = text == NULL && !is_min && PYR__MBED_HAS_TLS13;
    return 0;
  }
  if (is_old)
    return pyr__error(err, PYR_ECONFIG,
                      "%s: %s is not supported: TLS12 and TLS13 are", key,
                      text);
  if (strcmp(text, "TLS13") != 0)
    return pyr__error(err, PYR_ECONFIG,
                      "%s: \"%s\" is unknown: one of TLS10, TLS11, TLS12 and "
                      "TLS13",
                      key, text);
  *is_13 = PYR__MBED_HAS_TLS13;
  if (is_min && !PYR__MBED_HAS_TLS13)
    return pyr__error(err, PYR_ECONFIG,
                      "%s: TLS13 needs mbedTLS 3, and this build has %s", key,
                      MBEDTLS_VERSION_STRING);
  return 0;
}

static int check_pairs(const struct pyr__tls_options *options,
                       pyr_error_t *err) {
  bool has_cert = options->cert != NULL || options->cert_file != NULL;
  bool has_key = options->key != NULL || options->key_file != NULL;

  if (options->ca != NULL && options->ca_file != NULL)
    return pyr__error(err, PYR_ECONFIG,
                      "at most one of ca and ca-file must be configured");
  if (options->cert != NULL && options->cert_file != NULL)
    return pyr__error(err, PYR_ECONFIG,
                      "at most one of cert and cert-file must be configured");
  if (options->key != NULL && options->key_file != NULL)
    return pyr__error(err, PYR_ECONFIG,
                      "at most one of key and key-file must be configured");
  if (has_cert && !has_key)
    return pyr__error(err, PYR_ECONFIG,
                      "exactly one of key or key-file must be configured when "
                      "a client certificate is configured");
  if (has_key && !has_cert)
    return pyr__error(err, PYR_ECONFIG,
                      "exactly one of cert or cert-file must be configured "
                      "when a client key is configured");
  return 0;
}

int pyr__tls_options_check(const struct pyr__tls_options *options, bool *min13,
                           bool *max13, pyr_error_t *err) {
  int rc = check_pairs(options, err);
  if (rc == 0)
    rc = read_version("min-version", options->min_version, true, min13, err);
  if (rc == 0)
    rc = read_version("max-version", options->max_version, false, max13, err);
  if (rc == 0 && *min13 && !*max13)
    return pyr__error(err, PYR_ECONFIG,
                      "max-version must be greater than or equal to "
                      "min-version if both are specified");
  return rc;
}
