#include "query/catalog.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/label.h"
#include "base/limits.h"

/* What one segment adds. */
struct counts {
  uint64_t profiles;
  int64_t first_ns, last_ns;
};

struct build {
  struct pyr__catalog *catalog;
  const struct pyr__query *query;
  struct counts *counts; /* one a series of the segment */
  size_t total;
};

int pyr__catalog_same_types(const struct pyr__series *a,
                            const struct pyr__series *b) {
  size_t i;
  if (a->type_count != b->type_count)
    return 0;
  for (i = 0; i < a->type_count; i++)
    if (!pyr__str_equal(a->types[i], b->types[i]))
      return 0;
  return 1;
}

static int compare_series(const struct pyr__series *a,
                          const struct pyr__series *b) {
  size_t i;
  int order =
      pyr__labels_compare(a->labels, a->label_count, b->labels, b->label_count);
  if (order == 0)
    order = pyr__str_compare(a->profile_name, b->profile_name);
  for (i = 0; order == 0 && i < a->type_count && i < b->type_count; i++)
    order = pyr__str_compare(a->types[i], b->types[i]);
  if (order == 0)
    order = (a->type_count > b->type_count) - (a->type_count < b->type_count);
  return order;
}

static int compare_entries(const void *a, const void *b) {
  const struct pyr__catalog_entry *left = a, *right = b;
  return compare_series(&left->series, &right->series);
}

static int copy_text(struct pyr__arena *arena, pyr_str_t *text) {
  text->base = pyr__arena_text(arena, *text);
  return text->base == NULL ? PYR__ENOMEM : 0;
}

static int copy_series(struct pyr__arena *arena, const struct pyr__series *from,
                       struct pyr__series *out) {
  pyr_label_t *labels =
      pyr__arena_alloc(arena, from->label_count, sizeof(*labels));
  pyr_str_t *types = pyr__arena_alloc(arena, from->type_count, sizeof(*types));
  size_t i;

  *out = (struct pyr__series){.labels = labels,
                              .label_count = from->label_count,
                              .profile_name = from->profile_name,
                              .type_name = from->type_name,
                              .types = types,
                              .type_count = from->type_count};
  if (labels == NULL || types == NULL ||
      copy_text(arena, &out->profile_name) != 0 ||
      copy_text(arena, &out->type_name) != 0)
    return PYR__ENOMEM;
  for (i = 0; i < from->label_count; i++) {
    labels[i] = from->labels[i];
    if (copy_text(arena, &labels[i].name) != 0 ||
        copy_text(arena, &labels[i].value) != 0)
      return PYR__ENOMEM;
  }
  for (i = 0; i < from->type_count; i++) {
    types[i] = from->types[i];
    if (copy_text(arena, &types[i]) != 0)
      return PYR__ENOMEM;
  }
  return 0;
}

static int grow(struct pyr__catalog *catalog) {
  uint32_t capacity = catalog->capacity == 0 ? 64 : catalog->capacity * 2;
  struct pyr__catalog_entry *entries = pyr__arena_grow(
      &catalog->arena, catalog->entries, catalog->capacity * sizeof(*entries),
      capacity * sizeof(*entries));
  if (entries == NULL)
    return PYR__ENOMEM;
  catalog->entries = entries;
  catalog->capacity = capacity;
  return 0;
}

static int find_or_add(struct pyr__catalog *catalog,
                       const struct pyr__series *series, uint32_t *out) {
  uint64_t hash = pyr__labels_hash(0, series->labels, series->label_count);
  struct pyr__catalog_entry *entry;
  size_t at;

  hash = pyr__hash(hash, series->profile_name.base, series->profile_name.len);
  *out = pyr__index_first(&catalog->index, hash, &at);
  while (*out != PYR__NONE &&
         compare_series(&catalog->entries[*out].series, series) != 0)
    *out = pyr__index_next(&catalog->index, hash, &at);
  if (*out != PYR__NONE)
    return 0;
  if (catalog->count == catalog->capacity && grow(catalog) != 0)
    return PYR__ENOMEM;
  entry = &catalog->entries[catalog->count];
  *entry = (struct pyr__catalog_entry){0};
  if (copy_series(&catalog->arena, series, &entry->series) != 0)
    return PYR__ENOMEM;
  *out = catalog->count++;
  return pyr__index_add(&catalog->index, hash, *out);
}

static int count_profile(void *ctx, const struct pyr__stored_profile *profile) {
  struct build *build = ctx;
  struct counts *counts = &build->counts[profile->series];
  if (counts->profiles == 0 || profile->time_ns < counts->first_ns)
    counts->first_ns = profile->time_ns;
  if (counts->profiles == 0 || profile->time_ns > counts->last_ns)
    counts->last_ns = profile->time_ns;
  counts->profiles++;
  build->total++;
  return 0;
}

static int add_counts(struct build *build, const struct pyr__series *series,
                      const struct counts *counts, pyr_error_t *err) {
  struct pyr__catalog_entry *entry;
  uint32_t id;
  if (find_or_add(build->catalog, series, &id) != 0)
    return pyr__arena_error(&build->catalog->arena, 4096, "the list of series",
                            err);
  entry = &build->catalog->entries[id];
  if (entry->profiles == 0 || counts->first_ns < entry->first_ns)
    entry->first_ns = counts->first_ns;
  if (entry->profiles == 0 || counts->last_ns > entry->last_ns)
    entry->last_ns = counts->last_ns;
  entry->profiles += counts->profiles;
  return 0;
}

static int add_segment(void *ctx, const struct pyr__selected *selected,
                       pyr_error_t *err) {
  struct build *build = ctx;
  const struct pyr__query *query = build->query;
  size_t i, count = pyr__segment_series_count(selected->segment);
  int rc;

  build->counts =
      pyr__calloc(query->memory, PYR__MEM_QUERY, count, sizeof(struct counts));
  if (build->counts == NULL)
    return pyr__error_nomem(err);
  rc = pyr__segment_each(selected->segment, selected->wanted, query->from_ns,
                         query->to_ns, count_profile, build, err);
  for (i = 0; rc == 0 && i < count; i++)
    if (build->counts[i].profiles > 0)
      rc = add_counts(build, pyr__segment_series(selected->segment, i),
                      &build->counts[i], err);
  pyr__free(query->memory, build->counts);
  if (rc == 0 && query->on_progress != NULL)
    query->on_progress(query->ctx, selected->number, selected->count,
                       build->total);
  return rc;
}

int pyr__catalog_build(struct pyr__catalog *catalog,
                       const struct pyr__query *query, pyr_error_t *err) {
  struct build build = {.catalog = catalog, .query = query};
  int rc;
  *catalog = (struct pyr__catalog){0};
  pyr__arena_init(&catalog->arena, query->memory, PYR__MEM_QUERY,
                  PYR__LIMIT_CATALOG_BYTES);
  pyr__index_init(&catalog->index, query->memory, PYR__MEM_QUERY);
  rc = pyr__select_segments(query, add_segment, &build, err);
  if (rc == 0 && catalog->count > 1)
    qsort(catalog->entries, catalog->count, sizeof(*catalog->entries),
          compare_entries);
  return rc;
}

void pyr__catalog_release(struct pyr__catalog *catalog) {
  pyr__index_release(&catalog->index);
  pyr__arena_release(&catalog->arena);
}
