#include "store/record.h"

#include <string.h>

#include "base/varint.h"

void pyr__record_init(struct pyr__record *record, struct pyr__memory *memory,
                      enum pyr__purpose purpose) {
  pyr__rows_init(&record->stacks, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&record->values, memory, purpose, sizeof(int64_t));
  record->types = 0;
}

void pyr__record_release(struct pyr__record *record) {
  pyr__rows_release(&record->stacks);
  pyr__rows_release(&record->values);
}

void pyr__record_trim(struct pyr__record *record, size_t most) {
  pyr__rows_trim(&record->stacks, most);
  pyr__rows_trim(&record->values, most);
}

int pyr__record_resize(struct pyr__record *record, uint32_t count,
                       uint32_t types) {
  size_t values = (size_t)count * types;
  int rc;
  record->stacks.count = record->values.count = 0;
  rc = pyr__rows_reserve(&record->stacks, (size_t)count + 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&record->values, values + 1);
  if (rc != 0)
    return rc;
  record->stacks.count = count;
  record->values.count = (uint32_t)values;
  record->types = types;
  return 0;
}

void pyr__edits_init(struct pyr__edits *edits, struct pyr__memory *memory,
                     enum pyr__purpose purpose) {
  pyr__rows_init(&edits->removed, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&edits->changed, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&edits->added, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&edits->column, memory, purpose, sizeof(int64_t));
}

void pyr__edits_release(struct pyr__edits *edits) {
  pyr__rows_release(&edits->removed);
  pyr__rows_release(&edits->changed);
  pyr__rows_release(&edits->added);
  pyr__rows_release(&edits->column);
}

void pyr__edits_trim(struct pyr__edits *edits, size_t most) {
  pyr__rows_trim(&edits->removed, most);
  pyr__rows_trim(&edits->changed, most);
  pyr__rows_trim(&edits->added, most);
  pyr__rows_trim(&edits->column, most);
}

/* Whether each value is the same multiple of the one in the column before. */
static int is_multiple(const int64_t *column, const int64_t *before,
                       uint32_t count, int64_t *factor) {
  uint32_t i = 0;
  while (i < count && before[i] == 0)
    i++;
  if (i == count || before[i] == -1 || column[i] % before[i] != 0)
    return 0;
  *factor = column[i] / before[i];
  for (i = 0; i < count; i++)
    if ((uint64_t)column[i] != (uint64_t)before[i] * (uint64_t)*factor)
      return 0;
  return 1;
}

/* `before` is the column before, or NULL. */
static uint8_t *put_column(uint8_t *at, const int64_t *column,
                           const int64_t *before, uint32_t count) {
  int64_t factor;
  uint32_t i;
  if (before != NULL && is_multiple(column, before, count, &factor)) {
    *at++ = PYR__COLUMN_MULTIPLE;
    return pyr__varint_put(at, pyr__zigzag(factor));
  }
  *at++ = PYR__COLUMN_PLAIN;
  for (i = 0; i < count; i++)
    at = pyr__varint_put(at, pyr__zigzag(column[i]));
  return at;
}

/* Ascending numbers as what lies between them; `ids` NULL: the places are the
 * numbers. */
static uint8_t *put_ascending(uint8_t *at, const uint32_t *places,
                              uint32_t count, const uint32_t *ids) {
  uint32_t next = 0, i;
  for (i = 0; i < count; i++) {
    uint32_t value = ids == NULL ? places[i] : ids[places[i]];
    at = pyr__varint_put(at, value - next);
    next = value + 1;
  }
  return at;
}

/* More than a count, `ids` numbers and `types` columns of `count` can take. */
static size_t most_bytes(size_t ids, size_t count, uint32_t types) {
  return PYR__VARINT_BYTES * (4 + ids + ((size_t)types + 1) * (count + 2));
}

int pyr__record_encode(const struct pyr__record *record, struct pyr__buf *out) {
  const uint32_t *stacks = pyr__record_stacks(record);
  uint32_t count = record->stacks.count, next = 0, i;
  uint8_t *at;
  int rc = pyr__buf_reserve(out, most_bytes(count, count, record->types));

  if (rc != 0)
    return rc;
  at = pyr__varint_put(out->data + out->len, count);
  for (i = 0; i < count; i++) {
    at = pyr__varint_put(at, stacks[i] - next);
    next = stacks[i] + 1;
  }
  for (i = 0; i < record->types; i++)
    at = put_column(at, pyr__record_column(record, i),
                    i == 0 ? NULL : pyr__record_column(record, i - 1), count);
  out->len = (size_t)(at - out->data);
  return 0;
}

