#include "config/seconds.h"

int64_t pyr__seconds_parse(pyr_str_t text) {
  int64_t seconds = 0;
  size_t i;
  for (i = 0; i < text.len && seconds <= PYR__LIMIT_SECONDS; i++) {
    if (text.base[i] < '0' || text.base[i] > '9')
      return 0;
    seconds = seconds * 10 + (text.base[i] - '0');
  }
  return seconds > PYR__LIMIT_SECONDS ? 0 : seconds * PYR__NS_PER_S;
}

int64_t pyr__seconds_default(int64_t interval_ns) {
  int64_t seconds = interval_ns / PYR__NS_PER_S;
  if (seconds > PYR__DEFAULT_SECONDS)
    seconds = PYR__DEFAULT_SECONDS;
  return (seconds == 0 ? 1 : seconds) * PYR__NS_PER_S;
}

int64_t pyr__timeout_default(int64_t seconds_ns) {
  int64_t least = PYR__DEFAULT_TIMEOUT_S * PYR__NS_PER_S;
  int64_t whole = seconds_ns + PYR__TIMEOUT_MARGIN_S * PYR__NS_PER_S;
  return whole < least ? least : whole;
}
