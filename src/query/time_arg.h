/* A time as a person or a script writes it: RFC 3339, a day, seconds since the
 * epoch (or milli-, micro-, nanoseconds, told by the number of digits), now,
 * -1h, now-1h30m. */
#ifndef PYR__QUERY_TIME_ARG_H
#define PYR__QUERY_TIME_ARG_H

#include "base/error.h"

int pyr__time_arg_parse(int64_t *out_ns, pyr_str_t text, int64_t now_ns,
                        pyr_error_t *err);

#endif
