#include "query/unquote.h"

#include "base/str.h"

struct scan {
  const char *at, *end;
  char quote;
  char *out;
};

/* `count` digits of the base; -1 where there are fewer. */
static long take_digits(struct scan *scan, int count, int base) {
  long value = 0;
  for (; count > 0; count--) {
    int digit = scan->at < scan->end ? pyr__hex_digit(*scan->at) : -1;
    if (digit < 0 || digit >= base)
      return -1;
    value = value * base + digit;
    scan->at++;
  }
  return value;
}

/* 0 where `code` is no character. */
static int put_utf8(struct scan *scan, long code) {
  unsigned long c = (unsigned long)code;
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    return 0;
  if (c < 0x80) {
    *scan->out++ = (char)c;
    return 1;
  }
  if (c < 0x800) {
    *scan->out++ = (char)(0xc0 | c >> 6);
  } else {
    if (c < 0x10000) {
      *scan->out++ = (char)(0xe0 | c >> 12);
    } else {
      *scan->out++ = (char)(0xf0 | c >> 18);
      *scan->out++ = (char)(0x80 | (c >> 12 & 0x3f));
    }
    *scan->out++ = (char)(0x80 | (c >> 6 & 0x3f));
  }
  *scan->out++ = (char)(0x80 | (c & 0x3f));
  return 1;
}

static int put_byte(struct scan *scan, long byte) {
  if (byte < 0 || byte > 255)
    return 0;
  *scan->out++ = (char)byte;
  return 1;
}

/* Behind the backslash; 0 where it is no escape. */
static int take_escape(struct scan *scan) {
  static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
  const char *found;
  char c;

  if (scan->at == scan->end)
    return 0;
  c = *scan->at;
  if (c >= '0' && c <= '7')
    return put_byte(scan, take_digits(scan, 3, 8));
  scan->at++;
  if (c == scan->quote)
    return put_byte(scan, c);
  if (c == 'x')
    return put_byte(scan, take_digits(scan, 2, 16));
  if (c == 'u')
    return put_utf8(scan, take_digits(scan, 4, 16));
  if (c == 'U')
    return put_utf8(scan, take_digits(scan, 8, 16));
  found = c == '\0' ? NULL : strchr(names, c);
  return found != NULL && put_byte(scan, values[found - names]);
}

/* Up to the closing quote; 0 where something is wrong at `*wrong`. */
static int take_text(struct scan *scan, const char **wrong,
                     const char **reason) {
  while (scan->at < scan->end && *scan->at != scan->quote) {
    *wrong = scan->at;
    if (*scan->at == '\n' && scan->quote != '`') {
      *reason = "expected the closing quote before the line's end";
      return 0;
    }
    if (*scan->at != '\\' || scan->quote == '`') {
      *scan->out++ = *scan->at++;
      continue;
    }
    scan->at++;
    if (!take_escape(scan)) {
      *reason = "expected an escape as in Go: \\n, \\\\, \\x41, \\u00e4 "
                "(a pattern needs \\\\. or backquotes)";
      return 0;
    }
  }
  return 1;
}

int pyr__unquote(struct pyr__unquoted *out, pyr_str_t text,
                 struct pyr__arena *arena, pyr_error_t *err) {
  struct scan scan = {text.base + 1, text.base + text.len, text.base[0], NULL};
  const char *wrong = text.base;
  const char *reason = "expected a closing quote for this one";
  /* An escape is never shorter than what it stands for. */
  char *value = pyr__arena_alloc(arena, text.len, 1);

  out->consumed = 0;
  if (value == NULL)
    return pyr__arena_error(arena, text.len, "the selector", err);
  scan.out = value;
  if (take_text(&scan, &wrong, &reason)) {
    if (scan.at < scan.end) {
      out->value = (pyr_str_t){value, (size_t)(scan.out - value)};
      out->consumed = (size_t)(scan.at + 1 - text.base);
      return 0;
    }
    wrong = text.base;
  }
  out->consumed = (size_t)(wrong - text.base);
  return pyr__error(err, PYR_EUSAGE, "%s", reason);
}
