#include "serve/text.h"

#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/label.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* How many bytes the UTF-8 character at `at` has; 0: it is none. */
static size_t character_length(const char *at, size_t left) {
  size_t len;
  for (len = 1; len <= 4 && len <= left; len++)
    if (pyr__str_is_utf8((pyr_str_t){at, len}))
      return len;
  return 0;
}

/* Appends `text`, where `special` may put something else for an ASCII
 * character. */
static int escape(struct pyr__buf *out, pyr_str_t text,
                  const char *(*special)(char c, char scratch[8])) {
  size_t at = 0, plain = 0;
  int rc = 0;
  while (at < text.len && rc == 0) {
    char scratch[8];
    unsigned char c = (unsigned char)text.base[at];
    size_t len = c < 0x80 ? 1 : character_length(text.base + at, text.len - at);
    const char *other = len == 0   ? REPLACEMENT
                        : len == 1 ? special((char)c, scratch)
                                   : NULL;
    if (other != NULL) {
      rc = pyr__buf_add(out, text.base + plain, at - plain);
      if (rc == 0)
        rc = pyr__buf_add_text(out, other);
      plain = at + (len == 0 ? 1 : len);
    }
    at += len == 0 ? 1 : len;
  }
  return rc == 0 ? pyr__buf_add(out, text.base + plain, at - plain) : rc;
}

static const char *html_special(char c, char scratch[8]) {
  (void)scratch;
  switch (c) {
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '&':
    return "&amp;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  default:
    return ((unsigned char)c < 0x20 && c != '\n' && c != '\t') || c == 0x7f
               ? REPLACEMENT
               : NULL;
  }
}

int pyr__serve_html(struct pyr__buf *out, pyr_str_t text) {
  return escape(out, text, html_special);
}

static const char *json_special(char c, char scratch[8]) {
  switch (c) {
  case '"':
    return "\\\"";
  case '\\':
    return "\\\\";
  case '\n':
    return "\\n";
  case '\t':
    return "\\t";
  default:
    if ((unsigned char)c >= 0x20)
      return NULL;
    snprintf(scratch, 8, "\\u%04x", (unsigned)(unsigned char)c);
    return scratch;
  }
}

int pyr__serve_json(struct pyr__buf *out, pyr_str_t text) {
  int rc = pyr__buf_add_byte(out, '"');
  if (rc == 0)
    rc = escape(out, text, json_special);
  return rc == 0 ? pyr__buf_add_byte(out, '"') : rc;
}

int pyr__serve_json_labels(struct pyr__buf *out, const pyr_label_t *labels,
                           size_t count) {
  static const struct pyr__label_form form = {pyr__serve_json, ':',
                                              pyr__serve_json};
  return pyr__labels_write_as(out, labels, count, &form);
}

static const char *label_special(char c, char scratch[8]) {
  (void)scratch;
  return c == '\n'   ? "\\n"
         : c == '"'  ? "\\\""
         : c == '\\' ? "\\\\"
         : c == '\0' ? REPLACEMENT
                     : NULL;
}

int pyr__serve_label_value(struct pyr__buf *out, pyr_str_t text) {
  return escape(out, text, label_special);
}

/* whole.fraction with nine digits, without the zeros at the end. */
static int add_decimal(struct pyr__buf *out, int negative, uint64_t whole,
                       uint64_t billionths) {
  char text[48];
  int len = snprintf(text, sizeof(text), "%s%llu.%09llu", negative ? "-" : "",
                     (unsigned long long)whole, (unsigned long long)billionths);
  while (text[len - 1] == '0')
    len--;
  if (text[len - 1] == '.')
    len--;
  return pyr__buf_add(out, text, (size_t)len);
}

int pyr__serve_double(struct pyr__buf *out, double value) {
  double size = value < 0 ? -value : value;
  uint64_t whole, billionths;
  if (isnan(value))
    return pyr__buf_add_text(out, "NaN");
  if (isinf(value))
    return pyr__buf_add_text(out, value > 0 ? "+Inf" : "-Inf");
  if (size >= 1e15)
    return pyr__buf_add_format(out, "%.0f", value);
  whole = (uint64_t)size;
  billionths = (uint64_t)((size - (double)whole) * 1e9 + 0.5);
  if (billionths == 1000000000) {
    billionths = 0;
    whole++;
  }
  return add_decimal(out, value < 0, whole, billionths);
}

