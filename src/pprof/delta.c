#include "pprof/delta.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "pprof/delta_rows.h"

/* What a profile must have in common with the baseline to be compared: its
 * columns; and by what a new process is told from the old one. */
struct shape {
  uint64_t columns;  /* hash of names, units and what is cumulative */
  uint64_t build_id; /* hash, of the first mapping; 0: not known */
  uint64_t start, offset;
};

/* Memory between scrapes is what counts: rows and nothing else, no index.  The
 * next profile has its stacks in nearly the same order, so that most rows are
 * found without one. */
struct pyr__delta {
  struct pyr__memory *memory;
  uint64_t limit;
  uint64_t seed;
  int has_baseline;
  struct shape shape;
  int64_t since_ns;
  struct pyr__delta_rows rows;
  size_t capacity; /* words of rows.words */

  int has_next; /* waits for commit; its rows in the caller's arena */
  int64_t next_since_ns;
  struct shape next_shape;
  struct pyr__delta_rows next;
};

int pyr__delta_new(struct pyr__delta **out, struct pyr__memory *memory,
                   uint64_t limit_bytes) {
  struct pyr__delta *delta =
      pyr__calloc(memory, PYR__MEM_PPROF_DELTA, 1, sizeof(*delta));
  if (delta == NULL)
    return PYR__ENOMEM;
  delta->memory = memory;
  delta->limit = limit_bytes;
  delta->seed = pyr__hash_random_seed();
  *out = delta;
  return 0;
}

void pyr__delta_free(struct pyr__delta *delta) {
  if (delta == NULL)
    return;
  pyr__free(delta->memory, delta->rows.words);
  pyr__free(delta->memory, delta);
}

size_t pyr__delta_stacks(const struct pyr__delta *delta) {
  return delta->rows.count;
}

size_t pyr__delta_bytes(const struct pyr__delta *delta) {
  return sizeof(*delta) + delta->capacity * sizeof(*delta->rows.words);
}

/* ---- what is compared --------------------------------------------------- */

static uint64_t hash_string(const struct pyr__delta *delta,
                            const struct pyr__profile *in, uint32_t string) {
  return pyr__hash(delta->seed, in->strings[string].base,
                   in->strings[string].len);
}

static struct shape shape_of(const struct pyr__delta *delta,
                             const struct pyr__profile *in,
                             uint64_t cumulative) {
  struct shape shape = {pyr__hash_mix(delta->seed, cumulative), 0, 0, 0};
  uint32_t i;

  for (i = 0; i < in->type_count; i++) {
    shape.columns =
        pyr__hash_mix(shape.columns, hash_string(delta, in, in->types[i].type));
    shape.columns =
        pyr__hash_mix(shape.columns, hash_string(delta, in, in->types[i].unit));
  }
  if (in->mapping_count > 0 && in->strings[in->mappings[0].build_id].len > 0) {
    shape.build_id = hash_string(delta, in, in->mappings[0].build_id) | 1;
    shape.start = in->mappings[0].start;
    shape.offset = in->mappings[0].offset;
  }
  return shape;
}

/* Build ids that are not known say nothing: a running binary loses its own
 * where it was replaced on disk.  The program is looked for in all mappings,
 * since a library that was loaded later may come before it. */
static int is_new_process(const struct pyr__delta *delta,
                          const struct pyr__profile *in,
                          const struct shape *shape) {
  const struct shape *old = &delta->shape;
  int moved = 0;
  uint32_t i;

  if (old->build_id == 0 || shape->build_id == 0)
    return 0;
  for (i = 0; i < in->mapping_count; i++) {
    const struct pyr__mapping *mapping = &in->mappings[i];
    if (mapping->offset != old->offset ||
        (hash_string(delta, in, mapping->build_id) | 1) != old->build_id)
      continue;
    if (mapping->start == old->start)
      return 0;
    moved = 1;
  }
  return moved || shape->build_id != old->build_id;
}

static enum pyr__delta_outcome expect(const struct pyr__delta *delta,
                                      const struct pyr__profile *in,
                                      const struct shape *shape) {
  if (!delta->has_baseline || delta->shape.columns != shape->columns)
    return PYR__DELTA_FIRST;
  return is_new_process(delta, in, shape) ? PYR__DELTA_RESTART
                                          : PYR__DELTA_DIFFERENCE;
}

/* ---- apply -------------------------------------------------------------- */

static uint64_t most_rows(const struct pyr__delta *delta, uint32_t stride) {
  uint64_t rows = delta->limit / (stride * sizeof(uint64_t));
  return rows < INT32_MAX ? rows : INT32_MAX;
}

/* Room for the next rows, so that commit cannot fail; a little more than is
 * needed, as programs find new stacks all the time. */
