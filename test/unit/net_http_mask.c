#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "net/http_mask.h"

static void check(const char *text, const char *lines, const char *expected) {
  char masked[PYR_ERROR_TEXT];
  snprintf(masked, sizeof(masked), "%s", text);
  pyr__http_mask_lines(masked, text, pyr__str(lines));
  assert_string_equal(masked, expected);
}

static void values__are_overwritten_wherever_they_stand(void **state) {
  static const char lines[] = "X-Key: hush\r\nX-Other: more secrets\r\n";
  (void)state;
  check("401: hush", lines, "401: ****");
  check("hushhush, hush", lines, "********, ****");
  check("more secrets of hush", lines, "************ of ****");
  check("hus hu more secret", lines, "hus hu ***********");
  check("nothing", lines, "nothing");
  check("", lines, "");
}

static void the_start__of_a_long_one_is_enough(void **state) {
  static const char lines[] = "X-Key: 0123456789abcdef\r\n";
  (void)state;
  check("a 0123456789abcdef b", lines, "a **************** b");
  check("cut at 0123456789", lines, "cut at **********");
  check("0123456701234567", lines, "****************");
  check("0123456", lines, "0123456");
  check("00123456789", lines, "0**********");
}

static void of_two__that_begin_alike_both_are_found(void **state) {
  (void)state;
  check("canary-one-a canary-one", "A: canary-one\r\nB: canary-one-a\r\n",
        "************ **********");
  check("canary-one-a canary-one", "B: canary-one-a\r\nA: canary-one\r\n",
        "************ **********");
}

static void authorizations__keep_their_type(void **state) {
  (void)state;
  check("bad Bearer token-text", "Authorization: Bearer token-text\r\n",
        "bad Bearer **********");
  check("bad token-text", "authorization: token-text\r\n", "bad **********");
  check("bad token-text", "Proxy-Authorization: Own token-text\r\n",
        "bad **********");
}

/* cHlyaXRlOmh1c2gtaHVzaA== is pyrite:hush-hush. */
static void basic__has_a_password_in_it(void **state) {
  static const char lines[] =
      "Authorization: Basic cHlyaXRlOmh1c2gtaHVzaA==\r\n";
  (void)state;
  check("no user pyrite with hush-hush", lines,
        "no user pyrite with *********");
  check("Basic cHlyaXRlOmh1c2gtaHVzaA==", lines,
        "Basic ************************");
  check("hush-hush", "Authorization: Basic no base64!\r\n", "hush-hush");
  check("hush-hush", "Authorization: Basic\r\n", "hush-hush");
}

/* The text of an error has them in another form. */
static void what_was_escaped__is_found(void **state) {
  (void)state;
  check("a\\\\b\\xe9c!",
        "X-Key: a\\b\xe9"
        "c\r\n",
        "*********!");
}

static void what_is_no_secret__stays(void **state) {
  (void)state;
  check("application/json, abc", "Accept: application/json\r\nX: abc\r\n",
        "application/json, abc");
  check("text", "", "text");
  check("text", "no colon, text\r\n", "text");
  check("text", "X: text", "****"); /* the last line may have no end */
}

static void every_cut__of_lines_is_taken(void **state) {
  static const char lines[] =
      "X-Key: hush\r\nAuthorization: Basic cHlyaXRlOmh1c2gtaHVzaA==\r\n";
  char text[PYR_ERROR_TEXT];
  size_t len;
  (void)state;
  for (len = 0; len < sizeof(lines); len++) {
    char *exact = malloc(len + 1);
    assert_non_null(exact);
    memcpy(exact, lines, len);
    snprintf(text, sizeof(text), "hush");
    pyr__http_mask_lines(text, "hush", (pyr_str_t){exact, len});
    assert_string_equal(text, len >= strlen("X-Key: hush") ? "****" : "hush");
    free(exact);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values__are_overwritten_wherever_they_stand),
      cmocka_unit_test(the_start__of_a_long_one_is_enough),
      cmocka_unit_test(of_two__that_begin_alike_both_are_found),
      cmocka_unit_test(authorizations__keep_their_type),
      cmocka_unit_test(basic__has_a_password_in_it),
      cmocka_unit_test(what_was_escaped__is_found),
      cmocka_unit_test(what_is_no_secret__stays),
      cmocka_unit_test(every_cut__of_lines_is_taken),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
