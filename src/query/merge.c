#include "query/merge_state.h"

#include "base/hash.h"
#include "base/str.h"
#include "base/values.h"

static void init_tables(struct pyr__merge *merge) {
  struct pyr__budget *budget = &merge->budget;
  pyr__table_init(&merge->text, budget, 1);
  pyr__table_init(&merge->string_spans, budget, sizeof(struct pyr__span));
  pyr__table_init(&merge->strings, budget, sizeof(pyr_str_t));
  pyr__table_init(&merge->types, budget, sizeof(struct pyr__value_type));
  pyr__table_init(&merge->mappings, budget, sizeof(struct pyr__mapping));
  pyr__table_init(&merge->functions, budget, sizeof(struct pyr__function));
  pyr__table_init(&merge->lines, budget, sizeof(struct pyr__line));
  pyr__table_init(&merge->locations, budget, sizeof(struct pyr__location));
  pyr__table_init(&merge->frames, budget, sizeof(uint32_t));
  pyr__table_init(&merge->labels, budget, sizeof(struct pyr__label));
  pyr__table_init(&merge->samples, budget, sizeof(struct pyr__sample));
  pyr__table_init(&merge->values, budget, sizeof(int64_t));
  pyr__table_init(&merge->comments, budget, sizeof(uint32_t));
  pyr__table_init(&merge->map, budget, sizeof(uint32_t));
  pyr__table_init(&merge->scratch, budget, sizeof(struct pyr__label));
}

enum { TABLES = 15 };

static void list_tables(struct pyr__merge *merge,
                        struct pyr__table *tables[TABLES]) {
  struct pyr__table *const all[TABLES] = {
      &merge->text,     &merge->string_spans, &merge->strings,
      &merge->types,    &merge->mappings,     &merge->functions,
      &merge->lines,    &merge->locations,    &merge->frames,
      &merge->labels,   &merge->samples,      &merge->values,
      &merge->comments, &merge->map,          &merge->scratch};
  memcpy(tables, all, sizeof(all));
}

/* No table is ever NULL, so that the arithmetic on it is defined. */
static int make_room(struct pyr__merge *merge, pyr_error_t *err) {
  struct pyr__table *tables[TABLES];
  size_t i;
  int rc = 0;
  list_tables(merge, tables);
  for (i = 0; rc == 0 && i < TABLES; i++)
    rc = pyr__table_reserve(tables[i], &merge->budget, 1, err);
  return rc;
}

static void release_tables(struct pyr__merge *merge) {
  struct pyr__table *tables[TABLES];
  size_t i;
  list_tables(merge, tables);
  for (i = 0; i < TABLES; i++)
    pyr__table_release(tables[i]);
}

int pyr__merge_new(struct pyr__merge **out, struct pyr__memory *memory,
                   size_t limit, pyr_error_t *err) {
  struct pyr__merge *merge =
      pyr__calloc(memory, PYR__MEM_QUERY, 1, sizeof(*merge));
  uint32_t empty;
  int rc;

  if (merge == NULL)
    return pyr__error_nomem(err);
  merge->budget = (struct pyr__budget){memory, limit, 0};
  merge->seed = pyr__hash_random_seed();
  init_tables(merge);
  rc = make_room(merge, err);
  if (rc == 0)
    rc = pyr__merge_text(merge, pyr__str(""), &empty, err);
  if (rc != 0) {
    pyr__merge_free(merge);
    return rc;
  }
  *out = merge;
  return 0;
}

void pyr__merge_free(struct pyr__merge *merge) {
  if (merge == NULL)
    return;
  release_tables(merge);
  pyr__free(merge->budget.memory, merge);
}

static int same_type(const struct pyr__merge *merge,
                     const struct pyr__value_type *ours,
                     const struct pyr__profile *from,
                     const struct pyr__value_type *theirs) {
  return pyr__str_equal(pyr__merge_string_at(merge, ours->type),
                        from->strings[theirs->type]) &&
         pyr__str_equal(pyr__merge_string_at(merge, ours->unit),
                        from->strings[theirs->unit]);
}

