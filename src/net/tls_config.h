/* `tls-config` of a configuration: what to trust and whom to be, as texts or as
 * files that are read again when they change. */
#ifndef PYR__NET_TLS_CONFIG_H
#define PYR__NET_TLS_CONFIG_H

#include "net/tls_setup.h"

struct pyr__tls_options {       /* strings are copied, NULL: not given */
  const char *ca, *ca_file;     /* neither: the system's trust store */
  const char *cert, *cert_file; /* of this client */
  const char *key, *key_file;
  const char *server_name; /* for SNI and verification; NULL: the URL's host */
  bool insecure_skip_verify;
  const char *min_version, *max_version; /* "TLS12", "TLS13" */
  const char *name;                      /* for notes: "job \"api\"" */
};

/* tls_options.c: PYR_ECONFIG where they contradict each other, or mbedTLS
 * cannot do it.  Says whether TLS 1.3 is the least and the most. */
int pyr__tls_options_check(const struct pyr__tls_options *options, bool *min13,
                           bool *max13, pyr_error_t *err);

struct pyr__tls_config; /* opaque, counted by reference */

/* PYR_ECONFIG for options that cannot be, or a text that cannot be parsed.  No
 * file is read yet. */
int pyr__tls_config_new(struct pyr__tls_config **out,
                        struct pyr__tls_shared *shared,
                        const struct pyr__tls_options *options,
                        pyr_error_t *err);
struct pyr__tls_config *pyr__tls_config_ref(struct pyr__tls_config *config);
void pyr__tls_config_unref(struct pyr__tls_config *config); /* NULL: allowed */

/* What new connections are made with; the files are looked at, at most once a
 * second.  A file that has become unusable leaves the setup as it was, with a
 * note.  Borrowed: valid until the next call. */
int pyr__tls_config_setup(struct pyr__tls_config *config,
                          struct pyr__tls_setup **out, pyr_error_t *err);

#endif
