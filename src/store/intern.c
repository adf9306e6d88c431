#include "store/intern.h"

#include <string.h>

#include "base/hash.h"
#include "base/str.h"

void pyr__intern_init(struct pyr__intern *intern, struct pyr__memory *memory,
                      struct pyr__dictionary *dictionary) {
  *intern = (struct pyr__intern){.dictionary = dictionary};
  pyr__rows_init(&intern->map, memory, PYR__MEM_STORE_BUFFER, sizeof(uint32_t));
  pyr__rows_init(&intern->locations, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(struct pyr__intern_location));
  pyr__rows_init(&intern->powers, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(uint64_t));
  pyr__rows_init(&intern->lines, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(struct pyr__line));
  pyr__rows_init(&intern->labels, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(struct pyr__label));
  pyr__rows_init(&intern->words, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(uint32_t));
}

void pyr__intern_release(struct pyr__intern *intern) {
  pyr__rows_release(&intern->map);
  pyr__rows_release(&intern->locations);
  pyr__rows_release(&intern->powers);
  pyr__rows_release(&intern->lines);
  pyr__rows_release(&intern->labels);
  pyr__rows_release(&intern->words);
}

void pyr__intern_trim(struct pyr__intern *intern, size_t most) {
  pyr__rows_trim(&intern->map, most);
  pyr__rows_trim(&intern->locations, most);
  pyr__rows_trim(&intern->powers, most);
  pyr__rows_trim(&intern->lines, most);
  pyr__rows_trim(&intern->labels, most);
  pyr__rows_trim(&intern->words, most);
}

/* The locations that may be those of the profile, in `step`.  Each look leads
 * to another place in memory, and they wait for it side by side. */
static void guess_locations(struct pyr__intern *intern) {
  const struct pyr__dictionary *dictionary = intern->dictionary;
  const struct pyr__location *from = intern->from->locations;
  const struct pyr__location *rows = pyr__tables_locations(&dictionary->tables);
  const struct pyr__line *lines = pyr__tables_lines(&dictionary->tables);
  struct pyr__intern_location *locations = intern->locations.items;
  uint32_t count = intern->from->location_count, i, guess;
  for (i = 0; i < count; i++) {
    guess = pyr__dictionary_guess(dictionary, from[i].address);
    locations[i] = (struct pyr__intern_location){0, guess};
    if (guess != PYR__NONE)
      __builtin_prefetch(&rows[guess]);
  }
  for (i = 0; i < count; i++) {
    guess = locations[i].step;
    if (guess != PYR__NONE)
      __builtin_prefetch(&lines[rows[guess].first_line]);
  }
}

int pyr__intern_begin(struct pyr__intern *intern,
                      const struct pyr__profile *from) {
  size_t count =
      (size_t)from->string_count + from->mapping_count + from->function_count;
  int rc = pyr__rows_reserve(&intern->map, count);
  if (rc == 0)
    rc = pyr__rows_reserve(&intern->locations, from->location_count);
  if (rc != 0)
    return rc;
  if (count > 0)
    memset(intern->map.items, 0, count * sizeof(uint32_t));
  intern->from = from;
  guess_locations(intern);
  intern->strings = intern->map.items;
  intern->mappings = intern->strings + from->string_count;
  intern->functions = intern->mappings + from->mapping_count;
  /* There are fewer profiles in a segment than would let it wrap. */
  intern->dictionary->profile++;
  return 0;
}

/* ---- things ------------------------------------------------------------- */

int pyr__intern_string(struct pyr__intern *intern, uint32_t id, uint32_t *out) {
  int rc = 0;
  if (intern->strings[id] == 0) {
    rc = pyr__dictionary_string(intern->dictionary, intern->from->strings[id],
                                out);
    if (rc == 0)
      intern->strings[id] = *out + 1;
    return rc;
  }
  *out = intern->strings[id] - 1;
  return rc;
}

