#include "net/tls_shared.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/limits.h"

/* Where distributions keep one file of all: Debian and Alpine, Fedora, SUSE,
 * OpenELEC, newer Fedora, others. */
static const char *const trust_paths[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
};

/* mbedTLS wants a function; the kernel's generator needs no state here, and
 * none that a fork could double. */
static int random_of_kernel(void *ctx, unsigned char *out, size_t len) {
  (void)ctx;
  while (len > 0) {
    ssize_t n = getrandom(out, len, 0);
    if (n < 0 && errno != EINTR)
      return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    if (n > 0) {
      out += n;
      len -= (size_t)n;
    }
  }
  return 0;
}

static const char *find_trust_path(void) {
  const char *path = getenv("SSL_CERT_FILE");
  size_t i;

  if (path != NULL && path[0] != '\0')
    return path;
  for (i = 0; i < sizeof(trust_paths) / sizeof(trust_paths[0]); i++)
    if (access(trust_paths[i], R_OK) == 0)
      return trust_paths[i];
  return trust_paths[0];
}

int pyr__tls_shared_new(struct pyr__tls_shared **out,
                        struct pyr__memory *memory,
                        const struct pyr__tls_shared_options *options,
                        pyr_error_t *err) {
  static const struct pyr__tls_shared_options usual = {.random = NULL};
  struct pyr__tls_shared *shared;
  const char *path;
  size_t size;

  if (options == NULL)
    options = &usual;
  path = options->trust_path == NULL ? find_trust_path() : options->trust_path;
  size = strlen(path) + 1;
  shared = pyr__calloc(memory, PYR__MEM_NET_TLS, 1, sizeof(*shared) + size);
  if (shared == NULL)
    return pyr__error_nomem(err);
  shared->refs = 1;
  shared->memory = memory;
  shared->clock = options->clock.monotonic_ns == NULL ? pyr__clock_system()
                                                      : options->clock;
  shared->random = options->random == NULL ? random_of_kernel : options->random;
  shared->random_ctx = options->random_ctx;
  memcpy(shared->trust_path, path, size);
  shared->trust_file.path = shared->trust_path;
  *out = shared;
  return 0;
}

struct pyr__tls_shared *pyr__tls_shared_ref(struct pyr__tls_shared *shared) {
  shared->refs++;
  return shared;
}

void pyr__tls_shared_unref(struct pyr__tls_shared *shared) {
  if (shared == NULL || --shared->refs > 0)
    return;
  pyr__tls_trust_unref(shared->trust);
  pyr__free(shared->memory, shared);
}

void pyr__tls_shared_on_note(struct pyr__tls_shared *shared,
                             pyr__tls_note_cb note, void *ctx) {
  shared->note = note;
  shared->note_ctx = ctx;
}

void pyr__tls_note(struct pyr__tls_shared *shared, int level,
                   const char *format, ...) {
  char text[PYR_ERROR_TEXT];
  va_list args;

  if (shared->note == NULL)
    return;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  shared->note(shared->note_ctx, level, text);
}

static int read_trust(struct pyr__tls_shared *shared,
                      struct pyr__tls_trust **out, pyr_error_t *err) {
  struct pyr__file_text text;
  int rc = pyr__watched_file_read(&shared->trust_file, shared->memory,
                                  PYR__LIMIT_TLS_FILE_BYTES, &text, err);
  if (rc == 0) {
    rc = pyr__tls_trust_new(out, shared->memory, text.data, text.len, err);
    pyr__file_text_release(shared->memory, &text);
  }
  if (rc == 0)
    return 0;
  if (rc == PYR__ENOMEM) {
    shared->trust_file.stamp.is_known = false; /* it is worth another try */
    return rc;
  }
  if (err != NULL)
    err->code = PYR_ETLS;
  return pyr__error_prefix(
      err, "the system's CA certificates, %s: ", shared->trust_path);
}

int pyr__tls_shared_trust(struct pyr__tls_shared *shared,
                          struct pyr__tls_trust **out, pyr_error_t *err) {
  struct pyr__tls_trust *trust = NULL;
  pyr_error_t failed = {.code = 0};

  if (shared->trust == NULL || pyr__watched_file_changed(&shared->trust_file)) {
    (void)read_trust(shared, &trust, &failed);
    if (trust == NULL && shared->trust == NULL) {
      if (err != NULL)
        *err = failed;
      return failed.code;
    }
    if (trust == NULL && !shared->is_stale)
      pyr__tls_note(shared, PYR_LOG_WARN, "what was read before is used on: %s",
                    failed.text);
    shared->is_stale = trust == NULL;
  }
  if (trust != NULL) {
    pyr__tls_trust_unref(shared->trust);
    shared->trust = trust;
  }
  *out = pyr__tls_trust_ref(shared->trust);
  return 0;
}
