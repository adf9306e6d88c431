#include "base/duration.h"

#include <stdio.h>

#include "base/str.h"

/* Both grammars are one: <number><unit>, repeated.  They differ in the units
 * and in which of them may have a fraction. */
struct unit {
  const char *name;
  int64_t size;
  int whole; /* no fraction: a day's is no exact time to anybody */
};

struct grammar {
  const char *thing; /* "a duration such as 10s" */
  const struct unit *units;
  size_t unit_count;
  int bare; /* a number alone is fine */
};

#define SECOND INT64_C(1000000000)
#define HOUR   (3600 * SECOND)

/* Largest first, which is the order of printing too. */
static const struct unit duration_units[] = {
    {"y", INT64_C(365) * 24 * HOUR, 1},
    {"w", INT64_C(7) * 24 * HOUR, 1},
    {"d", 24 * HOUR, 1},
    {"h", HOUR, 0},
    {"m", 60 * SECOND, 0},
    {"s", SECOND, 0},
    {"ms", 1000000, 0},
    {"us", 1000, 0},
    {"ns", 1, 0},
    {"\xc2\xb5s", 1000, 0},
    {"\xce\xbcs", 1000, 0},
};
enum { EXACT_UNITS = 2, PRINTED_UNITS = 9 };

static const struct unit size_units[] = {
    {"B", 1, 0},
    {"KB", INT64_C(1) << 10, 0},
    {"KiB", INT64_C(1) << 10, 0},
    {"MB", INT64_C(1) << 20, 0},
    {"MiB", INT64_C(1) << 20, 0},
    {"GB", INT64_C(1) << 30, 0},
    {"GiB", INT64_C(1) << 30, 0},
    {"TB", INT64_C(1) << 40, 0},
    {"TiB", INT64_C(1) << 40, 0},
    {"PB", INT64_C(1) << 50, 0},
    {"PiB", INT64_C(1) << 50, 0},
    {"EB", INT64_C(1) << 60, 0},
    {"EiB", INT64_C(1) << 60, 0},
};

static const struct grammar duration_grammar = {
    "a duration such as 10s or 1m30s", duration_units,
    sizeof(duration_units) / sizeof(duration_units[0]), 0};
static const struct grammar size_grammar = {
    "a size such as 10MB or 512", size_units,
    sizeof(size_units) / sizeof(size_units[0]), 1};

/* digits[.digits], as a whole part and fraction / scale. */
struct number {
  int64_t whole, fraction, scale;
  int has_fraction;
};

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Takes the digits in front of `text`; how many, or -1: too large. */
static int take_digits(pyr_str_t *text, int64_t *value) {
  int count = 0;
  for (*value = 0; text->len > 0 && is_digit(text->base[0]); count++) {
    if (__builtin_mul_overflow(*value, 10, value) ||
        __builtin_add_overflow(*value, text->base[0] - '0', value))
      return -1;
    text->base++;
    text->len--;
  }
  return count;
}

/* Digits past the 15th are under any unit's grain. */
static int take_fraction(pyr_str_t *text, struct number *out) {
  int count = 0;
  for (; text->len > 0 && is_digit(text->base[0]); count++) {
    if (count < 15) {
      out->fraction = out->fraction * 10 + (text->base[0] - '0');
      out->scale *= 10;
    }
    text->base++;
    text->len--;
  }
  return count;
}

/* 0, -1: too large, -2: no digits at all. */
static int take_number(pyr_str_t *text, struct number *out) {
  int digits = take_digits(text, &out->whole), fraction_digits = 0;
  out->fraction = 0;
  out->scale = 1;
  out->has_fraction = 0;
  if (digits < 0)
    return -1;
  if (text->len > 0 && text->base[0] == '.') {
    text->base++;
    text->len--;
    out->has_fraction = 1;
    fraction_digits = take_fraction(text, out);
  }
  return digits + fraction_digits == 0 ? -2 : 0;
}

static pyr_str_t take_unit(pyr_str_t *text) {
  pyr_str_t unit = {text->base, 0};
  while (text->len > 0 && !is_digit(text->base[0]) && text->base[0] != '.') {
    unit.len++;
    text->base++;
    text->len--;
  }
  return unit;
}

