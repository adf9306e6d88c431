#include "base/tls_options.h"

#include <string.h>

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

/* 10 to 13, or -1. */
static int version_of(const char *text) {
  static const char *const names[] = {"TLS10", "TLS11", "TLS12", "TLS13"};
  int i;
  for (i = 0; i < 4; i++)
    if (strcmp(text, names[i]) == 0)
      return 10 + i;
  return -1;
}

static int read_version(const char *key, const char *text, int *out,
                        pyr_error_t *err) {
  if (text == NULL)
    return 0;
  *out = version_of(text);
  if (*out < 0)
    return pyr__error(err, PYR_ECONFIG,
                      "%s: \"%s\" is unknown, expected one of TLS10, TLS11, "
                      "TLS12 and TLS13",
                      key, text);
  return 0;
}

int pyr__tls_options_check(const struct pyr__tls_options *options,
                           bool *least_is_13, bool *most_is_12,
                           pyr_error_t *err) {
  int least = 10, most = 13;
  int rc = check_pairs(options, err);

  if (rc == 0)
    rc = read_version("min-version", options->min_version, &least, err);
  if (rc == 0)
    rc = read_version("max-version", options->max_version, &most, err);
  if (rc != 0)
    return rc;
  if (least > most)
    return pyr__error(err, PYR_ECONFIG,
                      "max-version must be greater than or equal to "
                      "min-version if both are specified");
  /* To allow an old version is no promise to speak it. */
  if (most < 12)
    return pyr__error(err, PYR_ECONFIG,
                      "max-version: %s is not supported, expected TLS12 or "
                      "TLS13",
                      options->max_version);
  *least_is_13 = least == 13;
  *most_is_12 = most == 12;
  return 0;
}
