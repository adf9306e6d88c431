/* How long a profile and its scrape take: rules that configuration and targets
 * share. */
#ifndef PYR__CONFIG_SECONDS_H
#define PYR__CONFIG_SECONDS_H

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"

/* The parameter `seconds` in nanoseconds; 0: it is no whole number from 1 to
 * PYR__LIMIT_SECONDS. */
int64_t pyr__seconds_parse(pyr_str_t text);
/* What a profile covers where nobody gave it `seconds`: whole seconds, so that
 * they fit into the interval. */
int64_t pyr__seconds_default(int64_t interval_ns);
/* How long a scrape may take where nobody set scrape-timeout. */
int64_t pyr__timeout_default(int64_t seconds_ns);

#endif
