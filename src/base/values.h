/* Values of samples. */
#ifndef PYR__BASE_VALUES_H
#define PYR__BASE_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* Stops at the ends of int64 instead of wrapping. */
static inline int64_t pyr__value_sum(int64_t a, int64_t b) {
  int64_t sum;
  if (__builtin_add_overflow(a, b, &sum))
    return a < 0 ? INT64_MIN : INT64_MAX;
  return sum;
}

static inline bool pyr__values_are_zero(const int64_t *values, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; i++)
    if (values[i] != 0)
      return false;
  return true;
}

#endif
