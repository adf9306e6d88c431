/* PromQL's string literals: "..." and '...' with Go's escapes, `...` without.
 */
#ifndef PYR__QUERY_UNQUOTE_H
#define PYR__QUERY_UNQUOTE_H

#include "base/arena.h"

struct pyr__unquoted {
  pyr_str_t value; /* in the arena */
  size_t consumed; /* with the quotes; on PYR_EUSAGE where it is wrong */
};

/* `text` begins with a quote; what comes after the closing one is left. */
int pyr__unquote(struct pyr__unquoted *out, pyr_str_t text,
                 struct pyr__arena *arena, pyr_error_t *err);

#endif
