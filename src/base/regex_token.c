/* The small things of the syntax: characters, escapes, and what stands behind
 * "(?". */
#include "base/regex_syntax.h"

#include <stdarg.h>
#include <stdio.h>

void pyr__regex_wrong(struct pyr__regex_syntax *syntax, size_t at,
                      const char *format, ...) {
  char text[PYR_ERROR_TEXT];
  va_list args;
  if (syntax->rc != 0)
    return;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  syntax->wrong_at = at;
  syntax->rc = pyr__error(syntax->err, PYR_EUSAGE, "%s", text);
}

int pyr__regex_peek(const struct pyr__regex_syntax *syntax, size_t ahead) {
  size_t at = syntax->at + ahead;
  return at < syntax->text.len ? (uint8_t)syntax->text.base[at] : -1;
}

bool pyr__regex_starts(const struct pyr__regex_syntax *syntax,
                       const char *prefix) {
  pyr_str_t rest = {syntax->text.base + syntax->at,
                    syntax->text.len - syntax->at};
  return pyr__str_starts(rest, prefix);
}

void pyr__regex_put(struct pyr__regex_syntax *syntax, const char *text) {
  if (syntax->rc != 0)
    return;
  syntax->rc = pyr__buf_add_text(&syntax->out, text);
  if (syntax->rc == PYR__ENOMEM)
    pyr__error_nomem(syntax->err);
  else if (syntax->rc != 0) {
    syntax->rc = 0;
    pyr__regex_wrong(syntax, syntax->at, "the pattern is too large");
  }
}

uint32_t pyr__regex_next(struct pyr__regex_syntax *syntax) {
  pyr_str_t rest = {syntax->text.base + syntax->at,
                    syntax->text.len - syntax->at};
  uint32_t code = 0;
  syntax->at += pyr__utf8_decode(rest, &code);
  return code;
}

void pyr__regex_put_case(struct pyr__regex_syntax *syntax) {
  if (syntax->fold_written != syntax->flags.fold)
    pyr__regex_put(syntax, syntax->flags.fold ? "(?i)" : "(?-i)");
  syntax->fold_written = syntax->flags.fold;
}

static bool is_alnum(uint32_t code) {
  return (code >= '0' && code <= '9') || (code >= 'A' && code <= 'Z') ||
         (code >= 'a' && code <= 'z');
}

void pyr__regex_put_code(struct pyr__regex_syntax *syntax, uint32_t code) {
  char text[32] = {(char)code};
  if (code >= 0xd800 && code < 0xe000) /* matches nothing: no text has it */
    snprintf(text, sizeof(text), "[^\\x{0}-\\x{10ffff}]");
  else if (!is_alnum(code))
    snprintf(text, sizeof(text), "\\x{%x}", (unsigned)code);
  pyr__regex_put(syntax, text);
}

/* ---- escapes ------------------------------------------------------------ */

static const struct {
  char letter;
  const char *what;
} strange_escapes[] = {
    {'K', "\\K (reset of the start)"},
    {'R', "\\R (any line end)"},
    {'X', "\\X (grapheme)"},
    {'h', "\\h (horizontal space)"},
    {'H', "\\H (no horizontal space)"},
    {'V', "\\V (no vertical space)"},
    {'N', "\\N (no line end, or a character by name)"},
    {'G', "\\G (start of the search)"},
    {'C', "\\C (one byte)"},
    {'Z', "\\Z (end, or before a last line end; write \\z)"},
    {'g', "\\g (back-reference or call)"},
    {'k', "\\k (back-reference)"},
    {'c', "\\c (control character)"},
    {'e', "\\e (escape; write \\x1b)"},
    {'u', "\\u (code point; write \\x{...})"},
    {'E', "\\E without \\Q"},
};

static void strange_escape(struct pyr__regex_syntax *syntax, size_t at,
                           uint32_t code) {
  char text[PYR__UTF8_MAX];
  size_t i;
  if (code >= '1' && code <= '9')
    pyr__regex_wrong(syntax, at, "a back-reference (\\%c)" PYR__REGEX_NOT_RE2,
                     (char)code);
  for (i = 0; i < sizeof(strange_escapes) / sizeof(strange_escapes[0]); i++)
    if (code == (uint8_t)strange_escapes[i].letter)
      pyr__regex_wrong(syntax, at, "%s" PYR__REGEX_NOT_RE2,
                       strange_escapes[i].what);
  pyr__regex_wrong(syntax, at, "unknown escape \\%.*s",
                   (int)pyr__utf8_encode(text, code), text);
}

/* Behind "\x": 7f or {10ffff}. */
static bool hex(struct pyr__regex_syntax *syntax, uint32_t *out) {
  bool braces = pyr__regex_peek(syntax, 0) == '{';
  size_t digits = 0, at = braces ? 1 : 0;
  int value;

  *out = 0;
  for (; braces || digits < 2; digits++, at++) {
    value = pyr__hex_digit(pyr__regex_peek(syntax, at));
    if (value < 0)
      break;
    *out = *out * 16 + (uint32_t)value;
    if (*out > PYR__UTF8_LAST)
      return false;
  }
  if (braces ? digits == 0 || pyr__regex_peek(syntax, at) != '}' : digits < 2)
    return false;
  syntax->at += at + braces;
  return true;
}

/* One to three octal digits; the first was read and is in `code`. */
static uint32_t octal(struct pyr__regex_syntax *syntax, uint32_t code) {
  int i, c;
  code -= '0';
  for (i = 1; i < 3; i++) {
    c = pyr__regex_peek(syntax, 0);
    if (c < '0' || c > '7')
      break;
    code = code * 8 + (uint32_t)(c - '0');
    syntax->at++;
  }
  return code;
}

