/* Dictionary frames to tables: whatever the bytes are, every id in the tables
 * is one of a row that is there. */
#include "store/columns.h"

struct decode {
  struct pyr__tables *tables;
  struct pyr__reader in;
  const char *what;
};

static int bad(struct decode *decode, const char *what) {
  decode->what = what;
  return PYR_ESTORE;
}

/* Whether `value` is an id that is there already. */
static int is_id(const struct pyr__tables *tables,
                 const struct pyr__column *column, uint64_t value) {
  if (column->refers == PYR__NO_TABLE)
    return 1;
  if (column->mode == PYR__AS_NEXT && value == PYR__NO_MAPPING)
    return 1;
  return value < tables->rows[column->refers].count;
}

/* The value that the number on disk stands for. */
static int decode_value(struct decode *decode, const struct pyr__column *column,
                        const uint8_t *row, uint32_t id, uint64_t before,
                        uint64_t *out) {
  uint64_t value;
  if (pyr__read_varint(&decode->in, &value) != 0)
    return bad(decode, "a column ends early");
  switch (column->mode) {
  case PYR__AS_NEXT:
    value--;
    break;
  case PYR__AS_BACK:
    if (value == 0 || value > id)
      return bad(decode, "a stack is its own parent");
    value = id - value;
    break;
  case PYR__AS_DELTA:
    value = before + (uint64_t)pyr__unzigzag(value);
    break;
  case PYR__AS_RELATIVE:
    value = pyr__column_get(row + column->other, column->is_wide) +
            (uint64_t)pyr__unzigzag(value);
    break;
  case PYR__AS_SIGNED:
    value = (uint64_t)pyr__unzigzag(value);
    break;
  default:
    if (value != pyr__column_cut(value, column->is_wide))
      return bad(decode, "a number is too large");
    break;
  }
  *out = pyr__column_cut(value, column->is_wide);
  return 0;
}

static int decode_column(struct decode *decode,
                         const struct pyr__column *column, uint32_t from,
                         uint32_t count) {
  struct pyr__rows *rows = &decode->tables->rows[column->table];
  uint8_t *row = (uint8_t *)rows->items + (size_t)from * rows->item_size;
  uint64_t value = 0;
  uint32_t i;
  for (i = 0; i < count; i++, row += rows->item_size) {
    int rc = decode_value(decode, column, row, from + i, value, &value);
    if (rc != 0)
      return rc;
    if (!is_id(decode->tables, column, value))
      return bad(decode, "a number refers to nothing");
    pyr__column_set(row + column->offset, column->is_wide, value);
  }
  return 0;
}

static int reserve(struct pyr__tables *tables, enum pyr__table_id table,
                   uint64_t count) {
  struct pyr__rows *rows = &tables->rows[table];
  size_t held = pyr__tables_bytes_held(tables);
  /* What grows takes half as much again. */
  if (held > tables->limit ||
      count > (tables->limit - held) / rows->item_size / 2)
    return PYR_ELIMIT;
  return pyr__rows_reserve(rows, count);
}

/* Every item is a byte at least in each of its columns, so what is left bounds
 * how many there can be. */
static int make_room(struct decode *decode, enum pyr__table_id table,
                     uint64_t count) {
  struct pyr__rows *rows = &decode->tables->rows[table];
  int rc;
  if (count > pyr__reader_left(&decode->in))
    return bad(decode, "more items than bytes");
  rc = reserve(decode->tables, table, count);
  if (rc == 0)
    memset((uint8_t *)rows->items + (size_t)rows->count * rows->item_size, 0,
           (size_t)count * rows->item_size);
  return rc;
}

static int decode_rows(struct decode *decode, enum pyr__table_id table,
                       uint64_t count) {
  struct pyr__rows *rows = &decode->tables->rows[table];
  pyr_str_t bytes;
  size_t i;
  int rc = make_room(decode, table, count);

  if (rc == 0 && table == PYR__TABLE_bytes) {
    if (pyr__read_bytes(&decode->in, (size_t)count, &bytes) != 0)
      return bad(decode, "texts end early");
    if (count > 0)
      memcpy((char *)rows->items + rows->count, bytes.base, bytes.len);
  }
  for (i = 0; rc == 0 && i < pyr__column_count; i++)
    if (pyr__columns[i].table == table)
      rc =
          decode_column(decode, &pyr__columns[i], rows->count, (uint32_t)count);
  if (rc == 0)
    rows->count += (uint32_t)count;
  return rc;
}

/* How many parts row `id` has; where they begin is put into the row. */
static uint64_t place_parts(struct pyr__tables *tables,
                            enum pyr__table_id table, uint32_t id,
                            uint32_t first) {
  switch (table) {
  case PYR__TABLE_strings:
    pyr__tables_strings(tables)[id].at = first;
    return pyr__tables_strings(tables)[id].len;
  case PYR__TABLE_locations:
    pyr__tables_locations(tables)[id].first_line = first;
    return pyr__tables_locations(tables)[id].line_count;
  case PYR__TABLE_label_sets:
    pyr__tables_label_sets(tables)[id].first = first;
    return pyr__tables_label_sets(tables)[id].count;
  case PYR__TABLE_attributes:
    pyr__tables_attributes(tables)[id].first_comment = first;
    return pyr__tables_attributes(tables)[id].comment_count;
  default: {
    struct pyr__series_row *row = pyr__tables_series(tables) + id;
    row->first_word = first;
    return 2 * ((uint64_t)row->label_count + row->type_count);
  }
  }
}

