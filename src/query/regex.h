/* A pattern that must match a whole text, as in PromQL.  Matching is bounded:
 * a pattern that backtracks without end is an error and not a stall. */
#ifndef PYR__QUERY_REGEX_H
#define PYR__QUERY_REGEX_H

#include "base/memory.h"

struct pyr__regex;

/* On PYR_EUSAGE `*offset` is the byte of the pattern where it is wrong. */
int pyr__regex_new(struct pyr__regex **out, struct pyr__memory *memory,
                   pyr_str_t pattern, size_t *offset, pyr_error_t *err);
void pyr__regex_free(struct pyr__regex *regex); /* NULL is allowed */
/* 1: matches, 0: does not, PYR_ELIMIT: gave up, PYR__ENOMEM. */
int pyr__regex_test(const struct pyr__regex *regex, pyr_str_t text,
                    pyr_error_t *err);

#endif
