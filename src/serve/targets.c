/* What several views say about targets. */
#include "serve/views.h"

const char *pyr__serve_health_name(enum pyr__health health) {
  static const char *const names[] = {"unknown", "up", "down", "absent"};
  return names[health];
}

enum pyr__health pyr__serve_worst_health(enum pyr__health a,
                                         enum pyr__health b) {
  /* What is absent says nothing about the rest. */
  if (a == PYR__HEALTH_ABSENT || b == PYR__HEALTH_ABSENT)
    return a == PYR__HEALTH_ABSENT ? b : a;
  if (a == PYR__HEALTH_DOWN || b == PYR__HEALTH_DOWN)
    return PYR__HEALTH_DOWN;
  return a == PYR__HEALTH_UP && b == PYR__HEALTH_UP ? PYR__HEALTH_UP
                                                    : PYR__HEALTH_UNKNOWN;
}
