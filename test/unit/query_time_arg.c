#include "support.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "query/time_arg.h"

static const int64_t NOW = INT64_C(1767323045123456789);

static const struct {
  const char *text;
  int64_t ns;
} good[] = {
    {"now", INT64_C(1767323045123456789)},
    {"now-1h", INT64_C(1767319445123456789)},
    {"now+1h30m", INT64_C(1767328445123456789)},
    {"-1h", INT64_C(1767319445123456789)},
    {"-90s", INT64_C(1767322955123456789)},
    {"-1d", INT64_C(1767236645123456789)},
    {"+5m", INT64_C(1767323345123456789)},
    {"0", 0},
    {"1767323045", INT64_C(1767323045000000000)},
    {"1767323045.5", INT64_C(1767323045500000000)},
    {"1767323045.1234567891", INT64_C(1767323045123456789)},
    {"1767323045123", INT64_C(1767323045123000000)},
    {"1767323045123456", INT64_C(1767323045123456000)},
    {"1767323045123456789", INT64_C(1767323045123456789)},
    {"9223372036854775807", INT64_MAX},
    {"20260102", INT64_C(1767312000000000000)},
    {"2026-01-02", INT64_C(1767312000000000000)},
    {"2026-01-02T03:04:05Z", INT64_C(1767323045000000000)},
    {"2026-01-02t03:04:05z", INT64_C(1767323045000000000)},
    {"2026-01-02 03:04:05Z", INT64_C(1767323045000000000)},
    {"2026-01-02T03:04:05.123456789Z", INT64_C(1767323045123456789)},
    {"2026-01-02T04:34:05.5+01:30", INT64_C(1767323045500000000)},
    {"2026-01-01T23:04:05-04:00", INT64_C(1767323045000000000)},
    {"2024-02-29T00:00:00Z", INT64_C(1709164800000000000)},
    {"1969-12-31T23:59:59Z", INT64_C(-1000000000)},
    {"2000-02-29", INT64_C(951782400000000000)},
};

static void times__are_read(void **state) {
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
    pyr_error_t err = {0};
    int64_t out = 0;
    if (pyr__time_arg_parse(&out, pyr__str(good[i].text), NOW, &err) != 0 ||
        out != good[i].ns)
      fail_msg("%s: %lld: %s", good[i].text, (long long)out, err.text);
  }
}

static void times__are_refused_with_an_example(void **state) {
  static const char *const bad[] = {"",
                                    " now",
                                    "now ",
                                    "now1h",
                                    "now-",
                                    "now-1",
                                    "-1",
                                    "-",
                                    "1h",
                                    "yesterday",
                                    "now--1h",
                                    "1767323045.",
                                    "1.2.3",
                                    "12345678901234",
                                    "17673230451234567",
                                    "20260132",
                                    "20261301",
                                    "2026-02-29",
                                    "2026-13-01",
                                    "2026-00-01",
                                    "2026-01-32",
                                    "2026-1-2",
                                    "2026-01-02T",
                                    "2026-01-02T03:04Z",
                                    "2026-01-02T24:00:00Z",
                                    "2026-01-02T03:60:00Z",
                                    "2026-01-02T03:04:60Z",
                                    "2026-01-02T03:04:05",
                                    "2026-01-02T03:04:05.Z",
                                    "2026-01-02T03:04:05+1:00",
                                    "2026-01-02T03:04:05+01:60",
                                    "2026-01-02T03:04:05Zx",
                                    "1767323045123.5",
                                    "0x10",
                                    "1e9"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    pyr_error_t err = {0};
    int64_t out;
    if (pyr__time_arg_parse(&out, pyr__str(bad[i]), NOW, &err) != PYR_EUSAGE ||
        strstr(err.text, "is no time: expected 2026-01-02T03:04:05Z, "
                         "1767323045, now or -1h") == NULL)
      fail_msg("%s: %lld: %s", bad[i], (long long)out, err.text);
  }
}

static void times__out_of_range_are_refused(void **state) {
  static const char *const bad[] = {"9223372036854775808",
                                    "99999999999",
                                    "123456789012345678901",
                                    "2262-04-12",
                                    "1677-09-20",
                                    "9999-12-31T23:59:59Z",
                                    "now+292y"};
  size_t i;
  (void)state;
  for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    pyr_error_t err = {0};
    int64_t out;
    if (pyr__time_arg_parse(&out, pyr__str(bad[i]), NOW, &err) != PYR_EUSAGE ||
        strstr(err.text, "is out of range") == NULL)
      fail_msg("%s: %lld: %s", bad[i], (long long)out, err.text);
  }
}

/* Every cut of a good one is read or refused, in exactly its own memory. */
static void times__are_safe_at_every_cut(void **state) {
  size_t i, cut;
  (void)state;
  for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
    for (cut = 0; cut <= strlen(good[i].text); cut++) {
      char *copy = malloc(cut == 0 ? 1 : cut);
      int64_t out;
      int rc;
      memcpy(copy, good[i].text, cut);
      rc = pyr__time_arg_parse(&out, (pyr_str_t){copy, cut}, NOW, NULL);
      assert_true(rc == 0 || rc == PYR_EUSAGE);
      free(copy);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(times__are_read),
      cmocka_unit_test(times__are_refused_with_an_example),
      cmocka_unit_test(times__out_of_range_are_refused),
      cmocka_unit_test(times__are_safe_at_every_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
