#include "store/samples.h"

#include <string.h>

#include "base/values.h"

void pyr__samples_init(struct pyr__samples *samples,
                       struct pyr__memory *memory) {
  enum pyr__purpose purpose = PYR__MEM_STORE_BUFFER;
  pyr__rows_init(&samples->places, memory, purpose, sizeof(uint32_t));
  pyr__rows_init(&samples->keys, memory, purpose, sizeof(uint64_t));
  pyr__rows_init(&samples->values, memory, purpose, sizeof(int64_t));
  pyr__rows_init(&samples->totals, memory, purpose, sizeof(int64_t));
  pyr__record_init(&samples->record, memory, purpose);
}

void pyr__samples_release(struct pyr__samples *samples) {
  pyr__rows_release(&samples->places);
  pyr__rows_release(&samples->keys);
  pyr__rows_release(&samples->values);
  pyr__rows_release(&samples->totals);
  pyr__record_release(&samples->record);
}

void pyr__samples_trim(struct pyr__samples *samples, size_t most) {
  pyr__rows_trim(&samples->keys, most);
  pyr__rows_trim(&samples->values, most);
  pyr__record_trim(&samples->record, most);
}

/* The place of a stack, or 0 where it has none; there is room for it then. */
static int find_place(struct pyr__samples *samples, uint32_t stack,
                      uint32_t *out) {
  struct pyr__rows *places = &samples->places;
  int rc;
  if (stack >= places->count) {
    rc = pyr__rows_reserve(places, (size_t)stack + 1 - places->count);
    if (rc != 0)
      return rc;
    memset((uint32_t *)places->items + places->count, 0,
           (places->capacity - places->count) * sizeof(uint32_t));
    places->count = places->capacity;
  }
  *out = ((const uint32_t *)places->items)[stack];
  return 0;
}

static int add_sample(struct pyr__samples *samples, uint32_t stack,
                      const int64_t *values, uint32_t types) {
  uint32_t place, i;
  int64_t *row;
  int rc = find_place(samples, stack, &place);

  if (rc != 0)
    return rc;
  if (place == 0) {
    place = samples->keys.count++;
    ((uint64_t *)samples->keys.items)[place] = (uint64_t)stack << 32 | place;
    ((uint32_t *)samples->places.items)[stack] = place + 1;
    memcpy((int64_t *)samples->values.items + (size_t)place * types, values,
           types * sizeof(*values));
    return 0;
  }
  row = (int64_t *)samples->values.items + (size_t)(place - 1) * types;
  for (i = 0; i < types; i++)
    row[i] = pyr__value_sum(row[i], values[i]);
  return 0;
}

static int collect(struct pyr__samples *samples, struct pyr__intern *intern) {
  const struct pyr__profile *from = intern->from;
  const int64_t *values = from->values;
  int64_t *totals = samples->totals.items;
  uint32_t i, j, stack, types = from->type_count;
  int rc = 0;
  for (i = 0; rc == 0 && i < from->sample_count; i++, values += types) {
    if (pyr__values_are_zero(values, types))
      continue;
    rc = pyr__intern_sample(intern, &from->samples[i], &stack);
    if (rc == 0)
      rc = add_sample(samples, stack, values, types);
    for (j = 0; j < types; j++)
      totals[j] = pyr__value_sum(totals[j], values[j]);
  }
  return rc;
}

/* The next collection begins with no places. */
static void forget_places(struct pyr__samples *samples) {
  const uint64_t *keys = samples->keys.items;
  uint32_t i;
  for (i = 0; i < samples->keys.count; i++)
    ((uint32_t *)samples->places.items)[keys[i] >> 32] = 0;
}

enum { RADIX_BITS = 8, RADIX = 1 << RADIX_BITS };

/* By stack, a digit at a time; returns where the result is. */
static const uint64_t *sort(struct pyr__samples *samples) {
  uint64_t *from = samples->keys.items, *to = from + samples->keys.count;
  uint32_t count = samples->keys.count, i, at, highest = 0;
  unsigned shift;

  for (i = 0; i < count; i++)
    highest |= (uint32_t)(from[i] >> 32);
  for (shift = 32; shift < 64 && (uint64_t)highest << 32 >> shift != 0;
       shift += RADIX_BITS) {
    uint32_t places[RADIX] = {0};
    uint64_t *swap = from;
    for (i = 0; i < count; i++)
      places[from[i] >> shift & (RADIX - 1)]++;
    for (i = 0, at = 0; i < RADIX; i++) {
      uint32_t here = places[i];
      places[i] = at;
      at += here;
    }
    for (i = 0; i < count; i++)
      to[places[from[i] >> shift & (RADIX - 1)]++] = from[i];
    from = to;
    to = swap;
  }
  return from;
}

static int fill_record(struct pyr__samples *samples, uint32_t types) {
  struct pyr__record *record = &samples->record;
  uint32_t count = samples->keys.count, i, type;
  const uint64_t *sorted = sort(samples);
  int rc = pyr__record_resize(record, count, types);

  if (rc != 0)
    return rc;
  for (i = 0; i < count; i++)
    pyr__record_stacks(record)[i] = (uint32_t)(sorted[i] >> 32);
  for (type = 0; type < types; type++) {
    const int64_t *values = (const int64_t *)samples->values.items + type;
    int64_t *column = pyr__record_column(record, type);
    for (i = 0; i < count; i++)
      column[i] = values[(size_t)(uint32_t)sorted[i] * types];
  }
  return 0;
}

int pyr__samples_collect(struct pyr__samples *samples,
                         struct pyr__intern *intern) {
  size_t count = intern->from->sample_count, types = intern->from->type_count;
  int rc;

  samples->keys.count = samples->values.count = samples->totals.count = 0;
  rc = pyr__rows_reserve(&samples->keys, 2 * count + 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&samples->values, count * types + 1);
  if (rc == 0)
    rc = pyr__rows_reserve(&samples->totals, types + 1);
  if (rc != 0)
    return rc;
  memset(samples->totals.items, 0, types * sizeof(int64_t));
  samples->totals.count = (uint32_t)types;
  rc = collect(samples, intern);
  forget_places(samples);
  return rc != 0 ? rc : fill_record(samples, (uint32_t)types);
}
