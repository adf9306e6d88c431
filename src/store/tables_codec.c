/* Dictionary frames: which columns there are, in which order, and how each is
 * written.  One table says it for both directions. */
#include "store/tables.h"

#include <stddef.h>
#include <string.h>

#include "store/varint.h"

enum mode {
  PLAIN,    /* as it is */
  NEXT,     /* plus one, so that "none" (all ones) is 0 */
  SIGNED,   /* zigzag */
  DELTA,    /* zigzag of the difference to the row before */
  RELATIVE, /* zigzag of the difference to the field at `other` */
  BACK      /* the row's id minus the value: 1 is the row before */
};

struct column {
  uint8_t table, mode, is_wide;
  uint8_t refers; /* the table of which it must be an id, or NOTHING */
  uint8_t offset, other;
};

#define NOTHING PYR__TABLE_COUNT

#define WIDTH(type, field) (sizeof(((type *)0)->field) == 8)
#define COLUMN(table, type, field, mode, refers)                               \
  {                                                                            \
    PYR__TABLE_##table, mode, WIDTH(type, field), refers,                      \
        offsetof(type, field), 0                                               \
  }
#define COLUMN_TO(table, type, field, to, refers)                              \
  {                                                                            \
    PYR__TABLE_##table, RELATIVE, WIDTH(type, field), refers,                  \
        offsetof(type, field), offsetof(type, to)                              \
  }

enum {
  STRING = PYR__TABLE_strings,
  MAPPING = PYR__TABLE_mappings,
  FUNCTION = PYR__TABLE_functions
};

static const struct column columns[] = {
    COLUMN(strings, struct pyr__text, len, PLAIN, NOTHING),
    COLUMN(mappings, struct pyr__mapping, start, PLAIN, NOTHING),
    COLUMN_TO(mappings, struct pyr__mapping, limit, start, NOTHING),
    COLUMN(mappings, struct pyr__mapping, offset, PLAIN, NOTHING),
    COLUMN(mappings, struct pyr__mapping, filename, PLAIN, STRING),
    COLUMN(mappings, struct pyr__mapping, build_id, PLAIN, STRING),
    COLUMN(mappings, struct pyr__mapping, flags, PLAIN, NOTHING),
    COLUMN(functions, struct pyr__function, name, DELTA, STRING),
    COLUMN_TO(functions, struct pyr__function, system_name, name, STRING),
    COLUMN(functions, struct pyr__function, filename, DELTA, STRING),
    COLUMN(functions, struct pyr__function, start_line, SIGNED, NOTHING),
    COLUMN(locations, struct pyr__location, address, DELTA, NOTHING),
    COLUMN(locations, struct pyr__location, mapping, NEXT, MAPPING),
    COLUMN(locations, struct pyr__location, is_folded, PLAIN, NOTHING),
    COLUMN(locations, struct pyr__location, line_count, PLAIN, NOTHING),
    COLUMN(lines, struct pyr__line, function, DELTA, FUNCTION),
    COLUMN(lines, struct pyr__line, line, SIGNED, NOTHING),
    COLUMN(lines, struct pyr__line, column, SIGNED, NOTHING),
    COLUMN(label_sets, struct pyr__label_set, count, PLAIN, NOTHING),
    COLUMN(labels, struct pyr__label, key, PLAIN, STRING),
    COLUMN(labels, struct pyr__label, string, PLAIN, STRING),
    COLUMN(labels, struct pyr__label, number, SIGNED, NOTHING),
    COLUMN(labels, struct pyr__label, unit, PLAIN, STRING),
    COLUMN(stacks, struct pyr__node, parent, BACK, NOTHING),
    COLUMN(stacks, struct pyr__node, step, DELTA, NOTHING),
    COLUMN(attributes, struct pyr__attributes, period, SIGNED, NOTHING),
    COLUMN(attributes, struct pyr__attributes, default_type, PLAIN, STRING),
    COLUMN(attributes, struct pyr__attributes, doc_url, PLAIN, STRING),
    COLUMN(attributes, struct pyr__attributes, drop_frames, PLAIN, STRING),
    COLUMN(attributes, struct pyr__attributes, keep_frames, PLAIN, STRING),
    COLUMN(attributes, struct pyr__attributes, program, NEXT, MAPPING),
    COLUMN(attributes, struct pyr__attributes, comment_count, PLAIN, NOTHING),
    {PYR__TABLE_comments, PLAIN, 0, STRING, 0, 0},
    COLUMN(series, struct pyr__series_row, profile_name, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, type_name, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, period_type.type, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, period_type.unit, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, label_count, PLAIN, NOTHING),
    COLUMN(series, struct pyr__series_row, type_count, PLAIN, NOTHING),
    {PYR__TABLE_words, PLAIN, 0, STRING, 0, 0}};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* The table that holds the parts of another one's rows, or NOTHING. */
static enum pyr__table_id parts_of(enum pyr__table_id table) {
  switch (table) {
  case PYR__TABLE_strings:
    return PYR__TABLE_bytes;
  case PYR__TABLE_locations:
    return PYR__TABLE_lines;
  case PYR__TABLE_label_sets:
    return PYR__TABLE_labels;
  case PYR__TABLE_attributes:
    return PYR__TABLE_comments;
  case PYR__TABLE_series:
    return PYR__TABLE_words;
  default:
    return NOTHING;
  }
}

