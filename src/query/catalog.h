/* The distinct series that a query finds, over all segments. */
#ifndef PYR__QUERY_CATALOG_H
#define PYR__QUERY_CATALOG_H

#include "base/arena.h"
#include "base/index.h"
#include "query/select.h"

struct pyr__catalog_entry {
  struct pyr__series series;
  uint64_t profiles;
  int64_t first_ns, last_ns;
};

struct pyr__catalog {
  struct pyr__arena arena;
  struct pyr__index index;
  struct pyr__catalog_entry *entries; /* sorted by labels and profile name */
  uint32_t count, capacity;
};

/* Only series with a profile in the query's time range. */
int pyr__catalog_build(struct pyr__catalog *catalog,
                       const struct pyr__query *query, pyr_error_t *err);
/* Legal after a failed build too. */
void pyr__catalog_release(struct pyr__catalog *catalog);
/* Same types, in the same order, and of the same period. */
int pyr__catalog_same_types(const struct pyr__series *a,
                            const struct pyr__series *b);

#endif
