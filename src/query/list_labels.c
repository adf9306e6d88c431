/* Label names and their values; and why a query finds nothing. */
#include "query/query.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/label.h"
#include "query/catalog.h"
#include "query/lines.h"

enum { SHOWN_VALUES = 10, SHOWN_NAMES = 20 };

/* All labels of all series, sorted: equal ones are neighbours. */
struct pairs {
  pyr_label_t *items;
  size_t count;
};

static int compare_pairs(const void *a, const void *b) {
  const pyr_label_t *left = a, *right = b;
  int order = pyr__str_compare(left->name, right->name);
  return order != 0 ? order : pyr__str_compare(left->value, right->value);
}

static int gather(struct pyr__catalog *catalog, struct pairs *pairs,
                  pyr_error_t *err) {
  size_t i, j, count = 0;
  for (i = 0; i < catalog->count; i++)
    count += catalog->entries[i].series.label_count;
  pairs->count = 0;
  pairs->items = pyr__arena_alloc(&catalog->arena, count, sizeof(pyr_label_t));
  if (pairs->items == NULL)
    return pyr__arena_error(&catalog->arena, count * sizeof(pyr_label_t),
                            "the list of labels", err);
  for (i = 0; i < catalog->count; i++)
    for (j = 0; j < catalog->entries[i].series.label_count; j++)
      pairs->items[pairs->count++] = catalog->entries[i].series.labels[j];
  if (count > 1)
    qsort(pairs->items, count, sizeof(pyr_label_t), compare_pairs);
  return 0;
}

/* The pairs of one name from `first` on: where they end, and how many values
 * they have. */
static size_t end_of_name(const struct pairs *pairs, size_t first,
                          size_t *values) {
  size_t i;
  *values = 1;
  for (i = first + 1;
       i < pairs->count &&
       pyr__str_equal(pairs->items[i].name, pairs->items[first].name);
       i++)
    *values +=
        !pyr__str_equal(pairs->items[i].value, pairs->items[i - 1].value);
  return i;
}

static int write_values(struct pyr__lines *lines, const struct pairs *pairs,
                        size_t first, size_t end, pyr_error_t *err) {
  size_t i, shown = 0;
  int rc = 0;
  for (i = first; rc == 0 && i < end; i++) {
    if (i > first &&
        pyr__str_equal(pairs->items[i].value, pairs->items[i - 1].value))
      continue;
    if (shown > 0)
      rc = pyr__lines_add(lines, err, ", ");
    if (rc == 0 && shown == SHOWN_VALUES)
      return pyr__lines_add(lines, err, "...");
    if (rc == 0)
      rc = pyr__lines_add_name(lines, pairs->items[i].value, 0, err);
    shown++;
  }
  return rc;
}

static int write_name(struct pyr__lines *lines, const struct pairs *pairs,
                      size_t first, size_t *end, pyr_error_t *err) {
  size_t values;
  int rc = pyr__lines_add_name(lines, pairs->items[first].name, 0, err);
  *end = end_of_name(pairs, first, &values);
  if (rc == 0)
    rc = pyr__lines_add(lines, err, "  %zu value%s  %zu series  ", values,
                        values == 1 ? "" : "s", *end - first);
  if (rc == 0)
    rc = write_values(lines, pairs, first, *end, err);
  return rc != 0 ? rc : pyr__lines_add(lines, err, "\n");
}

int pyr__query_labels(const struct pyr__query *query,
                      const struct pyr__output *output, pyr_error_t *err) {
  struct pyr__catalog catalog;
  struct pyr__lines lines;
  struct pairs pairs;
  size_t i, end = 0;
  int rc = pyr__catalog_build(&catalog, query, err);

  pyr__lines_init(&lines, query->memory, output);
  if (rc == 0 && catalog.count == 0)
    rc = pyr__error(err, PYR_ENOMATCH, "nothing matches");
  if (rc == 0)
    rc = gather(&catalog, &pairs, err);
  for (i = 0; rc == 0 && i < pairs.count; i = end)
    rc = write_name(&lines, &pairs, i, &end, err);
  if (rc == 0)
    rc = pyr__lines_flush(&lines, err);
  pyr__lines_release(&lines);
  pyr__catalog_release(&catalog);
  return rc;
}

