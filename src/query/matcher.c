#include "query/matcher.h"

#include "base/label.h"
#include "base/limits.h"
#include "base/regex.h"
#include "query/lexer.h"

struct matcher {
  const char *name;
  pyr_str_t value;
  struct pyr__regex *regex; /* NULL: compares */
  int negated;
};

struct pyr__matchers {
  struct pyr__memory *memory;
  struct pyr__arena arena; /* names and values */
  struct matcher items[PYR__LIMIT_MATCHERS];
  size_t count;
};

struct parser {
  struct pyr__matchers *matchers;
  struct pyr__lexer lexer;
  struct pyr__token token; /* the next one */
  int has_application;
};

static int advance(struct parser *parser, int in_braces, pyr_error_t *err) {
  return pyr__lexer_next(&parser->lexer, in_braces, &parser->token, err);
}

/* An error at the token `at`. */
static int wrong(const struct parser *parser, const struct pyr__token *at,
                 const char *text, pyr_error_t *err) {
  unsigned column = pyr__lexer_column(&parser->lexer, at->text.base);
  return pyr__error_at(err, PYR_EUSAGE, 1, column, "column %u: %s", column,
                       text);
}

static int add_regex(struct parser *parser, struct matcher *matcher,
                     const struct pyr__token *value, pyr_error_t *err) {
  size_t offset;
  unsigned column;
  int rc = pyr__regex_new(&matcher->regex, parser->matchers->memory,
                          PYR__MEM_QUERY, value->value, 0, &offset, err);
  if (rc != PYR_EUSAGE)
    return rc;
  /* Escapes make a place inside of the literal unsure, so its start it is. */
  column = pyr__lexer_column(&parser->lexer, value->text.base);
  pyr__error_prefix(err,
                    "column %u: bad pattern, at its character %zu: ", column,
                    offset + 1);
  if (err != NULL) {
    err->line = 1;
    err->column = column;
  }
  return rc;
}

static int add(struct parser *parser, const struct pyr__token *name,
               enum pyr__token_kind operator, const struct pyr__token * value,
               pyr_error_t *err) {
  struct pyr__matchers *matchers = parser->matchers;
  struct matcher *matcher = &matchers->items[matchers->count];
  int is_regex = operator== PYR__TOKEN_MATCHES || operator==
      PYR__TOKEN_NOT_MATCHES;

  if (matchers->count == PYR__LIMIT_MATCHERS)
    return wrong(parser, name, "more than 64 matchers", err);
  if (name->value.len == 0 || !pyr__str_is_utf8(name->value) ||
      memchr(name->value.base, '\0', name->value.len) != NULL)
    return wrong(parser, name, "expected a label name in UTF-8", err);
  matcher->name = pyr__arena_text(&matchers->arena, name->value);
  if (matcher->name == NULL)
    return pyr__arena_error(&matchers->arena, name->value.len, "the selector",
                            err);
  matcher->value = value->value;
  matcher->negated = operator== PYR__TOKEN_NOT_EQUAL || operator==
      PYR__TOKEN_NOT_MATCHES;
  matcher->regex = NULL;
  matchers->count++; /* before the pattern: free releases it */
  return is_regex ? add_regex(parser, matcher, value, err) : 0;
}

static int add_application(struct parser *parser,
                           const struct pyr__token *value, pyr_error_t *err) {
  struct pyr__token name = *value;
  if (parser->has_application)
    return wrong(parser, value,
                 "the name must not be given twice (it stands before the "
                 "braces, quoted in them, or as __name__)",
                 err);
  parser->has_application = 1;
  name.value = pyr__str("__name__");
  return add(parser, &name, PYR__TOKEN_EQUAL, value, err);
}

static int is_operator(enum pyr__token_kind kind) {
  return kind == PYR__TOKEN_EQUAL || kind == PYR__TOKEN_NOT_EQUAL ||
         kind == PYR__TOKEN_MATCHES || kind == PYR__TOKEN_NOT_MATCHES;
}

static int operator_and_value(struct parser *parser,
                              const struct pyr__token *name, pyr_error_t *err) {
  enum pyr__token_kind operator= parser->token.kind;
  struct pyr__token value;
  int rc;

  if (parser->has_application && pyr__str_is(name->value, "__name__"))
    return wrong(parser, name,
                 "the name must not be given twice (it stands before the "
                 "braces, quoted in them, or as __name__)",
                 err);
  rc = advance(parser, 1, err);
  if (rc != 0)
    return rc;
  value = parser->token;
  if (value.kind != PYR__TOKEN_STRING)
    return pyr__lexer_expected(&parser->lexer, &value, "a quoted value", err);
  rc = advance(parser, 1, err);
  return rc != 0 ? rc : add(parser, name, operator, & value, err);
}