static int check_types(const struct pyr__merge *merge,
                       const struct pyr__profile *from, pyr_error_t *err) {
  const struct pyr__value_type *types = merge->types.items;
  uint32_t i;
  if (!same_type(merge, &merge->head.period_type, from, &from->period_type))
    return pyr__error(err, PYR_EUSAGE,
                      "profiles of different period types do not merge");
  for (i = 0; i < from->type_count && i < merge->types.count; i++)
    if (!same_type(merge, &types[i], from, &from->types[i]))
      break;
  if (i == from->type_count && i == merge->types.count)
    return 0;
  return pyr__error(err, PYR_EUSAGE,
                    "profiles of different sample types do not merge");
}

static int merge_type(struct pyr__merge *merge, struct pyr__id_map *map,
                      struct pyr__value_type type, struct pyr__value_type *out,
                      pyr_error_t *err) {
  int rc = pyr__merge_string(merge, map, type.type, &out->type, err);
  return rc != 0 ? rc
                 : pyr__merge_string(merge, map, type.unit, &out->unit, err);
}

/* What the first profile decides. */
static int take_head(struct pyr__merge *merge, struct pyr__id_map *map,
                     pyr_error_t *err) {
  const struct pyr__profile *from = map->from;
  struct pyr__profile *head = &merge->head;
  struct pyr__value_type type;
  uint32_t i;
  int rc = merge_type(merge, map, from->period_type, &head->period_type, err);

  for (i = 0; rc == 0 && i < from->type_count; i++) {
    rc = merge_type(merge, map, from->types[i], &type, err);
    if (rc == 0)
      rc = pyr__table_push(&merge->types, &merge->budget, &type, err);
  }
  if (rc == 0)
    rc = pyr__merge_string(merge, map, from->drop_frames, &head->drop_frames,
                           err);
  if (rc == 0)
    rc = pyr__merge_string(merge, map, from->keep_frames, &head->keep_frames,
                           err);
  merge->has_head = rc == 0;
  return rc;
}

static int add_comment(struct pyr__merge *merge, struct pyr__id_map *map,
                       uint32_t comment, pyr_error_t *err) {
  const uint32_t *known;
  uint32_t i;
  int rc = pyr__merge_string(merge, map, comment, &comment, err);
  if (rc != 0)
    return rc;
  known = merge->comments.items;
  for (i = 0; i < merge->comments.count; i++)
    if (known[i] == comment)
      return 0;
  return pyr__table_push(&merge->comments, &merge->budget, &comment, err);
}

static int add_head(struct pyr__merge *merge, struct pyr__id_map *map,
                    pyr_error_t *err) {
  const struct pyr__profile *from = map->from;
  struct pyr__profile *head = &merge->head;
  uint32_t i;
  int rc = 0;

  if (from->time_ns != 0 &&
      (head->time_ns == 0 || from->time_ns < head->time_ns))
    head->time_ns = from->time_ns;
  head->duration_ns = pyr__value_sum(head->duration_ns, from->duration_ns);
  if (head->period == 0 || head->period < from->period)
    head->period = from->period;
  if (head->default_type == 0)
    rc = pyr__merge_string(merge, map, from->default_type, &head->default_type,
                           err);
  if (rc == 0 && head->doc_url == 0)
    rc = pyr__merge_string(merge, map, from->doc_url, &head->doc_url, err);
  for (i = 0; rc == 0 && i < from->comment_count; i++)
    rc = add_comment(merge, map, from->comments[i], err);
  return rc;
}

/* One block for the four maps, zeroed. */
static int make_map(struct pyr__merge *merge, const struct pyr__profile *from,
                    struct pyr__id_map *map, pyr_error_t *err) {
  size_t count = (size_t)from->string_count + from->mapping_count +
                 from->function_count + from->location_count;
  int rc = pyr__table_reserve(&merge->map, &merge->budget, count, err);
  if (rc != 0)
    return rc;
  memset(merge->map.items, 0, count * sizeof(uint32_t));
  map->from = from;
  map->strings = merge->map.items;
  map->mappings = map->strings + from->string_count;
  map->functions = map->mappings + from->mapping_count;
  map->locations = map->functions + from->function_count;
  return 0;
}

