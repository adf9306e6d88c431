#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void write_text(pyr_error_t *err, int code, unsigned line,
                       unsigned column, const char *format, va_list args) {
  if (err == NULL)
    return;
  err->code = code;
  err->line = line;
  err->column = column;
  vsnprintf(err->text, sizeof(err->text), format, args);
}

int pyr__error(pyr_error_t *err, int code, const char *format, ...) {
  va_list args;
  va_start(args, format);
  write_text(err, code, 0, 0, format, args);
  va_end(args);
  return code;
}

int pyr__error_at(pyr_error_t *err, int code, unsigned line, unsigned column,
                  const char *format, ...) {
  va_list args;
  va_start(args, format);
  write_text(err, code, line, column, format, args);
  va_end(args);
  return code;
}

int pyr__error_prefix(pyr_error_t *err, const char *format, ...) {
  char prefix[PYR_ERROR_TEXT];
  va_list args;
  size_t prefix_len, text_len;

  if (err == NULL)
    return PYR_EUSAGE;
  va_start(args, format);
  vsnprintf(prefix, sizeof(prefix), format, args);
  va_end(args);
  prefix_len = strlen(prefix);
  text_len = strlen(err->text);
  if (prefix_len + text_len >= sizeof(err->text))
    text_len = sizeof(err->text) - 1 - prefix_len;
  memmove(err->text + prefix_len, err->text, text_len);
  memcpy(err->text, prefix, prefix_len);
  err->text[prefix_len + text_len] = '\0';
  return err->code;
}

int pyr__error_nomem(pyr_error_t *err) {
  return pyr__error(err, PYR__ENOMEM, "out of memory");
}

int pyr__error_errno(pyr_error_t *err, int number, const char *what) {
  return pyr__error(err, -number, "%s: %s", what, strerrordesc_np(number));
}

const char *pyr_strerror(int code) {
  const char *text;
  switch (code) {
  case 0:
    return "success";
#define XX(name, value, text)                                                  \
  case value:                                                                  \
    return text;
    PYR_ERRNO_MAP(XX)
#undef XX
  default:
    text = code < 0 ? strerrordesc_np(-code) : NULL;
    return text == NULL ? "unknown error" : text;
  }
}

const char *pyr_err_name(int code) {
  const char *name;
  switch (code) {
#define XX(name, value, text)                                                  \
  case value:                                                                  \
    return #name;
    PYR_ERRNO_MAP(XX)
#undef XX
  default:
    name = code < 0 ? strerrorname_np(-code) : NULL;
    return name == NULL ? "EUNKNOWN" : name;
  }
}

const char *pyr_version(void) {
  return PYR_VERSION;
}
