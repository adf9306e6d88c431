/* The executable mappings of this process, from /proc/self/maps. */
#ifndef PYR__SELF_MAPS_H
#define PYR__SELF_MAPS_H

#include "base/arena.h"

struct pyr__map {
  uint64_t start, limit, offset, inode;
  const char *path; /* "" where it is no file */
};

/* In the order of addresses; 0 or a code. */
int pyr__maps_read(struct pyr__arena *arena, struct pyr__map **out,
                   size_t *count, pyr_error_t *err);
/* One line of the file; 0 for an executable mapping, -1 for another.  `path`
 * points into `line`, which is terminated. */
int pyr__map_parse(const char *line, struct pyr__map *out);

#endif
