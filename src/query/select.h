/* Walks the segments of a directory, oldest first, and the series in them that
 * a query wants. */
#ifndef PYR__QUERY_SELECT_H
#define PYR__QUERY_SELECT_H

#include "query/query.h"
#include "store/reader.h"

/* One segment that may hold something, with the mask of series that match. */
struct pyr__selected {
  struct pyr__segment *segment;
  const char *name; /* of the file */
  uint8_t *wanted;  /* one a series; the callback may clear some */
  size_t number, count;
};

/* Calls `each` for every segment of the time range in which a series matches;
 * a segment that cannot be read is reported as a bad frame is, and costs only
 * itself. */
int pyr__select_segments(const struct pyr__query *query,
                         int (*each)(void *ctx,
                                     const struct pyr__selected *selected,
                                     pyr_error_t *err),
                         void *ctx, pyr_error_t *err);
/* The column of the type id, or -1. */
int pyr__select_type(const struct pyr__series *series, pyr_str_t type_id);
/* Whether `profile` is a type id and not a name. */
int pyr__select_is_type(pyr_str_t profile);

#endif
