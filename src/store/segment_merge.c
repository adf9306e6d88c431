/* Adds up the samples of profiles.  First their heads are gathered: which ones
 * are in the range, and which ones before it their changes build on.  Then the
 * records are read in the order of the file, with the last one of each series
 * at hand. */
#include "store/segment.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/values.h"
#include "store/record.h"

enum { IN_RANGE = 1, NEEDED = 2 };

struct step {
  struct pyr__head head;
  uint32_t before; /* the step of its series before this, or PYR__LOST */
  uint32_t flags;
};

/* The last record of a series. */
struct state {
  struct pyr__record record;
  int is_valid;
  uint32_t changes; /* since a whole one */
};

struct merge {
  struct pyr__segment *segment;
  const uint8_t *wanted;
  int64_t from_ns, to_ns;
  struct pyr__arena *arena;
  struct pyr__rows steps;
  uint32_t *last;       /* by series: its last step, or PYR__LOST */
  struct state *states; /* by series */
  struct pyr__record scratch;
  struct pyr__edits edits;
  struct pyr__sums sums;
  pyr_str_t payload; /* of the samples frame at `payload_at` */
  uint64_t payload_at;
  int payload_is_bad;
  size_t held; /* bytes of all states */
  size_t skipped;
  uint64_t work; /* values of all records that were read */
};

static int fail(const struct merge *merge, int rc, pyr_error_t *err) {
  if (rc == PYR_ELIMIT && merge->work > PYR__LIMIT_MERGE_VALUES)
    return pyr__error(err, rc, "%s: more values than can be merged",
                      merge->segment->path);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "%s: merging takes more than %zu bytes",
                      merge->segment->path, merge->arena->limit);
  return pyr__error_nomem(err);
}

/* ---- which records ------------------------------------------------------ */

static int add_step(struct merge *merge, const struct pyr__head *head) {
  struct step *step;
  if (merge->steps.count >= merge->arena->limit / sizeof(*step))
    return PYR_ELIMIT;
  if (pyr__rows_reserve(&merge->steps, 1) != 0)
    return PYR__ENOMEM;
  step = (struct step *)merge->steps.items + merge->steps.count;
  step->head = *head;
  step->before = merge->last[head->series];
  step->flags = head->time_ns >= merge->from_ns && head->time_ns < merge->to_ns
                    ? IN_RANGE | NEEDED
                    : 0;
  merge->last[head->series] = merge->steps.count++;
  return 0;
}

static int gather(struct merge *merge, pyr_error_t *err) {
  struct pyr__segment *segment = merge->segment;
  uint8_t *chosen;
  uint32_t i, j;
  int rc = pyr__segment_frames_of(segment, merge->wanted, &chosen, err);

  if (rc != 0)
    return rc;
  for (i = 0; rc == 0 && i < segment->frames.count; i++) {
    if (!chosen[i])
      continue;
    rc = pyr__segment_read_heads(segment, i, err);
    for (j = 0; rc == 0 && j < segment->heads.heads.count; j++) {
      const struct pyr__head *head = pyr__heads_at(&segment->heads, j);
      if (!pyr__segment_is_wanted(segment, head, merge->wanted))
        continue;
      rc = add_step(merge, head);
      if (rc != 0)
        fail(merge, rc, err);
    }
  }
  pyr__free(segment->memory, chosen);
  return rc;
}

/* What a needed change builds on is needed too. */
static void mark_needed(struct merge *merge) {
  struct step *steps = merge->steps.items;
  uint32_t i;
  for (i = merge->steps.count; i-- > 0;)
    if (steps[i].flags & NEEDED && steps[i].head.is_change &&
        steps[i].before != PYR__LOST)
      steps[steps[i].before].flags |= NEEDED;
}

/* ---- records ------------------------------------------------------------ */

