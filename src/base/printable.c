#include "base/printable.h"

#include <stdio.h>

#include "base/utf8.h"

static bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

/* U+2028 and U+2029 end lines, for some; the others turn text around. */
static bool is_layout(uint32_t code) {
  return code == 0x061c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

/* `code` is the byte itself where it is no character. */
static size_t decode(pyr_str_t text, uint32_t *code, bool *is_printable) {
  uint8_t byte = (uint8_t)text.base[0];
  size_t len = pyr__utf8_decode(text, code);
  bool is_stray = len == 1 && byte >= 0x80;

  if (is_stray)
    *code = byte;
  *is_printable = !is_stray && !is_control(*code) && !is_layout(*code);
  return len;
}

size_t pyr__printable_len(pyr_str_t text, bool *is_printable) {
  uint32_t code;
  return decode(text, &code, is_printable);
}

size_t pyr__printable_write(char out[PYR__PRINTABLE_TEXT], pyr_str_t text) {
  bool is_printable;
  uint32_t code;
  size_t len = decode(text, &code, &is_printable);

  if (!is_printable) {
    snprintf(out, PYR__PRINTABLE_TEXT, "\\u%04x", (unsigned)code & 0xffffu);
  } else {
    memcpy(out, text.base, len);
    out[len] = '\0';
  }
  return len;
}

void pyr__printable_copy(char *out, size_t size, pyr_str_t text) {
  char piece[PYR__PRINTABLE_TEXT];
  size_t used = 0;
  while (text.len > 0) {
    size_t taken = pyr__printable_write(piece, text), len = strlen(piece);
    if (used + len >= size)
      break;
    memcpy(out + used, piece, len);
    used += len;
    text.base += taken;
    text.len -= taken;
  }
  if (size > 0)
    out[used] = '\0';
}