static int new_mapping(struct pyr__intern *intern, uint32_t id, uint32_t *out) {
  struct pyr__mapping row;
  int rc;
  row = intern->from->mappings[id];
  rc = pyr__intern_string(intern, row.filename, &row.filename);
  if (rc == 0)
    rc = pyr__intern_string(intern, row.build_id, &row.build_id);
  if (rc == 0)
    rc = pyr__dictionary_mapping(intern->dictionary, &row, out);
  if (rc == 0)
    intern->mappings[id] = *out + 1;
  return rc;
}

static inline int mapping(struct pyr__intern *intern, uint32_t id,
                          uint32_t *out) {
  if (intern->mappings[id] == 0)
    return new_mapping(intern, id, out);
  *out = intern->mappings[id] - 1;
  return 0;
}

static int function(struct pyr__intern *intern, uint32_t id, uint32_t *out) {
  struct pyr__function row;
  int rc;
  if (intern->functions[id] != 0) {
    *out = intern->functions[id] - 1;
    return 0;
  }
  row = intern->from->functions[id];
  rc = pyr__intern_string(intern, row.name, &row.name);
  if (rc == 0)
    rc = pyr__intern_string(intern, row.system_name, &row.system_name);
  if (rc == 0)
    rc = pyr__intern_string(intern, row.filename, &row.filename);
  if (rc == 0)
    rc = pyr__dictionary_function(intern->dictionary, &row, out);
  if (rc == 0)
    intern->functions[id] = *out + 1;
  return rc;
}

/* ---- locations ---------------------------------------------------------- */

/* Whether the string is the dictionary's, which is then noted. */
int pyr__intern_is_string_slow(struct pyr__intern *intern, uint32_t id,
                               uint32_t known) {
  const struct pyr__tables *tables = &intern->dictionary->tables;
  if (!pyr__str_equal(intern->from->strings[id],
                      pyr__tables_text(tables, known)))
    return 0;
  intern->strings[id] = known + 1;
  return 1;
}

static int is_function(struct pyr__intern *intern, uint32_t id,
                       uint32_t known) {
  const struct pyr__function *a = &intern->from->functions[id];
  const struct pyr__function *b =
      pyr__tables_functions(&intern->dictionary->tables) + known;
  if (intern->functions[id] != 0)
    return intern->functions[id] == known + 1;
  if (a->start_line != b->start_line ||
      !pyr__intern_is_string(intern, a->name, b->name) ||
      !pyr__intern_is_string(intern, a->system_name, b->system_name) ||
      !pyr__intern_is_string(intern, a->filename, b->filename))
    return 0;
  intern->functions[id] = known + 1;
  return 1;
}

/* Whether the location, but for its mapping, is the dictionary's. */
static int is_location(struct pyr__intern *intern,
                       const struct pyr__location *location,
                       const struct pyr__location *known) {
  const struct pyr__tables *tables = &intern->dictionary->tables;
  const struct pyr__line *a = intern->from->lines + location->first_line;
  const struct pyr__line *b = pyr__tables_lines(tables) + known->first_line;
  uint32_t i;
  if (location->address != known->address ||
      (location->is_folded != 0) != known->is_folded ||
      location->line_count != known->line_count)
    return 0;
  for (i = 0; i < location->line_count; i++)
    if (a[i].line != b[i].line || a[i].column != b[i].column ||
        !is_function(intern, a[i].function, b[i].function))
      return 0;
  return 1;
}

/* By its names, adding what is new. */
static int find_location(struct pyr__intern *intern,
                         const struct pyr__location *from, uint32_t its_mapping,
                         uint32_t *out) {
  struct pyr__location row = *from;
  struct pyr__line *lines;
  uint32_t i;
  int rc = pyr__rows_reserve(&intern->lines, (size_t)row.line_count + 1);

  row.mapping = its_mapping;
  row.is_folded = from->is_folded != 0;
  lines = intern->lines.items;
  for (i = 0; rc == 0 && i < row.line_count; i++) {
    lines[i] = intern->from->lines[row.first_line + i];
    rc = function(intern, lines[i].function, &lines[i].function);
  }
  return rc != 0
             ? rc
             : pyr__dictionary_location(intern->dictionary, &row, lines, out);
}

