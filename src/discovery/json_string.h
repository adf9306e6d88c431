/* Inside of a stream of JSON: its keys and strings. */
#ifndef PYR__DISCOVERY_JSON_STRING_H
#define PYR__DISCOVERY_JSON_STRING_H

#include "discovery/json_stream.h"

/* Behind its quote. */
void pyr__json_string_begin(struct pyr__json *json, bool is_key);
/* As much of it as needs no thought, or the one byte that does.  1: it is over,
 * and in `text` but for what is too long or skipped. */
int pyr__json_string_take(struct pyr__json *json, const uint8_t *data,
                          size_t len, size_t *used, pyr_error_t *err);
/* The byte behind a backslash, and each of the four behind \u. */
int pyr__json_string_escape(struct pyr__json *json, uint8_t byte,
                            pyr_error_t *err);
int pyr__json_string_unicode(struct pyr__json *json, uint8_t byte,
                             pyr_error_t *err);

/* The error for a byte that is not what must come. */
int pyr__json_expected(const struct pyr__json *json, const char *what,
                       uint8_t found, pyr_error_t *err);

#endif
