#include "store/columns.h"

#include <stddef.h>

#define WIDTH(type, field) (sizeof(((type *)0)->field) == 8)
#define COLUMN(table, type, field, mode, refers)                               \
  {                                                                            \
    PYR__TABLE_##table, PYR__AS_##mode, WIDTH(type, field), refers,            \
        offsetof(type, field), 0                                               \
  }
#define COLUMN_TO(table, type, field, to, refers)                              \
  {                                                                            \
    PYR__TABLE_##table, PYR__AS_RELATIVE, WIDTH(type, field), refers,          \
        offsetof(type, field), offsetof(type, to)                              \
  }
#define NOTHING PYR__NO_TABLE

enum {
  STRING = PYR__TABLE_strings,
  MAPPING = PYR__TABLE_mappings,
  FUNCTION = PYR__TABLE_functions
};

const struct pyr__column pyr__columns[] = {
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
    {PYR__TABLE_comments, PYR__AS_PLAIN, 0, STRING, 0, 0},
    COLUMN(series, struct pyr__series_row, profile_name, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, type_name, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, period_type.type, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, period_type.unit, PLAIN, STRING),
    COLUMN(series, struct pyr__series_row, label_count, PLAIN, NOTHING),
    COLUMN(series, struct pyr__series_row, type_count, PLAIN, NOTHING),
    {PYR__TABLE_words, PYR__AS_PLAIN, 0, STRING, 0, 0}};

const size_t pyr__column_count = sizeof(pyr__columns) / sizeof(pyr__columns[0]);

enum pyr__table_id pyr__parts_of(enum pyr__table_id table) {
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