static uint64_t get(const uint8_t *field, int is_wide) {
  uint64_t wide;
  uint32_t narrow;
  if (is_wide) {
    memcpy(&wide, field, sizeof(wide));
    return wide;
  }
  memcpy(&narrow, field, sizeof(narrow));
  return narrow;
}

static void set(uint8_t *field, int is_wide, uint64_t value) {
  uint32_t narrow = (uint32_t)value;
  if (is_wide)
    memcpy(field, &value, sizeof(value));
  else
    memcpy(field, &narrow, sizeof(narrow));
}

/* Differences wrap in the width of the field, so that any value can follow any
 * other. */
static int64_t difference(uint64_t a, uint64_t b, int is_wide) {
  return is_wide ? (int64_t)(a - b) : (int32_t)((uint32_t)a - (uint32_t)b);
}

static uint64_t below(uint64_t value, int is_wide) {
  return is_wide ? value : (uint32_t)value;
}

/* ---- encoding ----------------------------------------------------------- */

static int encode_column(const struct pyr__tables *tables,
                         const struct column *column, uint32_t from,
                         struct pyr__buf *out) {
  const struct pyr__rows *rows = &tables->rows[column->table];
  const uint8_t *row =
      (const uint8_t *)rows->items + (size_t)from * rows->item_size;
  uint64_t before = 0;
  uint8_t *at;
  uint32_t id;
  int rc =
      pyr__buf_reserve(out, (size_t)(rows->count - from) * PYR__VARINT_MAX);

  if (rc != 0)
    return rc;
  at = out->data + out->len;
  for (id = from; id < rows->count; id++, row += rows->item_size) {
    uint64_t value = get(row + column->offset, column->is_wide);
    uint64_t base = 0;
    switch (column->mode) {
    case NEXT:
      value = below(value + 1, column->is_wide);
      break;
    case BACK:
      value = id - value;
      break;
    case DELTA:
    case RELATIVE:
      base = column->mode == DELTA ? before
                                   : get(row + column->other, column->is_wide);
      before = value;
      value = pyr__zigzag(difference(value, base, column->is_wide));
      break;
    case SIGNED:
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
  for (i = 0; rc == 0 && i < COLUMNS; i++)
    if (columns[i].table == table)
      rc = encode_column(tables, &columns[i], from, out);
  return rc;
}

static int encode_table(const struct pyr__tables *tables,
                        const struct pyr__tables_mark *from,
                        enum pyr__table_id table, struct pyr__buf *out) {
  enum pyr__table_id parts = parts_of(table);
  int rc = pyr__buf_add_varint(out, from->counts[table]);
  if (rc == 0)
    rc = pyr__buf_add_varint(out,
                             tables->rows[table].count - from->counts[table]);
  if (rc == 0)
    rc = encode_rows(tables, table, from->counts[table], out);
  if (rc == 0 && parts != NOTHING)
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
  uint64_t most = 1 + (uint64_t)PYR__TABLE_IDS * 2 * PYR__VARINT_MAX;
  size_t i;
  for (i = 0; i < COLUMNS; i++) {
    enum pyr__table_id table = columns[i].table;
    most += (uint64_t)(tables->rows[table].count - from->counts[table]) *
            (columns[i].is_wide ? PYR__VARINT_MAX : PYR__VARINT_MAX / 2);
  }
  return most + tables->rows[PYR__TABLE_bytes].count -
         from->counts[PYR__TABLE_bytes];
}

/* ---- decoding ----------------------------------------------------------- */

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
static int is_id(const struct pyr__tables *tables, const struct column *column,
                 uint64_t value) {
  if (column->refers == NOTHING)
    return 1;
  if (column->mode == NEXT && value == PYR__NO_MAPPING)
    return 1;
  return value < tables->rows[column->refers].count;
}

/* The value that the number on disk stands for. */
static int decode_value(struct decode *decode, const struct column *column,
                        const uint8_t *row, uint32_t id, uint64_t before,
                        uint64_t *out) {
  uint64_t value;
  if (pyr__read_varint(&decode->in, &value) != 0)
    return bad(decode, "a column ends early");
  switch (column->mode) {
  case NEXT:
    value--;
    break;
  case BACK:
    if (value == 0 || value > id)
      return bad(decode, "a stack is its own parent");
    value = id - value;
    break;
  case DELTA:
    value = before + (uint64_t)pyr__unzigzag(value);
    break;
  case RELATIVE:
    value = get(row + column->other, column->is_wide) +
            (uint64_t)pyr__unzigzag(value);
    break;
  case SIGNED:
    value = (uint64_t)pyr__unzigzag(value);
    break;
  default:
    if (value != below(value, column->is_wide))
      return bad(decode, "a number is too large");
    break;
  }
  *out = below(value, column->is_wide);
  return 0;
}

static int decode_column(struct decode *decode, const struct column *column,
                         uint32_t from, uint32_t count) {
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
    set(row + column->offset, column->is_wide, value);
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
  for (i = 0; rc == 0 && i < COLUMNS; i++)
    if (columns[i].table == table)
      rc = decode_column(decode, &columns[i], rows->count, (uint32_t)count);
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
  enum pyr__table_id parts = parts_of(table);
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
  if (rc == 0 && parts_of(table) != NOTHING)
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
