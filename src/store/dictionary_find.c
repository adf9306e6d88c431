/* A thing by its content: the row that is there, or a new one. */
#include "store/dictionary.h"

#include "base/str.h"
#include "store/dictionary_hash.h"

static int same_words(const uint32_t *a, const uint32_t *b, uint32_t count) {
  return count == 0 || memcmp(a, b, count * sizeof(*a)) == 0;
}

static int same_location(const struct pyr__location *a,
                         const struct pyr__line *a_lines,
                         const struct pyr__location *b,
                         const struct pyr__line *b_lines) {
  uint32_t i;
  if (a->address != b->address || a->mapping != b->mapping ||
      a->line_count != b->line_count || a->is_folded != b->is_folded)
    return 0;
  for (i = 0; i < a->line_count; i++)
    if (a_lines[i].function != b_lines[i].function ||
        a_lines[i].line != b_lines[i].line ||
        a_lines[i].column != b_lines[i].column)
      return 0;
  return 1;
}

static int same_labels(const struct pyr__label *a, const struct pyr__label *b,
                       uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; i++)
    if (a[i].key != b[i].key || a[i].string != b[i].string ||
        a[i].number != b[i].number || a[i].unit != b[i].unit)
      return 0;
  return 1;
}

static int same_attributes(const struct pyr__attributes *a,
                           const struct pyr__attributes *b) {
  return a->period == b->period && a->default_type == b->default_type &&
         a->doc_url == b->doc_url && a->drop_frames == b->drop_frames &&
         a->keep_frames == b->keep_frames && a->program == b->program &&
         a->comment_count == b->comment_count;
}

static int same_series(const struct pyr__series_row *a,
                       const struct pyr__series_row *b) {
  return a->profile_name == b->profile_name && a->type_name == b->type_name &&
         a->period_type.type == b->period_type.type &&
         a->period_type.unit == b->period_type.unit &&
         a->label_count == b->label_count && a->type_count == b->type_count;
}

/* Adds a row, after its parts; on failure both are gone. */
static int add(struct pyr__dictionary *dictionary, enum pyr__table_id table,
               uint64_t hash, const void *row, uint32_t *out) {
  struct pyr__rows *rows = &dictionary->tables.rows[table];
  int rc = pyr__rows_reserve(rows, 1);
  if (rc == 0)
    rc = pyr__index_add(&dictionary->indexes[table], hash, rows->count);
  if (rc != 0)
    return rc;
  memcpy((uint8_t *)rows->items + (size_t)rows->count * rows->item_size, row,
         rows->item_size);
  *out = rows->count++;
  return 0;
}

/* What a row refers to by its place behind the others of its table. */
struct parts {
  enum pyr__table_id table;
  const void *items;
  uint32_t count;
};

/* The parts are counted only when the row is there. */
static int add_with(struct pyr__dictionary *dictionary,
                    const struct parts *parts, enum pyr__table_id table,
                    uint64_t hash, const void *row, uint32_t *out) {
  struct pyr__rows *rows = &dictionary->tables.rows[parts->table];
  int rc = pyr__rows_reserve(rows, parts->count);
  if (rc == 0 && parts->count > 0)
    memcpy((uint8_t *)rows->items + (size_t)rows->count * rows->item_size,
           parts->items, (size_t)parts->count * rows->item_size);
  if (rc == 0)
    rc = add(dictionary, table, hash, row, out);
  if (rc == 0)
    rows->count += parts->count;
  return rc;
}

/* The ids that may be the thing with this hash. */
struct candidates {
  const struct pyr__index *index;
  uint64_t hash;
  size_t at;
};

static inline uint32_t first(struct candidates *among,
                             const struct pyr__dictionary *dictionary,
                             enum pyr__table_id table, uint64_t hash) {
  among->index = &dictionary->indexes[table];
  among->hash = hash;
  return pyr__index_first(among->index, hash, &among->at);
}

static inline uint32_t next(struct candidates *among) {
  return pyr__index_next(among->index, among->hash, &among->at);
}

