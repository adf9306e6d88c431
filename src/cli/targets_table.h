/* The answer of /api/v1/targets as a table. */
#ifndef PYR__CLI_TARGETS_TABLE_H
#define PYR__CLI_TARGETS_TABLE_H

#include <stdio.h>

#include "pyrite.h"

/* `now_ns` is what "last" and "next" count from. */
int pyr__targets_table_print(FILE *out, const char *body, size_t len,
                             int64_t now_ns, pyr_error_t *err);

#endif
