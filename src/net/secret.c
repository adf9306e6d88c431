#include "net/secret.h"

#include "base/http_options.h"
#include "base/limits.h"
#include "base/str.h"

static int copy(struct pyr__arena *arena, const char *text, const char **out) {
  *out = text == NULL ? NULL : pyr__arena_text(arena, pyr__str(text));
  return text == NULL || *out != NULL ? 0 : PYR__ENOMEM;
}

int pyr__secret_init(struct pyr__secret *secret, struct pyr__arena *arena,
                     const char *text, const char *path) {
  const char *copied;
  int rc = copy(arena, text, &copied);
  *secret = (struct pyr__secret){.held = {NULL, 0}};
  secret->text = pyr__str(copied == NULL ? "" : copied);
  return rc == 0 ? copy(arena, path, &secret->file.path) : rc;
}

int pyr__secret_read(struct pyr__secret *secret, struct pyr__memory *memory,
                     pyr_error_t *err) {
  int rc;

  if (!pyr__watched_file_changed(&secret->file))
    return 0;
  pyr__secret_release(secret, memory);
  rc = pyr__watched_file_read(&secret->file, memory, PYR__LIMIT_SECRET_BYTES,
                              &secret->held, err);
  if (rc != 0)
    return pyr__error_prefix(err, "%s: ", secret->file.path);
  secret->text = pyr__str_trim(
      (pyr_str_t){(const char *)secret->held.data, secret->held.len});
  return 0;
}

int pyr__headers_error(int rc, pyr_error_t *err) {
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0 : pyr__error(err, rc, "the credentials are too long");
}

int pyr__secret_write(struct pyr__secret *secret, struct pyr__buf *headers,
                      const char *name, const char *type, const char *what,
                      pyr_error_t *err) {
  const char *path = secret->file.path;
  int rc = pyr__secret_read(secret, headers->memory, err);

  if (rc != 0)
    return rc;
  if (!pyr__is_header_text(secret->text))
    return pyr__error(err, PYR_ECONFIG, "%s: expected %s in one line",
                      path != NULL ? path : what, what);
  return pyr__headers_error(pyr__buf_add_format(headers, "%s: %s%s%.*s\r\n",
                                                name, type,
                                                type[0] == '\0' ? "" : " ",
                                                PYR__STR_ARG(secret->text)),
                            err);
}

void pyr__secret_release(struct pyr__secret *secret,
                         struct pyr__memory *memory) {
  if (secret->held.data == NULL)
    return;
  pyr__file_text_release(memory, &secret->held);
  secret->text = pyr__str("");
}