static bool is_octal(const struct pyr__regex_syntax *syntax, uint32_t code) {
  int next = pyr__regex_peek(syntax, 0);
  return code == '0' ||
         (code >= '1' && code <= '7' && next >= '0' && next <= '7');
}

uint32_t pyr__regex_escape(struct pyr__regex_syntax *syntax) {
  static const char letters[] = "afnrtv", values[] = "\a\f\n\r\t\v";
  size_t at = syntax->at++;
  uint32_t code;
  const char *letter;

  if (syntax->at == syntax->text.len) {
    pyr__regex_wrong(syntax, at, "a backslash at the end");
    return 0;
  }
  code = pyr__regex_next(syntax);
  if (code < 0x80 && !is_alnum(code))
    return code;
  if (is_octal(syntax, code))
    return octal(syntax, code);
  if (code == 'x') {
    if (!hex(syntax, &code))
      pyr__regex_wrong(syntax, at,
                       "\\x takes two hexadecimal digits, or up to "
                       "10ffff in braces");
    return code;
  }
  letter = code < 0x80 ? strchr(letters, (int)code) : NULL;
  if (letter != NULL)
    return (uint32_t)values[letter - letters];
  strange_escape(syntax, at, code);
  return 0;
}

/* ---- groups ------------------------------------------------------------- */

static const struct {
  const char *start, *what;
} strange_groups[] = {
    {"(?=", "look-ahead (?="},
    {"(?!", "look-ahead (?!"},
    {"(?<=", "look-behind (?<="},
    {"(?<!", "look-behind (?<!"},
    {"(?>", "an atomic group (?>"},
    {"(?|", "a group that resets numbers (?|"},
    {"(?(", "a conditional (?("},
    {"(?#", "a comment (?#"},
    {"(?R", "recursion (?R"},
    {"(?&", "a call of a group (?&"},
    {"(?P>", "a call of a group (?P>"},
    {"(?P=", "a back-reference (?P="},
    {"(?C", "a callout (?C"},
    {"(?'", "a name in quotes (?'"},
    {"(?x", "the flag x (?x"},
    {"(?^", "the flag ^ (?^"},
};

/* At "(?", which begins nothing that RE2 has. */
static void strange_group(struct pyr__regex_syntax *syntax) {
  size_t i;
  int c = pyr__regex_peek(syntax, 2);
  for (i = 0; i < sizeof(strange_groups) / sizeof(strange_groups[0]); i++)
    if (pyr__regex_starts(syntax, strange_groups[i].start))
      pyr__regex_wrong(syntax, syntax->at, "%s" PYR__REGEX_NOT_RE2,
                       strange_groups[i].what);
  if (c == '-' || c == '+')
    c = pyr__regex_peek(syntax, 3);
  if (c >= '0' && c <= '9')
    pyr__regex_wrong(syntax, syntax->at,
                     "a call of a group (?%c" PYR__REGEX_NOT_RE2, c);
  pyr__regex_wrong(syntax, syntax->at,
                   "unknown group; (? is followed by :, "
                   "P<name>, or flags of i, m, s and U");
}

/* At "(?P<" or "(?<", `len` bytes. */
static void named(struct pyr__regex_syntax *syntax, size_t len,
                  pyr_str_t *name) {
  size_t at = syntax->at + len, end = at;
  const char *text = syntax->text.base;

  while (end < syntax->text.len &&
         (is_alnum((uint8_t)text[end]) || text[end] == '_'))
    end++;
  if (end == at || end == syntax->text.len || text[end] != '>')
    pyr__regex_wrong(syntax, syntax->at,
                     "a group's name consists of A-Z, a-z, 0-9 and _, and "
                     "ends with >");
  *name = (pyr_str_t){text + at, end - at};
  syntax->at = end + 1;
}

static bool *flag_of(struct pyr__regex_flags *flags, int c) {
  switch (c) {
  case 'i':
    return &flags->fold;
  case 'm':
    return &flags->multiline;
  case 's':
    return &flags->dot_newline;
  case 'U':
    return &flags->lazy;
  default:
    return NULL;
  }
}

/* At "(?": flags, and whether a group follows them. */
static bool flags_or_group(struct pyr__regex_syntax *syntax) {
  struct pyr__regex_flags flags = syntax->flags;
  bool on = true, any = true;
  size_t ahead = 2;

  for (;; ahead++) {
    int c = pyr__regex_peek(syntax, ahead);
    bool *flag = flag_of(&flags, c);
    if (flag != NULL) {
      *flag = on;
      any = true;
    } else if (c == '-' && on) {
      on = any = false; /* at least one must follow */
    } else if ((c == ':' || c == ')') && any) {
      syntax->flags = flags;
      syntax->at += ahead + 1;
      return c == ':';
    } else {
      strange_group(syntax);
      return false;
    }
  }
}

bool pyr__regex_open(struct pyr__regex_syntax *syntax, bool *is_capture,
                     pyr_str_t *name) {
  bool is_lookbehind =
      pyr__regex_starts(syntax, "(?<=") || pyr__regex_starts(syntax, "(?<!");

  *is_capture = true;
  if (pyr__regex_starts(syntax, "(?P<"))
    named(syntax, 4, name);
  else if (pyr__regex_starts(syntax, "(?<") && !is_lookbehind)
    named(syntax, 3, name);
  else if (pyr__regex_starts(syntax, "(?"))
    *is_capture = false;
  else
    syntax->at++;
  return *is_capture || flags_or_group(syntax);
}
