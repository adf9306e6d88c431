/* Records from disk: whatever the bytes are, the arrays stay what they say. */
#include "store/record.h"

/* The next of ascending numbers below `limit`. */
static int get_ascending(struct pyr__reader *in, uint64_t limit, uint64_t *next,
                         uint32_t *out) {
  uint64_t gap;
  if (pyr__read_varint(in, &gap) != 0 || gap >= limit || *next >= limit - gap)
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
  if (pyr__read_varint(in, &count) != 0 || count > pyr__reader_left(in))
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
  if (mode == PYR__COLUMN_MULTIPLE && before != NULL) {
    uint64_t factor;
    if (pyr__read_varint(in, &value) != 0)
      return PYR_ESTORE;
    factor = (uint64_t)pyr__unzigzag(value);
    for (i = 0; i < count; i++)
      out[i] = (int64_t)((uint64_t)before[i] * factor);
    return 0;
  }
  if (mode != PYR__COLUMN_PLAIN)
    return PYR_ESTORE;
  for (i = 0; i < count; i++) {
    if (pyr__read_varint(in, &value) != 0)
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

  if (pyr__read_varint(&in, &count) != 0 || count > pyr__reader_left(&in))
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