int pyr__dictionary_string(struct pyr__dictionary *dictionary, pyr_str_t text,
                           uint32_t *out) {
  const struct pyr__tables *tables = &dictionary->tables;
  uint64_t hash = pyr__hash(dictionary->seed, text.base, text.len);
  struct pyr__text row;
  struct candidates among;

  *out = 0;
  if (text.len == 0)
    return 0;
  for (*out = first(&among, dictionary, PYR__TABLE_strings, hash);
       *out != PYR__NONE; *out = next(&among))
    if (pyr__str_equal(pyr__tables_text(tables, *out), text))
      return 0;
  if (text.len >= UINT32_MAX)
    return PYR_ELIMIT;
  row.at = pyr__tables_count(tables, PYR__TABLE_bytes);
  row.len = (uint32_t)text.len;
  return add_with(dictionary,
                  &(struct parts){PYR__TABLE_bytes, text.base, row.len},
                  PYR__TABLE_strings, hash, &row, out);
}

int pyr__dictionary_mapping(struct pyr__dictionary *dictionary,
                            const struct pyr__mapping *mapping, uint32_t *out) {
  const struct pyr__mapping *rows = pyr__tables_mappings(&dictionary->tables);
  uint64_t hash = pyr__hash_mapping(dictionary->seed, mapping);
  struct candidates among;
  for (*out = first(&among, dictionary, PYR__TABLE_mappings, hash);
       *out != PYR__NONE; *out = next(&among)) {
    const struct pyr__mapping *row = &rows[*out];
    if (row->start == mapping->start && row->limit == mapping->limit &&
        row->offset == mapping->offset && row->filename == mapping->filename &&
        row->build_id == mapping->build_id && row->flags == mapping->flags)
      return 0;
  }
  return add(dictionary, PYR__TABLE_mappings, hash, mapping, out);
}

int pyr__dictionary_function(struct pyr__dictionary *dictionary,
                             const struct pyr__function *function,
                             uint32_t *out) {
  const struct pyr__function *rows = pyr__tables_functions(&dictionary->tables);
  uint64_t hash = pyr__hash_function(dictionary->seed, function);
  struct candidates among;
  for (*out = first(&among, dictionary, PYR__TABLE_functions, hash);
       *out != PYR__NONE; *out = next(&among)) {
    const struct pyr__function *row = &rows[*out];
    if (row->name == function->name && row->filename == function->filename &&
        row->system_name == function->system_name &&
        row->start_line == function->start_line)
      return 0;
  }
  return add(dictionary, PYR__TABLE_functions, hash, function, out);
}

static uint32_t *guess_at(const struct pyr__dictionary *dictionary,
                          uint64_t address) {
  uint64_t hash = pyr__hash_mix(dictionary->seed, address);
  return (uint32_t *)dictionary->guesses.items +
         (hash & (dictionary->guesses.count - 1));
}

uint32_t pyr__dictionary_guess(const struct pyr__dictionary *dictionary,
                               uint64_t address) {
  return dictionary->guesses.count == 0 ? PYR__NONE
                                        : *guess_at(dictionary, address);
}

/* Twice as many places as locations; what is in them is not kept when there
 * are to be more. */
static int need_guesses(struct pyr__dictionary *dictionary) {
  struct pyr__rows *guesses = &dictionary->guesses;
  uint32_t count = pyr__tables_count(&dictionary->tables, PYR__TABLE_locations);
  uint32_t size = guesses->count == 0 ? 64 : guesses->count;
  int rc;
  while (size < count * 2 && size < UINT32_MAX / 4)
    size *= 2;
  if (size == guesses->count)
    return 0;
  guesses->count = 0;
  rc = pyr__rows_reserve(guesses, size);
  if (rc != 0)
    return rc;
  memset(guesses->items, 0xff, size * sizeof(uint32_t));
  guesses->count = size;
  return 0;
}

static int find_location(struct pyr__dictionary *dictionary,
                         const struct pyr__location *location,
                         const struct pyr__line *lines, uint32_t *out) {
  const struct pyr__tables *tables = &dictionary->tables;
  uint64_t hash = pyr__hash_location(dictionary->seed, location, lines);
  struct pyr__location row = *location;
  struct candidates among;
  for (*out = first(&among, dictionary, PYR__TABLE_locations, hash);
       *out != PYR__NONE; *out = next(&among)) {
    const struct pyr__location *known = pyr__tables_locations(tables) + *out;
    if (same_location(known, pyr__tables_lines(tables) + known->first_line,
                      location, lines))
      return 0;
  }
  row.first_line = pyr__tables_count(tables, PYR__TABLE_lines);
  return add_with(dictionary,
                  &(struct parts){PYR__TABLE_lines, lines, row.line_count},
                  PYR__TABLE_locations, hash, &row, out);
}

