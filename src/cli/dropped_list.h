/* What /api/v1/targets?state=dropped answers, for people. */
#ifndef PYR__CLI_DROPPED_LIST_H
#define PYR__CLI_DROPPED_LIST_H

#include <stdio.h>

#include "pyrite.h"

int pyr__dropped_print(FILE *out, const char *body, size_t len,
                       pyr_error_t *err);

#endif
