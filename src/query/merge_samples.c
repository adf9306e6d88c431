/* Which samples are the same, and their sums. */
#include "query/merge_state.h"

#include "base/hash.h"
#include "base/str.h"
#include "base/values.h"

/* Text labels before numbers, by key; values of one key keep their order. */
static int label_order(const struct pyr__merge *merge,
                       const struct pyr__label *a, const struct pyr__label *b) {
  if ((a->string == 0) != (b->string == 0))
    return a->string == 0 ? 1 : -1;
  return a->key == b->key
             ? 0
             : pyr__str_compare(pyr__merge_string_at(merge, a->key),
                                pyr__merge_string_at(merge, b->key));
}

/* The sample's labels in our ids, sorted, into scratch.  An insertion sort:
 * they are few, mostly sorted, and equal keys must not change places. */
static int take_labels(struct pyr__merge *merge, struct pyr__id_map *map,
                       const struct pyr__sample *sample, pyr_error_t *err) {
  struct pyr__label label, *sorted;
  uint32_t i, at;
  int rc = 0;

  merge->scratch.count = 0;
  for (i = 0; i < sample->label_count; i++) {
    label = map->from->labels[sample->first_label + i];
    rc = pyr__merge_string(merge, map, label.key, &label.key, err);
    if (rc == 0)
      rc = pyr__merge_string(merge, map, label.string, &label.string, err);
    if (rc == 0)
      rc = pyr__merge_string(merge, map, label.unit, &label.unit, err);
    if (rc == 0)
      rc = pyr__table_push(&merge->scratch, &merge->budget, &label, err);
    if (rc != 0)
      return rc;
    sorted = merge->scratch.items;
    for (at = i; at > 0 && label_order(merge, &sorted[at - 1], &label) > 0;
         at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = label;
  }
  return 0;
}

/* The sample's frames in our ids, behind all others. */
static int take_frames(struct pyr__merge *merge, struct pyr__id_map *map,
                       const struct pyr__sample *sample, pyr_error_t *err) {
  uint32_t i, id;
  int rc = pyr__table_reserve(&merge->frames, &merge->budget,
                              sample->frame_count, err);
  for (i = 0; rc == 0 && i < sample->frame_count; i++) {
    uint32_t frame = map->from->frames[sample->first_frame + i];
    rc = pyr__merge_location(merge, map, frame, &id, err);
    if (rc == 0)
      ((uint32_t *)merge->frames.items)[merge->frames.count + i] = id;
  }
  return rc;
}

static uint64_t sample_hash(const struct pyr__merge *merge,
                            const uint32_t *frames, uint32_t frame_count) {
  const struct pyr__label *labels = merge->scratch.items;
  uint64_t hash = pyr__hash(merge->seed, frames, frame_count * sizeof(*frames));
  uint32_t i;
  for (i = 0; i < merge->scratch.count; i++) {
    hash =
        pyr__hash_mix(hash, (uint64_t)labels[i].key << 32 | labels[i].string);
    hash = pyr__hash_mix(hash, (uint64_t)labels[i].number);
    hash = pyr__hash_mix(hash, labels[i].unit);
  }
  return hash;
}

static int same_sample(const struct pyr__merge *merge,
                       const struct pyr__sample *sample, const uint32_t *frames,
                       uint32_t frame_count) {
  const uint32_t *known =
      (const uint32_t *)merge->frames.items + sample->first_frame;
  const struct pyr__label *a =
      (const struct pyr__label *)merge->labels.items + sample->first_label;
  const struct pyr__label *b = merge->scratch.items;
  uint32_t i;

  if (sample->frame_count != frame_count ||
      sample->label_count != merge->scratch.count)
    return 0;
  for (i = 0; i < frame_count; i++)
    if (known[i] != frames[i])
      return 0;
  for (i = 0; i < sample->label_count; i++)
    if (a[i].key != b[i].key || a[i].string != b[i].string ||
        a[i].number != b[i].number || a[i].unit != b[i].unit)
      return 0;
  return 1;
}

/* A sample of the frames at the end and the labels in scratch, with zeros. */
static int add_sample(struct pyr__merge *merge, uint32_t frame_count,
                      uint64_t hash, pyr_error_t *err) {
  struct pyr__sample sample = {merge->frames.count, frame_count,
                               merge->labels.count, merge->scratch.count};
  struct pyr__budget *budget = &merge->budget;
  uint32_t types = merge->types.count;
  int rc =
      pyr__table_reserve(&merge->labels, budget, merge->scratch.count, err);
  if (rc == 0)
    rc = pyr__table_reserve(&merge->values, budget, types, err);
  if (rc == 0)
    rc = pyr__table_push(&merge->samples, budget, &sample, err);
  if (rc != 0)
    return rc;
  if (merge->scratch.count > 0)
    memcpy((struct pyr__label *)merge->labels.items + merge->labels.count,
           merge->scratch.items,
           merge->scratch.count * sizeof(struct pyr__label));
  memset((int64_t *)merge->values.items + merge->values.count, 0,
         types * sizeof(int64_t));
  merge->labels.count += merge->scratch.count;
  merge->values.count += types;
  merge->frames.count += frame_count;
  return pyr__table_index_last(&merge->samples, budget, hash, err);
}

int pyr__merge_sample(struct pyr__merge *merge, struct pyr__id_map *map,
                      const struct pyr__sample *from, const int64_t *values,
                      pyr_error_t *err) {
  const struct pyr__sample *known;
  const uint32_t *frames;
  int64_t *sums;
  uint32_t id, i;
  uint64_t hash;
  size_t at;
  int rc = take_labels(merge, map, from, err);

  if (rc == 0)
    rc = take_frames(merge, map, from, err);
  if (rc != 0)
    return rc;
  known = merge->samples.items;
  frames = (const uint32_t *)merge->frames.items + merge->frames.count;
  hash = sample_hash(merge, frames, from->frame_count);
  id = pyr__index_first(&merge->samples.index, hash, &at);
  while (id != PYR__NONE &&
         !same_sample(merge, &known[id], frames, from->frame_count))
    id = pyr__index_next(&merge->samples.index, hash, &at);
  if (id == PYR__NONE) {
    id = merge->samples.count;
    rc = add_sample(merge, from->frame_count, hash, err);
    if (rc != 0)
      return rc;
  }
  sums = (int64_t *)merge->values.items + (size_t)id * merge->types.count;
  for (i = 0; i < merge->types.count; i++)
    sums[i] = pyr__value_sum(sums[i], values[i]);
  return 0;
}
