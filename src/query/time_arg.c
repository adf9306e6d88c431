#include "query/time_arg.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/str.h"

enum { SHOWN = 64 };

static int bad(pyr_str_t text, pyr_error_t *err) {
  char shown[SHOWN];
  pyr__str_escape(shown, sizeof(shown), text);
  return pyr__error(err, PYR_EUSAGE,
                    "\"%s\" is no time: expected 2026-01-02T03:04:05Z, "
                    "1767323045, now or -1h",
                    shown);
}

static int out_of_range(pyr_str_t text, pyr_error_t *err) {
  char shown[SHOWN];
  pyr__str_escape(shown, sizeof(shown), text);
  return pyr__error(err, PYR_EUSAGE,
                    "\"%s\" is out of range: expected a time between 1678 "
                    "and 2261",
                    shown);
}

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* `count` digits; -1 where there are fewer. */
static int64_t take_digits(pyr_str_t *rest, size_t count) {
  int64_t value = 0;
  size_t i;
  if (rest->len < count)
    return -1;
  for (i = 0; i < count; i++) {
    if (!is_digit(rest->base[i]))
      return -1;
    value = value * 10 + (rest->base[i] - '0');
  }
  rest->base += count;
  rest->len -= count;
  return value;
}

static int take_char(pyr_str_t *rest, const char *any_of) {
  if (rest->len == 0 || rest->base[0] == '\0' ||
      strchr(any_of, rest->base[0]) == NULL)
    return 0;
  rest->base++;
  rest->len--;
  return 1;
}

/* ".123" as nanoseconds; digits past the ninth are dropped.  -1: no digits. */
static int64_t take_fraction(pyr_str_t *rest) {
  int64_t value = 0, unit = PYR__NS_PER_S;
  size_t digits = 0;
  for (; rest->len > 0 && is_digit(rest->base[0]); digits++) {
    unit /= 10;
    value += unit * (rest->base[0] - '0');
    rest->base++;
    rest->len--;
  }
  return digits == 0 ? -1 : value;
}

static int is_leap(int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01; INT64_MIN where there is no such day. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
  static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t days, i, before = year - 1;
  if (year < 1 || month < 1 || month > 12 || day < 1 ||
      day > lengths[month - 1] + (month == 2 && is_leap(year)))
    return INT64_MIN;
  days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
  for (i = 1; i < month; i++)
    days += lengths[i - 1] + (i == 2 && is_leap(year));
  return days + day - 1;
}

static int combine(int64_t *out, int64_t seconds, int64_t ns) {
  int64_t whole;
  return __builtin_mul_overflow(seconds, PYR__NS_PER_S, &whole) ||
         __builtin_add_overflow(whole, ns, out);
}

/* "Z", "+01:00"; seconds east of UTC, or INT64_MIN. */
static int64_t take_zone(pyr_str_t *rest) {
  int64_t hours, minutes, sign;
  if (take_char(rest, "Zz"))
    return 0;
  sign = rest->len > 0 && rest->base[0] == '-' ? -1 : 1;
  if (!take_char(rest, "+-"))
    return INT64_MIN;
  hours = take_digits(rest, 2);
  if (!take_char(rest, ":"))
    return INT64_MIN;
  minutes = take_digits(rest, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
    return INT64_MIN;
  return sign * (hours * 3600 + minutes * 60);
}

/* The seconds of the day and what is behind them; 0 where it is no time. */
static int take_clock(pyr_str_t *rest, int64_t *seconds, int64_t *ns) {
  int64_t hour, minute, second, zone;
  *ns = 0;
  hour = take_digits(rest, 2);
  if (!take_char(rest, ":"))
    return 0;
  minute = take_digits(rest, 2);
  if (!take_char(rest, ":"))
    return 0;
  second = take_digits(rest, 2);
  if (take_char(rest, "."))
    *ns = take_fraction(rest);
  zone = take_zone(rest);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 59 || *ns < 0 || zone == INT64_MIN)
    return 0;
  *seconds = hour * 3600 + minute * 60 + second - zone;
  return 1;
}

static int parse_date(int64_t *out, pyr_str_t text, pyr_error_t *err) {
  pyr_str_t rest = text;
  int64_t year = take_digits(&rest, 4), month, day, days, seconds = 0, ns = 0;

  if (!take_char(&rest, "-"))
    return bad(text, err);
  month = take_digits(&rest, 2);
  if (!take_char(&rest, "-"))
    return bad(text, err);
  day = take_digits(&rest, 2);
  days = days_of(year, month, day);
  if (days == INT64_MIN)
    return bad(text, err);
  if (rest.len > 0 && (!take_char(&rest, "Tt ") ||
                       !take_clock(&rest, &seconds, &ns) || rest.len > 0))
    return bad(text, err);
  return combine(out, days * 86400 + seconds, ns) ? out_of_range(text, err) : 0;
}

/* Digits alone: 8 are a day, 13, 16 and 19 are parts of a second. */
static int parse_epoch(int64_t *out, pyr_str_t text, size_t digits,
                       pyr_error_t *err) {
  pyr_str_t rest = text;
  int64_t value, fraction = 0, days;

  if (digits > 19 ||
      (digits == 19 && memcmp(text.base, "9223372036854775807", 19) > 0))
    return out_of_range(text, err);
  value = take_digits(&rest, digits);
  if (take_char(&rest, ".")) {
    fraction = take_fraction(&rest);
    if (fraction < 0 || digits > 12)
      return bad(text, err);
  } else if (digits == 8) {
    days = days_of(value / 10000, value / 100 % 100, value % 100);
    if (days == INT64_MIN)
      return bad(text, err);
    value = days * 86400;
  }
  if (rest.len > 0 || digits == 14 || digits == 15 || digits == 17 ||
      digits == 18)
    return bad(text, err);
  if (digits == 19)
    *out = value;
  else if (digits == 16)
    *out = value * PYR__NS_PER_US;
  else if (digits == 13)
    *out = value * PYR__NS_PER_MS;
  else if (combine(out, value, fraction))
    return out_of_range(text, err);
  return 0;
}

/* "-1h" or "+5m" from now; "" is now. */
static int parse_relative(int64_t *out, pyr_str_t text, pyr_str_t offset,
                          int64_t now_ns, pyr_error_t *err) {
  int64_t duration;
  pyr_str_t length = {offset.base + 1, offset.len - 1};
  int overflow;

  *out = now_ns;
  if (offset.len == 0)
    return 0;
  if ((offset.base[0] != '-' && offset.base[0] != '+') ||
      pyr__duration_parse(&duration, length, NULL) != 0)
    return bad(text, err);
  overflow = offset.base[0] == '-'
                 ? __builtin_sub_overflow(now_ns, duration, out)
                 : __builtin_add_overflow(now_ns, duration, out);
  return overflow ? out_of_range(text, err) : 0;
}

int pyr__time_arg_parse(int64_t *out_ns, pyr_str_t text, int64_t now_ns,
                        pyr_error_t *err) {
  size_t digits = 0;

  if (pyr__str_starts(text, "now"))
    return parse_relative(
        out_ns, text, (pyr_str_t){text.base + 3, text.len - 3}, now_ns, err);
  if (text.len > 0 && (text.base[0] == '-' || text.base[0] == '+'))
    return parse_relative(out_ns, text, text, now_ns, err);
  while (digits < text.len && is_digit(text.base[digits]))
    digits++;
  if (digits == 0)
    return bad(text, err);
  if (digits == 4 && text.len > 4 && text.base[4] == '-')
    return parse_date(out_ns, text, err);
  return parse_epoch(out_ns, text, digits, err);
}
