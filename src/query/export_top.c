/* The hottest functions, as `go tool pprof -top` prints them. */
#include "query/export.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/index.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/values.h"
#include "query/lines.h"
#include "query/nodes.h"
#include "query/units.h"

enum { CALLED = 1, INLINED = 2 };

struct row {
  int64_t flat, cum;
  pyr_str_t name;
  uint32_t seen; /* the last sample counted, + 1 */
  uint8_t how;   /* CALLED, INLINED: by its callers */
};

struct edge {
  uint32_t caller, node;
  uint32_t seen;
  uint8_t inlined; /* every call was */
};

struct top {
  const struct pyr__profile *profile;
  uint32_t type;
  struct pyr__memory *memory;
  struct pyr__arena arena;
  struct pyr__nodes nodes;
  struct pyr__index edges_index;
  struct edge *edges;
  uint32_t edge_count, edge_capacity;
  struct row *rows;
  size_t row_count, shown;
  int64_t total;
  pyr_str_t unit; /* of the values, and of what is printed */
  pyr_str_t shown_unit;
};

static int64_t magnitude(int64_t value) {
  return value < 0 ? (value == INT64_MIN ? INT64_MAX : -value) : value;
}

/* pprof counts an edge once a sample; it is inlined if all its calls are. */
static int add_edge(struct top *top, uint32_t caller, uint32_t node,
                    uint8_t inlined, uint32_t sample, pyr_error_t *err) {
  uint64_t hash = pyr__hash_mix(0, (uint64_t)caller << 32 | node);
  size_t at, size = top->edge_capacity * sizeof(struct edge);
  uint32_t id = pyr__index_first(&top->edges_index, hash, &at);

  while (id != PYR__NONE &&
         (top->edges[id].caller != caller || top->edges[id].node != node))
    id = pyr__index_next(&top->edges_index, hash, &at);
  if (id != PYR__NONE) {
    if (top->edges[id].seen != sample && !inlined)
      top->edges[id].inlined = 0;
    top->edges[id].seen = sample;
    return 0;
  }
  if (top->edge_count == top->edge_capacity) {
    size_t wanted = size == 0 ? 1024 * sizeof(struct edge) : size * 2;
    struct edge *edges = pyr__arena_grow(&top->arena, top->edges, size, wanted);
    if (edges == NULL)
      return pyr__arena_error(&top->arena, wanted, "the table of calls", err);
    top->edges = edges;
    top->edge_capacity = (uint32_t)(wanted / sizeof(struct edge));
  }
  top->edges[top->edge_count] = (struct edge){caller, node, sample, inlined};
  if (pyr__index_add(&top->edges_index, hash, top->edge_count++) != 0)
    return pyr__error_nomem(err);
  return 0;
}

static int count_sample(struct top *top, uint32_t sample, uint32_t *stack,
                        uint8_t *inlined, pyr_error_t *err) {
  int64_t value =
      top->profile
          ->values[(size_t)sample * top->profile->type_count + top->type];
  uint32_t depth, i;
  int rc = 0;

  top->total = pyr__value_sum(top->total, magnitude(value));
  if (value == 0)
    return 0;
  depth = pyr__nodes_of_sample(&top->nodes, sample, stack, inlined);
  for (i = 0; rc == 0 && i < depth; i++) {
    struct row *row = &top->rows[stack[i]];
    if (row->seen != sample + 1)
      row->cum = pyr__value_sum(row->cum, value);
    row->seen = sample + 1;
    if (i > 0 && stack[i] != stack[i - 1])
      rc = add_edge(top, stack[i - 1], stack[i], inlined[i], sample + 1, err);
  }
  if (depth > 0)
    top->rows[stack[depth - 1]].flat =
        pyr__value_sum(top->rows[stack[depth - 1]].flat, value);
  return rc;
}

static int count_all(struct top *top, pyr_error_t *err) {
  uint32_t deepest = pyr__nodes_deepest(&top->nodes), i;
  uint32_t *stack = pyr__arena_alloc(&top->arena, deepest, sizeof(*stack));
  uint8_t *inlined = pyr__arena_alloc(&top->arena, deepest, 1);
  int rc = 0;

  top->rows =
      pyr__arena_calloc(&top->arena, top->nodes.count, sizeof(*top->rows));
  if (stack == NULL || inlined == NULL || top->rows == NULL)
    return pyr__arena_error(&top->arena, top->nodes.count * sizeof(*top->rows),
                            "the table of functions", err);
  for (i = 0; i < top->nodes.count; i++)
    top->rows[i].name = top->nodes.names[i];
  for (i = 0; rc == 0 && i < top->profile->sample_count; i++)
    rc = count_sample(top, i, stack, inlined, err);
  for (i = 0; i < top->edge_count; i++)
    top->rows[top->edges[i].node].how |=
        top->edges[i].inlined ? INLINED : CALLED;
  return rc;
}

