#include "base/utf8.h"

/* How long the code point is whose first byte this is. */
static size_t length_of(uint8_t first) {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t pyr__utf8_decode(pyr_str_t text, uint32_t *out) {
  const uint8_t *at = (const uint8_t *)text.base;
  size_t len, i;

  if (text.len == 0)
    return 0;
  len = length_of(*at);
  if (len > text.len || !pyr__str_is_utf8((pyr_str_t){text.base, len})) {
    *out = PYR__UTF8_REPLACEMENT;
    return 1;
  }
  *out = len == 1 ? *at : *at & (0x7fu >> len);
  for (i = 1; i < len; i++)
    *out = *out << 6 | (at[i] & 0x3f);
  return len;
}

size_t pyr__utf8_encode(char out[PYR__UTF8_MAX], uint32_t code) {
  size_t len, i;

  if (code > PYR__UTF8_LAST || (code >= 0xd800 && code < 0xe000))
    code = PYR__UTF8_REPLACEMENT;
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (i = len - 1; i > 0; i--, code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3f));
  out[0] = (char)((0xf0u << (4 - len)) | code);
  return len;
}