static int same_values(const struct pyr__record *a, uint32_t a_place,
                       const struct pyr__record *b, uint32_t b_place) {
  uint32_t i;
  for (i = 0; i < a->types; i++)
    if (pyr__record_column(a, i)[a_place] != pyr__record_column(b, i)[b_place])
      return 0;
  return 1;
}

static int reserve_edits(struct pyr__edits *edits, uint32_t before,
                         uint32_t after) {
  int rc;
  edits->removed.count = edits->changed.count = 0;
  edits->added.count = edits->column.count = 0;
  rc = pyr__rows_reserve(&edits->removed, (size_t)before + 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&edits->changed, (size_t)after + 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&edits->added, (size_t)after + 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&edits->column, 2 * ((size_t)after + 1));
  return rc;
}

/* The places: `removed` in `before`, `changed` and `added` in `record`, and
 * where the changed were in `before`, which goes behind `removed`. */
struct change {
  uint32_t *removed, *changed, *added, *origin;
  uint32_t removed_count, changed_count, added_count;
};

static void compare(const struct pyr__record *record,
                    const struct pyr__record *before, struct change *change) {
  const uint32_t *old = pyr__record_stacks(before);
  const uint32_t *new = pyr__record_stacks(record);
  uint32_t i = 0, j = 0;
  while (i < before->stacks.count || j < record->stacks.count) {
    if (j == record->stacks.count ||
        (i < before->stacks.count && old[i] < new[j])) {
      change->removed[change->removed_count++] = i++;
    } else if (i == before->stacks.count || new[j] < old[i]) {
      change->added[change->added_count++] = j++;
    } else {
      if (!same_values(record, j, before, i)) {
        change->origin[change->changed_count] = i;
        change->changed[change->changed_count++] = j;
      }
      i++;
      j++;
    }
  }
}

/* What the changed gained, then what the added have. */
static void gather(const struct change *change,
                   const struct pyr__record *record,
                   const struct pyr__record *before, uint32_t type,
                   int64_t *out) {
  const int64_t *old = pyr__record_column(before, type);
  const int64_t *new = pyr__record_column(record, type);
  uint32_t i;
  for (i = 0; i < change->changed_count; i++)
    *out++ = (int64_t)((uint64_t) new[change->changed[i]] -
                       (uint64_t)old[change->origin[i]]);
  for (i = 0; i < change->added_count; i++)
    *out++ = new[change->added[i]];
}

int pyr__record_encode_change(const struct pyr__record *record,
                              const struct pyr__record *before,
                              struct pyr__edits *edits, struct pyr__buf *out) {
  struct change change = {0};
  uint32_t edited, i;
  int64_t *column, *last;
  uint8_t *at;
  int rc = reserve_edits(edits, before->stacks.count * 2, record->stacks.count);

  if (rc != 0)
    return rc;
  change.removed = edits->removed.items;
  change.origin = change.removed + before->stacks.count;
  change.changed = edits->changed.items;
  change.added = edits->added.items;
  compare(record, before, &change);
  edited = change.changed_count + change.added_count;
  rc = pyr__buf_reserve(
      out, most_bytes(edited + change.removed_count, edited, record->types));
  if (rc != 0)
    return rc;
  at = pyr__varint_put(out->data + out->len, change.removed_count);
  at = put_ascending(at, change.removed, change.removed_count, NULL);
  at = pyr__varint_put(at, change.changed_count);
  at = put_ascending(at, change.origin, change.changed_count, NULL);
  at = pyr__varint_put(at, change.added_count);
  at = put_ascending(at, change.added, change.added_count,
                     pyr__record_stacks(record));
  column = edits->column.items;
  for (i = 0, last = NULL; i < record->types; i++) {
    int64_t *this = column + (i % 2 == 0 ? 0 : edited);
    gather(&change, record, before, i, this);
    at = put_column(at, this, last, edited);
    last = this;
  }
  out->len = (size_t)(at - out->data);
  return 0;
}
