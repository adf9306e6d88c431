/* What the server of a token-url answers: a token, or why there is none. */
#ifndef PYR__NET_OAUTH2_ANSWER_H
#define PYR__NET_OAUTH2_ANSWER_H

#include "base/buf.h"

struct pyr__oauth2_token {
  struct pyr__buf
      text;        /* "Bearer ...", the value of a header; not terminated */
  int64_t lives_s; /* 0: nobody knows an end */
};

/* PYR_ESTATUS where the server says that it gives none; PYR_EHTTP where what it
 * says is no answer, and PYR__ENOMEM.  Texts tell of what it says nothing but
 * the error and its description. */
int pyr__oauth2_answer(struct pyr__oauth2_token *out,
                       struct pyr__memory *memory, int status, pyr_str_t body,
                       pyr_error_t *err);

#endif