/* Each profile name once, with its types. */
static int explain_types(struct pyr__lines *lines,
                         const struct pyr__catalog *catalog, pyr_error_t *err) {
  size_t shown = 0;
  uint32_t i, j;
  int rc = 0;
  for (i = 0; rc == 0 && i < catalog->count && shown < SHOWN_NAMES; i++) {
    const struct pyr__series *series = &catalog->entries[i].series;
    for (j = 0; j < i; j++)
      if (pyr__str_equal(catalog->entries[j].series.profile_name,
                         series->profile_name) &&
          pyr__catalog_same_types(&catalog->entries[j].series, series))
        break;
    if (j < i)
      continue;
    shown++;
    rc = pyr__lines_add(lines, err, "  profile ");
    if (rc == 0)
      rc = pyr__lines_add_name(lines, series->profile_name, 0, err);
    for (j = 0; rc == 0 && j < series->type_count; j++) {
      rc = pyr__lines_add(lines, err, j == 0 ? ": " : ", ");
      if (rc == 0)
        rc = pyr__lines_add_name(lines, series->types[j], 0, err);
    }
    if (rc == 0)
      rc = pyr__lines_add(lines, err, "\n");
  }
  return rc;
}

static int explain_labels(struct pyr__lines *lines,
                          struct pyr__catalog *catalog, pyr_error_t *err) {
  struct pairs pairs;
  size_t i, end = 0, shown = 0;
  int rc = gather(catalog, &pairs, err);
  for (i = 0; rc == 0 && i < pairs.count && shown < SHOWN_NAMES; i = end) {
    shown++;
    rc = pyr__lines_add(lines, err, "  label ");
    if (rc == 0)
      rc = write_name(lines, &pairs, i, &end, err);
  }
  return rc;
}

static int explain_range(struct pyr__lines *lines,
                         const struct pyr__catalog *catalog, pyr_error_t *err) {
  int64_t first = INT64_MAX, last = INT64_MIN;
  char from[PYR__TIME_TEXT], to[PYR__TIME_TEXT];
  uint32_t i;
  for (i = 0; i < catalog->count; i++) {
    if (catalog->entries[i].first_ns < first)
      first = catalog->entries[i].first_ns;
    if (catalog->entries[i].last_ns > last)
      last = catalog->entries[i].last_ns;
  }
  pyr__time_format(from, first);
  pyr__time_format(to, last);
  return pyr__lines_add(lines, err, "  times from %s to %s\n", from, to);
}

int pyr__query_explain(const struct pyr__query *query,
                       const struct pyr__output *output, pyr_error_t *err) {
  struct pyr__query all = *query;
  struct pyr__catalog catalog;
  struct pyr__lines lines;
  int rc;

  all.from_ns = INT64_MIN;
  all.to_ns = INT64_MAX;
  all.profile = pyr__str("");
  all.matchers = NULL;
  all.on_bad_frame = NULL; /* they have been reported */
  all.on_progress = NULL;
  rc = pyr__catalog_build(&catalog, &all, err);
  pyr__lines_init(&lines, query->memory, output);
  if (rc == 0 && catalog.count == 0)
    rc = pyr__lines_add(&lines, err, "The store holds no profiles.\n");
  else if (rc == 0)
    rc = pyr__lines_add(&lines, err, "The store has:\n");
  if (rc == 0 && catalog.count > 0)
    rc = explain_types(&lines, &catalog, err);
  if (rc == 0 && catalog.count > 0)
    rc = explain_labels(&lines, &catalog, err);
  if (rc == 0 && catalog.count > 0)
    rc = explain_range(&lines, &catalog, err);
  if (rc == 0)
    rc = pyr__lines_flush(&lines, err);
  pyr__lines_release(&lines);
  pyr__catalog_release(&catalog);
  return rc;
}
