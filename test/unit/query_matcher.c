#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/label.h"
#include "base/limits.h"
#include "query/matcher.h"

#define L(name, value)                                                         \
  {                                                                            \
    {name, sizeof(name) - 1}, {                                                \
      value, sizeof(value) - 1                                                 \
    }                                                                          \
  }

static const pyr_label_t shop[] = {L("__name__", "shop"), L("env", "dev"),
                                   L("my.label", "x"), L("path", "a\nb")};
static const pyr_label_t cart[] = {L("__name__", "my-app.cart"),
                                   L("env", "prod"), L("quote", "a\"b'c`d\\")};

static int test_with(const char *text, const pyr_label_t *labels, size_t count,
                     pyr_error_t *err) {
  struct pyr__memory memory;
  struct pyr__matchers *matchers = NULL;
  int rc;
  pyr__memory_init(&memory, NULL);
  rc = pyr__matchers_parse(&matchers, &memory, pyr__str(text), err);
  if (rc == 0)
    rc = pyr__matchers_test(matchers, labels, count, err);
  pyr__matchers_free(matchers);
  assert_int_equal(memory.accounts[PYR__MEM_QUERY].used_blocks, 0);
  return rc;
}

static const struct {
  const char *text;
  int shop, cart;
} good[] = {
    {"", 1, 1},
    {"  ", 1, 1},
    {"{}", 1, 1},
    {"{ }", 1, 1},
    {"shop", 1, 0},
    {" shop ", 1, 0},
    {"shop{}", 1, 0},
    {"my-app.cart", 0, 1},
    {"my-app.cart{env=\"prod\"}", 0, 1},
    {"my-app.cart{env=\"dev\"}", 0, 0},
    {"{env=\"dev\"}", 1, 0},
    {"{env='dev'}", 1, 0},
    {"{env=`dev`}", 1, 0},
    {"{env=\"dev\",}", 1, 0},
    {"\t{\n env = \"dev\" ,\r\n __name__ = \"shop\" , }\n", 1, 0},
    {"{env=\"dev\", __name__=~\"shop|cart\"}", 1, 0},
    {"{__name__=~\"shop|.*cart\"}", 1, 1},
    {"{__name__=~\"sho\"}", 0, 0},
    {"{__name__=~\"hop\"}", 0, 0},
    {"{__name__=~\"s|shop\"}", 1, 0},
    {"{__name__!~\"shop|cart\"}", 0, 1},
    {"{env!=\"dev\"}", 0, 1},
    {"{\"env\"=\"dev\"}", 1, 0},
    {"{\"my.label\"=\"x\"}", 1, 0},
    {"{'my.label'=~`x`}", 1, 0},
    {"{\"shop\"}", 1, 0},
    {"{\"shop\", env=\"dev\"}", 1, 0},
    {"{env=\"dev\", \"shop\"}", 1, 0},
    /* a missing label is "" */
    {"{nothing=\"\"}", 1, 1},
    {"{nothing!=\"\"}", 0, 0},
    {"{nothing=~\".*\"}", 1, 1},
    {"{nothing=~\".+\"}", 0, 0},
    {"{nothing!~\".+\"}", 1, 1},
    {"{nothing!=\"x\"}", 1, 1},
    {"{\"my.label\"=\"\"}", 0, 1},
    /* the dot matches a newline, the dollar only the end */
    {"{path=~\"a.b\"}", 1, 0},
    {"{path=~\"a$.*\"}", 0, 0},
    {"{path=\"a\\nb\"}", 1, 0},
    {"{path=\"a\\x0ab\"}", 1, 0},
    {"{path=\"\\141\\u000a\\U00000062\"}", 1, 0},
    {"{quote=\"a\\\"b'c`d\\\\\"}", 0, 1},
    {"{quote='a\"b\\'c`d\\\\'}", 0, 1},
    {"{env=~\"d\\\\w+\"}", 1, 0},
    {"{env=~`d\\w+`}", 1, 0},
    {"{env=~\"(?i:DEV)\"}", 1, 0},
    {"{env=~\"^dev$\"}", 1, 0},
    {"{env=~\"\"}", 0, 0},
};

static void matchers__select_as_promql(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    pyr_error_t err = {0};
    int a = test_with(good[i].text, shop, 4, &err);
    int b = test_with(good[i].text, cart, 3, &err);
    if (a != good[i].shop || b != good[i].cart)
      fail_msg("%s: %d and %d: %s", good[i].text, a, b, err.text);
  }
}