static int by_flat_and_name(const void *a, const void *b) {
  const struct row *left = a, *right = b;
  int64_t x = magnitude(left->flat), y = magnitude(right->flat);
  if (x != y)
    return x > y ? -1 : 1;
  if (!pyr__str_equal(left->name, right->name))
    return pyr__str_compare(left->name, right->name);
  x = magnitude(left->cum);
  y = magnitude(right->cum);
  return (x < y) - (x > y);
}

static void select_rows(struct top *top, size_t rows) {
  size_t i, count = 0;
  for (i = 0; i < top->nodes.count; i++)
    if (top->rows[i].cum != 0 || top->rows[i].flat != 0)
      top->rows[count++] = top->rows[i];
  if (count > 1)
    qsort(top->rows, count, sizeof(*top->rows), by_flat_and_name);
  top->row_count = count;
  top->shown = rows == 0 || rows > count ? count : rows;
}

/* One unit for the whole table, as pprof picks it: that of the smallest value,
 * or of a hundred of it where the largest has another. */
static void select_unit(struct top *top) {
  pyr_str_t fit = pyr__str("minimum"), least_unit, most_unit;
  int64_t least = 0;
  size_t i;

  for (i = 0; i < top->shown; i++) {
    int64_t one = magnitude(top->rows[i].flat);
    if (one == 0)
      one = magnitude(top->rows[i].cum);
    if (one > 0 && (least == 0 || one < least))
      least = one;
  }
  if (least == 0)
    least = top->total;
  pyr__units_scale(least, top->unit, fit, &least_unit);
  pyr__units_scale(top->total, top->unit, fit, &most_unit);
  if (!pyr__str_equal(least_unit, most_unit) && least < top->total / 100)
    pyr__units_scale(100 * least, top->unit, fit, &least_unit);
  top->shown_unit = least_unit.len > 0 ? least_unit : top->unit;
}

static int write_names(const struct top *top, struct pyr__lines *lines,
                       pyr_error_t *err) {
  const struct pyr__profile *profile = top->profile;
  const struct pyr__mapping *program = profile->mappings;
  pyr_str_t file, build_id;
  const char *slash;
  int rc = 0;

  if (profile->mapping_count == 0)
    return 0;
  file = profile->strings[program->filename];
  build_id = profile->strings[program->build_id];
  slash = file.len == 0 ? NULL : memrchr(file.base, '/', file.len);
  if (slash != NULL) {
    file.len -= (size_t)(slash + 1 - file.base);
    file.base = slash + 1;
  }
  if (file.len > 0)
    rc = pyr__lines_add(lines, err, "File: ");
  if (rc == 0 && file.len > 0)
    rc = pyr__lines_add_name(lines, file, 0, err);
  if (rc == 0 && file.len > 0)
    rc = pyr__lines_add(lines, err, "\n");
  if (rc == 0 && build_id.len > 0)
    rc = pyr__lines_add(lines, err, "Build ID: ");
  if (rc == 0 && build_id.len > 0)
    rc = pyr__lines_add_name(lines, build_id, 0, err);
  if (rc == 0 && build_id.len > 0)
    rc = pyr__lines_add(lines, err, "\n");
  return rc;
}

static int write_line(struct pyr__lines *lines, const char *prefix,
                      pyr_str_t text, pyr_error_t *err) {
  int rc = pyr__lines_add(lines, err, "%s", prefix);
  if (rc == 0)
    rc = pyr__lines_add_name(lines, text, 0, err);
  return rc != 0 ? rc : pyr__lines_add(lines, err, "\n");
}

static int write_time(const struct top *top, struct pyr__lines *lines,
                      pyr_error_t *err) {
  time_t seconds = (time_t)(top->profile->time_ns / PYR__NS_PER_S);
  char text[64] = "";
  struct tm parts;

  if (top->profile->time_ns == 0 || localtime_r(&seconds, &parts) == NULL)
    return 0;
  strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z", &parts);
  return pyr__lines_add(lines, err, "Time: %s\n", text);
}

static int write_duration(const struct top *top, struct pyr__lines *lines,
                          pyr_error_t *err) {
  int64_t duration = top->profile->duration_ns;
  char text[PYR__UNITS_TEXT], total[PYR__UNITS_TEXT], share[PYR__PERCENT_TEXT];
  pyr_str_t unit, ns = pyr__str("nanoseconds");
  double covered;

  if (duration == 0)
    return 0;
  pyr__units_label(text, duration, ns, pyr__str("minimum"));
  pyr__units_label(total, top->total, top->unit, top->shown_unit);
  covered = pyr__units_scale(top->total, top->unit, ns, &unit);
  if (!pyr__str_is(unit, "ns") || covered < 1 || covered > 9e18)
    return pyr__lines_add(lines, err, "Duration: %s, Total samples = %s \n",
                          text, total);
  pyr__units_percent(share, (int64_t)covered, duration);
  return pyr__lines_add(lines, err, "Duration: %s, Total samples = %s (%s)\n",
                        text, total, share);
}