/* 1: the frame's payload is at hand; 0: it is bad. */
static int need_payload(struct merge *merge, uint64_t at, pyr_error_t *err) {
  int rc;
  if (merge->payload_at == at)
    return !merge->payload_is_bad;
  merge->payload_at = at;
  rc = pyr__segment_read(merge->segment, at, PYR__FRAME_SAMPLES,
                         &merge->payload, err);
  merge->payload_is_bad = rc != 0;
  return rc == 0 ? 1 : rc == PYR_ESTORE ? 0 : rc;
}

static size_t record_bytes(const struct pyr__record *record) {
  return pyr__rows_bytes(&record->stacks) + pyr__rows_bytes(&record->values);
}

/* Whether the change of a step can be applied to the state. */
static int continues(const struct merge *merge, const struct step *step,
                     const struct state *state) {
  const struct step *steps = merge->steps.items;
  return state->is_valid && step->before != PYR__LOST &&
         steps[step->before].head.number + 1 == step->head.number &&
         state->changes < PYR__LIMIT_CHAIN;
}

/* 1: the state is that of the step; 0: it cannot be known. */
static int decode(struct merge *merge, const struct step *step,
                  struct state *state) {
  const struct pyr__head *head = &step->head;
  struct pyr__record swap;
  struct pyr__reader in;
  size_t budget = (merge->arena->limit - merge->held) / sizeof(int64_t);
  int rc;

  budget =
      budget < PYR__LIMIT_RECORD_VALUES ? budget : PYR__LIMIT_RECORD_VALUES;
  if ((uint64_t)head->record_at + head->record_len > merge->payload.len)
    return 0;
  in = pyr__reader_of(merge->payload.base + head->record_at, head->record_len);
  if (!head->is_change)
    rc = pyr__record_decode(&merge->scratch, in, head->type_count, budget);
  else if (continues(merge, step, state))
    rc = pyr__record_decode_change(&merge->scratch, &state->record,
                                   &merge->edits, in, budget);
  else
    return 0;
  if (rc != 0)
    return rc == PYR_ESTORE ? 0 : rc;
  merge->held -= record_bytes(&state->record);
  swap = state->record;
  state->record = merge->scratch;
  merge->scratch = swap;
  merge->held += record_bytes(&state->record);
  state->changes = head->is_change ? state->changes + 1 : 0;
  merge->work += state->record.values.count;
  return merge->held > merge->arena->limit ||
                 merge->work > PYR__LIMIT_MERGE_VALUES
             ? PYR_ELIMIT
             : 1;
}

/* ---- sums --------------------------------------------------------------- */

static int row_of(struct pyr__sums *sums, uint32_t stack, uint32_t *out) {
  uint32_t *row, lost = sums->rows.count - 1;
  int rc;
  row = (uint32_t *)sums->rows.items + (stack < lost ? stack : lost);
  if (*row == 0) {
    rc = pyr__rows_reserve(&sums->stacks, 1);
    if (rc == 0)
      rc = pyr__rows_reserve(&sums->values, sums->types);
    if (rc != 0)
      return rc;
    ((uint32_t *)sums->stacks.items)[sums->stacks.count++] =
        stack < lost ? stack : PYR__LOST;
    memset((int64_t *)sums->values.items + sums->values.count, 0,
           sums->types * sizeof(int64_t));
    sums->values.count += sums->types;
    *row = sums->stacks.count;
  }
  *out = *row - 1;
  return 0;
}

/* What the profile refers to is in the dictionary, or was in a frame that is
 * lost.  Otherwise it is malformed. */
static int is_known(const struct merge *merge, const struct pyr__head *head,
                    const struct pyr__record *record) {
  const struct pyr__segment *segment = merge->segment;
  uint32_t count = record->stacks.count;
  if (segment->lost_bytes > 0)
    return 1;
  return head->attributes <
             pyr__tables_count(&segment->tables, PYR__TABLE_attributes) &&
         (count == 0 ||
          pyr__record_stacks(record)[count - 1] < merge->sums.rows.count - 1);
}