static int make_room(struct pyr__delta *delta,
                     const struct pyr__delta_rows *next, pyr_error_t *err) {
  size_t needed = (size_t)next->count * next->stride;
  size_t wanted = needed + needed / 8;
  size_t most = (size_t)most_rows(delta, next->stride) * next->stride;
  uint64_t *words;

  if (needed <= delta->capacity)
    return 0;
  if (wanted > most)
    wanted = most;
  words = pyr__realloc(delta->memory, PYR__MEM_PPROF_DELTA, delta->rows.words,
                       wanted, sizeof(*words));
  if (words == NULL)
    return pyr__error_nomem(err);
  delta->rows.words = words;
  delta->capacity = wanted;
  return 0;
}

static int plan(struct pyr__delta *delta, struct pyr__delta_match *match,
                enum pyr__delta_outcome outcome, pyr_error_t *err) {
  uint64_t most = most_rows(delta, match->next.stride);
  if (match->present > most)
    return pyr__error(err, PYR_ELIMIT,
                      "%" PRIu32 " stacks to compare with the next scrape's "
                      "take more than limits: delta-bytes (%" PRIu64 ")",
                      match->present, delta->limit);
  if (outcome == PYR__DELTA_DIFFERENCE)
    pyr__delta_keep_gone(match, most);
  return make_room(delta, &match->next, err);
}

/* What tells processes apart stays where this profile does not have it. */
static struct shape next_shape(const struct pyr__delta *delta,
                               enum pyr__delta_outcome outcome,
                               struct shape shape) {
  if (outcome == PYR__DELTA_DIFFERENCE && delta->shape.build_id != 0)
    return delta->shape;
  return shape;
}

static enum pyr__delta_gain gain_of(enum pyr__delta_outcome outcome) {
  switch (outcome) {
  case PYR__DELTA_DIFFERENCE:
    return PYR__GAIN_DIFFERENCE;
  case PYR__DELTA_RESTART:
    return PYR__GAIN_ALL;
  case PYR__DELTA_FIRST:
  case PYR__DELTA_RESET:
    break;
  }
  return PYR__GAIN_NONE;
}

int pyr__delta_apply(struct pyr__delta *delta, const struct pyr__profile *in,
                     uint64_t cumulative, int64_t now_ns,
                     struct pyr__arena *arena, struct pyr__delta_result *result,
                     pyr_error_t *err) {
  uint64_t all =
      in->type_count < 64 ? (UINT64_C(1) << in->type_count) - 1 : UINT64_MAX;
  struct shape shape = shape_of(delta, in, cumulative & all);
  enum pyr__delta_outcome outcome = expect(delta, in, &shape);
  struct pyr__delta_rows old = {NULL, 0, 0};
  struct pyr__delta_match match;
  int rc;

  delta->has_next = 0;
  if (outcome == PYR__DELTA_DIFFERENCE)
    old = delta->rows;
  rc = pyr__delta_match(&match, in, &old, cumulative & all, delta->seed, arena,
                        err);
  if (rc != 0)
    return rc;
  if (outcome == PYR__DELTA_DIFFERENCE && match.went_back)
    outcome = PYR__DELTA_RESET;
  rc = pyr__delta_gain(&match, gain_of(outcome), arena, &result->profile, err);
  if (rc == 0)
    rc = plan(delta, &match, outcome, err);
  if (rc != 0)
    return rc;
  result->outcome = outcome;
  result->since_ns = gain_of(outcome) == PYR__GAIN_NONE ? 0 : delta->since_ns;
  delta->next = match.next;
  delta->next_shape = next_shape(delta, outcome, shape);
  delta->next_since_ns = now_ns;
  delta->has_next = 1;
  return 0;
}

/* ---- commit ------------------------------------------------------------- */

/* A program that has far fewer stacks than it had gives memory back; where that
 * fails the memory just stays. */
static void shrink(struct pyr__delta *delta) {
  size_t needed = (size_t)delta->rows.count * delta->rows.stride;
  uint64_t *words;

  if (needed >= delta->capacity / 2)
    return;
  words = pyr__realloc(delta->memory, PYR__MEM_PPROF_DELTA, delta->rows.words,
                       needed, sizeof(*words));
  if (words == NULL)
    return;
  delta->rows.words = words;
  delta->capacity = needed;
}

int pyr__delta_commit(struct pyr__delta *delta, pyr_error_t *err) {
  uint64_t *words = delta->rows.words;

  if (!delta->has_next)
    return pyr__error(err, PYR_EUSAGE, "no difference was taken to commit");
  if (delta->next.count > 0)
    memcpy(words, delta->next.words,
           (size_t)delta->next.count * delta->next.stride * sizeof(*words));
  delta->rows = delta->next;
  delta->rows.words = words;
  delta->shape = delta->next_shape;
  delta->since_ns = delta->next_since_ns;
  delta->has_baseline = 1;
  delta->has_next = 0;
  shrink(delta);
  return 0;
}
