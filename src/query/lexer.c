#include "query/lexer.h"

#include "base/str.h"
#include "query/unquote.h"

enum { SHOWN = 64 }; /* of a word, in an error text */

unsigned pyr__lexer_column(const struct pyr__lexer *lexer, const char *at) {
  const char *p;
  unsigned column = 1;
  for (p = lexer->input.base; p < at; p++)
    column += ((unsigned char)*p & 0xc0) != 0x80;
  return column;
}

int pyr__lexer_expected(const struct pyr__lexer *lexer,
                        const struct pyr__token *found, const char *what,
                        pyr_error_t *err) {
  unsigned column = pyr__lexer_column(lexer, found->text.base);
  char shown[SHOWN];

  if (found->kind == PYR__TOKEN_END)
    return pyr__error_at(err, PYR_EUSAGE, 1, column,
                         "column %u: expected %s, found the end", column, what);
  pyr__str_escape(shown, sizeof(shown), found->text);
  return pyr__error_at(err, PYR_EUSAGE, 1, column,
                       "column %u: expected %s, found %s", column, what, shown);
}

static int is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

static int is_name_char(char c, int in_braces) {
  if (is_letter(c) || is_digit(c))
    return 1;
  return !in_braces && (c == ':' || c == '.' || c == '-' || c == '/' ||
                        (unsigned char)c >= 0x80);
}

static void take(struct pyr__lexer *lexer, struct pyr__token *out,
                 enum pyr__token_kind kind, size_t len) {
  out->kind = kind;
  out->text = (pyr_str_t){lexer->input.base + lexer->at, len};
  out->value = out->text;
  lexer->at += len;
}

static int take_name(struct pyr__lexer *lexer, int in_braces,
                     struct pyr__token *out, pyr_error_t *err) {
  size_t end = lexer->at;
  unsigned column;

  while (end < lexer->input.len &&
         is_name_char(lexer->input.base[end], in_braces))
    end++;
  take(lexer, out, PYR__TOKEN_NAME, end - lexer->at);
  if (pyr__str_is_utf8(out->value))
    return 0;
  column = pyr__lexer_column(lexer, out->text.base);
  return pyr__error_at(err, PYR_EUSAGE, 1, column,
                       "column %u: expected a name in UTF-8", column);
}

static int take_string(struct pyr__lexer *lexer, struct pyr__token *out,
                       pyr_error_t *err) {
  pyr_str_t rest = {lexer->input.base + lexer->at,
                    lexer->input.len - lexer->at};
  struct pyr__unquoted unquoted;
  unsigned column;
  int rc = pyr__unquote(&unquoted, rest, lexer->arena, err);

  if (rc == PYR_EUSAGE) {
    column = pyr__lexer_column(lexer, rest.base + unquoted.consumed);
    pyr__error_prefix(err, "column %u: ", column);
    if (err != NULL) {
      err->line = 1;
      err->column = column;
    }
  }
  if (rc != 0)
    return rc;
  take(lexer, out, PYR__TOKEN_STRING, unquoted.consumed);
  out->value = unquoted.value;
  return 0;
}

/* Takes an operator or a bracket; 0 where there is none. */
static int take_mark(struct pyr__lexer *lexer, struct pyr__token *out) {
  static const struct {
    const char *text;
    enum pyr__token_kind kind;
  } marks[] = {{"=~", PYR__TOKEN_MATCHES},   {"!~", PYR__TOKEN_NOT_MATCHES},
               {"!=", PYR__TOKEN_NOT_EQUAL}, {"=", PYR__TOKEN_EQUAL},
               {"{", PYR__TOKEN_OPEN},       {"}", PYR__TOKEN_CLOSE},
               {",", PYR__TOKEN_COMMA}};
  pyr_str_t rest = {lexer->input.base + lexer->at,
                    lexer->input.len - lexer->at};
  size_t i;
  for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
    if (pyr__str_starts(rest, marks[i].text)) {
      take(lexer, out, marks[i].kind, strlen(marks[i].text));
      return 1;
    }
  return 0;
}

static int is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_blanks(struct pyr__lexer *lexer) {
  while (lexer->at < lexer->input.len && is_blank(lexer->input.base[lexer->at]))
    lexer->at++;
}

int pyr__lexer_next(struct pyr__lexer *lexer, int in_braces,
                    struct pyr__token *out, pyr_error_t *err) {
  size_t len;
  char c;

  skip_blanks(lexer);
  if (lexer->at == lexer->input.len) {
    take(lexer, out, PYR__TOKEN_END, 0);
    return 0;
  }
  c = lexer->input.base[lexer->at];
  if (c == '"' || c == '\'' || c == '`')
    return take_string(lexer, out, err);
  if (is_name_char(c, in_braces) && !is_digit(c))
    return take_name(lexer, in_braces, out, err);
  if (take_mark(lexer, out))
    return 0;
  /* A whole code point, as the error will show it. */
  len = 1;
  while (lexer->at + len < lexer->input.len &&
         ((unsigned char)lexer->input.base[lexer->at + len] & 0xc0) == 0x80)
    len++;
  take(lexer, out, PYR__TOKEN_OTHER, len);
  return 0;
}
