/* Values as `go tool pprof` prints them: 1.25s, 512.16kB, 15.53%. */
#ifndef PYR__QUERY_UNITS_H
#define PYR__QUERY_UNITS_H

#include "base/str.h"

enum { PYR__UNITS_TEXT = 64, PYR__PERCENT_TEXT = 24 };

/* `to` "minimum" picks the unit that fits the value.  `*unit` is a static text,
 * or `to` where `from` is no unit that can be converted, or "" where there is
 * nothing to print. */
double pyr__units_scale(int64_t value, pyr_str_t from, pyr_str_t to,
                        pyr_str_t *unit);
void pyr__units_label(char out[PYR__UNITS_TEXT], int64_t value, pyr_str_t from,
                      pyr_str_t to);
/* At least two digits, padded to six characters: " 9.50%", "  100%". */
void pyr__units_percent(char out[PYR__PERCENT_TEXT], int64_t value,
                        int64_t total);

#endif
