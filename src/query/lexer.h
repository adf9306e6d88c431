/* The words of a selector. */
#ifndef PYR__QUERY_LEXER_H
#define PYR__QUERY_LEXER_H

#include "base/arena.h"

enum pyr__token_kind {
  PYR__TOKEN_END,
  PYR__TOKEN_NAME,   /* value: env */
  PYR__TOKEN_STRING, /* value: unquoted, in the arena */
  PYR__TOKEN_OPEN,   /* { */
  PYR__TOKEN_CLOSE,  /* } */
  PYR__TOKEN_COMMA,
  PYR__TOKEN_EQUAL,       /* = */
  PYR__TOKEN_NOT_EQUAL,   /* != */
  PYR__TOKEN_MATCHES,     /* =~ */
  PYR__TOKEN_NOT_MATCHES, /* !~ */
  PYR__TOKEN_OTHER        /* none of the language: never expected */
};

struct pyr__token {
  enum pyr__token_kind kind;
  pyr_str_t value;
  pyr_str_t text; /* as it stands in the input */
};

struct pyr__lexer {
  struct pyr__arena *arena; /* for unquoted strings */
  pyr_str_t input;
  size_t at;
};

/* Inside braces a name is a label's; outside it is an application's, which may
 * hold more. */
int pyr__lexer_next(struct pyr__lexer *lexer, int in_braces,
                    struct pyr__token *out, pyr_error_t *err);
/* Counts code points from 1. */
unsigned pyr__lexer_column(const struct pyr__lexer *lexer, const char *at);
/* "column N: expected WHAT, found ..." */
int pyr__lexer_expected(const struct pyr__lexer *lexer,
                        const struct pyr__token *found, const char *what,
                        pyr_error_t *err);

#endif
