#include "base/regex_class.h"

#include <stdio.h>

/* One or two \p items and extra characters go into a class under (?i) without
 * its ASCII parts being folded twice: PCRE2 folds ranges as Go does. */

struct ascii_class {
  const char *name;
  struct {
    uint8_t low, high;
  } ranges[4];
  size_t count;
};

static const struct ascii_class perl_classes[] = {
    {"d", {{'0', '9'}}, 1},
    {"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}, 3},
    {"w", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
};

static const struct ascii_class posix_classes[] = {
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, 3},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}, 2},
    {"ascii", {{0, 0x7f}}, 1},
    {"blank", {{'\t', '\t'}, {' ', ' '}}, 2},
    {"cntrl", {{0, 0x1f}, {0x7f, 0x7f}}, 2},
    {"digit", {{'0', '9'}}, 1},
    {"graph", {{'!', '~'}}, 1},
    {"lower", {{'a', 'z'}}, 1},
    {"print", {{' ', '~'}}, 1},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, 4},
    {"space", {{'\t', '\r'}, {' ', ' '}}, 2},
    {"upper", {{'A', 'Z'}}, 1},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, 3},
};

static const struct ascii_class letters = {
    "letters", {{'A', 'Z'}, {'a', 'z'}}, 2};

enum {
  LONG_S = 0x17f, /* folds to s */
  KELVIN = 0x212a /* folds to k */
};

/* From `low` to `high` as part of a class; surrogates, which no text has, are
 * left out.  Says whether something was written. */
static bool put_range(struct pyr__regex_syntax *syntax, uint32_t low,
                      uint32_t high) {
  char text[32];
  if (low >= 0xd800 && low < 0xe000)
    low = 0xe000;
  if (high >= 0xd800 && high < 0xe000)
    high = 0xd7ff;
  if (low > high)
    return false;
  if (low == high)
    snprintf(text, sizeof(text), "\\x{%x}", (unsigned)low);
  else
    snprintf(text, sizeof(text), "\\x{%x}-\\x{%x}", (unsigned)low,
             (unsigned)high);
  pyr__regex_put(syntax, text);
  return true;
}

static bool has_letter_s(const struct ascii_class *class) {
  size_t i;
  for (i = 0; i < class->count; i++)
    if ((class->ranges[i].low <= 's' && class->ranges[i].high >= 's') ||
        (class->ranges[i].low <= 'S' && class->ranges[i].high >= 'S'))
      return true;
  return false;
}

/* All but the class; under (?i) without what folds into it. */
static void put_complement(struct pyr__regex_syntax *syntax,
                           const struct ascii_class *class) {
  uint32_t next = 0;
  size_t i;
  for (i = 0; i < class->count; i++) {
    if (class->ranges[i].low > next)
      put_range(syntax, next, class->ranges[i].low - 1u);
    next = class->ranges[i].high + 1u;
  }
  if (syntax->flags.fold && has_letter_s(class)) { /* then k is too */
    put_range(syntax, next, LONG_S - 1);
    put_range(syntax, LONG_S + 1, KELVIN - 1);
    next = KELVIN + 1;
  }
  put_range(syntax, next, PYR__UTF8_LAST);
}

static void put_ascii(struct pyr__regex_syntax *syntax,
                      const struct ascii_class *class, bool negated) {
  size_t i;
  if (syntax->flags.fold && class->count == 1 && has_letter_s(class) &&
      class->ranges[0].high - class->ranges[0].low == 'z' - 'a')
    class = &letters; /* [:lower:] and [:upper:] */
  if (negated) {
    put_complement(syntax, class);
    return;
  }
  for (i = 0; i < class->count; i++)
    put_range(syntax, class->ranges[i].low, class->ranges[i].high);
}

static const struct ascii_class *find(const struct ascii_class *classes,
                                      size_t count, pyr_str_t name) {
  size_t i;
  for (i = 0; i < count; i++)
    if (pyr__str_is(name, classes[i].name))
      return &classes[i];
  return NULL;
}

/* \d and its like, by the letter behind the backslash.  False: it is none. */
static bool put_perl(struct pyr__regex_syntax *syntax, int letter) {
  char name = (char)(letter | 0x20);
  const struct ascii_class *class =
      find(perl_classes, sizeof(perl_classes) / sizeof(perl_classes[0]),
           (pyr_str_t){&name, 1});
  if (class == NULL || letter < 'A')
    return false;
  put_ascii(syntax, class, letter < 'a');
  return true;
}

