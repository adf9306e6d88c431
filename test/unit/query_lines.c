#include "query_support.h"

#include "query/lines.h"

static void assert_name(const char *name, char separator, const char *shown) {
  struct kept_text kept = {0};
  struct pyr__output output = {keep_text, &kept};
  struct pyr__memory memory;
  struct pyr__lines lines;

  pyr__memory_init(&memory, NULL);
  pyr__lines_init(&lines, &memory, &output);
  assert_int_equal(pyr__lines_add_name(&lines, pyr__str(name), separator, NULL),
                   0);
  assert_int_equal(pyr__lines_flush(&lines, NULL), 0);
  assert_string_equal(kept.text, shown);
  pyr__lines_release(&lines);
}

static void names__do_nothing_to_a_terminal(void **state) {
  (void)state;
  assert_name("a\x1b[2J\r\nb\x7f", 0, "a?[2J??b?");
  assert_name("a\xc2\x80\xc2\x9b"
              "2J",
              0, "a??2J");
  assert_name("gr\u00fc\u00dfe \u00a0\u4e16", 0,
              "gr\u00fc\u00dfe \u00a0\u4e16");
  assert_name("\u202etxt\u2028", 0, "?txt?");
  assert_name("a\xff\xc2", 0, "a??"); /* no more is read than there is */
}

static void names__are_one_field(void **state) {
  (void)state;
  assert_name("a;b;\n", ';', "a:b:?");
  assert_name("a;b", 0, "a;b");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names__do_nothing_to_a_terminal),
      cmocka_unit_test(names__are_one_field),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