static int write_head(const struct top *top, struct pyr__lines *lines,
                      pyr_error_t *err) {
  const struct pyr__profile *profile = top->profile;
  char shown[PYR__UNITS_TEXT], total[PYR__UNITS_TEXT];
  char share[PYR__PERCENT_TEXT];
  int64_t sum = 0;
  size_t i;
  int rc = write_names(top, lines, err);

  for (i = 0; rc == 0 && i < profile->comment_count; i++) {
    pyr_str_t comment = profile->strings[profile->comments[i]];
    if (!pyr__str_starts(comment, "#"))
      rc = write_line(lines, "", comment, err);
  }
  if (rc == 0)
    rc = write_line(
        lines, "Type: ", profile->strings[profile->types[top->type].type], err);
  if (rc == 0 && profile->doc_url != 0)
    rc = write_line(lines, "Doc: ", profile->strings[profile->doc_url], err);
  if (rc == 0)
    rc = write_time(top, lines, err);
  if (rc == 0)
    rc = write_duration(top, lines, err);
  if (rc != 0)
    return rc;
  for (i = 0; i < top->shown; i++)
    sum = pyr__value_sum(sum, top->rows[i].flat);
  pyr__units_label(shown, sum, top->unit, top->shown_unit);
  pyr__units_label(total, top->total, top->unit, top->shown_unit);
  pyr__units_percent(share, sum, top->total);
  rc = pyr__lines_add(lines, err,
                      "Showing nodes accounting for %s, %s of %s total\n",
                      shown, share + strspn(share, " "), total);
  if (rc == 0 && top->shown < top->row_count)
    rc = pyr__lines_add(lines, err, "Showing top %zu nodes out of %zu\n",
                        top->shown, top->row_count);
  return rc;
}

static int write_row(const struct top *top, const struct row *row, int64_t sum,
                     struct pyr__lines *lines, pyr_error_t *err) {
  static const char *const notes[] = {"", "", " (inline)", " (partial-inline)"};
  char flat[PYR__UNITS_TEXT], cum[PYR__UNITS_TEXT];
  char flat_share[PYR__PERCENT_TEXT], sum_share[PYR__PERCENT_TEXT],
      cum_share[PYR__PERCENT_TEXT];
  int rc;

  pyr__units_label(flat, row->flat, top->unit, top->shown_unit);
  pyr__units_label(cum, row->cum, top->unit, top->shown_unit);
  pyr__units_percent(flat_share, row->flat, top->total);
  pyr__units_percent(sum_share, sum, top->total);
  pyr__units_percent(cum_share, row->cum, top->total);
  rc = pyr__lines_add(lines, err, "%10s %s %s %10s %s  ", flat, flat_share,
                      sum_share, cum, cum_share);
  if (rc == 0)
    rc = pyr__lines_add_name(lines, row->name, 0, err);
  return rc != 0 ? rc : pyr__lines_add(lines, err, "%s\n", notes[row->how]);
}

static int write_table(const struct top *top, struct pyr__lines *lines,
                       pyr_error_t *err) {
  int64_t sum = 0;
  size_t i;
  int rc = write_head(top, lines, err);
  if (rc == 0)
    rc = pyr__lines_add(lines, err, "%10s %5s%% %5s%% %10s %5s%%\n", "flat",
                        "flat", "sum", "cum", "cum");
  for (i = 0; rc == 0 && i < top->shown; i++) {
    sum = pyr__value_sum(sum, top->rows[i].flat);
    rc = write_row(top, &top->rows[i], sum, lines, err);
  }
  return rc != 0 ? rc : pyr__lines_flush(lines, err);
}

int pyr__export_top(const struct pyr__profile *profile, uint32_t type,
                    size_t rows, struct pyr__memory *memory,
                    const struct pyr__output *output, pyr_error_t *err) {
  struct top top = {.profile = profile, .type = type, .memory = memory};
  struct pyr__lines lines;
  int rc;

  top.unit = profile->strings[profile->types[type].unit];
  pyr__arena_init(&top.arena, memory, PYR__MEM_QUERY, PYR__LIMIT_EXPORT_BYTES);
  pyr__index_init(&top.edges_index, memory, PYR__MEM_QUERY);
  pyr__lines_init(&lines, memory, output);
  rc = pyr__nodes_build(&top.nodes, profile, &top.arena, err);
  if (rc == 0)
    rc = count_all(&top, err);
  if (rc == 0) {
    select_rows(&top, rows);
    select_unit(&top);
    rc = write_table(&top, &lines, err);
  }
  pyr__lines_release(&lines);
  pyr__index_release(&top.edges_index);
  pyr__arena_release(&top.arena);
  return rc;
}
