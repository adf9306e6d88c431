#include "relabel/letter_case.h"

#include <wctype.h>

#include "base/utf8.h"

locale_t pyr__letter_case_locale(void) {
  return newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static uint32_t change(uint32_t code, bool upper, locale_t locale) {
  wint_t letter = (wint_t)code;
  return upper ? towupper_l(letter, locale) : towlower_l(letter, locale);
}

int pyr__letter_case(pyr_str_t text, bool upper, locale_t locale,
                     struct pyr__arena *arena, pyr_str_t *out,
                     pyr_error_t *err) {
  /* One byte may become U+FFFD, and two become the three of another letter. */
  size_t room = 3 * text.len, len;
  char *copy = pyr__arena_alloc(arena, room, 1);
  uint32_t code;

  if (copy == NULL)
    return pyr__arena_error(arena, room, "the labels", err);
  *out = (pyr_str_t){copy, 0};
  while (text.len > 0) {
    len = pyr__utf8_decode(text, &code);
    out->len += pyr__utf8_encode(copy + out->len, change(code, upper, locale));
    text = (pyr_str_t){text.base + len, text.len - len};
  }
  return 0;
}
