/* A kubeconfig file: which cluster its current context means, and as whom. */
#ifndef PYR__DISCOVERY_KUBERNETES_KUBECONFIG_H
#define PYR__DISCOVERY_KUBERNETES_KUBECONFIG_H

#include <stdbool.h>

#include "base/arena.h"

/* Texts are terminated and in an arena, NULL where there is none.  Those that
 * the file has as data are decoded, paths are joined to its folder. */
struct pyr__kubeconfig {
  const char *server;
  const char *ca, *ca_file; /* neither: the system's trust store */
  const char *server_name;
  bool insecure_skip_verify;
  const char *token, *token_file; /* the file wins */
  const char *cert, *cert_file, *key, *key_file;
  const char *username, *password;
};

/* PYR_ECONFIG with FILE:LINE:COLUMN, or no memory. */
int pyr__kubeconfig_parse(struct pyr__kubeconfig *out, struct pyr__arena *arena,
                          pyr_str_t text, const char *path, pyr_error_t *err);

#endif
