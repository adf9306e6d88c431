/* What several views say about targets. */
#include "serve/views.h"

const char *pyr__serve_health_name(enum pyr__health health) {
  return health == PYR__HEALTH_UP     ? "up"
         : health == PYR__HEALTH_DOWN ? "down"
                                      : "unknown";
}

enum pyr__health pyr__serve_worst_health(enum pyr__health a,
                                         enum pyr__health b) {
  if (a == PYR__HEALTH_DOWN || b == PYR__HEALTH_DOWN)
    return PYR__HEALTH_DOWN;
  return a == PYR__HEALTH_UP && b == PYR__HEALTH_UP ? PYR__HEALTH_UP
                                                    : PYR__HEALTH_UNKNOWN;
}
