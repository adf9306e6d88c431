/* Which mappings, functions and locations are the same. */
#include "query/merge_state.h"

#include "base/hash.h"
#include "base/str.h"

pyr_str_t pyr__merge_string_at(const struct pyr__merge *merge, uint32_t id) {
  const struct pyr__span *span =
      (const struct pyr__span *)merge->string_spans.items + id;
  return (pyr_str_t){(const char *)merge->text.items + span->at, span->len};
}

static int add_text(struct pyr__merge *merge, pyr_str_t text, uint64_t hash,
                    pyr_error_t *err) {
  struct pyr__span span = {merge->text.count, text.len};
  int rc = pyr__table_reserve(&merge->text, &merge->budget, text.len, err);
  if (rc == 0)
    rc = pyr__table_push(&merge->string_spans, &merge->budget, &span, err);
  if (rc != 0)
    return rc;
  if (text.len > 0)
    memcpy((char *)merge->text.items + span.at, text.base, text.len);
  merge->text.count += (uint32_t)text.len;
  return pyr__table_index_last(&merge->string_spans, &merge->budget, hash, err);
}

int pyr__merge_text(struct pyr__merge *merge, pyr_str_t text, uint32_t *out,
                    pyr_error_t *err) {
  uint64_t hash = pyr__hash(merge->seed, text.base, text.len);
  size_t at;
  uint32_t id = pyr__index_first(&merge->string_spans.index, hash, &at);

  while (id != PYR__NONE &&
         !pyr__str_equal(pyr__merge_string_at(merge, id), text))
    id = pyr__index_next(&merge->string_spans.index, hash, &at);
  *out = id == PYR__NONE ? merge->string_spans.count : id;
  return id == PYR__NONE ? add_text(merge, text, hash, err) : 0;
}

int pyr__merge_string(struct pyr__merge *merge, struct pyr__id_map *map,
                      uint32_t id, uint32_t *out, pyr_error_t *err) {
  int rc = 0;
  if (map->strings[id] == 0) {
    rc = pyr__merge_text(merge, map->from->strings[id], out, err);
    if (rc == 0)
      map->strings[id] = *out + 1;
    return rc;
  }
  *out = map->strings[id] - 1;
  return rc;
}

/* Sizes are compared in whole pages, and where the program was put in memory
 * does not matter. */
static uint64_t pages(const struct pyr__mapping *mapping) {
  return (mapping->limit - mapping->start + 0xfff) >> 12;
}

static uint32_t build_or_file(const struct pyr__mapping *mapping) {
  return mapping->build_id != 0 ? mapping->build_id : mapping->filename;
}

static int same_mapping(const struct pyr__mapping *a,
                        const struct pyr__mapping *b) {
  return pages(a) == pages(b) && a->offset == b->offset &&
         build_or_file(a) == build_or_file(b);
}

int pyr__merge_mapping(struct pyr__merge *merge, struct pyr__id_map *map,
                       uint32_t id, uint32_t *out, pyr_error_t *err) {
  struct pyr__mapping mapping = map->from->mappings[id];
  const struct pyr__mapping *known;
  uint64_t hash;
  size_t at;
  int rc;

  if (map->mappings[id] != 0) {
    *out = map->mappings[id] - 1;
    return 0;
  }
  rc = pyr__merge_string(merge, map, mapping.filename, &mapping.filename, err);
  if (rc == 0)
    rc =
        pyr__merge_string(merge, map, mapping.build_id, &mapping.build_id, err);
  if (rc != 0)
    return rc;
  hash = pyr__hash_mix(merge->seed, pages(&mapping));
  hash = pyr__hash_mix(hash, mapping.offset);
  hash = pyr__hash_mix(hash, build_or_file(&mapping));
  known = merge->mappings.items;
  *out = pyr__index_first(&merge->mappings.index, hash, &at);
  while (*out != PYR__NONE && !same_mapping(&known[*out], &mapping))
    *out = pyr__index_next(&merge->mappings.index, hash, &at);
  if (*out == PYR__NONE) {
    *out = merge->mappings.count;
    rc = pyr__table_push(&merge->mappings, &merge->budget, &mapping, err);
    if (rc == 0)
      rc = pyr__table_index_last(&merge->mappings, &merge->budget, hash, err);
  }
  if (rc == 0)
    map->mappings[id] = *out + 1;
  return rc;
}

static int same_function(const struct pyr__function *a,
                         const struct pyr__function *b) {
  return a->start_line == b->start_line && a->name == b->name &&
         a->system_name == b->system_name && a->filename == b->filename;
}

static int function_strings(struct pyr__merge *merge, struct pyr__id_map *map,
                            struct pyr__function *function, pyr_error_t *err) {
  uint32_t *const ids[] = {&function->name, &function->system_name,
                           &function->filename};
  size_t i;
  int rc = 0;
  for (i = 0; rc == 0 && i < 3; i++)
    rc = pyr__merge_string(merge, map, *ids[i], ids[i], err);
  return rc;
}

