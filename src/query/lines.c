#include "query/lines.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/str.h"

enum { GATHERED = 32 * 1024, PIECE = 1024 };

void pyr__lines_init(struct pyr__lines *lines, struct pyr__memory *memory,
                     const struct pyr__output *output) {
  lines->output = output;
  pyr__buf_init(&lines->buf, memory, PYR__MEM_QUERY, PYR__LIMIT_LINES_BYTES);
}

void pyr__lines_release(struct pyr__lines *lines) {
  pyr__buf_release(&lines->buf);
}

int pyr__lines_flush(struct pyr__lines *lines, pyr_error_t *err) {
  int rc = 0;
  if (lines->buf.len > 0)
    rc = lines->output->write(lines->output->ctx, lines->buf.data,
                              lines->buf.len, err);
  pyr__buf_clear(&lines->buf);
  return rc;
}

static int added(struct pyr__lines *lines, int rc, pyr_error_t *err) {
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  if (rc != 0)
    return pyr__error(err, rc, "a line is longer than %zu bytes",
                      lines->buf.limit);
  return lines->buf.len < GATHERED ? 0 : pyr__lines_flush(lines, err);
}

int pyr__lines_add(struct pyr__lines *lines, pyr_error_t *err,
                   const char *format, ...) {
  char text[PIECE];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  return added(lines, pyr__buf_add_text(&lines->buf, text), err);
}

/* Bytes of the control character at the beginning, 0 where there is another.
 * Some terminals follow the C1 ones too, as UTF-8 has them. */
static size_t control_len(const char *text, size_t len) {
  unsigned char c = (unsigned char)text[0];
  if (c == 0xc2 && len > 1 && ((unsigned char)text[1] & 0xe0) == 0x80)
    return 2;
  return c < 0x20 || c == 0x7f;
}

int pyr__lines_add_name(struct pyr__lines *lines, pyr_str_t name,
                        char separator, pyr_error_t *err) {
  size_t i, control;
  int rc = pyr__buf_reserve(&lines->buf, name.len);
  for (i = 0; rc == 0 && i<name.len; i += control> 0 ? control : 1) {
    char c = name.base[i];
    control = control_len(name.base + i, name.len - i);
    if (control > 0)
      c = '?';
    else if (separator != 0 && c == separator)
      c = ':';
    rc = pyr__buf_add_byte(&lines->buf, (uint8_t)c);
  }
  return added(lines, rc, err);
}
