#include "support.h"

#include <string.h>

#include "base/utf8.h"

/* Every code point is written and read back; surrogates are not written. */
static void code_points__come_back(void **state) {
  uint32_t code, back;
  (void)state;
  for (code = 0; code <= PYR__UTF8_LAST + 1; code++) {
    char text[PYR__UTF8_MAX];
    size_t len = pyr__utf8_encode(text, code);
    int is_whole = code <= PYR__UTF8_LAST && !(code >= 0xd800 && code < 0xe000);
    if (pyr__utf8_decode((pyr_str_t){text, len}, &back) != len ||
        back != (is_whole ? code : PYR__UTF8_REPLACEMENT))
      fail_msg("U+%04X came back as U+%04X", code, back);
  }
}

static void wrong_bytes__are_one_each(void **state) {
  static const char *const wrong[] = {
      "\x80",         "\xc3",         "\xc3z",
      "\xc0\xaf",     "\xe0\x80\x80", "\xe2\x82",
      "\xed\xa0\x80", "\xf0\x9f\x98", "\xf4\x90\x80\x80",
      "\xf8\x88",     "\xff"};
  size_t i;
  uint32_t code;
  (void)state;
  for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
    code = 0;
    assert_int_equal(pyr__utf8_decode(pyr__str(wrong[i]), &code), 1);
    assert_int_equal(code, PYR__UTF8_REPLACEMENT);
  }
  assert_int_equal(pyr__utf8_decode(pyr__str(""), &code), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(code_points__come_back),
      cmocka_unit_test(wrong_bytes__are_one_each),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
