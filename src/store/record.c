#include "store/record.h"

#include <string.h>

#include "store/varint.h"

enum { PLAIN = 0, MULTIPLE = 1 };

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

/* ---- encoding ----------------------------------------------------------- */

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
    *at++ = MULTIPLE;
    return pyr__varint_put(at, pyr__zigzag(factor));
  }
  *at++ = PLAIN;
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
  return PYR__VARINT_MAX * (4 + ids + ((size_t)types + 1) * (count + 2));
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

/* ---- decoding ----------------------------------------------------------- */

/* The next of ascending numbers below `limit`. */
static int get_ascending(struct pyr__reader *in, uint64_t limit, uint64_t *next,
                         uint32_t *out) {
  uint64_t gap;
  if (pyr__varint_get(in, &gap) != 0 || gap >= limit || *next >= limit - gap)
    return PYR_ESTORE;
  *out = (uint32_t)(*next + gap);
  *next += gap + 1;
  return 0;
}

/* A list with its count in front. */
static int get_list(struct pyr__reader *in, uint64_t limit,
                    struct pyr__rows *out) {
  uint64_t count, next = 0, i;
  int rc;
  if (pyr__varint_get(in, &count) != 0 || count > pyr__reader_left(in))
    return PYR_ESTORE;
  out->count = 0;
  rc = pyr__rows_reserve(out, count + 1);
  for (i = 0; rc == 0 && i < count; i++)
    rc = get_ascending(in, limit, &next, (uint32_t *)out->items + i);
  out->count = (uint32_t)count;
  return rc;
}

/* `before` is the column before, or NULL. */
static int get_column(struct pyr__reader *in, const int64_t *before,
                      uint32_t count, int64_t *out) {
  uint64_t value;
  uint8_t mode;
  uint32_t i;
  if (pyr__read_byte(in, &mode) != 0)
    return PYR_ESTORE;
  if (mode == MULTIPLE && before != NULL) {
    uint64_t factor;
    if (pyr__varint_get(in, &value) != 0)
      return PYR_ESTORE;
    factor = (uint64_t)pyr__unzigzag(value);
    for (i = 0; i < count; i++)
      out[i] = (int64_t)((uint64_t)before[i] * factor);
    return 0;
  }
  if (mode != PLAIN)
    return PYR_ESTORE;
  for (i = 0; i < count; i++) {
    if (pyr__varint_get(in, &value) != 0)
      return PYR_ESTORE;
    out[i] = pyr__unzigzag(value);
  }
  return 0;
}

static int check_size(uint64_t count, uint32_t types, size_t max_values) {
  return types > 0 && count > max_values / types ? PYR_ELIMIT : 0;
}

int pyr__record_decode(struct pyr__record *out, struct pyr__reader in,
                       uint32_t types, size_t max_values) {
  uint64_t next = 0, count;
  uint32_t i;
  int rc;

  if (pyr__varint_get(&in, &count) != 0 || count > pyr__reader_left(&in))
    return PYR_ESTORE;
  rc = check_size(count, types, max_values);
  if (rc == 0)
    rc = pyr__record_resize(out, (uint32_t)count, types);
  for (i = 0; rc == 0 && i < count; i++)
    rc = get_ascending(&in, UINT32_MAX, &next, pyr__record_stacks(out) + i);
  for (i = 0; rc == 0 && i < types; i++)
    rc = get_column(&in, i == 0 ? NULL : pyr__record_column(out, i - 1),
                    (uint32_t)count, pyr__record_column(out, i));
  if (rc == 0 && pyr__reader_left(&in) > 0)
    rc = PYR_ESTORE;
  return rc;
}

/* What is left of `before`, and the added, in order.  `places` gets where the
 * changed and then the added are in `out`. */
static int place(struct pyr__record *out, const struct pyr__record *before,
                 const struct pyr__edits *edits, uint32_t *places) {
  const uint32_t *old = pyr__record_stacks(before);
  const uint32_t *removed = edits->removed.items;
  const uint32_t *changed = edits->changed.items, *added = edits->added.items;
  uint32_t *new = pyr__record_stacks(out);
  uint32_t i, j = 0, r = 0, c = 0, a = 0, type;

  for (i = 0; i < before->stacks.count || a < edits->added.count;) {
    if (i == before->stacks.count ||
        (a < edits->added.count && added[a] < old[i])) {
      places[edits->changed.count + a] = j;
      new[j++] = added[a++];
      continue;
    }
    if (a < edits->added.count && added[a] == old[i])
      return PYR_ESTORE;
    if (c < edits->changed.count && changed[c] == i)
      places[c++] =
          r < edits->removed.count && removed[r] == i ? UINT32_MAX : j;
    if (r < edits->removed.count && removed[r] == i) {
      r++;
    } else {
      for (type = 0; type < out->types; type++)
        pyr__record_column(out, type)[j] = pyr__record_column(before, type)[i];
      new[j++] = old[i];
    }
    i++;
  }
  for (i = 0; i < edits->changed.count; i++)
    if (places[i] == UINT32_MAX)
      return PYR_ESTORE;
  return 0;
}

static int get_values(struct pyr__record *out, const struct pyr__edits *edits,
                      struct pyr__reader *in, const uint32_t *places) {
  uint32_t edited = edits->changed.count + edits->added.count, type, i;
  int64_t *columns = edits->column.items, *last = NULL;
  for (type = 0; type < out->types; type++) {
    int64_t *this = columns + (type % 2 == 0 ? 0 : edited);
    int64_t *target = pyr__record_column(out, type);
    int rc = get_column(in, last, edited, this);
    if (rc != 0)
      return rc;
    for (i = 0; i < edits->changed.count; i++)
      target[places[i]] =
          (int64_t)((uint64_t)target[places[i]] + (uint64_t)this[i]);
    for (; i < edited; i++)
      target[places[i]] = this[i];
    last = this;
  }
  return 0;
}

int pyr__record_decode_change(struct pyr__record *out,
                              const struct pyr__record *before,
                              struct pyr__edits *edits, struct pyr__reader in,
                              size_t max_values) {
  uint32_t old = before->stacks.count, edited;
  uint32_t *places;
  uint64_t count;
  int rc = get_list(&in, old, &edits->removed);
  if (rc == 0)
    rc = get_list(&in, old, &edits->changed);
  if (rc == 0)
    rc = get_list(&in, UINT32_MAX, &edits->added);
  if (rc != 0)
    return rc;
  edited = edits->changed.count + edits->added.count;
  count = (uint64_t)old - edits->removed.count + edits->added.count;
  rc = check_size(count, before->types, max_values);
  if (rc == 0 && count > UINT32_MAX)
    rc = PYR_ELIMIT;
  if (rc == 0)
    rc = pyr__record_resize(out, (uint32_t)count, before->types);
  if (rc == 0) {
    edits->column.count = 0;
    rc = pyr__rows_reserve(&edits->column, 3 * ((size_t)edited + 1));
  }
  if (rc != 0)
    return rc;
  places = (uint32_t *)((int64_t *)edits->column.items + 2 * (size_t)edited);
  rc = place(out, before, edits, places);
  if (rc == 0)
    rc = get_values(out, edits, &in, places);
  if (rc == 0 && pyr__reader_left(&in) > 0)
    rc = PYR_ESTORE;
  return rc;
}
