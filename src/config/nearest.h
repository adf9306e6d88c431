/* What a misspelt word was meant to be. */
#ifndef PYR__CONFIG_NEAREST_H
#define PYR__CONFIG_NEAREST_H

#include "base/str.h"

/* Of the `count` candidates that `at` gives, the one that is few letters away
 * ("_" is "-", case is none), or else the only one that it is a part of;
 * NULL: there is none. */
const char *pyr__nearest(pyr_str_t word, size_t count,
                         const char *(*at)(const void *ctx, size_t i),
                         const void *ctx);

#endif