bool pyr__regex_put_posix(struct pyr__regex_syntax *syntax, pyr_str_t name) {
  bool negated = name.len > 0 && name.base[0] == '^';
  const struct ascii_class *class;
  if (negated)
    name = (pyr_str_t){name.base + 1, name.len - 1};
  class = find(posix_classes, sizeof(posix_classes) / sizeof(posix_classes[0]),
               name);
  if (class != NULL)
    put_ascii(syntax, class, negated);
  return class != NULL;
}

bool pyr__regex_class_escape(struct pyr__regex_syntax *syntax) {
  int letter = pyr__regex_peek(syntax, 1);
  size_t start = syntax->out.len;

  pyr__regex_put(syntax, "[");
  if (letter == 'p' || letter == 'P') {
    pyr__regex_property(syntax, true);
  } else if (put_perl(syntax, letter)) {
    syntax->at += 2;
  } else {
    syntax->out.len = start;
    return false;
  }
  pyr__regex_put(syntax, "]");
  return true;
}

/* ---- brackets ----------------------------------------------------------- */

static void unknown_class(struct pyr__regex_syntax *syntax, pyr_str_t name) {
  char shown[32];
  pyr__str_escape(shown, sizeof(shown), name);
  pyr__regex_wrong(syntax, syntax->at, "unknown class [:%s:]", shown);
}

/* At "[:": read where ":]" follows and that names a class. */
static bool named(struct pyr__regex_syntax *syntax) {
  const char *start = syntax->text.base + syntax->at + 2;
  size_t left = syntax->text.len - syntax->at - 2;
  const char *end = memmem(start, left, ":]", 2);
  pyr_str_t name;

  if (end == NULL)
    return false;
  name = (pyr_str_t){start, (size_t)(end - start)};
  if (!pyr__regex_put_posix(syntax, name))
    unknown_class(syntax, name);
  syntax->at += name.len + 4;
  return true;
}

static uint32_t one(struct pyr__regex_syntax *syntax) {
  return pyr__regex_peek(syntax, 0) == '\\' ? pyr__regex_escape(syntax)
                                            : pyr__regex_next(syntax);
}

/* A character or a range; says whether it is one that a text can have. */
static bool range(struct pyr__regex_syntax *syntax) {
  size_t at = syntax->at;
  uint32_t low = one(syntax), high = low;
  int after = pyr__regex_peek(syntax, 1);

  if (syntax->rc == 0 && pyr__regex_peek(syntax, 0) == '-' && after >= 0 &&
      after != ']') {
    syntax->at++;
    high = one(syntax);
  }
  if (high < low)
    pyr__regex_wrong(syntax, at, "the range in the class is reversed");
  return put_range(syntax, low, high);
}

/* One part of a class. */
static bool item(struct pyr__regex_syntax *syntax) {
  int c = pyr__regex_peek(syntax, 0), next = pyr__regex_peek(syntax, 1);

  if (c == '[' && next == ':' && named(syntax))
    return true;
  if (c == '\\' && (next == 'p' || next == 'P')) {
    pyr__regex_property(syntax, false);
    return true;
  }
  if (c == '\\' && put_perl(syntax, next)) {
    syntax->at += 2;
    return true;
  }
  return range(syntax);
}

void pyr__regex_class(struct pyr__regex_syntax *syntax) {
  size_t at = syntax->at++, start = syntax->out.len;
  bool negated = pyr__regex_peek(syntax, 0) == '^', first = true, any = false;

  syntax->at += negated;
  pyr__regex_put(syntax, negated ? "[^" : "[");
  while (syntax->rc == 0 && (first || pyr__regex_peek(syntax, 0) != ']')) {
    if (syntax->at == syntax->text.len)
      pyr__regex_wrong(syntax, at, "missing ] for this [");
    else
      any |= item(syntax);
    first = false;
  }
  syntax->at++;
  if (any) {
    pyr__regex_put(syntax, "]");
  } else if (syntax->rc == 0) { /* nothing, or all but nothing */
    syntax->out.len = start;
    pyr__regex_put(syntax, negated ? "." : "[^\\x{0}-\\x{10ffff}]");
  }
}
