#include "support.h"

#include <string.h>

#include "query/units.h"

/* Taken from github.com/google/pprof/internal/measurement. */
static const struct {
  int64_t value;
  const char *from, *to, *text;
} labels[] = {
    {0, "nanoseconds", "minimum", "0"},
    {1, "nanoseconds", "minimum", "1ns"},
    {999, "ns", "minimum", "999ns"},
    {1000, "nanoseconds", "minimum", "1us"},
    {10000000, "nanoseconds", "minimum", "10ms"},
    {1250000000, "nanoseconds", "minimum", "1.25s"},
    {-1250000000, "nanoseconds", "minimum", "-1.25s"},
    {3600000000000, "nanoseconds", "minimum", "1hrs"},
    {90, "Seconds", "minimum", "90s"},
    {1250000000, "nanoseconds", "ms", "1250ms"},
    {10000000, "nanoseconds", "s", "0.01s"},
    {1, "nanoseconds", "s", "0"},
    {512, "bytes", "minimum", "512B"},
    {524452, "bytes", "minimum", "512.16kB"},
    {1048576, "bytes", "minimum", "1MB"},
    {1048576, "byte", "kB", "1024kB"},
    {INT64_MAX, "bytes", "minimum", "8192PB"},
    {INT64_MIN, "bytes", "minimum", "-8192PB"},
    {12, "count", "minimum", "12"},
    {12, "count", "count", "12"},
    {12, "widgets", "widgets", "12widgets"},
    {12, "", "", "12"},
    {1, "kb", "minimum", "1kB"},
    {5, "a\x1b[1m", "a\x1b[1m", "5a\\x1b[1m"},
};

static void labels__are_pprofs(void **state) {
  char text[PYR__UNITS_TEXT];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
    pyr__units_label(text, labels[i].value, pyr__str(labels[i].from),
                     pyr__str(labels[i].to));
    assert_string_equal(text, labels[i].text);
  }
}

static void label__of_an_endless_unit_is_cut(void **state) {
  char text[PYR__UNITS_TEXT], unit[500];
  (void)state;
  memset(unit, 'u', sizeof(unit));
  pyr__units_label(text, INT64_MIN, (pyr_str_t){unit, sizeof(unit)},
                   (pyr_str_t){unit, sizeof(unit)});
  assert_true(strlen(text) < PYR__UNITS_TEXT);
}

static void percent__has_two_digits_at_least(void **state) {
  static const struct {
    int64_t value, total;
    const char *text;
  } cases[] = {{0, 100, "    0%"},      {1, 1, "  100%"},
               {9996, 10000, "  100%"}, {1553, 10000, "15.53%"},
               {95, 1000, " 9.50%"},    {5, 1000, "  0.5%"},
               {1, 100000, "0.001%"},   {5, 0, "    0%"},
               {-1, 2, "50.00%"},       {3, 1, "300.00%"}};
  char text[PYR__PERCENT_TEXT];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr__units_percent(text, cases[i].value, cases[i].total);
    assert_string_equal(text, cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels__are_pprofs),
      cmocka_unit_test(label__of_an_endless_unit_is_cut),
      cmocka_unit_test(percent__has_two_digits_at_least),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
