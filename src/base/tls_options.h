/* A `tls-config`, as a configuration has it, or the `tls_server_config` of a
 * web configuration: config reads it, net connects or answers with it.  What
 * may stand in one is the same for both. */
#ifndef PYR__BASE_TLS_OPTIONS_H
#define PYR__BASE_TLS_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"

enum pyr__client_certs {
  PYR__CLIENT_CERTS_NONE,     /* are not asked for */
  PYR__CLIENT_CERTS_IF_GIVEN, /* are verified, and need not be there */
  PYR__CLIENT_CERTS_REQUIRED
};

struct pyr__tls_options {       /* strings; NULL: not given */
  const char *ca, *ca_file;     /* neither: the system's trust store */
  const char *cert, *cert_file; /* of this client, or server */
  const char *key, *key_file;
  const char *server_name; /* for SNI and verification; NULL: the URL's host */
  bool insecure_skip_verify;
  const char *min_version, *max_version; /* "TLS12", "TLS13" */
  const char *name;                      /* for notes: "job \"api\"" */
  bool is_server;                        /* `ca` is that of its clients */
  enum pyr__client_certs client_certs;   /* of a server */
};

/* PYR_ECONFIG where they contradict each other or a version is unknown, in
 * Prometheus' words.  `least_is_13`: TLS 1.2 will not do; `most_is_12`: it is
 * all that is wanted. */
int pyr__tls_options_check(const struct pyr__tls_options *options,
                           bool *least_is_13, bool *most_is_12,
                           pyr_error_t *err);

#endif
