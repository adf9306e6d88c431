#include "pprof/delta_rows.h"

#include <inttypes.h>
#include <string.h>

#include "base/index.h"
#include "base/limits.h"
#include "base/values.h"
#include "pprof/keys.h"

enum { SMALLEST_TABLE = 64 };

/* While rows are made.  The profile has most stacks in the order in which the
 * baseline has them: `expected` is the row behind the last that was found, and
 * only where that is not the wanted one the table is filled and asked. */
struct matcher {
  struct pyr__delta_match *match;
  const uint64_t *keys; /* of the samples */
  uint32_t expected;
  int is_filled;
  uint32_t
      *slots; /* a row of the baseline or, behind those, one of ours; + 1 */
  size_t slot_count;
};

/* ---- the table ---------------------------------------------------------- */

static uint64_t key_at(const struct pyr__delta_match *match, uint32_t id) {
  if (id < match->old.count)
    return pyr__delta_key(&match->old, id);
  return pyr__delta_key(&match->next, id - match->old.count);
}

/* The slot of the key, or the free one where it belongs. */
static uint32_t *find_slot(const struct matcher *matcher, uint64_t key) {
  size_t mask = matcher->slot_count - 1;
  size_t at = (size_t)(key >> 4) & mask;
  while (matcher->slots[at] != 0 &&
         key_at(matcher->match, matcher->slots[at] - 1) != key)
    at = (at + 1) & mask;
  return &matcher->slots[at];
}

static void fill(struct matcher *matcher) {
  const struct pyr__delta_rows *old = &matcher->match->old;
  uint32_t i;

  memset(matcher->slots, 0, matcher->slot_count * sizeof(*matcher->slots));
  for (i = 0; i < old->count; i++)
    *find_slot(matcher, pyr__delta_key(old, i)) = i + 1;
  matcher->is_filled = 1;
}

/* ---- samples to rows ---------------------------------------------------- */

static uint32_t add_row(struct matcher *matcher, uint32_t sample,
                        uint32_t before) {
  struct pyr__delta_match *match = matcher->match;
  uint32_t row = match->next.count++, types = match->in->type_count;

  match->samples[row] = sample;
  match->before[row] = before;
  *pyr__delta_row(&match->next, row) =
      matcher->keys[sample] & ~(uint64_t)PYR__DELTA_AGE_MASK;
  memcpy(match->values + (size_t)row * types,
         match->in->values + (size_t)sample * types, types * sizeof(int64_t));
  if (before != PYR__NONE) {
    match->after[before] = row + 1;
    matcher->expected = before + 1;
  }
  return row;
}

static void add_to_row(struct matcher *matcher, uint32_t sample, uint32_t row) {
  const struct pyr__profile *in = matcher->match->in;
  const int64_t *from = in->values + (size_t)sample * in->type_count;
  int64_t *to = matcher->match->values + (size_t)row * in->type_count;
  uint32_t i;

  for (i = 0; i < in->type_count; i++)
    to[i] = pyr__value_sum(to[i], from[i]);
}

static void look_up(struct matcher *matcher, uint32_t sample, uint64_t key) {
  struct pyr__delta_match *match = matcher->match;
  uint32_t *slot, id;

  if (!matcher->is_filled)
    fill(matcher);
  slot = find_slot(matcher, key);
  id = *slot - 1;
  if (*slot == 0)
    *slot = match->old.count + add_row(matcher, sample, PYR__NONE) + 1;
  else if (id >= match->old.count)
    add_to_row(matcher, sample, id - match->old.count);
  else if (match->after[id] != 0)
    add_to_row(matcher, sample, match->after[id] - 1);
  else
    add_row(matcher, sample, id);
}

static void add_samples(struct matcher *matcher) {
  struct pyr__delta_match *match = matcher->match;
  uint32_t i, expected;

  for (i = 0; i < match->in->sample_count; i++) {
    uint64_t key = matcher->keys[i] & ~(uint64_t)PYR__DELTA_AGE_MASK;
    expected = matcher->expected;
    if (expected < match->old.count && match->after[expected] == 0 &&
        pyr__delta_key(&match->old, expected) == key)
      add_row(matcher, i, expected);
    else
      look_up(matcher, i, key);
  }
}

