/* An answer with secrets in it: one JSON object of texts and numbers.  What the
 * library holds of them is wiped when it is done with. */
#ifndef PYR__NET_SECRET_JSON_H
#define PYR__NET_SECRET_JSON_H

#include <jansson.h>

#include "base/error.h"

/* PYR_EHTTP, which says what is wrong with it and nothing of what is in it. */
int pyr__secret_json_parse(json_t **out, pyr_str_t text, pyr_error_t *err);
void pyr__secret_json_free(json_t *object); /* NULL: allowed */
/* "" where it is no text, or has a byte 0 in it. */
pyr_str_t pyr__secret_json_text(const json_t *object, const char *key);

#endif
