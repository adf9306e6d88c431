/* The shape of a profile between the rooms: pprof fills it, store keeps it,
 * query merges it.  Plain arrays in somebody else's arena, no behaviour.
 *
 * Normal form: ids are array indexes; every index is in range; string 0 is "".
 * Frames and lines are leaf first, as in pprof. */
#ifndef PYR__BASE_PROFILE_H
#define PYR__BASE_PROFILE_H

#include "pyrite.h"

#define PYR__NO_MAPPING UINT32_MAX

struct pyr__value_type {
  uint32_t type, unit; /* strings */
};

enum {
  PYR__MAPPING_HAS_FUNCTIONS = 1,
  PYR__MAPPING_HAS_FILENAMES = 2,
  PYR__MAPPING_HAS_LINE_NUMBERS = 4,
  PYR__MAPPING_HAS_INLINE_FRAMES = 8
};

struct pyr__mapping {
  uint64_t start, limit, offset;
  uint32_t filename, build_id; /* strings */
  uint32_t flags;              /* PYR__MAPPING_HAS_* */
};

struct pyr__function {
  int64_t start_line;
  uint32_t name, system_name, filename; /* strings */
};

struct pyr__line {
  int64_t line, column;
  uint32_t function;
};

struct pyr__location {
  uint64_t address;
  uint32_t mapping; /* or PYR__NO_MAPPING */
  uint32_t first_line, line_count;
  uint32_t is_folded;
};

/* A string label has `string` != 0 (and number 0, unit 0); others are
 * numeric. */
struct pyr__label {
  int64_t number;
  uint32_t key, string, unit; /* strings */
};

struct pyr__sample {
  uint32_t first_frame, frame_count;
  uint32_t first_label, label_count;
};

struct pyr__profile {
  const pyr_str_t *strings;
  const struct pyr__value_type *types; /* the columns of `values` */
  const struct pyr__mapping *mappings;
  const struct pyr__function *functions;
  const struct pyr__line *lines;
  const struct pyr__location *locations;
  const struct pyr__label *labels;
  const uint32_t *frames; /* locations */
  const struct pyr__sample *samples;
  const int64_t *values;    /* sample_count rows of type_count */
  const uint32_t *comments; /* strings */
  uint32_t string_count, type_count, mapping_count, function_count, line_count,
      location_count, label_count, frame_count, sample_count, comment_count;

  struct pyr__value_type period_type;
  int64_t period;
  int64_t time_ns;     /* 0: the body has none */
  int64_t duration_ns; /* 0: the body has none */
  uint32_t default_type, doc_url, drop_frames, keep_frames; /* strings */
};

#endif
