/* Series, one a line. */
#include "query/query.h"

#include "base/clock.h"
#include "base/label.h"
#include "query/catalog.h"
#include "query/lines.h"

/* shop{env="dev"}, as a selector that finds it would be written. */
static int write_labels(struct pyr__lines *lines,
                        const struct pyr__series *series, pyr_error_t *err) {
  const pyr_str_t *name =
      pyr__labels_find(series->labels, series->label_count, "__name__");
  int rc = 0;
  if (name != NULL && series->label_count > 0 &&
      pyr__str_is(series->labels[0].name, "__name__") &&
      pyr__label_name_is_plain(*name)) {
    rc = pyr__lines_add_name(lines, *name, 0, err);
    if (rc == 0 && series->label_count > 1)
      rc = pyr__labels_write(&lines->buf, series->labels + 1,
                             series->label_count - 1);
  } else {
    rc = pyr__labels_write(&lines->buf, series->labels, series->label_count);
  }
  return rc != 0 ? rc : pyr__lines_add(lines, err, "\n");
}

static int write_series(struct pyr__lines *lines,
                        const struct pyr__catalog_entry *entry,
                        pyr_error_t *err) {
  char first[PYR__TIME_TEXT], last[PYR__TIME_TEXT];
  size_t i;
  int rc = pyr__lines_add_name(lines, entry->series.profile_name, ' ', err);

  pyr__time_format(first, entry->first_ns);
  pyr__time_format(last, entry->last_ns);
  if (rc == 0)
    rc = pyr__lines_add(lines, err, "  %llu  %s  %s  ",
                        (unsigned long long)entry->profiles, first, last);
  for (i = 0; rc == 0 && i < entry->series.type_count; i++) {
    if (i > 0)
      rc = pyr__lines_add(lines, err, ",");
    if (rc == 0)
      rc = pyr__lines_add_name(lines, entry->series.types[i], ' ', err);
  }
  if (rc == 0)
    rc = pyr__lines_add(lines, err, "  ");
  return rc != 0 ? rc : write_labels(lines, &entry->series, err);
}

static int nothing(const struct pyr__catalog *catalog, pyr_error_t *err) {
  return catalog->count > 0 ? 0
                            : pyr__error(err, PYR_ENOMATCH, "nothing matches");
}

int pyr__query_series(const struct pyr__query *query,
                      const struct pyr__output *output, pyr_error_t *err) {
  struct pyr__catalog catalog;
  struct pyr__lines lines;
  uint32_t i;
  int rc = pyr__catalog_build(&catalog, query, err);

  pyr__lines_init(&lines, query->memory, output);
  if (rc == 0)
    rc = nothing(&catalog, err);
  for (i = 0; rc == 0 && i < catalog.count; i++)
    rc = write_series(&lines, &catalog.entries[i], err);
  if (rc == 0)
    rc = pyr__lines_flush(&lines, err);
  pyr__lines_release(&lines);
  pyr__catalog_release(&catalog);
  return rc;
}
