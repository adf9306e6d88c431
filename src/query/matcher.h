/* PromQL label matchers: {env="dev", __name__=~"shop|cart"}, shop{env="dev"},
 * shop.  Wider than PromQL in two places, for the names that profiles have: a
 * name before the braces may hold '.', '-', '/' and UTF-8, and {} or nothing
 * selects everything. */
#ifndef PYR__QUERY_MATCHER_H
#define PYR__QUERY_MATCHER_H

#include "base/memory.h"

struct pyr__matchers;

/* PYR_EUSAGE: the text is wrong; `err->column` counts code points from 1, and
 * the error's text begins "column N: ". */
int pyr__matchers_parse(struct pyr__matchers **out, struct pyr__memory *memory,
                        pyr_str_t text, pyr_error_t *err);
void pyr__matchers_free(struct pyr__matchers *matchers); /* NULL is allowed */
/* 1: every matcher holds (a label that is missing counts as ""), 0: not all;
 * negative: a pattern gave up.  Where `matchers` is NULL everything matches. */
int pyr__matchers_test(const struct pyr__matchers *matchers,
                       const pyr_label_t *labels, size_t count,
                       pyr_error_t *err);

#endif
