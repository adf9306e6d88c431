/* What discovery found, and what the rules made of it, for people. */
#ifndef PYR__CLI_FOUND_PRINT_H
#define PYR__CLI_FOUND_PRINT_H

#include <stdio.h>

#include "pyrite.h"

/* One request, as a line. */
void pyr__request_print(FILE *out, const pyr_request_t *request);
/* Of whom it asks, as a line; `place` is where that is. */
int pyr__target_print(FILE *out, pyr_str_t place, const pyr_request_t *request,
                      pyr_error_t *err);
/* One entry, as lines that begin with two spaces.  The configuration is the one
 * that it was found with. */
int pyr__found_print(FILE *out, const pyr_config_t *config,
                     const pyr_found_t *found, pyr_error_t *err);

#endif
