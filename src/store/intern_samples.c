/* Stacks and labels of samples. */
#include "store/intern.h"

#include <string.h>

#include "base/limits.h"

/* The weights of the first `count` frames. */
static int need_powers(struct pyr__intern *intern, uint32_t count) {
  const uint64_t factor = 0x9e3779b97f4a7c15u;
  struct pyr__rows *powers = &intern->powers;
  uint64_t *items;
  int rc;
  if (count <= powers->count)
    return 0;
  rc = pyr__rows_reserve(powers, count - powers->count);
  items = powers->items;
  for (; rc == 0 && powers->count < count; powers->count++)
    items[powers->count] =
        powers->count == 0 ? factor : items[powers->count - 1] * factor;
  return rc;
}

/* A hash of the frames that does not depend on the ids that they have in this
 * profile.  A weighted sum, as it needs no multiplication to wait for the one
 * before. */
static int hash_frames(struct pyr__intern *intern,
                       const struct pyr__sample *sample, uint64_t *out) {
  const uint32_t *frames = intern->from->frames + sample->first_frame;
  const struct pyr__intern_location *locations = intern->locations.items;
  const uint64_t *powers;
  uint64_t hash = sample->frame_count, code;
  uint32_t count = sample->frame_count, i;
  int rc = need_powers(intern, count);

  if (rc != 0)
    return rc;
  powers = intern->powers.items;
  for (i = 0; i < count; i++) {
    code = locations[frames[i]].code;
    if (__builtin_expect(code == 0, 0)) {
      rc = pyr__intern_need_location(intern, frames[i]);
      if (rc != 0)
        return rc;
      code = locations[frames[i]].code;
    }
    hash += code * powers[i];
  }
  *out = hash ^ hash >> 32;
  return 0;
}

/* The frames from `place` on are those of the stack, and may have been compared
 * before: then the rest need not be walked. */
static int is_seen(const struct pyr__intern *intern,
                   const struct pyr__sample *sample, uint32_t place,
                   const struct pyr__walk *walk) {
  const uint32_t *frames = intern->from->frames;
  return memcmp(frames + sample->first_frame + place, frames + walk->frame,
                (sample->frame_count - place) * sizeof(*frames)) == 0;
}

static void forget_seen(struct pyr__intern *intern, uint32_t stack,
                        uint32_t count) {
  const struct pyr__node *nodes =
      pyr__tables_stacks(&intern->dictionary->tables);
  for (; count > 0; count--, stack = nodes[stack].parent)
    pyr__dictionary_walks(intern->dictionary)[stack].profile = 0;
}

/* Whether the stack has the frames of the sample: from the innermost one
 * outwards, until the rest is the rest of one that was seen. */
static int is_stack(struct pyr__intern *intern,
                    const struct pyr__sample *sample, uint32_t stack) {
  const struct pyr__dictionary *dictionary = intern->dictionary;
  const struct pyr__node *nodes = pyr__tables_stacks(&dictionary->tables);
  const struct pyr__intern_location *locations = intern->locations.items;
  const uint32_t *frames = intern->from->frames + sample->first_frame;
  uint32_t i, node = stack;
  int may_be_seen = 1;

  if (pyr__dictionary_walks(dictionary)[stack].depth != sample->frame_count)
    return 0;
  for (i = 0; i < sample->frame_count; i++, node = nodes[node].parent) {
    struct pyr__walk *walk = pyr__dictionary_walks(dictionary) + node;
    if (may_be_seen && walk->profile == dictionary->profile) {
      if (is_seen(intern, sample, i, walk))
        return 1;
      may_be_seen = 0; /* comparing at every frame could take for ever */
    }
    if (nodes[node].step != locations[frames[i]].step) {
      forget_seen(intern, stack, i);
      return 0;
    }
    walk->profile = dictionary->profile;
    walk->frame = sample->first_frame + i;
  }
  return 1;
}