/* name OP "value", "name" OP "value", or "application" */
static int matcher(struct parser *parser, pyr_error_t *err) {
  struct pyr__token name = parser->token;
  int rc;

  if (name.kind != PYR__TOKEN_NAME && name.kind != PYR__TOKEN_STRING)
    return pyr__lexer_expected(&parser->lexer, &name, "a label name or \"}\"",
                               err);
  rc = advance(parser, 1, err);
  if (rc != 0)
    return rc;
  if (is_operator(parser->token.kind))
    return operator_and_value(parser, &name, err);
  if (name.kind == PYR__TOKEN_STRING)
    return add_application(parser, &name, err);
  return pyr__lexer_expected(&parser->lexer, &parser->token,
                             "\"=\", \"!=\", \"=~\" or \"!~\"", err);
}

/* Behind "{", to behind "}". */
static int matchers_in_braces(struct parser *parser, pyr_error_t *err) {
  int rc = 0;
  while (rc == 0 && parser->token.kind != PYR__TOKEN_CLOSE) {
    rc = matcher(parser, err);
    if (rc != 0 || parser->token.kind == PYR__TOKEN_CLOSE)
      continue;
    if (parser->token.kind != PYR__TOKEN_COMMA)
      return pyr__lexer_expected(&parser->lexer, &parser->token,
                                 "\",\" or \"}\"", err);
    rc = advance(parser, 1, err);
  }
  return rc != 0 ? rc : advance(parser, 0, err);
}

static int selector(struct parser *parser, pyr_error_t *err) {
  int rc = advance(parser, 0, err);
  if (rc == 0 && parser->token.kind == PYR__TOKEN_NAME) {
    rc = add_application(parser, &parser->token, err);
    if (rc == 0)
      rc = advance(parser, 0, err);
  }
  if (rc == 0 && parser->token.kind == PYR__TOKEN_OPEN) {
    rc = advance(parser, 1, err);
    if (rc == 0)
      rc = matchers_in_braces(parser, err);
  }
  if (rc == 0 && parser->token.kind != PYR__TOKEN_END)
    return pyr__lexer_expected(
        &parser->lexer, &parser->token,
        parser->matchers->count == 0 ? "a name or \"{\"" : "the end", err);
  return rc;
}

int pyr__matchers_parse(struct pyr__matchers **out, struct pyr__memory *memory,
                        pyr_str_t text, pyr_error_t *err) {
  struct pyr__matchers *matchers;
  struct parser parser;
  int rc;

  if (text.len > PYR__LIMIT_SELECTOR_BYTES)
    return pyr__error(err, PYR_EUSAGE, "the selector is longer than %zu bytes",
                      PYR__LIMIT_SELECTOR_BYTES);
  matchers = pyr__calloc(memory, PYR__MEM_QUERY, 1, sizeof(*matchers));
  if (matchers == NULL)
    return pyr__error_nomem(err);
  matchers->memory = memory;
  /* Every string takes at most the rest of the text. */
  pyr__arena_init(&matchers->arena, memory, PYR__MEM_QUERY,
                  (PYR__LIMIT_MATCHERS * 4 + 1) * PYR__LIMIT_SELECTOR_BYTES);
  parser = (struct parser){.matchers = matchers,
                           .lexer = {&matchers->arena, text, 0}};
  rc = selector(&parser, err);
  if (rc != 0) {
    pyr__matchers_free(matchers);
    return rc;
  }
  *out = matchers;
  return 0;
}

void pyr__matchers_free(struct pyr__matchers *matchers) {
  size_t i;
  if (matchers == NULL)
    return;
  for (i = 0; i < matchers->count; i++)
    pyr__regex_free(matchers->items[i].regex);
  pyr__arena_release(&matchers->arena);
  pyr__free(matchers->memory, matchers);
}

int pyr__matchers_test(const struct pyr__matchers *matchers,
                       const pyr_label_t *labels, size_t count,
                       pyr_error_t *err) {
  size_t i;
  for (i = 0; matchers != NULL && i < matchers->count; i++) {
    const struct matcher *one = &matchers->items[i];
    const pyr_str_t *found = pyr__labels_find(labels, count, one->name);
    pyr_str_t value = found == NULL ? pyr__str("") : *found;
    int holds = one->regex == NULL ? pyr__str_equal(value, one->value)
                                   : pyr__regex_test(one->regex, value, err);
    if (holds < 0)
      return holds;
    if (holds == one->negated)
      return 0;
  }
  return 1;
}
