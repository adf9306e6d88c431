#include "query/units.h"

#include <math.h>
#include <stdio.h>

struct unit {
  const char *name;
  const char *aliases[3];
  double factor;
};

struct family {
  const struct unit *units;
  size_t count;
  const char *default_name; /* of a value below every unit */
  double default_factor;
};

static const struct unit bytes[] = {
    {"B", {"b", "byte"}, 1},
    {"kB", {"kb", "kbyte", "kilobyte"}, 1024.0},
    {"MB", {"mb", "mbyte", "megabyte"}, 1048576.0},
    {"GB", {"gb", "gbyte", "gigabyte"}, 1073741824.0},
    {"TB", {"tb", "tbyte", "terabyte"}, 1099511627776.0},
    {"PB", {"pb", "pbyte", "petabyte"}, 1125899906842624.0},
};

static const struct unit times[] = {
    {"ns", {"ns", "nanosecond"}, 1},
    {"us", {"\xce\xbcs", "us", "microsecond"}, 1e3},
    {"ms", {"ms", "millisecond"}, 1e6},
    {"s", {"s", "sec", "second"}, 1e9},
    {"hrs", {"hour", "hr"}, 3600e9},
};

static const struct family families[] = {
    {bytes, sizeof(bytes) / sizeof(bytes[0]), "B", 1},
    {times, sizeof(times) / sizeof(times[0]), "s", 1e9},
};

static int same_ignoring_case(pyr_str_t a, const char *b) {
  size_t i;
  if (a.len != strlen(b))
    return 0;
  for (i = 0; i < a.len; i++) {
    char c = a.base[i];
    if (c >= 'A' && c <= 'Z')
      c = (char)(c - 'A' + 'a');
    if (c != b[i])
      return 0;
  }
  return 1;
}

/* "Nanoseconds" is a nanosecond. */
static const struct unit *find(const struct family *family, pyr_str_t name) {
  size_t i, j;
  if (name.len > 2 &&
      (name.base[name.len - 1] == 's' || name.base[name.len - 1] == 'S'))
    name.len--;
  for (i = 0; i < family->count; i++)
    for (j = 0; j < 3 && family->units[i].aliases[j] != NULL; j++)
      if (same_ignoring_case(name, family->units[i].aliases[j]))
        return &family->units[i];
  return NULL;
}

static const struct unit *fitting(const struct family *family, double value) {
  const struct unit *best = NULL;
  size_t i;
  for (i = 0; i < family->count; i++)
    if (value / family->units[i].factor >= 1.0)
      best = &family->units[i];
  return best;
}

static double convert(const struct family *family, double value, pyr_str_t to,
                      pyr_str_t *unit) {
  const struct unit *target =
      pyr__str_is(to, "minimum") ? fitting(family, value) : find(family, to);
  *unit = pyr__str(target != NULL ? target->name : family->default_name);
  return value / (target != NULL ? target->factor : family->default_factor);
}

double pyr__units_scale(int64_t value, pyr_str_t from, pyr_str_t to,
                        pyr_str_t *unit) {
  static const char *const silent[] = {"count", "sample", "unit", "minimum"};
  double magnitude = fabs((double)value), sign = value < 0 ? -1 : 1;
  size_t i;

  for (i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
    const struct unit *source = find(&families[i], from);
    if (source != NULL)
      return sign * convert(&families[i], magnitude * source->factor, to, unit);
  }
  *unit = to;
  for (i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
    if (pyr__str_is(to, silent[i]))
      *unit = pyr__str("");
  return (double)value;
}

void pyr__units_label(char out[PYR__UNITS_TEXT], int64_t value, pyr_str_t from,
                      pyr_str_t to) {
  char shown[PYR__UNITS_TEXT / 2];
  pyr_str_t unit;
  double scaled = pyr__units_scale(value, from, to, &unit);
  int len = snprintf(out, PYR__UNITS_TEXT / 2, "%.2f", scaled);

  if (len > 3 && memcmp(out + len - 3, ".00", 3) == 0)
    out[len -= 3] = '\0';
  if (strcmp(out, "0") == 0 || strcmp(out, "-0") == 0) {
    memcpy(out, "0", 2);
    return;
  }
  pyr__str_escape(shown, sizeof(shown), unit);
  memcpy(out + len, shown, strlen(shown) + 1);
}

void pyr__units_percent(char out[PYR__PERCENT_TEXT], int64_t value,
                        int64_t total) {
  double ratio = total == 0 ? 0 : fabs((double)value / (double)total) * 100;
  if (ratio >= 99.95 && ratio <= 100.05)
    snprintf(out, PYR__PERCENT_TEXT, "  100%%");
  else if (ratio >= 1.0)
    snprintf(out, PYR__PERCENT_TEXT, "%5.2f%%", ratio);
  else
    snprintf(out, PYR__PERCENT_TEXT, "%5.2g%%", ratio);
}