/* ---- the next baseline -------------------------------------------------- */

static void fill_row(struct pyr__delta_match *match, uint32_t row) {
  const int64_t *values = match->values + (size_t)row * match->in->type_count;
  uint64_t *to = pyr__delta_row(&match->next, row) + 1, *before = NULL;
  uint32_t i;

  if (match->before[row] != PYR__NONE)
    before = pyr__delta_row(&match->old, match->before[row]) + 1;
  for (i = 0; i < match->in->type_count; i++) {
    if ((match->cumulative >> i & 1) == 0)
      continue;
    if (values[i] < (before == NULL ? 0 : (int64_t)*before++))
      match->went_back = 1;
    *to++ = values[i] < 0 ? 0 : (uint64_t)values[i];
  }
}

void pyr__delta_keep_gone(struct pyr__delta_match *match, uint64_t most) {
  uint32_t i;

  for (i = 0; i < match->old.count && match->next.count < most; i++) {
    const uint64_t *from = pyr__delta_row(&match->old, i);
    uint64_t *to = pyr__delta_row(&match->next, match->next.count);
    if (match->after[i] != 0 ||
        (*from & PYR__DELTA_AGE_MASK) >= PYR__LIMIT_GONE_SCRAPES)
      continue;
    memcpy(to, from, match->old.stride * sizeof(*to));
    ++*to;
    match->next.count++;
  }
}

/* ---- both --------------------------------------------------------------- */

/* All arrays, in two blocks; 0 where there is no room, and what is wanted. */
static int reserve(struct matcher *matcher, struct pyr__arena *arena,
                   size_t *wanted) {
  struct pyr__delta_match *match = matcher->match;
  size_t samples = match->in->sample_count;
  size_t rows = samples + match->old.count, slots = SMALLEST_TABLE;
  size_t words = rows * match->next.stride + samples * match->in->type_count;
  size_t halves;

  while (slots < 2 * rows)
    slots *= 2;
  halves = 2 * samples + match->old.count + slots;
  *wanted = words * sizeof(uint64_t) + halves * sizeof(uint32_t);
  match->next.words = pyr__arena_alloc(arena, words, sizeof(uint64_t));
  match->samples = pyr__arena_alloc(arena, halves, sizeof(uint32_t));
  if (match->next.words == NULL || match->samples == NULL)
    return 0;
  match->values = (int64_t *)match->next.words + rows * match->next.stride;
  match->before = match->samples + samples;
  match->after = match->before + samples;
  memset(match->after, 0, match->old.count * sizeof(*match->after));
  matcher->slots = match->after + match->old.count;
  matcher->slot_count = slots;
  return 1;
}

int pyr__delta_match(struct pyr__delta_match *match,
                     const struct pyr__profile *in,
                     const struct pyr__delta_rows *old, uint64_t cumulative,
                     uint64_t seed, struct pyr__arena *arena,
                     pyr_error_t *err) {
  struct matcher matcher = {.match = match};
  uint64_t *keys;
  size_t wanted;
  uint32_t i;
  int rc;

  if (in->sample_count > INT32_MAX) /* so that ids of rows have 32 bits */
    return pyr__error(err, PYR_ELIMIT, "%" PRIu32 " samples, at most %d",
                      in->sample_count, INT32_MAX);
  *match = (struct pyr__delta_match){.in = in, .cumulative = cumulative};
  match->old = *old;
  match->next.stride = 1 + (uint32_t)__builtin_popcountll(cumulative);
  rc = pyr__keys_of(in, seed, arena, &keys, err);
  if (rc != 0)
    return rc;
  if (!reserve(&matcher, arena, &wanted))
    return pyr__arena_error(
        arena, wanted, "the difference (within limits: scrape-bytes)", err);
  matcher.keys = keys;
  add_samples(&matcher);
  match->present = match->next.count;
  for (i = 0; i < match->present; i++)
    fill_row(match, i);
  return 0;
}