static int merge_function(struct pyr__merge *merge, struct pyr__id_map *map,
                          uint32_t id, uint32_t *out, pyr_error_t *err) {
  struct pyr__function function = map->from->functions[id];
  const struct pyr__function *known;
  uint64_t hash;
  size_t at;
  int rc;

  if (map->functions[id] != 0) {
    *out = map->functions[id] - 1;
    return 0;
  }
  rc = function_strings(merge, map, &function, err);
  if (rc != 0)
    return rc;
  hash = pyr__hash_mix(merge->seed, (uint64_t)function.start_line);
  hash = pyr__hash_mix(hash, function.name);
  hash = pyr__hash_mix(hash, (uint64_t)function.system_name << 32 |
                                 function.filename);
  known = merge->functions.items;
  *out = pyr__index_first(&merge->functions.index, hash, &at);
  while (*out != PYR__NONE && !same_function(&known[*out], &function))
    *out = pyr__index_next(&merge->functions.index, hash, &at);
  if (*out == PYR__NONE) {
    *out = merge->functions.count;
    rc = pyr__table_push(&merge->functions, &merge->budget, &function, err);
    if (rc == 0)
      rc = pyr__table_index_last(&merge->functions, &merge->budget, hash, err);
  }
  if (rc == 0)
    map->functions[id] = *out + 1;
  return rc;
}

static uint64_t start_of(const struct pyr__merge *merge, uint32_t mapping) {
  return mapping == PYR__NO_MAPPING
             ? 0
             : ((const struct pyr__mapping *)merge->mappings.items)[mapping]
                   .start;
}

/* Addresses are moved to where the mapping was first seen, so they compare. */
static int same_location(const struct pyr__merge *merge,
                         const struct pyr__location *a,
                         const struct pyr__location *b) {
  const struct pyr__line *lines = merge->lines.items;
  uint32_t i;
  if (a->address != b->address || a->mapping != b->mapping ||
      a->line_count != b->line_count || !a->is_folded != !b->is_folded)
    return 0;
  for (i = 0; i < a->line_count; i++) {
    const struct pyr__line *x = &lines[a->first_line + i];
    const struct pyr__line *y = &lines[b->first_line + i];
    if (x->function != y->function || x->line != y->line ||
        x->column != y->column)
      return 0;
  }
  return 1;
}

static uint64_t location_hash(const struct pyr__merge *merge,
                              const struct pyr__location *location) {
  const struct pyr__line *lines = merge->lines.items;
  uint64_t hash = pyr__hash_mix(merge->seed, location->address);
  uint32_t i;
  hash = pyr__hash_mix(hash, location->mapping);
  for (i = 0; i < location->line_count; i++) {
    const struct pyr__line *line = &lines[location->first_line + i];
    hash = pyr__hash_mix(hash, line->function);
    hash = pyr__hash_mix(hash, (uint64_t)line->line);
    hash = pyr__hash_mix(hash, (uint64_t)line->column);
  }
  return hash;
}

/* Translates a location and puts its lines behind the others. */
static int translate(struct pyr__merge *merge, struct pyr__id_map *map,
                     struct pyr__location *location, pyr_error_t *err) {
  uint32_t first = location->first_line, i;
  int rc = 0;

  if (location->mapping != PYR__NO_MAPPING) {
    uint64_t from = map->from->mappings[location->mapping].start;
    rc = pyr__merge_mapping(merge, map, location->mapping, &location->mapping,
                            err);
    if (rc != 0)
      return rc;
    location->address += start_of(merge, location->mapping) - from;
  }
  location->first_line = merge->lines.count;
  for (i = 0; rc == 0 && i < location->line_count; i++) {
    struct pyr__line line = map->from->lines[first + i];
    rc = merge_function(merge, map, line.function, &line.function, err);
    if (rc == 0)
      rc = pyr__table_push(&merge->lines, &merge->budget, &line, err);
  }
  return rc;
}

int pyr__merge_location(struct pyr__merge *merge, struct pyr__id_map *map,
                        uint32_t id, uint32_t *out, pyr_error_t *err) {
  struct pyr__location location = map->from->locations[id];
  const struct pyr__location *known;
  uint64_t hash;
  size_t at;
  int rc;

  if (map->locations[id] != 0) {
    *out = map->locations[id] - 1;
    return 0;
  }
  rc = translate(merge, map, &location, err);
  if (rc != 0)
    return rc;
  hash = location_hash(merge, &location);
  known = merge->locations.items;
  *out = pyr__index_first(&merge->locations.index, hash, &at);
  while (*out != PYR__NONE && !same_location(merge, &known[*out], &location))
    *out = pyr__index_next(&merge->locations.index, hash, &at);
  if (*out == PYR__NONE) {
    *out = merge->locations.count;
    rc = pyr__table_push(&merge->locations, &merge->budget, &location, err);
    if (rc == 0)
      rc = pyr__table_index_last(&merge->locations, &merge->budget, hash, err);
  } else {
    merge->lines.count = location.first_line;
  }
  if (rc == 0)
    map->locations[id] = *out + 1;
  return rc;
}
