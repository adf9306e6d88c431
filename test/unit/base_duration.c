#include "support.h"

#include <string.h>

#include "base/duration.h"
#include "base/str.h"

#define SECOND INT64_C(1000000000)

static void durations__are_prometheus_and_gos(void **state) {
  static const struct {
    const char *text;
    int64_t ns;
  } cases[] = {{"0", 0},
               {"0s", 0},
               {"10s", 10 * SECOND},
               {"1m30s", 90 * SECOND},
               {"1m0s", 60 * SECOND},
               {"1h", 3600 * SECOND},
               {"1d", 86400 * SECOND},
               {"1w2d", 9 * 86400 * SECOND},
               {"5y", 5 * 365 * 86400 * SECOND},
               {"1.5s", 1500000000},
               {".5s", 500000000},
               {"100us", 100000},
               {"100\xc2\xb5s", 100000},
               {"1ms", 1000000},
               {"7ns", 7}};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    int64_t ns = -1;
    assert_int_equal(pyr__duration_parse(&ns, pyr__str(cases[i].text), NULL),
                     0);
    assert_int_equal(ns, cases[i].ns);
  }
}

static void durations__say_what_is_wrong(void **state) {
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"", "\"\" is empty"},
      {"15", "\"15\" has no unit"},
      {"1s2", "\"1s2\" has no unit"},
      {"-1s", "\"-1s\" has a sign"},
      {"+1s", "\"+1s\" has a sign"},
      {" 1s", "\" 1s\" has a blank"},
      {"s", "\"s\" does not begin with a number"},
      {".s", "\".s\" does not begin with a number"},
      {"1x", "\"1x\" has an unknown unit"},
      {"1.5d", "\"1.5d\" has a fraction where only whole numbers are known"},
      {"293y", "\"293y\" is too large"},
      {"99999999999999999999s", "\"99999999999999999999s\" is too large"}};
  pyr_error_t err;
  int64_t ns;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_int_equal(pyr__duration_parse(&ns, pyr__str(cases[i].text), &err),
                     PYR_ECONFIG);
    *strstr(err.text, ", expected a duration such as 10s or 1m30s") = '\0';
    assert_string_equal(err.text, cases[i].error);
  }
}

static void durations__are_printed_as_prometheus_does(void **state) {
  static const struct {
    int64_t ns;
    const char *text;
  } cases[] = {{0, "0s"},
               {90 * SECOND, "1m30s"},
               {60 * SECOND, "1m"},
               {86400 * SECOND, "1d"},
               {7 * 86400 * SECOND, "1w"},
               {8 * 86400 * SECOND, "8d"},
               {1500000000, "1s500ms"},
               {INT64_MAX, "106751d23h47m16s854ms775us807ns"}};
  char text[PYR__DURATION_TEXT];
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    pyr__duration_format(text, cases[i].ns);
    assert_string_equal(text, cases[i].text);
  }
}

static void sizes__are_powers_of_1024(void **state) {
  static const struct {
    const char *text;
    uint64_t bytes;
  } cases[] = {{"512", 512},
               {"0", 0},
               {"10MB", 10 << 20},
               {"1.5GiB", UINT64_C(1610612736)},
               {"1KiB1B", 1025}};
  uint64_t bytes;
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_int_equal(pyr__size_parse(&bytes, pyr__str(cases[i].text), NULL), 0);
    assert_int_equal(bytes, cases[i].bytes);
  }
  assert_int_equal(pyr__size_parse(&bytes, pyr__str("16EB"), NULL),
                   PYR_ECONFIG);
  assert_int_equal(pyr__size_parse(&bytes, pyr__str("1mb"), NULL), PYR_ECONFIG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(durations__are_prometheus_and_gos),
      cmocka_unit_test(durations__say_what_is_wrong),
      cmocka_unit_test(durations__are_printed_as_prometheus_does),
      cmocka_unit_test(sizes__are_powers_of_1024),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