static const struct {
  const char *text;
  unsigned column;
  const char *error;
} bad[] = {
    {"{", 2, "column 2: expected a label name or \"}\", found the end"},
    {"}", 1, "column 1: expected a name or \"{\", found }"},
    {"=", 1, "column 1: expected a name or \"{\", found ="},
    {"\"shop\"", 1, "column 1: expected a name or \"{\", found \"shop\""},
    {"shop cart", 6, "column 6: expected the end, found cart"},
    {"shop{} or x", 8, "column 8: expected the end, found or"},
    {"{}}", 3, "column 3: expected a name or \"{\", found }"},
    {"1app", 1, "column 1: expected a name or \"{\", found 1"},
    {"{env}", 5, "column 5: expected \"=\", \"!=\", \"=~\" or \"!~\", found }"},
    {"{env==\"x\"}", 6, "column 6: expected a quoted value, found ="},
    {"{env=dev}", 6, "column 6: expected a quoted value, found dev"},
    {"{env=}", 6, "column 6: expected a quoted value, found }"},
    {"{env!\"x\"}", 5,
     "column 5: expected \"=\", \"!=\", \"=~\" or \"!~\", found !"},
    {"{env=\"a\" b=\"c\"}", 10, "column 10: expected \",\" or \"}\", found b"},
    {"{,}", 2, "column 2: expected a label name or \"}\", found ,"},
    {"{a=\"b\",,}", 8, "column 8: expected a label name or \"}\", found ,"},
    {"{a=\"b\"", 7, "column 7: expected \",\" or \"}\", found the end"},
    {"{my.label=\"x\"}", 4,
     "column 4: expected \"=\", \"!=\", \"=~\" or \"!~\", found ."},
    {"{1a=\"b\"}", 2, "column 2: expected a label name or \"}\", found 1"},
    {"{\"\"=\"x\"}", 2, "column 2: expected a label name in UTF-8"},
    {"{\"\\xff\"=\"x\"}", 2, "column 2: expected a label name in UTF-8"},
    {"{a=\"x}", 4, "column 4: expected a closing quote for this one"},
    {"{a='x\"}", 4, "column 4: expected a closing quote for this one"},
    {"{a=`x\\`", 8, "column 8: expected \",\" or \"}\", found the end"},
    {"{a=\"x\ny\"}", 6,
     "column 6: expected the closing quote before the line's end"},
    {"{a=\"\xc3\xa4\\q\"}", 6,
     "column 6: expected an escape as in Go: \\n, \\\\, \\x41, \\u00e4 "
     "(a pattern needs \\\\. or backquotes)"},
    {"{a=\"\\", 5,
     "column 5: expected an escape as in Go: \\n, \\\\, \\x41, \\u00e4 "
     "(a pattern needs \\\\. or backquotes)"},
    {"{a=\"\\400\"}", 5,
     "column 5: expected an escape as in Go: \\n, \\\\, \\x41, \\u00e4 "
     "(a pattern needs \\\\. or backquotes)"},
    {"{a=\"\\ud800\"}", 5,
     "column 5: expected an escape as in Go: \\n, \\\\, \\x41, \\u00e4 "
     "(a pattern needs \\\\. or backquotes)"},
    {"{a=\"\\'\"}", 5,
     "column 5: expected an escape as in Go: \\n, \\\\, \\x41, \\u00e4 "
     "(a pattern needs \\\\. or backquotes)"},
    {"shop{__name__=\"x\"}", 6,
     "column 6: the name must not be given twice (it stands before the "
     "braces, quoted in them, or as __name__)"},
    {"shop{\"x\"}", 6,
     "column 6: the name must not be given twice (it stands before the "
     "braces, quoted in them, or as __name__)"},
    {"{a=~\"(\"}", 5,
     "column 5: bad pattern, at its character 1: missing ) for this ("},
    {"{a=~\"a)|(b\"}", 5,
     "column 5: bad pattern, at its character 2: unexpected )"},
    {"{a=~\"*\"}", 5,
     "column 5: bad pattern, at its character 1: nothing before it that could "
     "be repeated"},
    {"{a=~'(?<!b)c'}", 5,
     "column 5: bad pattern, at its character 1: look-behind (?<! is not part "
     "of RE2's syntax"},
    {"sh\xff", 1, "column 1: expected a name in UTF-8"},
};

