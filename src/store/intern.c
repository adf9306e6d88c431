#include "store/intern.h"

#include <string.h>

#include "base/limits.h"

void pyr__intern_init(struct pyr__intern *intern, struct pyr__memory *memory,
                      struct pyr__dictionary *dictionary) {
  *intern = (struct pyr__intern){.dictionary = dictionary};
  pyr__rows_init(&intern->map, memory, PYR__MEM_STORE_BUFFER, sizeof(uint32_t));
  pyr__rows_init(&intern->path, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(uint32_t));
  pyr__rows_init(&intern->lines, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(struct pyr__line));
  pyr__rows_init(&intern->labels, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(struct pyr__label));
  pyr__rows_init(&intern->words, memory, PYR__MEM_STORE_BUFFER,
                 sizeof(uint32_t));
}

void pyr__intern_release(struct pyr__intern *intern) {
  pyr__rows_release(&intern->map);
  pyr__rows_release(&intern->path);
  pyr__rows_release(&intern->lines);
  pyr__rows_release(&intern->labels);
  pyr__rows_release(&intern->words);
}

int pyr__intern_begin(struct pyr__intern *intern,
                      const struct pyr__profile *from) {
  size_t count = (size_t)from->string_count + from->mapping_count +
                 from->function_count + from->location_count;
  int rc = pyr__rows_reserve(&intern->map, count);
  if (rc == 0)
    rc = pyr__rows_reserve(&intern->path, 1);
  if (rc != 0)
    return rc;
  if (count > 0)
    memset(intern->map.items, 0, count * sizeof(uint32_t));
  intern->from = from;
  intern->strings = intern->map.items;
  intern->mappings = intern->strings + from->string_count;
  intern->functions = intern->mappings + from->mapping_count;
  intern->locations = intern->functions + from->function_count;
  intern->last = NULL;
  ((uint32_t *)intern->path.items)[0] = 0;
  return 0;
}

/* ---- things ------------------------------------------------------------- */

