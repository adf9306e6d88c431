/* What a merged profile looks like to people and tools. */
#ifndef PYR__QUERY_EXPORT_H
#define PYR__QUERY_EXPORT_H

#include "base/buf.h"
#include "base/profile.h"

/* Where text goes; `write` takes all of it or fails. */
struct pyr__output {
  int (*write)(void *ctx, const void *data, size_t len, pyr_error_t *err);
  void *ctx;
};

/* The profiles are in the normal form that a merge gives. */

/* As `go tool pprof -top`, for the column `type`.  0 rows: all. */
int pyr__export_top(const struct pyr__profile *profile, uint32_t type,
                    size_t rows, struct pyr__memory *memory,
                    const struct pyr__output *output, pyr_error_t *err);
/* "root;caller;leaf value" a line, equal stacks added, sorted by name. */
int pyr__export_folded(const struct pyr__profile *profile, uint32_t type,
                       struct pyr__memory *memory,
                       const struct pyr__output *output, pyr_error_t *err);
/* Gzip-compressed profile.proto. */
int pyr__export_pprof(const struct pyr__profile *profile,
                      struct pyr__memory *memory,
                      const struct pyr__output *output, pyr_error_t *err);
/* The column that top and folded show where none was asked for: the profile's
 * default type, or else its last, as pprof's. */
uint32_t pyr__export_default_type(const struct pyr__profile *profile);

#endif
