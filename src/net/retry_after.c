#include "net/retry_after.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"

/* A number of so many digits at `at`; -1: there is none. */
static int number(pyr_str_t text, size_t at, size_t digits) {
  int value = 0;
  for (; digits > 0; digits--, at++) {
    if (text.base[at] < '0' || text.base[at] > '9')
      return -1;
    value = value * 10 + (text.base[at] - '0');
  }
  return value;
}

static int month(pyr_str_t text, size_t at) {
  static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  int i;
  for (i = 0; i < 12; i++)
    if (memcmp(text.base + at, names + (size_t)i * 3, 3) == 0)
      return i;
  return -1;
}

/* The form that is to be written; the day of the week is not looked at.  What
 * is no date, as the 99th, is taken for the day that it would be. */
static bool parse_date(pyr_str_t text, int64_t *seconds) {
  static const char shape[] = "..., .. ... .... ..:..:.. GMT";
  struct tm time = {.tm_isdst = 0};
  size_t i;

  if (text.len != sizeof(shape) - 1)
    return false;
  for (i = 0; i < text.len; i++)
    if (shape[i] != '.' && text.base[i] != shape[i])
      return false;
  time.tm_mday = number(text, 5, 2);
  time.tm_mon = month(text, 8);
  time.tm_year = number(text, 12, 4) - 1900;
  time.tm_hour = number(text, 17, 2);
  time.tm_min = number(text, 20, 2);
  time.tm_sec = number(text, 23, 2);
  if (time.tm_mday < 0 || time.tm_mon < 0 || time.tm_year < 0 ||
      time.tm_hour < 0 || time.tm_min < 0 || time.tm_sec < 0)
    return false;
  *seconds = timegm(&time);
  return true;
}

static bool parse_seconds(pyr_str_t text, int64_t most, int64_t *seconds) {
  size_t i;
  for (i = 0, *seconds = 0; i < text.len; i++) {
    int digit = number(text, i, 1);
    if (digit < 0)
      return false;
    *seconds = *seconds * 10 + digit;
    if (*seconds > most)
      *seconds = most;
  }
  return text.len > 0;
}

int64_t pyr__retry_after_ns(pyr_str_t value, int64_t wall_ns) {
  int64_t most = PYR__LIMIT_RETRY_AFTER_NS / PYR__NS_PER_S, seconds;

  if (!parse_seconds(value, most, &seconds)) {
    if (!parse_date(value, &seconds))
      return 0;
    seconds -= wall_ns / PYR__NS_PER_S;
  }
  if (seconds < 0)
    return 0;
  return (seconds > most ? most : seconds) * PYR__NS_PER_S;
}