static int add_values(struct merge *merge, const struct pyr__record *record) {
  struct pyr__sums *sums = &merge->sums;
  const uint32_t *stacks = pyr__record_stacks(record);
  uint32_t i, type, row;
  int64_t *values;
  for (i = 0; i < record->stacks.count; i++) {
    int rc = row_of(sums, stacks[i], &row);
    if (rc != 0)
      return rc;
    values = (int64_t *)sums->values.items + (size_t)row * sums->types;
    for (type = 0; type < sums->types; type++)
      values[type] =
          pyr__value_sum(values[type], pyr__record_column(record, type)[i]);
  }
  return 0;
}

static int add_attributes(struct pyr__sums *sums, uint32_t attributes) {
  uint8_t *has = sums->has_attributes.items;
  uint32_t lost = sums->has_attributes.count - 1;
  attributes = attributes < lost ? attributes : lost;
  if (has[attributes])
    return 0;
  if (pyr__rows_reserve(&sums->attributes, 1) != 0)
    return PYR__ENOMEM;
  ((uint32_t *)sums->attributes.items)[sums->attributes.count++] = attributes;
  has[attributes] = 1;
  return 0;
}

static int add(struct merge *merge, const struct pyr__head *head,
               const struct pyr__record *record) {
  struct pyr__sums *sums = &merge->sums;
  int rc;
  if (!is_known(merge, head, record)) {
    merge->skipped++;
    return 0;
  }
  if (sums->profiles++ == 0) {
    sums->types = head->type_count;
    sums->series = head->series;
  }
  rc = add_attributes(sums, head->attributes);
  if (rc == 0)
    rc = add_values(merge, record);
  if (head->body_time_ns != 0 &&
      (sums->time_ns == 0 || head->body_time_ns < sums->time_ns))
    sums->time_ns = head->body_time_ns;
  sums->duration_ns = pyr__value_sum(sums->duration_ns, head->body_duration_ns);
  return rc;
}

static int take_step(struct merge *merge, const struct step *step,
                     pyr_error_t *err) {
  struct state *state = &merge->states[step->head.series];
  int rc = need_payload(merge, step->head.samples_at, err);
  if (rc < 0)
    return rc;
  if (rc == 1)
    rc = decode(merge, step, state);
  if (rc < 0)
    return fail(merge, rc, err);
  state->is_valid = rc;
  if (!(step->flags & IN_RANGE))
    return 0;
  merge->skipped += rc == 0;
  if (rc == 1)
    rc = add(merge, &step->head, &state->record);
  return rc < 0 ? fail(merge, rc, err) : 0;
}

static int take_steps(struct merge *merge, pyr_error_t *err) {
  const struct step *steps = merge->steps.items;
  uint32_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < merge->steps.count; i++)
    if (steps[i].flags & NEEDED)
      rc = take_step(merge, &steps[i], err);
  if (rc == 0 && merge->skipped > 0)
    pyr__segment_report(merge->segment,
                        "%zu profiles skipped, for what they need is lost",
                        merge->skipped);
  return rc;
}

/* ---- the merge ---------------------------------------------------------- */

/* A zero for each id, and one more for all that are lost. */
static int make_zeros(struct pyr__rows *rows, uint32_t ids) {
  int rc = pyr__rows_reserve(rows, (size_t)ids + 1);
  if (rc != 0)
    return rc;
  rows->count = ids + 1;
  memset(rows->items, 0, (size_t)rows->count * rows->item_size);
  return 0;
}

