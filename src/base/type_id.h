/* The id by which Pyroscope and Grafana know what a profile counts:
 * "memory:alloc_space:bytes:space:bytes" is the profile's name, the column's
 * type and unit, and the period's. */
#ifndef PYR__BASE_TYPE_ID_H
#define PYR__BASE_TYPE_ID_H

#include "base/arena.h"

enum { PYR__TYPE_ID_PARTS = 5 };

/* In the arena; 0 or -1 where that gives no memory. */
int pyr__type_id_make(struct pyr__arena *arena,
                      const pyr_str_t parts[PYR__TYPE_ID_PARTS],
                      pyr_str_t *out);

#endif