static int decode_parts(struct decode *decode, enum pyr__table_id table,
                        uint32_t from) {
  struct pyr__tables *tables = decode->tables;
  enum pyr__table_id parts = pyr__parts_of(table);
  uint32_t id, first = tables->rows[parts].count;
  uint64_t total = 0;

  for (id = from; id < tables->rows[table].count; id++) {
    total += place_parts(tables, table, id, first + (uint32_t)total);
    if (total > pyr__reader_left(&decode->in) || first + total > UINT32_MAX)
      return bad(decode, "more items than bytes");
  }
  return decode_rows(decode, parts, total);
}

/* A step leads to a location or a label set that is there. */
static int check_steps(struct decode *decode, uint32_t from) {
  const struct pyr__tables *tables = decode->tables;
  uint32_t id;
  for (id = from; id < tables->rows[PYR__TABLE_stacks].count; id++) {
    uint32_t step = pyr__tables_stacks(tables)[id].step;
    enum pyr__table_id to =
        step & 1 ? PYR__TABLE_label_sets : PYR__TABLE_locations;
    if (step >> 1 >= tables->rows[to].count)
      return bad(decode, "a stack refers to nothing");
  }
  return 0;
}

static void fill_lost(struct pyr__tables *tables, enum pyr__table_id table) {
  uint32_t id = tables->rows[table].count;
  switch (table) {
  case PYR__TABLE_strings:
    pyr__tables_strings(tables)[id] = (struct pyr__text){PYR__LOST, 0};
    break;
  case PYR__TABLE_functions:
    pyr__tables_functions(tables)[id] =
        (struct pyr__function){0, PYR__LOST, PYR__LOST, 0};
    break;
  case PYR__TABLE_locations:
    pyr__tables_locations(tables)[id] =
        (struct pyr__location){0, PYR__NO_MAPPING, PYR__LOST, 0, 0};
    break;
  case PYR__TABLE_label_sets:
    pyr__tables_label_sets(tables)[id] = (struct pyr__label_set){PYR__LOST, 0};
    break;
  case PYR__TABLE_stacks:
    pyr__tables_stacks(tables)[id] = (struct pyr__node){0, PYR__LOST};
    break;
  case PYR__TABLE_attributes:
    pyr__tables_attributes(tables)[id] = (struct pyr__attributes){
        .program = PYR__NO_MAPPING, .first_comment = PYR__LOST};
    break;
  default:
    memset((uint8_t *)tables->rows[table].items +
               (size_t)id * tables->rows[table].item_size,
           0, tables->rows[table].item_size);
    break;
  }
}

/* Where rows are missing before this frame's, something that says so. */
static int fill_gap(struct decode *decode, enum pyr__table_id table,
                    uint64_t first, uint32_t max_lost) {
  struct pyr__rows *rows = &decode->tables->rows[table];
  int rc;
  if (first < rows->count || first - rows->count > max_lost)
    return bad(decode, "ids do not follow those before");
  rc = reserve(decode->tables, table, first - rows->count);
  for (; rc == 0 && rows->count < first; rows->count++)
    fill_lost(decode->tables, table);
  return rc;
}

static int decode_table(struct decode *decode, enum pyr__table_id table,
                        uint32_t max_lost) {
  struct pyr__rows *rows = &decode->tables->rows[table];
  uint64_t first, count;
  uint32_t from;
  int rc;

  if (pyr__read_varint(&decode->in, &first) != 0 ||
      pyr__read_varint(&decode->in, &count) != 0)
    return bad(decode, "a table ends early");
  rc = fill_gap(decode, table, first, max_lost);
  from = rows->count;
  if (rc == 0)
    rc = decode_rows(decode, table, count);
  if (rc == 0 && pyr__parts_of(table) != PYR__NO_TABLE)
    rc = decode_parts(decode, table, from);
  if (rc == 0 && table == PYR__TABLE_stacks)
    rc = check_steps(decode, from);
  return rc;
}

int pyr__tables_decode(struct pyr__tables *tables, const void *data, size_t len,
                       uint32_t max_lost, const char **what) {
  struct decode decode = {tables, pyr__reader_of(data, len), NULL};
  struct pyr__tables_mark mark;
  uint8_t present;
  uint32_t i;
  int rc = 0;

  pyr__tables_mark(tables, &mark);
  if (pyr__read_byte(&decode.in, &present) != 0)
    rc = bad(&decode, "it is empty");
  for (i = 0; rc == 0 && i < PYR__TABLE_IDS; i++)
    if (present & 1 << i)
      rc = decode_table(&decode, i, max_lost);
  if (rc == 0 && pyr__reader_left(&decode.in) > 0)
    rc = bad(&decode, "bytes are left over");
  if (rc != 0)
    pyr__tables_cut(tables, &mark);
  *what = decode.what;
  return rc;
}