static int prepare(struct merge *merge) {
  struct pyr__segment *segment = merge->segment;
  struct pyr__memory *memory = segment->memory;
  const struct pyr__tables *tables = &segment->tables;
  size_t series = segment->series_count, i;
  int rc = make_zeros(&merge->sums.rows,
                      pyr__tables_count(tables, PYR__TABLE_stacks));

  if (rc == 0)
    rc = make_zeros(&merge->sums.has_attributes,
                    pyr__tables_count(tables, PYR__TABLE_attributes));
  if (rc != 0)
    return rc;
  merge->last = pyr__alloc(memory, PYR__MEM_STORE_READER,
                           (series + 1) * sizeof(*merge->last));
  merge->states = pyr__calloc(memory, PYR__MEM_STORE_READER, series + 1,
                              sizeof(*merge->states));
  if (merge->last == NULL || merge->states == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < series; i++) {
    merge->last[i] = PYR__LOST;
    pyr__record_init(&merge->states[i].record, memory, PYR__MEM_STORE_READER);
  }
  return 0;
}

static void init(struct merge *merge, struct pyr__memory *memory) {
  enum pyr__purpose purpose = PYR__MEM_STORE_READER;
  pyr__rows_init(&merge->steps, memory, purpose, sizeof(struct step));
  pyr__record_init(&merge->scratch, memory, purpose);
  pyr__edits_init(&merge->edits, memory, purpose);
  pyr__rows_init(&merge->sums.rows, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&merge->sums.stacks, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&merge->sums.values, memory, purpose, sizeof(int64_t));
  pyr__rows_init(&merge->sums.attributes, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&merge->sums.has_attributes, memory, purpose, 1);
}

static void release(struct merge *merge) {
  struct pyr__segment *segment = merge->segment;
  size_t i;
  for (i = 0; merge->states != NULL && i < segment->series_count; i++)
    pyr__record_release(&merge->states[i].record);
  pyr__free(segment->memory, merge->states);
  pyr__free(segment->memory, merge->last);
  pyr__rows_release(&merge->steps);
  pyr__record_release(&merge->scratch);
  pyr__edits_release(&merge->edits);
  pyr__rows_release(&merge->sums.rows);
  pyr__rows_release(&merge->sums.stacks);
  pyr__rows_release(&merge->sums.values);
  pyr__rows_release(&merge->sums.attributes);
  pyr__rows_release(&merge->sums.has_attributes);
}

/* Series that differ in their types cannot be asked for together. */
static int check_types(const struct pyr__segment *segment,
                       const uint8_t *wanted, pyr_error_t *err) {
  const struct pyr__series *first = NULL;
  size_t i, j;
  for (i = 0; i < segment->series_count; i++) {
    const struct pyr__series *series = &segment->series[i];
    if (!wanted[i])
      continue;
    first = first == NULL ? series : first;
    for (j = 0; j < series->type_count && j < first->type_count; j++)
      if (!pyr__str_equal(series->types[j], first->types[j]))
        break;
    if (j != series->type_count || j != first->type_count)
      return pyr__error(err, PYR_EUSAGE,
                        "series of different types do not merge");
  }
  return 0;
}

int pyr__segment_merge(struct pyr__segment *segment, const uint8_t *wanted,
                       int64_t from_ns, int64_t to_ns, struct pyr__arena *arena,
                       const struct pyr__profile **out, size_t *out_count,
                       pyr_error_t *err) {
  struct merge merge = {.segment = segment,
                        .wanted = wanted,
                        .from_ns = from_ns,
                        .to_ns = to_ns,
                        .arena = arena,
                        .payload_at = UINT64_MAX};
  int rc = check_types(segment, wanted, err);

  *out = NULL;
  *out_count = 0;
  if (rc == 0)
    rc = pyr__segment_need_tables(segment, err);
  if (rc != 0)
    return rc;
  init(&merge, segment->memory);
  rc = prepare(&merge);
  if (rc != 0)
    pyr__error_nomem(err);
  if (rc == 0)
    rc = gather(&merge, err);
  mark_needed(&merge);
  if (rc == 0)
    rc = take_steps(&merge, err);
  if (rc == 0)
    rc = pyr__segment_build(segment, &merge.sums, arena, out, err);
  *out_count = rc == 0 ? merge.sums.profiles : 0;
  release(&merge);
  return rc;
}