int pyr__merge_add(struct pyr__merge *merge, const struct pyr__profile *profile,
                   pyr_error_t *err) {
  struct pyr__id_map map;
  uint32_t i, id;
  int rc = merge->has_head ? check_types(merge, profile, err) : 0;

  if (rc == 0)
    rc = make_map(merge, profile, &map, err);
  if (rc == 0 && !merge->has_head)
    rc = take_head(merge, &map, err);
  if (rc == 0)
    rc = add_head(merge, &map, err);
  /* The first mapping is the program: it stays first, used or not. */
  if (rc == 0 && merge->mappings.count == 0 && profile->mapping_count > 0)
    rc = pyr__merge_mapping(merge, &map, 0, &id, err);
  for (i = 0; rc == 0 && i < profile->sample_count; i++) {
    const int64_t *values = profile->values + (size_t)i * profile->type_count;
    if (!pyr__values_are_zero(values, profile->type_count))
      rc = pyr__merge_sample(merge, &map, &profile->samples[i], values, err);
  }
  return rc;
}

static int64_t nth_part(int64_t value, int64_t n) {
  int64_t part = value / n, rest = value % n, half = n - n / 2;
  return part + (rest >= half) - (rest <= -half);
}

void pyr__merge_divide(struct pyr__merge *merge, int64_t n) {
  int64_t *values = merge->values.items;
  size_t i;
  for (i = 0; i < merge->values.count; i++)
    values[i] = nth_part(values[i], n);
  merge->head.duration_ns = nth_part(merge->head.duration_ns, n);
}

/* Views of the strings, which move while they grow. */
static int view_strings(struct pyr__merge *merge, pyr_error_t *err) {
  uint32_t i;
  int rc;
  merge->strings.count = 0;
  rc = pyr__table_reserve(&merge->strings, &merge->budget,
                          merge->string_spans.count, err);
  if (rc != 0)
    return rc;
  for (i = 0; i < merge->string_spans.count; i++)
    ((pyr_str_t *)merge->strings.items)[i] = pyr__merge_string_at(merge, i);
  merge->strings.count = merge->string_spans.count;
  return 0;
}

static void view(const struct pyr__merge *merge, struct pyr__profile *out) {
  *out = merge->head;
  out->strings = merge->strings.items;
  out->string_count = merge->strings.count;
  out->types = merge->types.items;
  out->type_count = merge->types.count;
  out->mappings = merge->mappings.items;
  out->mapping_count = merge->mappings.count;
  out->functions = merge->functions.items;
  out->function_count = merge->functions.count;
  out->lines = merge->lines.items;
  out->line_count = merge->lines.count;
  out->locations = merge->locations.items;
  out->location_count = merge->locations.count;
  out->labels = merge->labels.items;
  out->label_count = merge->labels.count;
  out->frames = merge->frames.items;
  out->frame_count = merge->frames.count;
  out->samples = merge->samples.items;
  out->sample_count = merge->samples.count;
  out->values = merge->values.items;
  out->comments = merge->comments.items;
  out->comment_count = merge->comments.count;
}

static int has_zero_sample(const struct pyr__merge *merge) {
  const int64_t *values = merge->values.items;
  uint32_t i;
  for (i = 0; i < merge->samples.count; i++)
    if (pyr__values_are_zero(values + (size_t)i * merge->types.count,
                             merge->types.count))
      return 1;
  return 0;
}

/* Sums that came to nothing: a merge of the result leaves them out, and what
 * only they needed. */
static int without_zeros(struct pyr__merge *merge, struct pyr__profile *result,
                         pyr_error_t *err) {
  struct pyr__merge *again = NULL, swap;
  int rc =
      pyr__merge_new(&again, merge->budget.memory, merge->budget.limit, err);
  if (rc != 0 || again == NULL)
    return rc;
  rc = pyr__merge_add(again, result, err);
  if (rc == 0) {
    swap = *merge;
    *merge = *again;
    *again = swap;
  }
  pyr__merge_free(again);
  return rc;
}

int pyr__merge_finish(struct pyr__merge *merge, struct pyr__profile *out,
                      pyr_error_t *err) {
  int rc = view_strings(merge, err);
  if (rc != 0)
    return rc;
  view(merge, out);
  if (!has_zero_sample(merge))
    return 0;
  rc = without_zeros(merge, out, err);
  if (rc == 0)
    rc = view_strings(merge, err);
  if (rc == 0)
    view(merge, out);
  return rc;
}