static int string(struct pyr__intern *intern, uint32_t id, uint32_t *out) {
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

static int mapping(struct pyr__intern *intern, uint32_t id, uint32_t *out) {
  struct pyr__mapping row;
  int rc;
  if (intern->mappings[id] != 0) {
    *out = intern->mappings[id] - 1;
    return 0;
  }
  row = intern->from->mappings[id];
  rc = string(intern, row.filename, &row.filename);
  if (rc == 0)
    rc = string(intern, row.build_id, &row.build_id);
  if (rc == 0)
    rc = pyr__dictionary_mapping(intern->dictionary, &row, out);
  if (rc == 0)
    intern->mappings[id] = *out + 1;
  return rc;
}

static int function(struct pyr__intern *intern, uint32_t id, uint32_t *out) {
  struct pyr__function row;
  int rc;
  if (intern->functions[id] != 0) {
    *out = intern->functions[id] - 1;
    return 0;
  }
  row = intern->from->functions[id];
  rc = string(intern, row.name, &row.name);
  if (rc == 0)
    rc = string(intern, row.system_name, &row.system_name);
  if (rc == 0)
    rc = string(intern, row.filename, &row.filename);
  if (rc == 0)
    rc = pyr__dictionary_function(intern->dictionary, &row, out);
  if (rc == 0)
    intern->functions[id] = *out + 1;
  return rc;
}

static int add_location(struct pyr__intern *intern, uint32_t id) {
  struct pyr__location row = intern->from->locations[id];
  struct pyr__line *lines;
  uint32_t i, out;
  int rc = pyr__rows_reserve(&intern->lines, (size_t)row.line_count + 1);

  if (rc == 0 && row.mapping != PYR__NO_MAPPING)
    rc = mapping(intern, row.mapping, &row.mapping);
  row.is_folded = row.is_folded != 0;
  lines = intern->lines.items;
  for (i = 0; rc == 0 && i < row.line_count; i++) {
    lines[i] = intern->from->lines[row.first_line + i];
    rc = function(intern, lines[i].function, &lines[i].function);
  }
  if (rc == 0)
    rc = pyr__dictionary_location(intern->dictionary, &row, lines, &out);
  if (rc == 0)
    intern->locations[id] = out + 1;
  return rc;
}

/* ---- samples ------------------------------------------------------------ */

/* The outer frames that the sample shares with the last one. */
static uint32_t shared_frames(const struct pyr__intern *intern,
                              const struct pyr__sample *sample) {
  const struct pyr__sample *last = intern->last;
  const uint32_t *a, *b;
  uint32_t depth = 0, most;
  if (last == NULL)
    return 0;
  most = last->frame_count < sample->frame_count ? last->frame_count
                                                 : sample->frame_count;
  a = intern->from->frames + last->first_frame + last->frame_count;
  b = intern->from->frames + sample->first_frame + sample->frame_count;
  while (depth < most && *--a == *--b)
    depth++;
  return depth;
}

static int stack(struct pyr__intern *intern, const struct pyr__sample *sample,
                 uint32_t *out) {
  const uint32_t *frames = intern->from->frames + sample->first_frame;
  uint32_t depth = shared_frames(intern, sample), node, *path;
  int rc = pyr__rows_reserve(&intern->path, (size_t)sample->frame_count + 1);

  if (rc != 0)
    return rc;
  path = intern->path.items;
  node = path[depth];
  intern->last = NULL; /* the path is no one's until it is whole */
  for (; depth < sample->frame_count; depth++) {
    uint32_t id = frames[sample->frame_count - 1 - depth];
    if (intern->locations[id] == 0) {
      rc = add_location(intern, id);
      if (rc != 0)
        return rc;
    }
    rc = pyr__dictionary_step(intern->dictionary, node,
                              (intern->locations[id] - 1) << 1, &node);
    if (rc != 0)
      return rc;
    path[depth + 1] = node;
  }
  intern->last = sample;
  *out = node;
  return 0;
}

/* Text before numbers, by key; values of one key keep their order. */
static int label_order(const struct pyr__label *a, const struct pyr__label *b) {
  if ((a->string == 0) != (b->string == 0))
    return a->string == 0 ? 1 : -1;
  return (a->key > b->key) - (a->key < b->key);
}

/* By insertion: they are few, mostly sorted, and equal keys must not change
 * places. */
static int labels(struct pyr__intern *intern, const struct pyr__sample *sample,
                  uint32_t *out) {
  const struct pyr__label *from = intern->from->labels + sample->first_label;
  struct pyr__label *sorted;
  uint32_t i, at;
  int rc = pyr__rows_reserve(&intern->labels, sample->label_count);

  sorted = intern->labels.items;
  for (i = 0; rc == 0 && i < sample->label_count; i++) {
    struct pyr__label label = from[i];
    rc = string(intern, label.key, &label.key);
    if (rc == 0)
      rc = string(intern, label.string, &label.string);
    if (rc == 0)
      rc = string(intern, label.unit, &label.unit);
    for (at = i; at > 0 && label_order(&sorted[at - 1], &label) > 0; at--)
      sorted[at] = sorted[at - 1];
    sorted[at] = label;
  }
  return rc != 0 ? rc
                 : pyr__dictionary_label_set(intern->dictionary, sorted,
                                             sample->label_count, out);
}

int pyr__intern_sample(struct pyr__intern *intern,
                       const struct pyr__sample *sample, uint32_t *out) {
  uint32_t set;
  int rc;
  if (sample->frame_count > PYR__LIMIT_STACK_FRAMES)
    return PYR_ELIMIT;
  rc = stack(intern, sample, out);
  if (rc != 0 || sample->label_count == 0)
    return rc;
  rc = labels(intern, sample, &set);
  return rc != 0 ? rc
                 : pyr__dictionary_step(intern->dictionary, *out, set << 1 | 1,
                                        out);
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
    rc = string(intern, *strings[i], strings[i]);
  if (rc == 0 && from->mapping_count > 0)
    rc = mapping(intern, 0, &row.program);
  row.program = from->mapping_count > 0 ? row.program : PYR__NO_MAPPING;
  comments = intern->words.items;
  for (i = 0; rc == 0 && i < from->comment_count; i++)
    rc = string(intern, from->comments[i], &comments[i]);
  return rc != 0 ? rc
                 : pyr__dictionary_attributes(intern->dictionary, &row,
                                              comments, out);
}

static int value_type(struct pyr__intern *intern, struct pyr__value_type type,
                      struct pyr__value_type *out) {
  int rc = string(intern, type.type, &out->type);
  return rc != 0 ? rc : string(intern, type.unit, &out->unit);
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
