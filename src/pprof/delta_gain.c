/* What the values of a stack have gained since the profile before. */
#include "pprof/delta_rows.h"

#include <string.h>

#include "base/index.h"

/* What a row's columns gained, in place of what they are; 1 where any is not
 * zero. */
static int subtract(struct pyr__delta_match *match, uint32_t row,
                    enum pyr__delta_gain gain) {
  int64_t *values = match->values + (size_t)row * match->in->type_count;
  const uint64_t *before = NULL;
  int64_t any = 0;
  uint32_t i;

  if (match->before[row] != PYR__NONE)
    before = pyr__delta_row(&match->old, match->before[row]) + 1;
  for (i = 0; i < match->in->type_count; i++) {
    if ((match->cumulative >> i & 1) != 0) {
      if (gain == PYR__GAIN_NONE || values[i] < 0)
        values[i] = 0;
      else if (gain == PYR__GAIN_DIFFERENCE && before != NULL)
        values[i] -= (int64_t)*before++;
    }
    any |= values[i];
  }
  return any != 0;
}

int pyr__delta_gain(struct pyr__delta_match *match, enum pyr__delta_gain gain,
                    struct pyr__arena *arena, const struct pyr__profile **out,
                    pyr_error_t *err) {
  uint32_t types = match->in->type_count, rows = match->present, kept = 0, i;
  struct pyr__sample *samples = pyr__arena_alloc(arena, rows, sizeof(*samples));
  struct pyr__profile *profile = pyr__arena_alloc(arena, 1, sizeof(*profile));

  if (samples == NULL || profile == NULL)
    return pyr__arena_error(arena, rows * sizeof(*samples) + sizeof(*profile),
                            "the difference (within limits: scrape-bytes)",
                            err);
  for (i = 0; i < rows; i++) {
    if (!subtract(match, i, gain))
      continue;
    samples[kept] = match->in->samples[match->samples[i]];
    if (kept < i)
      memcpy(match->values + (size_t)kept * types,
             match->values + (size_t)i * types, types * sizeof(int64_t));
    kept++;
  }
  *profile = *match->in;
  profile->samples = samples;
  profile->values = match->values;
  profile->sample_count = kept;
  *out = profile;
  return 0;
}
