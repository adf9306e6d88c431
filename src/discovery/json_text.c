#include "discovery/json_text.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"
enum { ESCAPE = 6 /* \uXXXX */ };

/* The number of a \uXXXX at `at`, or 0. */
static uint32_t read_escape(const char *at, const char *end) {
  uint32_t value = 0;
  size_t i;
  if (end - at < ESCAPE || at[0] != '\\' || at[1] != 'u')
    return 0;
  for (i = 2; i < ESCAPE; i++) {
    int digit = pyr__hex_digit(at[i]);
    if (digit < 0)
      return 0;
    value = value << 4 | (uint32_t)digit;
  }
  return value;
}

static size_t write_utf8(char *out, uint32_t c) {
  size_t i, more = c < 0x10000 ? 2 : 3;
  out[0] = (char)((more == 2 ? 0xe0 : 0xf0) | c >> (6 * more));
  for (i = 1; i <= more; i++)
    out[i] = (char)(0x80 | ((c >> (6 * (more - i))) & 0x3f));
  return more + 1;
}

/* Copies the escape at *at, which begins with a backslash, and moves past. */
static size_t copy_escape(char *out, const char **at, const char *end) {
  uint32_t high = read_escape(*at, end), low;
  size_t len = end - *at < 2 ? (size_t)(end - *at) : 2;

  if (high < 0xd800 || high > 0xdfff) {
    memmove(out, *at, len);
    *at += len;
    return len;
  }
  *at += ESCAPE;
  low = high < 0xdc00 ? read_escape(*at, end) : 0;
  if (low < 0xdc00 || low > 0xdfff)
    return write_utf8(out, 0xfffd);
  *at += ESCAPE;
  return write_utf8(out, 0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
}

size_t pyr__json_join_surrogates(char *text, size_t len) {
  const char *at = text, *end;
  char *out = text;

  if (len == 0)
    return 0; /* perhaps of no text at all */
  for (end = text + len; at < end;) {
    const char *escape = memchr(at, '\\', (size_t)(end - at));
    size_t plain = (size_t)((escape == NULL ? end : escape) - at);
    if (out != at)
      memmove(out, at, plain);
    out += plain;
    at += plain;
    if (escape != NULL)
      out += copy_escape(out, &at, end);
  }
  return (size_t)(out - text);
}
