/* The URL of a request. */
#include "targets/making.h"

#include "base/limits.h"
#include "net/url.h"

/* As application/x-www-form-urlencoded has it: a space is a "+". */
static int add_encoded(struct pyr__buf *out, pyr_str_t text) {
  const char *space;
  int rc = 0;
  while (rc == 0 && text.len > 0 &&
         (space = memchr(text.base, ' ', text.len)) != NULL) {
    size_t before = (size_t)(space - text.base);
    rc = pyr__url_escape(out, (pyr_str_t){text.base, before});
    if (rc == 0)
      rc = pyr__buf_add_byte(out, '+');
    text.base += before + 1;
    text.len -= before + 1;
  }
  return rc == 0 ? pyr__url_escape(out, text) : rc;
}

static int add_param(struct pyr__buf *out, const struct pyr__param *param,
                     char *separator) {
  size_t i;
  int rc = 0;
  for (i = 0; i < param->value_count && rc == 0; i++) {
    rc = pyr__buf_add_byte(out, (uint8_t)*separator);
    if (rc == 0)
      rc = add_encoded(out, param->name);
    if (rc == 0)
      rc = pyr__buf_add_byte(out, '=');
    if (rc == 0)
      rc = add_encoded(out, param->values[i]);
    *separator = '&';
  }
  return rc;
}

static int write_raw(const struct pyr__request_source *source, pyr_str_t path,
                     const struct pyr__param *params, size_t param_count,
                     struct pyr__buf *out) {
  char separator = '?';
  size_t i;
  int rc = pyr__buf_add(out, source->scheme.base, source->scheme.len);
  if (rc == 0)
    rc = pyr__buf_add_text(out, "://");
  if (rc == 0)
    rc = pyr__buf_add(out, source->address.base, source->address.len);
  if (rc == 0)
    rc = pyr__buf_add(out, path.base, path.len);
  for (i = 0; i < param_count && rc == 0; i++)
    rc = add_param(out, &params[i], &separator);
  return rc;
}

/* `raw` as the HTTP client would have it, in the arena. */
static int normalise(pyr_str_t raw, struct pyr__arena *arena, const char **out,
                     pyr_error_t *err) {
  struct pyr__url url;
  int rc = pyr__url_parse(&url, arena->memory, raw, err);
  if (rc == PYR__ENOMEM)
    return rc;
  if (rc != 0) {
    if (err != NULL)
      err->code = PYR_ECONFIG;
    return PYR_ECONFIG;
  }
  *out = pyr__arena_text(arena, pyr__str(url.text));
  if (*out == NULL)
    rc = pyr__making_no_room(arena, strlen(url.text) + 1, err);
  pyr__url_release(&url);
  return rc;
}

int pyr__request_url(const struct pyr__request_source *source, pyr_str_t path,
                     const struct pyr__param *params, size_t param_count,
                     struct pyr__arena *arena, const char **out,
                     pyr_error_t *err) {
  struct pyr__buf raw;
  int rc;

  if (memchr(path.base, '?', path.len) != NULL ||
      memchr(path.base, '#', path.len) != NULL || path.base[0] != '/')
    return pyr__error(err, PYR_ECONFIG,
                      "the path \"%.*s\" does not begin with \"/\" or holds "
                      "\"?\" or \"#\", expected a path alone",
                      (int)(path.len < 100 ? path.len : 100), path.base);
  pyr__buf_init(&raw, arena->memory, arena->purpose, PYR__LIMIT_URL_BYTES);
  rc = write_raw(source, path, params, param_count, &raw);
  if (rc == PYR_ELIMIT)
    rc = pyr__error(err, PYR_ECONFIG, "URL is longer than %zu bytes",
                    PYR__LIMIT_URL_BYTES);
  else if (rc != 0)
    rc = pyr__error_nomem(err);
  else
    rc = normalise((pyr_str_t){(const char *)raw.data, raw.len}, arena, out,
                   err);
  pyr__buf_release(&raw);
  return rc;
}
