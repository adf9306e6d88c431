/* Moved to base: query reads durations too. */
#ifndef PYR__CONFIG_DURATION_H
#define PYR__CONFIG_DURATION_H

#include "base/duration.h"

#endif
