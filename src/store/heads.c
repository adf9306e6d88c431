#include "store/heads.h"

#include <stddef.h>
#include <string.h>

#include "base/limits.h"
#include "base/varint.h"

void pyr__heads_init(struct pyr__heads *heads, struct pyr__memory *memory,
                     enum pyr__purpose purpose) {
  pyr__rows_init(&heads->heads, memory, purpose, sizeof(struct pyr__head));
  pyr__rows_init(&heads->totals, memory, purpose, sizeof(int64_t));
}

void pyr__heads_release(struct pyr__heads *heads) {
  pyr__rows_release(&heads->heads);
  pyr__rows_release(&heads->totals);
}

enum column {
  TIME,
  DURATION,
  SERIES,
  ATTRIBUTES,
  BODY_TIME,
  BODY_DURATION,
  LINK,
  SAMPLE_COUNT,
  TYPE_COUNT,
  RECORD_LEN,
  COLUMNS
};

/* As the difference to what the scrape says, where "none" has the code 1: that
 * and the code that would be 0 change places. */
static uint64_t body_code(uint64_t code, int64_t scrape) {
  uint64_t none = pyr__zigzag((int64_t)(0 - (uint64_t)scrape));
  if (code == none)
    return 1;
  return code == 1 ? none : code;
}

static int64_t minus(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b) {
  return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* ---- encoding ----------------------------------------------------------- */

static uint64_t value_of(const struct pyr__head *head,
                         const struct pyr__head *before, enum column column) {
  switch (column) {
  case TIME:
    return pyr__zigzag(minus(head->time_ns, before->time_ns));
  case DURATION:
    return pyr__zigzag(minus(head->duration_ns, before->duration_ns));
  case SERIES:
    return head->series;
  case ATTRIBUTES:
    return head->attributes;
  case BODY_TIME:
    return body_code(pyr__zigzag(minus(head->body_time_ns, head->time_ns)),
                     head->time_ns);
  case BODY_DURATION:
    return body_code(
        pyr__zigzag(minus(head->body_duration_ns, head->duration_ns)),
        head->duration_ns);
  case LINK:
    return (uint64_t)head->number << 1 | head->is_change;
  case SAMPLE_COUNT:
    return head->sample_count;
  case TYPE_COUNT:
    return head->type_count;
  default:
    return head->record_len;
  }
}

int pyr__heads_encode(const struct pyr__heads *heads, uint64_t back,
                      struct pyr__buf *out) {
  static const struct pyr__head nothing;
  const int64_t *totals = heads->totals.items;
  uint32_t count = heads->heads.count, column, i;
  uint8_t *at;
  int rc =
      pyr__buf_reserve(out, PYR__VARINT_BYTES * (2 + (size_t)count * COLUMNS +
                                                 heads->totals.count));
  if (rc != 0)
    return rc;
  at = pyr__varint_put(out->data + out->len, back);
  at = pyr__varint_put(at, count);
  for (column = 0; column < COLUMNS; column++) {
    const struct pyr__head *before = &nothing;
    for (i = 0; i < count; i++) {
      const struct pyr__head *head = pyr__heads_at(heads, i);
      at = pyr__varint_put(at, value_of(head, before, column));
      before = head;
    }
  }
  for (i = 0; i < heads->totals.count; i++)
    at = pyr__varint_put(at, pyr__zigzag(totals[i]));
  out->len = (size_t)(at - out->data);
  return 0;
}

/* ---- decoding ----------------------------------------------------------- */

static int narrow(uint64_t value, uint32_t *out) {
  *out = (uint32_t)value;
  return value > UINT32_MAX ? PYR_ESTORE : 0;
}

static int take_value(struct pyr__head *head, const struct pyr__head *before,
                      enum column column, uint64_t value) {
  switch (column) {
  case TIME:
    head->time_ns = plus(before->time_ns, pyr__unzigzag(value));
    return 0;
  case DURATION:
    head->duration_ns = plus(before->duration_ns, pyr__unzigzag(value));
    return 0;
  case SERIES:
    return narrow(value, &head->series);
  case ATTRIBUTES:
    return narrow(value, &head->attributes);
  case BODY_TIME:
    value = body_code(value, head->time_ns);
    head->body_time_ns = plus(head->time_ns, pyr__unzigzag(value));
    return 0;
  case BODY_DURATION:
    value = body_code(value, head->duration_ns);
    head->body_duration_ns = plus(head->duration_ns, pyr__unzigzag(value));
    return 0;
  case LINK:
    head->is_change = value & 1;
    return narrow(value >> 1, &head->number);
  case SAMPLE_COUNT:
    return narrow(value, &head->sample_count);
  case TYPE_COUNT:
    return value > PYR__LIMIT_SAMPLE_TYPES ? PYR_ESTORE
                                           : narrow(value, &head->type_count);
  default:
    return narrow(value, &head->record_len);
  }
}

static int decode_columns(struct pyr__heads *heads, struct pyr__reader *in) {
  static const struct pyr__head nothing;
  uint64_t value;
  uint32_t column, i;
  for (column = 0; column < COLUMNS; column++) {
    const struct pyr__head *before = &nothing;
    for (i = 0; i < heads->heads.count; i++) {
      struct pyr__head *head = pyr__heads_at(heads, i);
      if (pyr__read_varint(in, &value) != 0 ||
          take_value(head, before, column, value) != 0)
        return PYR_ESTORE;
      before = head;
    }
  }
  return 0;
}

static int decode_totals(struct pyr__heads *heads, struct pyr__reader *in) {
  uint64_t value, total = 0, record_at = 0;
  uint32_t i;
  int rc;
  for (i = 0; i < heads->heads.count; i++) {
    struct pyr__head *head = pyr__heads_at(heads, i);
    head->first_total = (uint32_t)total;
    head->record_at = (uint32_t)record_at;
    total += head->type_count;
    record_at += head->record_len;
    if (total > pyr__reader_left(in) || record_at > PYR__LIMIT_FRAME_BYTES)
      return PYR_ESTORE;
  }
  rc = pyr__rows_reserve(&heads->totals, total + 1);
  for (i = 0; rc == 0 && i < total; i++) {
    if (pyr__read_varint(in, &value) != 0)
      return PYR_ESTORE;
    ((int64_t *)heads->totals.items)[i] = pyr__unzigzag(value);
  }
  heads->totals.count = (uint32_t)total;
  return rc;
}

int pyr__heads_decode(struct pyr__heads *heads, const void *data, size_t len,
                      uint64_t at) {
  struct pyr__reader in = pyr__reader_of(data, len);
  uint64_t back, count;
  uint32_t i;
  int rc;

  heads->heads.count = heads->totals.count = 0;
  if (pyr__read_varint(&in, &back) != 0 || back > at ||
      pyr__read_varint(&in, &count) != 0 ||
      count > pyr__reader_left(&in) / COLUMNS)
    return PYR_ESTORE;
  rc = pyr__rows_reserve(&heads->heads, count + 1);
  if (rc != 0)
    return rc;
  heads->heads.count = (uint32_t)count;
  rc = decode_columns(heads, &in);
  if (rc == 0)
    rc = decode_totals(heads, &in);
  for (i = 0; rc == 0 && i < count; i++)
    pyr__heads_at(heads, i)->samples_at = at - back;
  if (rc == 0 && pyr__reader_left(&in) > 0)
    rc = PYR_ESTORE;
  if (rc != 0)
    heads->heads.count = heads->totals.count = 0;
  return rc;
}
