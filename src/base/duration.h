/* Durations and sizes as text. */
#ifndef PYR__BASE_DURATION_H
#define PYR__BASE_DURATION_H

#include "base/error.h"

/* Prometheus' grammar (1h30m, 1d, 5y) and Go's (1.5s, 100us, 1m0s).  A bare
 * number other than 0, a sign and blanks are errors that say so. */
int pyr__duration_parse(int64_t *out_ns, pyr_str_t text, pyr_error_t *err);
enum { PYR__DURATION_TEXT = 48 };
/* As Prometheus prints: 90 s is "1m30s", 0 is "0s". */
void pyr__duration_format(char out[PYR__DURATION_TEXT], int64_t ns);
/* "10MB", "1.5GiB", "512": bytes; KB and KiB are both 1024. */
int pyr__size_parse(uint64_t *out, pyr_str_t text, pyr_error_t *err);

#endif
