#include "net/http_mask.h"

#include <stdbool.h>
#include <string.h>

#include <mbedtls/base64.h>
#include <mbedtls/platform_util.h>

#include "base/str.h"

enum { LEAST = 4, TELLING = 8, PASSWORD = 768, CODED = 1024 };

static size_t common(const char *a, const char *b) {
  size_t len = 0;
  while (a[len] != '\0' && a[len] == b[len])
    len++;
  return len;
}

void pyr__http_mask(char *text, const char *original, pyr_str_t secret) {
  char shown[PYR_ERROR_TEXT]; /* as texts of errors have it */
  size_t at, len, least;

  if (secret.len < LEAST)
    return;
  pyr__str_escape(shown, sizeof(shown), secret);
  least = strlen(shown) < TELLING ? strlen(shown) : TELLING;
  for (at = 0; original[at] != '\0'; at += len >= least ? len : 1) {
    len = common(original + at, shown);
    if (len >= least)
      memset(text + at, '*', len);
  }
  mbedtls_platform_zeroize(shown, sizeof(shown));
}

/* The start of a long one is enough, as no text is as long. */
static void mask_password(char *text, const char *original, pyr_str_t token) {
  unsigned char plain[PASSWORD];
  const unsigned char *colon;
  size_t len = token.len < CODED ? token.len : CODED;

  if (mbedtls_base64_decode(plain, sizeof(plain), &len,
                            (const unsigned char *)token.base, len) == 0) {
    colon = memchr(plain, ':', len);
    if (colon != NULL)
      pyr__http_mask(text, original,
                     (pyr_str_t){(const char *)colon + 1,
                                 len - (size_t)(colon + 1 - plain)});
  }
  mbedtls_platform_zeroize(plain, sizeof(plain));
}

static void mask_authorization(char *text, const char *original,
                               pyr_str_t value) {
  const char *blank = memchr(value.base, ' ', value.len);
  pyr_str_t token = value;

  if (blank != NULL)
    token =
        (pyr_str_t){blank + 1, value.len - (size_t)(blank + 1 - value.base)};
  pyr__http_mask(text, original, token);
  if (pyr__str_starts_nocase(value, "Basic "))
    mask_password(text, original, token);
}

/* "Authorization" and "Proxy-Authorization" */
static bool is_authorization(pyr_str_t name) {
  size_t len = strlen("authorization");
  return name.len >= len &&
         pyr__str_is_nocase((pyr_str_t){name.base + name.len - len, len},
                            "authorization");
}

static void mask_line(char *text, const char *original, pyr_str_t line) {
  const char *colon = memchr(line.base, ':', line.len);
  size_t len = colon == NULL ? line.len : (size_t)(colon - line.base);
  pyr_str_t name = {line.base, len}, value;

  if (colon == NULL || pyr__str_starts_nocase(name, "accept"))
    return;
  value = pyr__str_trim((pyr_str_t){colon + 1, line.len - len - 1});
  if (is_authorization(name))
    mask_authorization(text, original, value);
  else
    pyr__http_mask(text, original, value);
}

void pyr__http_mask_lines(char *text, const char *original, pyr_str_t lines) {
  while (lines.len > 0) {
    const char *end = memchr(lines.base, '\n', lines.len);
    size_t len = end == NULL ? lines.len : (size_t)(end - lines.base);
    size_t taken = end == NULL ? len : len + 1;
    mask_line(text, original, (pyr_str_t){lines.base, len});
    lines = (pyr_str_t){lines.base + taken, lines.len - taken};
  }
}
