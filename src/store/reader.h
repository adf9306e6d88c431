/* Reading segments, the one being written too.  A bad frame costs itself and
 * is reported; the ones after it are read. */
#ifndef PYR__STORE_READER_H
#define PYR__STORE_READER_H

#include "base/arena.h"
#include "base/profile.h"
#include "store/io.h"

struct pyr__segment;

struct pyr__series {
  const pyr_label_t *labels; /* sorted */
  size_t label_count;
  pyr_str_t profile_name; /* "mem" */
  pyr_str_t type_name;    /* "memory" */
  const pyr_str_t *types; /* ids: "memory:alloc_space:bytes:space:bytes" */
  const struct pyr__value_type_text { pyr_str_t type, unit; } * value_types;
  size_t type_count;
  struct pyr__value_type_text period_type;
};

struct pyr__stored_profile {
  uint32_t series;
  int64_t time_ns, duration_ns;
  uint32_t sample_count;
  const int64_t *totals; /* one a type; dies when the callback returns */
  uint64_t position;     /* for pyr__segment_samples */
};

/* Told of every bad frame: "FILE: frame at 1234: checksum differs, skipped". */
typedef void (*pyr__bad_frame_cb)(void *ctx, const char *text);

int pyr__segment_open(struct pyr__segment **out, struct pyr__memory *memory,
                      const struct pyr__io *io, const char *path,
                      pyr__bad_frame_cb on_bad, void *ctx, pyr_error_t *err);
void pyr__segment_close(struct pyr__segment *segment); /* NULL is allowed */
/* Earliest and latest covered time; 0 and 0 where it holds nothing. */
void pyr__segment_range(const struct pyr__segment *segment, int64_t *from_ns,
                        int64_t *to_ns);
size_t pyr__segment_series_count(const struct pyr__segment *segment);
const struct pyr__series *
pyr__segment_series(const struct pyr__segment *segment, size_t series);
/* Calls `each` for the profiles of the series with wanted[series] != 0 that
 * start in [from_ns, to_ns), in the order they were stored.  Reads headers and
 * totals only. */
int pyr__segment_each(struct pyr__segment *segment, const uint8_t *wanted,
                      int64_t from_ns, int64_t to_ns,
                      int (*each)(void *ctx,
                                  const struct pyr__stored_profile *profile),
                      void *ctx, pyr_error_t *err);
/* Builds the profiles in [from_ns, to_ns) of the wanted series, which must all
 * have the same types, into one: values of equal (stack, labels) added,
 * durations summed, earliest time, and only what samples refer to in its
 * tables.  It lives in `arena`, its texts in the segment; `*out_count` is how
 * many were merged.  Times are those of the bodies: 0 where they had none. */
int pyr__segment_merge(struct pyr__segment *segment, const uint8_t *wanted,
                       int64_t from_ns, int64_t to_ns, struct pyr__arena *arena,
                       const struct pyr__profile **out, size_t *out_count,
                       pyr_error_t *err);

#endif
