#include "query/lines.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/printable.h"

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

int pyr__lines_add_name(struct pyr__lines *lines, pyr_str_t name,
                        char separator, pyr_error_t *err) {
  int rc = pyr__buf_reserve(&lines->buf, name.len);
  while (rc == 0 && name.len > 0) {
    bool is_printable;
    size_t len = pyr__printable_len(name, &is_printable);
    if (!is_printable)
      rc = pyr__buf_add_byte(&lines->buf, '?');
    else if (separator != 0 && name.base[0] == separator)
      rc = pyr__buf_add_byte(&lines->buf, ':');
    else
      rc = pyr__buf_add(&lines->buf, name.base, len);
    name.base += len;
    name.len -= len;
  }
  return added(lines, rc, err);
}
