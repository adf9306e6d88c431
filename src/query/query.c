#include "query/query.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/str.h"
#include "query/catalog.h"
#include "query/merge.h"

struct run {
  const struct pyr__query *query;
  struct pyr__merge *merge;
  struct pyr__arena arena; /* one segment's profile */
  size_t merged, group;    /* profiles: all, and of the current segment */
  const struct pyr__selected *selected;
};

static void report(struct run *run) {
  const struct pyr__query *query = run->query;
  if (query->on_progress != NULL)
    query->on_progress(query->ctx, run->selected->number, run->selected->count,
                       run->merged);
}

/* The one column that a type id asks for. */
static int project(struct run *run, const struct pyr__profile *from, int column,
                   struct pyr__profile *out, pyr_error_t *err) {
  int64_t *values =
      pyr__arena_alloc(&run->arena, from->sample_count, sizeof(*values));
  uint32_t i;
  if (values == NULL)
    return pyr__arena_error(&run->arena, from->sample_count * sizeof(*values),
                            "the profile of one segment", err);
  for (i = 0; i < from->sample_count; i++)
    values[i] = from->values[(size_t)i * from->type_count + (uint32_t)column];
  *out = *from;
  out->types = &from->types[column];
  out->type_count = 1;
  out->values = values;
  out->default_type = 0;
  return 0;
}

/* Merges the series in `wanted`, whose types are those of `series`. */
static int merge_alike(struct run *run, const uint8_t *wanted,
                       const struct pyr__series *series, pyr_error_t *err) {
  const struct pyr__query *query = run->query;
  const struct pyr__profile *profile;
  struct pyr__profile column;
  size_t count = 0;
  int rc;

  pyr__arena_reset(&run->arena, PYR__MIB);
  rc = pyr__segment_merge(run->selected->segment, wanted, query->from_ns,
                          query->to_ns, &run->arena, &profile, &count, err);
  if (rc != 0 || count == 0)
    return rc;
  if (pyr__select_is_type(query->profile)) {
    rc = project(run, profile, pyr__select_type(series, query->profile),
                 &column, err);
    profile = &column;
  }
  if (rc == 0)
    rc = pyr__merge_add(run->merge, profile, err);
  run->merged += count;
  report(run);
  return rc;
}

/* Series of one segment in groups of the same types: more than one group only
 * where a type id picks a column that all have. */
static int merge_segment(void *ctx, const struct pyr__selected *selected,
                         pyr_error_t *err) {
  struct run *run = ctx;
  size_t count = pyr__segment_series_count(selected->segment), i, first;
  uint8_t *group = pyr__alloc(run->query->memory, PYR__MEM_QUERY, count);
  int rc = 0;

  if (group == NULL)
    return pyr__error_nomem(err);
  run->selected = selected;
  report(run);
  for (first = 0; rc == 0 && first < count; first++) {
    const struct pyr__series *series =
        pyr__segment_series(selected->segment, first);
    if (!selected->wanted[first])
      continue;
    memset(group, 0, count);
    for (i = first; i < count; i++)
      if (selected->wanted[i] &&
          pyr__catalog_same_types(series,
                                  pyr__segment_series(selected->segment, i))) {
        group[i] = 1;
        selected->wanted[i] = 0;
      }
    rc = merge_alike(run, group, series, err);
  }
  pyr__free(run->query->memory, group);
  return rc;
}

/* Adds ", NAME" where there is room for it and for what follows a list. */
static void list_text(char *text, size_t size, pyr_str_t name) {
  size_t len = strlen(text);
  if (len + name.len + 16 < size)
    snprintf(text + len, size - len, "%s%.*s", len > 0 ? ", " : "",
             PYR__STR_ARG(name));
  else if (len + 6 < size && (len < 3 || strcmp(text + len - 3, "...") != 0))
    snprintf(text + len, size - len, ", ...");
}

static int several_names(const struct pyr__catalog *catalog, pyr_error_t *err) {
  char names[256] = "";
  uint32_t i, j;
  for (i = 0; i < catalog->count; i++) {
    pyr_str_t name = catalog->entries[i].series.profile_name;
    for (j = 0; j < i; j++)
      if (pyr__str_equal(catalog->entries[j].series.profile_name, name))
        break;
    if (j == i)
      list_text(names, sizeof(names), name);
  }
  return pyr__error(err, PYR_EUSAGE,
                    "several kinds of profiles match: %s; choose one with "
                    "--profile",
                    names);
}

static int several_types(const struct pyr__series *a,
                         const struct pyr__series *b, pyr_error_t *err) {
  char first[160] = "", second[160] = "";
  size_t i;
  for (i = 0; i < a->type_count; i++)
    list_text(first, sizeof(first), a->types[i]);
  for (i = 0; i < b->type_count; i++)
    list_text(second, sizeof(second), b->types[i]);
  return pyr__error(err, PYR_EUSAGE,
                    "what matches has different types: %s, and %s; choose one "
                    "with --profile, or narrow the matchers",
                    first, second);
}

static int check_alike(const struct pyr__query *query, pyr_error_t *err) {
  struct pyr__catalog catalog;
  uint32_t i;
  int rc = pyr__catalog_build(&catalog, query, err);

  if (rc == 0 && catalog.count == 0)
    rc = pyr__error(err, PYR_ENOMATCH, "nothing matches");
  for (i = 1; rc == 0 && i < catalog.count; i++) {
    const struct pyr__series *first = &catalog.entries[0].series;
    const struct pyr__series *other = &catalog.entries[i].series;
    if (pyr__select_is_type(query->profile))
      break;
    if (!pyr__str_equal(first->profile_name, other->profile_name))
      rc = several_names(&catalog, err);
    else if (!pyr__catalog_same_types(first, other))
      rc = several_types(first, other, err);
  }
  pyr__catalog_release(&catalog);
  return rc;
}

int pyr__query_merge(const struct pyr__query *query,
                     struct pyr__query_result *out, pyr_error_t *err) {
  struct run run = {.query = query};
  int rc = check_alike(query, err);

  *out = (struct pyr__query_result){0};
  if (rc != 0)
    return rc;
  pyr__arena_init(&run.arena, query->memory, PYR__MEM_QUERY, query->limit);
  rc = pyr__merge_new(&run.merge, query->memory, query->limit, err);
  if (rc == 0)
    rc = pyr__select_segments(query, merge_segment, &run, err);
  pyr__arena_release(&run.arena);
  if (rc == 0 && run.merged == 0)
    rc = pyr__error(err, PYR_ENOMATCH, "nothing matches");
  if (rc == 0 && query->average)
    pyr__merge_divide(run.merge, (int64_t)run.merged);
  if (rc == 0)
    rc = pyr__merge_finish(run.merge, &out->profile, err);
  out->merge = run.merge;
  out->merged = run.merged;
  if (rc != 0)
    pyr__query_result_release(out);
  return rc;
}

void pyr__query_result_release(struct pyr__query_result *result) {
  pyr__merge_free(result->merge);
  result->merge = NULL;
}
