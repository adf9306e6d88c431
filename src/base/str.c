#include "base/str.h"

#include <stdio.h>
#include <strings.h>

int pyr__str_compare(pyr_str_t a, pyr_str_t b) {
  size_t shorter = a.len < b.len ? a.len : b.len;
  int order = shorter == 0 ? 0 : memcmp(a.base, b.base, shorter);
  if (order != 0)
    return order;
  return (a.len > b.len) - (a.len < b.len);
}

int pyr__str_starts(pyr_str_t a, const char *prefix) {
  size_t len = strlen(prefix);
  return a.len >= len && memcmp(a.base, prefix, len) == 0;
}

int pyr__str_equal_nocase(pyr_str_t a, pyr_str_t b) {
  return a.len == b.len &&
         (a.len == 0 || strncasecmp(a.base, b.base, a.len) == 0);
}

int pyr__str_is_nocase(pyr_str_t a, const char *text) {
  return pyr__str_equal_nocase(a, pyr__str(text));
}

int pyr__str_starts_nocase(pyr_str_t a, const char *prefix) {
  size_t len = strlen(prefix);
  return a.len >= len && pyr__str_is_nocase((pyr_str_t){a.base, len}, prefix);
}

static int is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

pyr_str_t pyr__str_trim(pyr_str_t a) {
  while (a.len > 0 && is_space(a.base[0])) {
    a.base++;
    a.len--;
  }
  while (a.len > 0 && is_space(a.base[a.len - 1]))
    a.len--;
  return a;
}

/* How many bytes follow the first one; -1: not a first byte. */
static int utf8_followers(uint8_t byte) {
  if (byte < 0x80)
    return 0;
  if (byte >= 0xc2 && byte <= 0xdf)
    return 1;
  if (byte >= 0xe0 && byte <= 0xef)
    return 2;
  if (byte >= 0xf0 && byte <= 0xf4)
    return 3;
  return -1;
}

/* The second byte excludes overlong forms, surrogates and what is past
 * U+10FFFF. */
static int utf8_second_ok(uint8_t first, uint8_t second) {
  uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= low && second <= high;
}

/* Past the leading bytes that are ASCII, eight at a time: most text is only
 * that. */
static const uint8_t *skip_ascii(const uint8_t *at, const uint8_t *end) {
  uint64_t eight;
  for (; end - at >= 8; at += 8) {
    memcpy(&eight, at, sizeof(eight));
    if ((eight & UINT64_C(0x8080808080808080)) != 0)
      break;
  }
  return at;
}

int pyr__str_is_utf8(pyr_str_t a) {
  const uint8_t *at = (const uint8_t *)a.base, *end = at + a.len;
  for (at = skip_ascii(at, end); at < end;) {
    int followers = utf8_followers(*at), i;
    if (followers < 0 || end - at <= followers)
      return 0;
    if (followers > 0 && !utf8_second_ok(at[0], at[1]))
      return 0;
    for (i = 2; i <= followers; i++)
      if ((at[i] & 0xc0) != 0x80)
        return 0;
    at += followers + 1;
  }
  return 1;
}

void pyr__str_escape(char *out, size_t size, pyr_str_t text) {
  size_t used = 0, i;
  for (i = 0; i < text.len && used + 5 <= size; i++) {
    uint8_t c = (uint8_t)text.base[i];
    const char *named = c == '\n'   ? "\\n"
                        : c == '\r' ? "\\r"
                        : c == '\t' ? "\\t"
                        : c == '\\' ? "\\\\"
                                    : NULL;
    if (named != NULL)
      used += (size_t)snprintf(out + used, size - used, "%s", named);
    else if (c >= 0x20 && c < 0x7f)
      out[used++] = (char)c;
    else
      used += (size_t)snprintf(out + used, size - used, "\\x%02x", c);
  }
  if (size > 0)
    out[used < size ? used : size - 1] = '\0';
}

void pyr__str_escape_place(char *out, size_t size, pyr_str_t text) {
  static const char hidden[] = "...";
  const char *at = text.len == 0 ? NULL : memrchr(text.base, '@', text.len);
  if (at == NULL || size < sizeof(hidden)) {
    pyr__str_escape(out, size, text);
    return;
  }
  memcpy(out, hidden, sizeof(hidden));
  pyr__str_escape(out + sizeof(hidden) - 1, size - sizeof(hidden) + 1,
                  (pyr_str_t){at, text.len - (size_t)(at - text.base)});
}

int pyr__str_has_user(pyr_str_t url) {
  static const char mark[] = "://";
  const char *at = memmem(url.base, url.len, mark, sizeof(mark) - 1);
  const char *end = url.base + url.len;
  for (at = at == NULL ? url.base : at + sizeof(mark) - 1; at < end; at++)
    if (*at == '@' || strchr("/?#", *at) != NULL)
      return *at == '@';
  return 0;
}
