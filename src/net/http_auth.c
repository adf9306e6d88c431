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

static int no_room(int rc, pyr_error_t *err) {
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0 : pyr__error(err, rc, "the credentials are too long");
}

bool pyr__http_is_header_text(pyr_str_t text) {
  size_t i;
  for (i = 0; i < text.len; i++)
    if (((unsigned char)text.base[i] < 0x20 && text.base[i] != '\t') ||
        text.base[i] == 0x7f)
      return false;
  return text.len != 0;
}

static int write_credentials(struct pyr__http_auth *auth,
                             struct pyr__buf *headers, pyr_error_t *err) {
  const char *path = auth->secret.file.path;
  int rc = pyr__secret_read(&auth->secret, headers->memory, err);

  if (rc != 0)
    return rc;
  if (!pyr__http_is_header_text(auth->secret.text))
    return pyr__error(err, PYR_ECONFIG, "%s: expected credentials in one line",
                      path != NULL ? path : "credentials");
  return no_room(pyr__buf_add_format(headers, "Authorization: %s %.*s\r\n",
                                     auth->type,
                                     PYR__STR_ARG(auth->secret.text)),
                 err);
}

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
  rc = no_room(pyr__buf_add_format(headers, "%s%.*s\r\n", prefix, (int)written,
                                   text + len),
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
    return write_credentials(auth, headers, err);
  case PYR__HTTP_BASIC:
    return write_basic(auth, headers, err);
  default:
    return 0;
  }
}
