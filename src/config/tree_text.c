#include "config/tree_builder.h"

#include "base/limits.h"
#include "base/str.h"

struct place {
  unsigned line, column;
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
static void step(struct place *place, pyr_str_t text, size_t at) {
  char c = text.base[at];
  if (c == '\n' ||
      (c == '\r' && !(at + 1 < text.len && text.base[at + 1] == '\n'))) {
    place->line++;
    place->column = 1;
  } else if (c != '\r') {
    place->column++;
  }
}

static int check_characters(pyr_str_t text, struct pyr__problems *problems) {
  struct place place = {1, 1};
  size_t at = 0, len;

  for (; at < text.len; at += len) {
    len = character(text, at);
    if (len == 0)
      pyr__problem_at(problems, place.line, place.column, yaml,
                      "the byte 0x%02x is not UTF-8, expected text in UTF-8",
                      (uint8_t)text.base[at]);
    else if (is_control(code_point(text, at, len)))
      pyr__problem_at(problems, place.line, place.column, yaml,
                      "the control character U+%04X, expected none in text",
                      code_point(text, at, len));
    else {
      step(&place, text, at);
      continue;
    }
    return PYR_ECONFIG;
  }
  return 0;
}

int pyr__tree_check_text(pyr_str_t *text, struct pyr__problems *problems) {
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
  return check_characters(*text, problems);
}
