#include "support.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "net/retry_after.h"

#define AT   INT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define MOST (PYR__LIMIT_RETRY_AFTER_NS / PYR__NS_PER_S)

static const struct {
  const char *value;
  int64_t seconds;
} cases[] = {
    {"0", 0},
    {"1", 1},
    {"007", 7},
    {"120", 120},
    {"601", MOST},
    {"99999999999999999999999999", MOST},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 1994 08:49:38 GMT", 1},
    {"xxx, 06 Nov 1994 08:50:37 GMT", 60},
    {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", MOST},
    /* nothing is said */
    {"", 0},
    {"soon", 0},
    {"-5", 0},
    {"+5", 0},
    {"1.5", 0},
    {"5s", 0},
    {"Sun, 06 Nov 1994 08:59:37", 0},
    {"Sun, 06 Nov 1994 08:59:37 CET", 0},
    {"Sun, 06 nov 1994 08:59:37 GMT", 0},
    {"Sun, 06 Nov 1994 08:5x:37 GMT", 0},
    {"Sun, 06 Nov 1800 08:59:37 GMT", 0},
    {"Sunday, 06-Nov-94 08:59:37 GMT", 0},
};

static void values_are_seconds_or_dates(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    int64_t ns =
        pyr__retry_after_ns(pyr__str(cases[i].value), AT * PYR__NS_PER_S + 9);
    if (ns != cases[i].seconds * PYR__NS_PER_S)
      fail_msg("\"%s\": %lld", cases[i].value, (long long)ns);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_are_seconds_or_dates),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