static uint64_t magnitude(int64_t value) {
  return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

int pyr__serve_seconds(struct pyr__buf *out, int64_t ns) {
  uint64_t size = magnitude(ns);
  return add_decimal(out, ns < 0, size / 1000000000, size % 1000000000);
}

/* Below a second Go changes the unit instead of writing zeros. */
static int add_small_duration(struct pyr__buf *out, uint64_t ns) {
  uint64_t unit = ns < 1000 ? 1 : ns < 1000000 ? 1000 : 1000000;
  const char *name = unit == 1 ? "ns" : unit == 1000 ? "\xc2\xb5s" : "ms";
  int rc = add_decimal(out, 0, ns / unit, ns % unit * (1000000000 / unit));
  return rc == 0 ? pyr__buf_add_text(out, name) : rc;
}

int pyr__serve_go_duration(struct pyr__buf *out, int64_t ns) {
  uint64_t size = magnitude(ns), minutes = size / 60000000000;
  int rc = ns < 0 ? pyr__buf_add_byte(out, '-') : 0;
  if (rc != 0 || size == 0)
    return rc != 0 ? rc : pyr__buf_add_text(out, "0s");
  if (size < 1000000000)
    return add_small_duration(out, size);
  if (minutes >= 60)
    rc = pyr__buf_add_format(out, "%lluh", (unsigned long long)(minutes / 60));
  if (rc == 0 && minutes > 0)
    rc = pyr__buf_add_format(out, "%llum", (unsigned long long)(minutes % 60));
  size %= 60000000000;
  if (rc == 0)
    rc = add_decimal(out, 0, size / 1000000000, size % 1000000000);
  return rc == 0 ? pyr__buf_add_byte(out, 's') : rc;
}

int pyr__serve_prometheus_duration(struct pyr__buf *out, int64_t ns) {
  static const struct {
    uint64_t ms;
    const char *name;
    int exact; /* only where nothing is left over */
  } units[] = {{31536000000, "y", 1}, {604800000, "w", 1}, {86400000, "d", 0},
               {3600000, "h", 0},     {60000, "m", 0},     {1000, "s", 0},
               {1, "ms", 0}};
  uint64_t ms = ns < 0 ? 0 : (uint64_t)ns / 1000000;
  size_t i;
  int rc = 0;
  if (ms == 0)
    return pyr__buf_add_text(out, "0s");
  for (i = 0; i < sizeof(units) / sizeof(units[0]) && rc == 0; i++) {
    uint64_t count = ms / units[i].ms;
    if (count == 0 || (units[i].exact && ms % units[i].ms != 0))
      continue;
    rc = pyr__buf_add_format(out, "%llu%s", (unsigned long long)count,
                             units[i].name);
    ms -= count * units[i].ms;
  }
  return rc;
}

int pyr__serve_time(struct pyr__buf *out, int64_t wall_ns) {
  char text[PYR__TIME_TEXT];
  if (wall_ns == 0)
    return pyr__buf_add_text(out, "0001-01-01T00:00:00Z");
  pyr__time_format(text, wall_ns);
  return pyr__buf_add_text(out, text);
}

int pyr__serve_bytes(struct pyr__buf *out, uint64_t bytes) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  uint64_t tenths = bytes * 10;
  size_t unit = 0;
  if (bytes < 1024)
    return pyr__buf_add_format(out, "%u B", (unsigned)bytes);
  if (bytes > UINT64_MAX / 10)
    return pyr__buf_add_format(out, "%llu B", (unsigned long long)bytes);
  while (tenths >= 10240 && unit + 1 < sizeof(units) / sizeof(units[0])) {
    tenths = (tenths + 512) / 1024;
    unit++;
  }
  return pyr__buf_add_format(out, "%llu.%llu %s",
                             (unsigned long long)(tenths / 10),
                             (unsigned long long)(tenths % 10), units[unit]);
}
