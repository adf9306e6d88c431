#include "cli/label_list.h"

#include "base/label.h"
#include "query/lexer.h"

struct parser {
  struct pyr__lexer lexer;
  struct pyr__token token; /* the next one */
  pyr_label_t *labels;
  size_t count;
  pyr_error_t *err;
};

static int advance(struct parser *parser) {
  return pyr__lexer_next(&parser->lexer, 1, &parser->token, parser->err);
}

static int expected(const struct parser *parser, const char *what) {
  return pyr__lexer_expected(&parser->lexer, &parser->token, what, parser->err);
}

static int check_name(const struct parser *parser,
                      const struct pyr__token *name) {
  unsigned column = pyr__lexer_column(&parser->lexer, name->text.base);
  size_t i;
  if (!pyr__label_name_is_valid(name->value))
    return pyr__error(parser->err, PYR_EUSAGE,
                      "column %u: expected a label name in UTF-8", column);
  for (i = 0; i < parser->count; i++)
    if (pyr__str_equal(parser->labels[i].name, name->value))
      return pyr__error(parser->err, PYR_EUSAGE,
                        "column %u: the label %.*s is there twice", column,
                        PYR__STR_ARG(name->value));
  return 0;
}

static int add(struct parser *parser, pyr_str_t name, pyr_str_t value) {
  size_t size = parser->count * sizeof(*parser->labels);
  pyr_label_t *grown = pyr__arena_grow(parser->lexer.arena, parser->labels,
                                       size, size + sizeof(*parser->labels));
  if (grown == NULL)
    return pyr__arena_error(parser->lexer.arena, size, "the labels",
                            parser->err);
  parser->labels = grown;
  parser->labels[parser->count++] = (pyr_label_t){name, value};
  return 0;
}

/* name="value" */
static int label(struct parser *parser) {
  struct pyr__token name = parser->token;
  int rc;
  if (name.kind != PYR__TOKEN_NAME && name.kind != PYR__TOKEN_STRING)
    return expected(parser, "a label name");
  rc = check_name(parser, &name);
  if (rc == 0)
    rc = advance(parser);
  if (rc == 0 && parser->token.kind != PYR__TOKEN_EQUAL)
    return expected(parser, "\"=\"");
  if (rc == 0)
    rc = advance(parser);
  if (rc == 0 && parser->token.kind != PYR__TOKEN_STRING)
    return expected(parser, "a quoted value");
  if (rc == 0)
    rc = add(parser, name.value, parser->token.value);
  return rc == 0 ? advance(parser) : rc;
}

static int list(struct parser *parser) {
  enum pyr__token_kind end = PYR__TOKEN_END;
  int rc = advance(parser);
  if (rc == 0 && parser->token.kind == PYR__TOKEN_OPEN) {
    end = PYR__TOKEN_CLOSE;
    rc = advance(parser);
  }
  while (rc == 0 && parser->token.kind != end) {
    rc = label(parser);
    if (rc == 0 && parser->token.kind == PYR__TOKEN_COMMA)
      rc = advance(parser);
    else if (rc == 0 && parser->token.kind != end)
      return expected(parser, end == PYR__TOKEN_END ? "\",\" or the end"
                                                    : "\",\" or \"}\"");
  }
  if (rc != 0 || end == PYR__TOKEN_END)
    return rc;
  rc = advance(parser);
  return rc == 0 && parser->token.kind != PYR__TOKEN_END
             ? expected(parser, "the end")
             : rc;
}

int pyr__label_list_parse(pyr_str_t text, struct pyr__arena *arena,
                          pyr_label_t **out, size_t *count, pyr_error_t *err) {
  struct parser parser = {.lexer = {arena, text, 0}, .err = err};
  int rc = list(&parser);
  *out = parser.labels;
  *count = parser.count;
  return rc;
}
