/* Questions to a directory of segments.  Another process may be writing it. */
#ifndef PYR__QUERY_QUERY_H
#define PYR__QUERY_QUERY_H

#include <stdbool.h>

#include "base/memory.h"
#include "base/profile.h"
#include "query/export.h"
#include "query/matcher.h"

struct pyr__io;
struct pyr__merge;

struct pyr__query {
  struct pyr__memory *memory;
  const struct pyr__io *io; /* NULL: files */
  const char *storage;
  int64_t from_ns, to_ns; /* profiles that start in [from, to) */
  pyr_str_t
      profile; /* "": any; "mem"; "memory:inuse_space:bytes:space:bytes" */
  const struct pyr__matchers *matchers; /* NULL: any */
  bool average; /* a merge is what one profile has, not what all have */
  size_t limit; /* bytes of a merged profile */
  /* Both may be NULL. */
  void (*on_bad_frame)(void *ctx, const char *text);
  void (*on_progress)(void *ctx, size_t segment, size_t segments,
                      size_t profiles);
  void *ctx;
};

struct pyr__query_result {
  struct pyr__profile profile; /* normal form */
  size_t merged;               /* stored profiles in it */
  struct pyr__merge *merge;    /* holds it */
};

/* Merges all that matches.  With a type id for `profile` the result has that
 * column only; else everything that matches must be of one profile name and
 * have the same types: PYR_EUSAGE lists what there is.  PYR_ENOMATCH says what
 * could match. */
int pyr__query_merge(const struct pyr__query *query,
                     struct pyr__query_result *out, pyr_error_t *err);
void pyr__query_result_release(struct pyr__query_result *result);

/* Lists, with the same errors. */
/* A line a series: profile, stored profiles, first, last, types, labels. */
int pyr__query_series(const struct pyr__query *query,
                      const struct pyr__output *output, pyr_error_t *err);
/* A line a label name: how many values and series it has, and some values. */
int pyr__query_labels(const struct pyr__query *query,
                      const struct pyr__output *output, pyr_error_t *err);
/* A line of JSON a stored profile, in the order they were stored. */
int pyr__query_profiles(const struct pyr__query *query,
                        const struct pyr__output *output, pyr_error_t *err);
/* After PYR_ENOMATCH: several lines on what the store has. */
int pyr__query_explain(const struct pyr__query *query,
                       const struct pyr__output *output, pyr_error_t *err);

#endif
