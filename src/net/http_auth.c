#include "net/http_auth.h"

#include <string.h>

#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>

#include "base/limits.h"
#include "base/str.h"
#include "net/watched_file.h"

/* A text of the options, or the content of a file without blanks around it.
 * `held` is the file's, to be released. */
struct secret {
  pyr_str_t text;
  struct pyr__file_text held;
};

static int read_secret(struct secret *out, struct pyr__memory *memory,
                       const char *text, const char *path, pyr_error_t *err) {
  struct pyr__watched_file file = {.path = path};
  int rc;

  *out = (struct secret){.text = pyr__str(text == NULL ? "" : text)};
  if (path == NULL)
    return 0;
  rc = pyr__watched_file_read(&file, memory, PYR__LIMIT_SECRET_BYTES,
                              &out->held, err);
  if (rc != 0) {
    out->held = (struct pyr__file_text){NULL, 0};
    return pyr__error_prefix(err, "%s: ", path);
  }
  out->text =
      pyr__str_trim((pyr_str_t){(const char *)out->held.data, out->held.len});
  return 0;
}

static void release(struct secret *secret, struct pyr__memory *memory) {
  if (secret->held.data != NULL)
    pyr__file_text_release(memory, &secret->held);
}

static int no_room(int rc, pyr_error_t *err) {
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0 : pyr__error(err, rc, "the credentials are too long");
}

/* What goes into a header as it is must not end it. */
static bool is_header_text(pyr_str_t text) {
  size_t i;
  for (i = 0; i < text.len; i++)
    if ((unsigned char)text.base[i] < 0x20 || text.base[i] == 0x7f)
      return false;
  return text.len != 0;
}

static int write_credentials(struct pyr__buf *headers,
                             const struct pyr__auth_options *options,
                             pyr_error_t *err) {
  const char *path = options->credentials_file;
  struct secret secret;
  int rc =
      read_secret(&secret, headers->memory, options->credentials, path, err);

  if (rc != 0)
    return rc;
  if (is_header_text(secret.text))
    rc = no_room(
        pyr__buf_add_format(headers, "Authorization: %s %.*s\r\n",
                            options->type == NULL ? "Bearer" : options->type,
                            PYR__STR_ARG(secret.text)),
        err);
  else
    rc = pyr__error(err, PYR_ECONFIG, "%s: expected credentials in one line",
                    path != NULL ? path : "credentials");
  release(&secret, headers->memory);
  return rc;
}

/* "name:password" in base64. */
static int write_basic_text(struct pyr__buf *headers, pyr_str_t name,
                            pyr_str_t password, pyr_error_t *err) {
  struct pyr__memory *memory = headers->memory;
  size_t len = name.len + 1 + password.len, written;
  size_t size = (len + 2) / 3 * 4 + 1;
  char *text = pyr__alloc(memory, PYR__MEM_NET_CLIENT, len + size);
  int rc;

  if (text == NULL)
    return pyr__error_nomem(err);
  if (name.len != 0)
    memcpy(text, name.base, name.len);
  text[name.len] = ':';
  if (password.len != 0)
    memcpy(text + name.len + 1, password.base, password.len);
  mbedtls_base64_encode((unsigned char *)text + len, size, &written,
                        (const unsigned char *)text, len);
  rc = no_room(pyr__buf_add_format(headers, "Authorization: Basic %.*s\r\n",
                                   (int)written, text + len),
               err);
  mbedtls_platform_zeroize(text, len + size);
  pyr__free(memory, text);
  return rc;
}

static int write_basic(struct pyr__buf *headers,
                       const struct pyr__auth_options *options,
                       pyr_error_t *err) {
  struct secret name, password;
  int rc = read_secret(&name, headers->memory, options->username,
                       options->username_file, err);

  if (rc != 0)
    return rc;
  rc = read_secret(&password, headers->memory, options->password,
                   options->password_file, err);
  if (rc == 0)
    rc = write_basic_text(headers, name.text, password.text, err);
  release(&name, headers->memory);
  release(&password, headers->memory);
  return rc;
}

int pyr__http_auth_write(struct pyr__buf *headers,
                         const struct pyr__auth_options *options,
                         pyr_error_t *err) {
  if (options->credentials != NULL || options->credentials_file != NULL)
    return write_credentials(headers, options, err);
  if (options->username != NULL || options->username_file != NULL)
    return write_basic(headers, options, err);
  return 0;
}
