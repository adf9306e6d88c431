/* What a `tls-config` comes to: its texts, and its files, which are read again
 * when they change. */
#ifndef PYR__NET_TLS_CONFIG_H
#define PYR__NET_TLS_CONFIG_H

#include "base/tls_options.h"
#include "net/tls_setup.h"

struct pyr__tls_config; /* opaque, counted by reference */

/* Copies the strings.  PYR_ECONFIG for options that cannot be, or a text that
 * cannot be parsed.  No file is read yet. */
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
