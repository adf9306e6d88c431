#include "cli/targets_table.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/printable.h"
#include "query/time_arg.h"

enum { JOB, TARGET, PROFILE, HEALTH, LAST, TOOK, NEXT, MISSED, ERROR, COLUMNS };
enum { CELL = 192 };

struct row {
  char cells[COLUMNS][CELL];
};

static const struct row heads = {{"JOB", "TARGET", "PROFILE", "HEALTH", "LAST",
                                  "TOOK", "NEXT", "MISSED", "ERROR"}};

static const char *text_at(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text == NULL ? "" : text;
}

static void set(char cell[CELL], const char *text) {
  pyr__printable_copy(cell, CELL, pyr__str(text));
}

/* "3s ago" and "in 7s"; never and a time that is none are "-". */
static void set_time(char cell[CELL], const char *text, int64_t now_ns) {
  int64_t at;
  double seconds;
  if (pyr__time_arg_parse(&at, pyr__str(text), now_ns, NULL) != 0) {
    set(cell, "-");
    return;
  }
  seconds = (double)(at - now_ns) / 1e9;
  if (seconds < 0)
    snprintf(cell, CELL, "%.1fs ago", -seconds);
  else
    snprintf(cell, CELL, "in %.1fs", seconds);
}

/* Where the target is: the label that says so, or its URL. */
static const char *address_of(const json_t *target) {
  const char *address =
      text_at(json_object_get(target, "discoveredLabels"), "__address__");
  return address[0] != '\0' ? address : text_at(target, "scrapeUrl");
}

static void fill(struct row *row, const json_t *target, const json_t *profile,
                 int64_t now_ns) {
  const char *last = text_at(profile, "lastScrape");
  int never = last[0] == '\0' || strncmp(last, "0001-", 5) == 0;
  set(row->cells[JOB], text_at(target, "scrapePool"));
  set(row->cells[TARGET], address_of(target));
  set(row->cells[PROFILE], text_at(profile, "profile"));
  set(row->cells[HEALTH], text_at(profile, "health"));
  set(row->cells[ERROR], text_at(profile, "lastError"));
  set_time(row->cells[LAST], never ? "" : last, now_ns);
  set_time(row->cells[NEXT], text_at(profile, "nextScrape"), now_ns);
  snprintf(row->cells[MISSED], CELL, "%lld",
           (long long)json_integer_value(json_object_get(profile, "missed")));
  if (never)
    set(row->cells[TOOK], "-");
  else
    snprintf(row->cells[TOOK], CELL, "%.3fs",
             json_number_value(json_object_get(profile, "lastScrapeDuration")));
}

static size_t count_rows(const json_t *targets) {
  size_t i, count = 0;
  for (i = 0; i < json_array_size(targets); i++)
    count += json_array_size(
        json_object_get(json_array_get(targets, i), "profiles"));
  return count;
}

/* Characters, of which each takes a column; few scripts take two. */
static size_t width_of(const char *text) {
  size_t width = 0;
  for (; *text != '\0'; text++)
    width += (*text & 0xc0) != 0x80;
  return width;
}

static void measure(size_t widths[COLUMNS], const struct row *row) {
  size_t i;
  for (i = 0; i < COLUMNS; i++)
    if (width_of(row->cells[i]) > widths[i])
      widths[i] = width_of(row->cells[i]);
}

static void print_row(FILE *out, const struct row *row,
                      const size_t widths[COLUMNS]) {
  size_t i, last = row->cells[ERROR][0] != '\0' ? ERROR : MISSED;
  for (i = 0; i < last; i++)
    fprintf(out, "%s%*s", row->cells[i],
            (int)(widths[i] - width_of(row->cells[i])) + 2, "");
  fprintf(out, "%s\n", row->cells[last]);
}

static void print_rows(FILE *out, const struct row *rows, size_t count) {
  size_t widths[COLUMNS] = {0}, i;
  measure(widths, &heads);
  for (i = 0; i < count; i++)
    measure(widths, &rows[i]);
  print_row(out, &heads, widths);
  for (i = 0; i < count; i++)
    print_row(out, &rows[i], widths);
}

static int print_targets(FILE *out, const json_t *targets, int64_t now_ns,
                         pyr_error_t *err) {
  size_t count = count_rows(targets), at = 0, i, j;
  struct row *rows = calloc(count + 1, sizeof(*rows));

  if (rows == NULL)
    return pyr__error_nomem(err);
  for (i = 0; i < json_array_size(targets); i++) {
    const json_t *target = json_array_get(targets, i);
    const json_t *profiles = json_object_get(target, "profiles");
    for (j = 0; j < json_array_size(profiles); j++)
      fill(&rows[at++], target, json_array_get(profiles, j), now_ns);
  }
  print_rows(out, rows, count);
  free(rows);
  return 0;
}

int pyr__targets_table_print(FILE *out, const char *body, size_t len,
                             int64_t now_ns, pyr_error_t *err) {
  json_error_t wrong;
  json_t *root = json_loadb(body, len, 0, &wrong);
  const json_t *targets =
      json_object_get(json_object_get(root, "data"), "activeTargets");
  int rc;

  if (root == NULL)
    rc = pyr__error(err, PYR_EHTTP, "the answer is no JSON: %s", wrong.text);
  else if (!json_is_array(targets))
    rc = pyr__error(err, PYR_EHTTP,
                    "the answer has no data.activeTargets: is "
                    "it a pyrite that listens there?");
  else
    rc = print_targets(out, targets, now_ns, err);
  json_decref(root);
  return rc;
}
