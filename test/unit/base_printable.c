#include "support.h"

#include <string.h>

#include "base/printable.h"

/* All of the text, one character after the other. */
static void assert_shown(const char *text, const char *wanted) {
  pyr_str_t rest = pyr__str(text);
  char shown[256] = "";

  while (rest.len > 0) {
    char piece[PYR__PRINTABLE_TEXT];
    bool is_printable;
    size_t taken = pyr__printable_write(piece, rest);
    assert_in_range(taken, 1, rest.len);
    assert_int_equal(pyr__printable_len(rest, &is_printable), taken);
    assert_int_equal(is_printable, memcmp(piece, rest.base, taken) == 0);
    strcat(shown, piece);
    rest.base += taken;
    rest.len -= taken;
  }
  assert_string_equal(shown, wanted);
}

static void what_may_be_shown__stays(void **state) {
  (void)state;
  assert_shown("", "");
  assert_shown("a \"\\~", "a \"\\~");
  assert_shown("gr\u00fc\u00dfe\u00a0\u4e16\U0001f600",
               "gr\u00fc\u00dfe\u00a0\u4e16\U0001f600");
  assert_shown("\u061b\u200d\u2027\u202f\u2065\u206a\ufffd",
               "\u061b\u200d\u2027\u202f\u2065\u206a\ufffd");
}

static void controls__are_numbers(void **state) {
  (void)state;
  assert_shown("\x1b[31m\r\n\t\x01", "\\u001b[31m\\u000d\\u000a\\u0009\\u0001");
  assert_shown("\x7f\xc2\x80\xc2\x9b"
               "31m\xc2\x9f",
               "\\u007f\\u0080\\u009b31m\\u009f");
}

static void marks_of_direction__are_numbers(void **state) {
  (void)state;
  assert_shown("\u061c\u200e\u200f", "\\u061c\\u200e\\u200f");
  assert_shown("\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
               "\\u2028\\u2029\\u202a\\u202b\\u202c\\u202d\\u202e");
  assert_shown("\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069");
}

/* Stray, cut, too long, a surrogate, and beyond the last. */
static void bytes_that_are_no_characters__are_numbers(void **state) {
  (void)state;
  assert_shown("\xc3\xbc\xff\x9b\xc3", "\xc3\xbc\\u00ff\\u009b\\u00c3");
  assert_shown("\xe2\x80", "\\u00e2\\u0080");
  assert_shown("\xc0\xaf", "\\u00c0\\u00af");
  assert_shown("\xed\xa0\x80", "\\u00ed\\u00a0\\u0080");
  assert_shown("\xf4\x90\x80\x80", "\\u00f4\\u0090\\u0080\\u0080");
}

static void a_copy__is_cut_between_characters(void **state) {
  static const char text[] = "a\u00fc\x1b";
  static const char *const cuts[] = {
      "",        "",        "a",       "a",       "a\u00fc",       "a\u00fc",
      "a\u00fc", "a\u00fc", "a\u00fc", "a\u00fc", "a\u00fc\\u001b"};
  char out[16];
  size_t size;
  (void)state;
  for (size = 1; size < sizeof(cuts) / sizeof(cuts[0]); size++) {
    memset(out, 'x', sizeof(out));
    pyr__printable_copy(out, size, pyr__str(text));
    assert_string_equal(out, cuts[size]);
    assert_int_equal(out[size], 'x');
  }
  pyr__printable_copy(out, 0, pyr__str(text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_may_be_shown__stays),
      cmocka_unit_test(controls__are_numbers),
      cmocka_unit_test(marks_of_direction__are_numbers),
      cmocka_unit_test(bytes_that_are_no_characters__are_numbers),
      cmocka_unit_test(a_copy__is_cut_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
