/* Tables to dictionary frames. */
#include "base/varint.h"
#include "store/columns.h"

/* Differences wrap in the width of the field, so that any value can follow any
 * other. */
static int64_t difference(uint64_t a, uint64_t b, int is_wide) {
  return is_wide ? (int64_t)(a - b) : (int32_t)((uint32_t)a - (uint32_t)b);
}

static int encode_column(const struct pyr__tables *tables,
                         const struct pyr__column *column, uint32_t from,
                         struct pyr__buf *out) {
  const struct pyr__rows *rows = &tables->rows[column->table];
  const uint8_t *row =
      (const uint8_t *)rows->items + (size_t)from * rows->item_size;
  uint64_t before = 0;
  uint8_t *at;
  uint32_t id;
  int rc =
      pyr__buf_reserve(out, (size_t)(rows->count - from) * PYR__VARINT_BYTES);

  if (rc != 0)
    return rc;
  at = out->data + out->len;
  for (id = from; id < rows->count; id++, row += rows->item_size) {
    uint64_t value = pyr__column_get(row + column->offset, column->is_wide);
    uint64_t base = 0;
    switch (column->mode) {
    case PYR__AS_NEXT:
      value = pyr__column_cut(value + 1, column->is_wide);
      break;
    case PYR__AS_BACK:
      value = id - value;
      break;
    case PYR__AS_DELTA:
    case PYR__AS_RELATIVE:
      base = column->mode == PYR__AS_DELTA
                 ? before
                 : pyr__column_get(row + column->other, column->is_wide);
      before = value;
      value = pyr__zigzag(difference(value, base, column->is_wide));
      break;
    case PYR__AS_SIGNED:
      value = pyr__zigzag((int64_t)value);
      break;
    default:
      break;
    }
    at = pyr__varint_put(at, value);
  }
  out->len = (size_t)(at - out->data);
  return 0;
}

/* All columns of a table. */
static int encode_rows(const struct pyr__tables *tables,
                       enum pyr__table_id table, uint32_t from,
                       struct pyr__buf *out) {
  const struct pyr__rows *rows = &tables->rows[table];
  size_t i;
  int rc = 0;
  if (table == PYR__TABLE_bytes)
    return pyr__buf_add(out, (const char *)rows->items + from,
                        rows->count - from);
  for (i = 0; rc == 0 && i < pyr__column_count; i++)
    if (pyr__columns[i].table == table)
      rc = encode_column(tables, &pyr__columns[i], from, out);
  return rc;
}

static int encode_table(const struct pyr__tables *tables,
                        const struct pyr__tables_mark *from,
                        enum pyr__table_id table, struct pyr__buf *out) {
  enum pyr__table_id parts = pyr__parts_of(table);
  int rc = pyr__buf_add_varint(out, from->counts[table]);
  if (rc == 0)
    rc = pyr__buf_add_varint(out,
                             tables->rows[table].count - from->counts[table]);
  if (rc == 0)
    rc = encode_rows(tables, table, from->counts[table], out);
  if (rc == 0 && parts != PYR__NO_TABLE)
    rc = encode_rows(tables, parts, from->counts[parts], out);
  return rc;
}

int pyr__tables_encode(const struct pyr__tables *tables,
                       const struct pyr__tables_mark *from,
                       struct pyr__buf *out) {
  uint8_t present = 0;
  size_t start = out->len;
  uint32_t i;
  int rc;

  for (i = 0; i < PYR__TABLE_IDS; i++)
    if (tables->rows[i].count > from->counts[i])
      present |= (uint8_t)(1 << i);
  rc = pyr__buf_add_byte(out, present);
  for (i = 0; rc == 0 && i < PYR__TABLE_IDS; i++)
    if (present & 1 << i)
      rc = encode_table(tables, from, i, out);
  if (rc != 0)
    out->len = start;
  return rc;
}

uint64_t pyr__tables_most_bytes(const struct pyr__tables *tables,
                                const struct pyr__tables_mark *from) {
  uint64_t most = 1 + (uint64_t)PYR__TABLE_IDS * 2 * PYR__VARINT_BYTES;
  size_t i;
  for (i = 0; i < pyr__column_count; i++) {
    enum pyr__table_id table = pyr__columns[i].table;
    most +=
        (uint64_t)(tables->rows[table].count - from->counts[table]) *
        (pyr__columns[i].is_wide ? PYR__VARINT_BYTES : PYR__VARINT_BYTES / 2);
  }
  return most + tables->rows[PYR__TABLE_bytes].count -
         from->counts[PYR__TABLE_bytes];
}