static const struct unit *find_unit(const struct grammar *grammar,
                                    pyr_str_t name) {
  size_t i;
  for (i = 0; i < grammar->unit_count; i++)
    if (pyr__str_is(name, grammar->units[i].name))
      return &grammar->units[i];
  return NULL;
}

/* Adds number * unit; -1: too large. */
static int add_quantity(int64_t *total, const struct number *number,
                        const struct unit *unit) {
  int64_t whole;
  __int128 part = (__int128)number->fraction * unit->size / number->scale;
  if (__builtin_mul_overflow(number->whole, unit->size, &whole) ||
      __builtin_add_overflow(*total, whole, total) ||
      __builtin_add_overflow(*total, (int64_t)part, total))
    return -1;
  return 0;
}

static int fail(pyr_error_t *err, const struct grammar *grammar, pyr_str_t text,
                const char *wrong) {
  char shown[80];
  pyr__str_escape(shown, sizeof(shown), text);
  return pyr__error(err, PYR_ECONFIG, "\"%s\" %s, expected %s", shown, wrong,
                    grammar->thing);
}

/* What can be said before any number is read; NULL: nothing is wrong. */
static const char *wrong_at_once(pyr_str_t text) {
  size_t i;
  if (text.len == 0)
    return "is empty";
  if (text.base[0] == '-' || text.base[0] == '+')
    return "has a sign";
  for (i = 0; i < text.len; i++)
    if (text.base[i] == ' ' || text.base[i] == '\t')
      return "has a blank";
  return NULL;
}

/* One <number><unit>; what is wrong with it, or NULL. */
static const char *take_quantity(const struct grammar *grammar, pyr_str_t *text,
                                 int alone, int64_t *total) {
  static const struct unit ones = {"", 1, 1};
  struct number number;
  pyr_str_t name;
  const struct unit *unit;
  int rc = take_number(text, &number);

  if (rc < 0)
    return rc == -1 ? "is too large" : "does not begin with a number";
  name = take_unit(text);
  if (name.len > 0)
    unit = find_unit(grammar, name);
  else if (alone && (grammar->bare ||
                     (number.whole == 0 && rc == 0 && number.fraction == 0)))
    unit = &ones;
  else
    return "has no unit";
  if (unit == NULL)
    return "has an unknown unit";
  if (unit->whole && number.has_fraction)
    return "has a fraction where only whole numbers are known";
  return add_quantity(total, &number, unit) < 0 ? "is too large" : NULL;
}

static int parse(int64_t *out, pyr_str_t text, const struct grammar *grammar,
                 pyr_error_t *err) {
  const char *wrong = wrong_at_once(text);
  pyr_str_t rest = text;
  int64_t total = 0;

  while (wrong == NULL && rest.len > 0)
    wrong = take_quantity(grammar, &rest, rest.base == text.base, &total);
  if (wrong != NULL)
    return fail(err, grammar, text, wrong);
  *out = total;
  return 0;
}

int pyr__duration_parse(int64_t *out_ns, pyr_str_t text, pyr_error_t *err) {
  return parse(out_ns, text, &duration_grammar, err);
}

int pyr__size_parse(uint64_t *out, pyr_str_t text, pyr_error_t *err) {
  int64_t bytes = 0;
  int rc = parse(&bytes, text, &size_grammar, err);
  if (rc == 0)
    *out = (uint64_t)bytes;
  return rc;
}

void pyr__duration_format(char out[PYR__DURATION_TEXT], int64_t ns) {
  size_t used = 0;
  int i;

  snprintf(out, PYR__DURATION_TEXT, "0s");
  for (i = 0; i < PRINTED_UNITS && ns > 0; i++) {
    const struct unit *unit = &duration_units[i];
    if (ns < unit->size || (i < EXACT_UNITS && ns % unit->size != 0))
      continue;
    used += (size_t)snprintf(out + used, PYR__DURATION_TEXT - used, "%lld%s",
                             (long long)(ns / unit->size), unit->name);
    ns %= unit->size;
  }
}