int pyr__dictionary_location(struct pyr__dictionary *dictionary,
                             const struct pyr__location *location,
                             const struct pyr__line *lines, uint32_t *out) {
  int rc = find_location(dictionary, location, lines, out);
  if (rc == 0)
    rc = need_guesses(dictionary);
  if (rc == 0)
    *guess_at(dictionary, location->address) = *out;
  return rc;
}

int pyr__dictionary_label_set(struct pyr__dictionary *dictionary,
                              const struct pyr__label *labels, uint32_t count,
                              uint32_t *out) {
  const struct pyr__tables *tables = &dictionary->tables;
  uint64_t hash = pyr__hash_labels(dictionary->seed, labels, count);
  struct pyr__label_set row;
  struct candidates among;
  for (*out = first(&among, dictionary, PYR__TABLE_label_sets, hash);
       *out != PYR__NONE; *out = next(&among)) {
    const struct pyr__label_set *known = pyr__tables_label_sets(tables) + *out;
    if (known->count == count &&
        same_labels(pyr__tables_labels(tables) + known->first, labels, count))
      return 0;
  }
  row.first = pyr__tables_count(tables, PYR__TABLE_labels);
  row.count = count;
  return add_with(dictionary, &(struct parts){PYR__TABLE_labels, labels, count},
                  PYR__TABLE_label_sets, hash, &row, out);
}

int pyr__dictionary_attributes(struct pyr__dictionary *dictionary,
                               const struct pyr__attributes *attributes,
                               const uint32_t *comments, uint32_t *out) {
  const struct pyr__tables *tables = &dictionary->tables;
  uint64_t hash = pyr__hash_attributes(dictionary->seed, attributes, comments);
  struct pyr__attributes row = *attributes;
  struct candidates among;
  for (*out = first(&among, dictionary, PYR__TABLE_attributes, hash);
       *out != PYR__NONE; *out = next(&among)) {
    const struct pyr__attributes *known = pyr__tables_attributes(tables) + *out;
    if (same_attributes(known, attributes) &&
        same_words(pyr__tables_comments(tables) + known->first_comment,
                   comments, known->comment_count))
      return 0;
  }
  row.first_comment = pyr__tables_count(tables, PYR__TABLE_comments);
  return add_with(
      dictionary,
      &(struct parts){PYR__TABLE_comments, comments, row.comment_count},
      PYR__TABLE_attributes, hash, &row, out);
}

int pyr__dictionary_series(struct pyr__dictionary *dictionary,
                           const struct pyr__series_row *series,
                           const uint32_t *words, uint32_t *out) {
  const struct pyr__tables *tables = &dictionary->tables;
  uint64_t hash = pyr__hash_series(dictionary->seed, series, words);
  struct pyr__series_row row = *series;
  struct candidates among;
  for (*out = first(&among, dictionary, PYR__TABLE_series, hash);
       *out != PYR__NONE; *out = next(&among)) {
    const struct pyr__series_row *known = pyr__tables_series(tables) + *out;
    if (same_series(known, series) &&
        same_words(pyr__tables_words(tables) + known->first_word, words,
                   pyr__word_count(series)))
      return 0;
  }
  row.first_word = pyr__tables_count(tables, PYR__TABLE_words);
  return add_with(
      dictionary,
      &(struct parts){PYR__TABLE_words, words, pyr__word_count(&row)},
      PYR__TABLE_series, hash, &row, out);
}

int pyr__dictionary_find_step(struct pyr__dictionary *dictionary,
                              struct pyr__node node, uint32_t *out) {
  const struct pyr__node *nodes = pyr__tables_stacks(&dictionary->tables);
  uint64_t hash = pyr__hash_node(dictionary->seed, node);
  struct candidates among;
  int rc;
  for (*out = first(&among, dictionary, PYR__TABLE_stacks, hash);
       *out != PYR__NONE; *out = next(&among))
    if (nodes[*out].parent == node.parent && nodes[*out].step == node.step)
      break;
  if (*out == PYR__NONE) {
    rc = pyr__rows_reserve(&dictionary->walks, 1);
    if (rc == 0)
      rc = add(dictionary, PYR__TABLE_stacks, hash, &node, out);
    if (rc != 0)
      return rc;
    pyr__dictionary_walks(dictionary)[dictionary->walks.count++] =
        (struct pyr__walk){
            .depth = pyr__dictionary_walks(dictionary)[node.parent].depth + 1};
  }
  pyr__dictionary_walks(dictionary)[node.parent].below = *out;
  return 0;
}