static void matchers__say_where_they_are_wrong(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    pyr_error_t err = {0};
    int rc = test_with(bad[i].text, shop, 4, &err);
    if (rc != PYR_EUSAGE || strcmp(err.text, bad[i].error) != 0 ||
        err.column != bad[i].column)
      fail_msg("%s: %d at %u: %s", bad[i].text, rc, err.column, err.text);
  }
}

static void matchers__have_a_ceiling(void **state) {
  static char text[PYR__LIMIT_SELECTOR_BYTES + 2];
  pyr_error_t err;
  size_t i, len = 1;
  (void)state;
  memset(text, ' ', sizeof(text) - 1);
  assert_int_equal(test_with(text, shop, 4, &err), PYR_EUSAGE);
  assert_string_equal(err.text, "the selector is longer than 16384 bytes");
  text[0] = '{';
  for (i = 0; i < PYR__LIMIT_MATCHERS; i++)
    len += (size_t)sprintf(text + len, "a=\"\",");
  memcpy(text + len, "}", 2);
  assert_int_equal(test_with(text, shop, 4, &err), 1);
  memcpy(text + len, "a=\"\"}", 6);
  assert_int_equal(test_with(text, shop, 4, &err), PYR_EUSAGE);
  assert_string_equal(err.text, "column 322: more than 64 matchers");
}

/* Would run for years. */
static void patterns__do_not_backtrack_without_end(void **state) {
  char value[10001];
  pyr_label_t label = {{"a", 1}, {value, sizeof(value)}};
  pyr_error_t err;
  (void)state;
  memset(value, 'a', sizeof(value));
  assert_int_equal(test_with("{a=~\"(a+)+b\"}", &label, 1, &err), PYR_ELIMIT);
  assert_string_equal(err.text,
                      "the pattern \"(a+)+b\" takes too many steps on a text "
                      "of 10001 bytes; write it without nested repeats");
  assert_int_equal(test_with("{a=~\"(x+x+)+y|(a|aa)+\"}", &label, 1, &err), 1);
  assert_int_equal(test_with("{a=~\"(?:a|b)*\"}", &label, 1, &err), 1);
}

static void matchers__are_errors_without_memory(void **state) {
  const char *text = "shop{env=~\"d.*\",\"my.label\"!~\"y\",x=\"\\u00e4\"}";
  size_t n;
  (void)state;
  for (n = 1;; n++) {
    struct failing_allocator counts = {.fail_at = n};
    pyr_alloc_t alloc = failing_alloc(&counts);
    struct pyr__memory memory;
    struct pyr__matchers *matchers = NULL;
    pyr_error_t err;
    int rc;
    pyr__memory_init(&memory, &alloc);
    rc = pyr__matchers_parse(&matchers, &memory, pyr__str(text), &err);
    if (rc == 0)
      rc = pyr__matchers_test(matchers, shop, 4, &err);
    pyr__matchers_free(matchers);
    assert_int_equal(counts.live, 0);
    if (counts.calls < n)
      break;
    assert_int_equal(rc, PYR__ENOMEM);
    assert_string_equal(err.text, "out of memory");
  }
  assert_true(n > 8);
}

/* Every prefix is either right or an error with a place in it. */
static void matchers__are_safe_at_every_cut(void **state) {
  const char *text =
      "shop{env=~\"d\\x41|[^\\\"]+\",'my.\\u00e4'!=`y`,\"q\"!~''}";
  size_t cut;
  (void)state;
  for (cut = 0; cut <= strlen(text); cut++) {
    char *copy = malloc(cut + 1);
    pyr_error_t err = {0};
    int rc;
    memcpy(copy, text, cut);
    copy[cut] = '\0';
    rc = test_with(copy, shop, 4, &err);
    if (rc < 0) {
      assert_int_equal(rc, PYR_EUSAGE);
      assert_in_range(err.column, 1, cut + 1);
    }
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(matchers__select_as_promql),
      cmocka_unit_test(matchers__say_where_they_are_wrong),
      cmocka_unit_test(matchers__have_a_ceiling),
      cmocka_unit_test(patterns__do_not_backtrack_without_end),
      cmocka_unit_test(matchers__are_errors_without_memory),
      cmocka_unit_test(matchers__are_safe_at_every_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
