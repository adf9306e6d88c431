/* Labels as people type them: a="b", 'c'="d", with or without braces. */
#ifndef PYR__CLI_LABEL_LIST_H
#define PYR__CLI_LABEL_LIST_H

#include "base/arena.h"
#include "base/str.h"

/* In the order of the text, each name once; in `arena`. */
int pyr__label_list_parse(pyr_str_t text, struct pyr__arena *arena,
                          pyr_label_t **out, size_t *count, pyr_error_t *err);

#endif
