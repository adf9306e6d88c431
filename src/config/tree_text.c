/* What may stand in the text of a file, before libyaml sees it. */
#include "config/tree_builder.h"

#include "base/limits.h"
#include "base/str.h"

enum {
  STEP_BYTES = 64 * 1024,
  /* libyaml compares each with all that came before. */
  DIRECTIVES_MAX = 64
};

static const pyr_str_t yaml = {"YAML", 4};

/* Bytes of the character at `at`, or 0: it is not UTF-8. */
static size_t character(pyr_str_t text, size_t at) {
  uint8_t first = (uint8_t)text.base[at];
  size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (len > 1 && (len > text.len - at ||
                  !pyr__str_is_utf8((pyr_str_t){text.base + at, len})))
    return 0;
  return len;
}

/* The code point of the `len` bytes at `at`, which are UTF-8. */
static uint32_t code_point(pyr_str_t text, size_t at, size_t len) {
  const uint8_t *bytes = (const uint8_t *)text.base + at;
  uint32_t point = len == 1 ? bytes[0] : bytes[0] & (0x7fu >> len);
  size_t i;
  for (i = 1; i < len; i++)
    point = point << 6 | (bytes[i] & 0x3fu);
  return point;
}

/* YAML's set of characters that may not stand in a file. */
static int is_control(uint32_t point) {
  return (point < 0x20 && point != '\t' && point != '\n' && point != '\r') ||
         (point >= 0x7f && point < 0xa0 && point != 0x85) || point == 0xfeff ||
         point == 0xfffe || point == 0xffff;
}

/* CR, LF and both together end a line. */
static void pass(struct pyr__tree_builder *builder, char c, char next) {
  if (c == '\n' || (c == '\r' && next != '\n')) {
    builder->line++;
    builder->column = 1;
  } else if (c != '\r') {
    builder->directives += c == '%' && builder->column == 1;
    builder->column++;
  }
}

static int check_one(struct pyr__tree_builder *builder, size_t at,
                     size_t *len) {
  pyr_str_t text = builder->text;
  unsigned line = builder->line, column = builder->column;

  *len = character(text, at);
  if (*len == 0) {
    pyr__problem_at(builder->problems, line, column, yaml,
                    "the byte 0x%02x is not UTF-8, expected text in UTF-8",
                    (uint8_t)text.base[at]);
    return PYR_ECONFIG;
  }
  if (is_control(code_point(text, at, *len))) {
    pyr__problem_at(builder->problems, line, column, yaml,
                    "the control character U+%04X, expected none in text",
                    code_point(text, at, *len));
    return PYR_ECONFIG;
  }
  pass(builder, text.base[at], at + 1 < text.len ? text.base[at + 1] : '\0');
  if (builder->directives <= DIRECTIVES_MAX)
    return 0;
  pyr__problem_at(builder->problems, line, column, yaml,
                  "more than %d lines that begin with %%, expected fewer",
                  DIRECTIVES_MAX);
  return PYR_ECONFIG;
}

int pyr__tree_check_step(struct pyr__tree_builder *builder) {
  size_t at = builder->checked, end = builder->text.len, len;

  if (end - at > STEP_BYTES)
    end = at + STEP_BYTES;
  for (; at < end; at += len)
    if (check_one(builder, at, &len) != 0)
      return PYR_ECONFIG;
  builder->checked = at;
  return at < builder->text.len;
}

int pyr__tree_check_start(pyr_str_t *text, struct pyr__problems *problems) {
  if (text->len > PYR__LIMIT_CONFIG_BYTES) {
    pyr__problem_at(problems, 1, 1, yaml,
                    "%zu bytes, expected a file of at most %zu", text->len,
                    PYR__LIMIT_CONFIG_BYTES);
    return PYR_ECONFIG;
  }
  if (pyr__str_starts(*text, "\xff\xfe") ||
      pyr__str_starts(*text, "\xfe\xff")) {
    pyr__problem_at(problems, 1, 1, yaml, "UTF-16, expected text in UTF-8");
    return PYR_ECONFIG;
  }
  if (pyr__str_starts(*text, "\xef\xbb\xbf")) {
    text->base += 3;
    text->len -= 3;
  }
  return 0;
}
