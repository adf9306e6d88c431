/* Whether two profiles are one, for units and harnesses. */
#ifndef TEST_SAME_PROFILE_H
#define TEST_SAME_PROFILE_H

#include "base/profile.h"
#include "base/str.h"

/* Both are equal in every array. */
static inline int same_profile(const struct pyr__profile *a,
                               const struct pyr__profile *b) {
  uint32_t i;
#define SAME(name, count)                                                      \
  if (a->count != b->count ||                                                  \
      (a->count > 0 &&                                                         \
       memcmp(a->name, b->name, a->count * sizeof(*a->name)) != 0))            \
    return 0;
  SAME(types, type_count)
  SAME(mappings, mapping_count)
  SAME(functions, function_count)
  SAME(lines, line_count)
  SAME(locations, location_count)
  SAME(labels, label_count)
  SAME(frames, frame_count)
  SAME(samples, sample_count)
  SAME(comments, comment_count)
#undef SAME
  if (a->string_count != b->string_count)
    return 0;
  for (i = 0; i < a->string_count; i++)
    if (!pyr__str_equal(a->strings[i], b->strings[i]))
      return 0;
  if (a->sample_count > 0 &&
      memcmp(a->values, b->values,
             (size_t)a->sample_count * a->type_count * sizeof(int64_t)) != 0)
    return 0;
  return memcmp(&a->period_type, &b->period_type, sizeof(a->period_type)) ==
             0 &&
         a->period == b->period && a->time_ns == b->time_ns &&
         a->duration_ns == b->duration_ns &&
         a->default_type == b->default_type && a->doc_url == b->doc_url &&
         a->drop_frames == b->drop_frames && a->keep_frames == b->keep_frames;
}

#endif
