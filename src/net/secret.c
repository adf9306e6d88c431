#include "net/secret.h"

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

void pyr__secret_release(struct pyr__secret *secret,
                         struct pyr__memory *memory) {
  if (secret->held.data == NULL)
    return;
  pyr__file_text_release(memory, &secret->held);
  secret->text = pyr__str("");
}
