/* What a server says of when it wants to be asked again. */
#ifndef PYR__NET_RETRY_AFTER_H
#define PYR__NET_RETRY_AFTER_H

#include "pyrite.h"

/* How long from `wall_ns` on, by the value of a Retry-After header: seconds, or
 * a date ("Sun, 06 Nov 1994 08:49:37 GMT").  0: it says nothing, or that it may
 * be now.  At most PYR__LIMIT_RETRY_AFTER_NS. */
int64_t pyr__retry_after_ns(pyr_str_t value, int64_t wall_ns);

#endif
