#include "net/http_auth.h"

#include <string.h>

#include <mbedtls/base64.h>

#include "base/str.h"

/* ---- what is given ------------------------------------------------------ */

int pyr__http_auth_init(struct pyr__http_auth *auth, struct pyr__arena *arena,
                        const struct pyr__auth_options *options) {
  int rc = 0;

  *auth = (struct pyr__http_auth){.kind = PYR__HTTP_NO_AUTH};
  if (options->credentials != NULL || options->credentials_file != NULL) {
    auth->kind = PYR__HTTP_CREDENTIALS;
    auth->type = pyr__arena_text(
        arena, pyr__str(options->type == NULL ? "Bearer" : options->type));
    rc = auth->type == NULL ? PYR__ENOMEM : 0;
    if (rc == 0)
      rc = pyr__secret_init(&auth->secret, arena, options->credentials,
                            options->credentials_file);
  } else if (options->username != NULL || options->username_file != NULL) {
    auth->kind = PYR__HTTP_BASIC;
    rc = pyr__secret_init(&auth->username, arena, options->username,
                          options->username_file);
    if (rc == 0)
      rc = pyr__secret_init(&auth->secret, arena, options->password,
                            options->password_file);
  }
  return rc;
}

void pyr__http_auth_release(struct pyr__http_auth *auth,
                            struct pyr__memory *memory) {
  pyr__secret_release(&auth->username, memory);
  pyr__secret_release(&auth->secret, memory);
}

/* ---- the header --------------------------------------------------------- */

int pyr__http_basic_write(struct pyr__buf *headers, const char *prefix,
                          pyr_str_t name, pyr_str_t password,
                          pyr_error_t *err) {
  struct pyr__memory *memory = headers->memory;
  size_t len = name.len + 1 + password.len, written;
  size_t size = (len + 2) / 3 * 4 + 1;
  char *text = pyr__alloc(memory, PYR__MEM_NET_SECRETS, len + size);
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
  rc = pyr__headers_error(pyr__buf_add_format(headers, "%s%.*s\r\n", prefix,
                                              (int)written, text + len),
                          err);
  pyr__free(memory, text);
  return rc;
}

static int write_basic(struct pyr__http_auth *auth, struct pyr__buf *headers,
                       pyr_error_t *err) {
  int rc = pyr__secret_read(&auth->username, headers->memory, err);
  if (rc == 0)
    rc = pyr__secret_read(&auth->secret, headers->memory, err);
  if (rc != 0)
    return rc;
  return pyr__http_basic_write(headers, "Authorization: Basic ",
                               auth->username.text, auth->secret.text, err);
}

int pyr__http_auth_write(struct pyr__http_auth *auth, struct pyr__buf *headers,
                         pyr_error_t *err) {
  switch (auth->kind) {
  case PYR__HTTP_CREDENTIALS:
    return pyr__secret_write(&auth->secret, headers, "Authorization",
                             auth->type, "credentials", err);
  case PYR__HTTP_BASIC:
    return write_basic(auth, headers, err);
  default:
    return 0;
  }
}