int pyr__intern_need_location(struct pyr__intern *intern, uint32_t id) {
  const struct pyr__location *from = &intern->from->locations[id];
  const struct pyr__location *rows =
      pyr__tables_locations(&intern->dictionary->tables);
  struct pyr__intern_location *location =
      (struct pyr__intern_location *)intern->locations.items + id;
  uint32_t out = location->step, its_mapping = PYR__NO_MAPPING;
  int rc = 0;

  if (from->mapping != PYR__NO_MAPPING)
    rc = mapping(intern, from->mapping, &its_mapping);
  if (rc == 0 && (out == PYR__NONE || rows[out].mapping != its_mapping ||
                  !is_location(intern, from, &rows[out])))
    rc = find_location(intern, from, its_mapping, &out);
  if (rc == 0)
    *location = (struct pyr__intern_location){
        pyr__hash_mix(intern->dictionary->seed, out) | 1, out << 1};
  return rc;
}

/* ---- what is beside the samples ----------------------------------------- */

int pyr__intern_attributes(struct pyr__intern *intern, uint32_t *out) {
  const struct pyr__profile *from = intern->from;
  struct pyr__attributes row = {.period = from->period,
                                .default_type = from->default_type,
                                .doc_url = from->doc_url,
                                .drop_frames = from->drop_frames,
                                .keep_frames = from->keep_frames,
                                .comment_count = from->comment_count};
  uint32_t *const strings[] = {&row.default_type, &row.doc_url,
                               &row.drop_frames, &row.keep_frames};
  uint32_t i, *comments;
  int rc = pyr__rows_reserve(&intern->words, from->comment_count);

  for (i = 0; rc == 0 && i < 4; i++)
    rc = pyr__intern_string(intern, *strings[i], strings[i]);
  if (rc == 0 && from->mapping_count > 0)
    rc = mapping(intern, 0, &row.program);
  row.program = from->mapping_count > 0 ? row.program : PYR__NO_MAPPING;
  comments = intern->words.items;
  for (i = 0; rc == 0 && i < from->comment_count; i++)
    rc = pyr__intern_string(intern, from->comments[i], &comments[i]);
  return rc != 0 ? rc
                 : pyr__dictionary_attributes(intern->dictionary, &row,
                                              comments, out);
}

static int value_type(struct pyr__intern *intern, struct pyr__value_type type,
                      struct pyr__value_type *out) {
  int rc = pyr__intern_string(intern, type.type, &out->type);
  return rc != 0 ? rc : pyr__intern_string(intern, type.unit, &out->unit);
}

int pyr__intern_series(struct pyr__intern *intern, const pyr_label_t *labels,
                       size_t label_count, pyr_str_t profile_name,
                       pyr_str_t type_name, uint32_t *out) {
  struct pyr__dictionary *dictionary = intern->dictionary;
  const struct pyr__profile *from = intern->from;
  struct pyr__series_row row = {.label_count = (uint32_t)label_count,
                                .type_count = from->type_count};
  struct pyr__value_type type;
  uint32_t *words;
  size_t i, at = 0;
  int rc =
      pyr__rows_reserve(&intern->words, 2 * (label_count + from->type_count));

  if (rc == 0)
    rc = pyr__dictionary_string(dictionary, profile_name, &row.profile_name);
  if (rc == 0)
    rc = pyr__dictionary_string(dictionary, type_name, &row.type_name);
  if (rc == 0)
    rc = value_type(intern, from->period_type, &row.period_type);
  words = intern->words.items;
  for (i = 0; rc == 0 && i < label_count; i++) {
    rc = pyr__dictionary_string(dictionary, labels[i].name, &words[at++]);
    if (rc == 0)
      rc = pyr__dictionary_string(dictionary, labels[i].value, &words[at++]);
  }
  for (i = 0; rc == 0 && i < from->type_count; i++) {
    rc = value_type(intern, from->types[i], &type);
    words[at++] = type.type;
    words[at++] = type.unit;
  }
  return rc != 0 ? rc : pyr__dictionary_series(dictionary, &row, words, out);
}