/* From the outermost frame inwards, adding what is new. */
static int add_stack(struct pyr__intern *intern,
                     const struct pyr__sample *sample, uint64_t hash,
                     uint32_t *out) {
  const struct pyr__intern_location *locations = intern->locations.items;
  const uint32_t *frames = intern->from->frames + sample->first_frame;
  uint32_t i, node = 0;
  int rc = 0;
  for (i = sample->frame_count; rc == 0 && i > 0; i--)
    rc = pyr__dictionary_step(intern->dictionary, node,
                              locations[frames[i - 1]].step, &node);
  if (rc == 0)
    rc = pyr__index_add(&intern->dictionary->paths, hash, node);
  *out = node;
  return rc;
}

static int stack(struct pyr__intern *intern, const struct pyr__sample *sample,
                 uint32_t *out) {
  const struct pyr__index *paths = &intern->dictionary->paths;
  uint64_t hash;
  size_t at;
  int rc = hash_frames(intern, sample, &hash);

  if (rc != 0)
    return rc;
  *out = pyr__index_first(paths, hash, &at);
  while (*out != PYR__NONE && !is_stack(intern, sample, *out))
    *out = pyr__index_next(paths, hash, &at);
  return *out != PYR__NONE ? 0 : add_stack(intern, sample, hash, out);
}

/* Text before numbers, by key; values of one key keep their order. */
static int label_order(const struct pyr__label *a, const struct pyr__label *b) {
  if ((a->string == 0) != (b->string == 0))
    return a->string == 0 ? 1 : -1;
  return (a->key > b->key) - (a->key < b->key);
}

/* By insertion: they are few, mostly sorted, and equal keys must not change
 * places. */
static int labels(struct pyr__intern *intern, const struct pyr__sample *sample,
                  uint32_t *out) {
  const struct pyr__label *from = intern->from->labels + sample->first_label;
  struct pyr__label *sorted;
  uint32_t i, at;
  int rc = pyr__rows_reserve(&intern->labels, sample->label_count);

  sorted = intern->labels.items;
  for (i = 0; rc == 0 && i < sample->label_count; i++) {
    struct pyr__label label = from[i];
    rc = pyr__intern_string(intern, label.key, &label.key);
    if (rc == 0)
      rc = pyr__intern_string(intern, label.string, &label.string);
    if (rc == 0)
      rc = pyr__intern_string(intern, label.unit, &label.unit);
    for (at = i; at > 0 && label_order(&sorted[at - 1], &label) > 0; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = label;
  }
  return rc != 0 ? rc
                 : pyr__dictionary_label_set(intern->dictionary, sorted,
                                             sample->label_count, out);
}

/* Whether the labels are those of the stack below that was found there last,
 * which is nearly always so.  They are compared before any is hashed. */
static int has_labels(struct pyr__intern *intern,
                      const struct pyr__sample *sample, uint32_t stack) {
  const struct pyr__tables *tables = &intern->dictionary->tables;
  const struct pyr__label *from = intern->from->labels + sample->first_label;
  const struct pyr__label *known;
  const struct pyr__label_set *set;
  uint32_t step = pyr__tables_stacks(tables)[stack].step, i;

  if ((step & 1) == 0)
    return 0;
  set = pyr__tables_label_sets(tables) + (step >> 1);
  known = pyr__tables_labels(tables) + set->first;
  if (set->count != sample->label_count)
    return 0;
  for (i = 0; i < set->count; i++)
    if (from[i].number != known[i].number ||
        !pyr__intern_is_string(intern, from[i].key, known[i].key) ||
        !pyr__intern_is_string(intern, from[i].string, known[i].string) ||
        !pyr__intern_is_string(intern, from[i].unit, known[i].unit))
      return 0;
  return 1;
}

int pyr__intern_sample(struct pyr__intern *intern,
                       const struct pyr__sample *sample, uint32_t *out) {
  uint32_t set, below;
  int rc;
  if (sample->frame_count > PYR__LIMIT_STACK_FRAMES)
    return PYR_ELIMIT;
  rc = stack(intern, sample, out);
  if (rc != 0 || sample->label_count == 0)
    return rc;
  below = pyr__dictionary_walks(intern->dictionary)[*out].below;
  if (has_labels(intern, sample, below)) {
    *out = below;
    return 0;
  }
  rc = labels(intern, sample, &set);
  return rc != 0 ? rc
                 : pyr__dictionary_step(intern->dictionary, *out, set << 1 | 1,
                                        out);
}
