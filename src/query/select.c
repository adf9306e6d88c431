#include "query/select.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/str.h"

struct walk {
  const struct pyr__query *query;
  struct pyr__io io;
  struct pyr__arena names_arena;
  const char **names;
  size_t count, capacity;
  int (*each)(void *ctx, const struct pyr__selected *selected,
              pyr_error_t *err);
  void *ctx;
};

int pyr__select_is_type(pyr_str_t profile) {
  return profile.len > 0 && memchr(profile.base, ':', profile.len) != NULL;
}

int pyr__select_type(const struct pyr__series *series, pyr_str_t type_id) {
  size_t i;
  for (i = 0; i < series->type_count; i++)
    if (pyr__str_equal(series->types[i], type_id))
      return (int)i;
  return -1;
}

static int is_segment(const char *name) {
  size_t len = strlen(name);
  return len > 4 && strcmp(name + len - 4, ".pyr") == 0;
}

static int add_name(void *ctx, const char *name) {
  struct walk *walk = ctx;
  if (!is_segment(name))
    return 0;
  if (walk->count == walk->capacity) {
    size_t capacity = walk->capacity == 0 ? 64 : walk->capacity * 2;
    const char **names = pyr__arena_grow(&walk->names_arena, walk->names,
                                         walk->count * sizeof(*names),
                                         capacity * sizeof(*names));
    if (names == NULL)
      return PYR__ENOMEM;
    walk->names = names;
    walk->capacity = capacity;
  }
  walk->names[walk->count] =
      pyr__arena_text(&walk->names_arena, pyr__str(name));
  return walk->names[walk->count++] == NULL ? PYR__ENOMEM : 0;
}

/* Names begin with the time, so this is by age. */
static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int list(struct walk *walk, pyr_error_t *err) {
  int rc = walk->io.list(walk->io.ctx, walk->query->storage, add_name, walk);
  if (rc == PYR__ENOMEM)
    return pyr__arena_error(&walk->names_arena, 4096, "the list of segments",
                            err);
  if (rc < 0)
    return pyr__error(err, rc, "storage %s: %s", walk->query->storage,
                      pyr_strerror(rc));
  if (walk->count > 1)
    qsort(walk->names, walk->count, sizeof(*walk->names), compare_names);
  return 0;
}

static int series_matches(const struct pyr__query *query,
                          const struct pyr__series *series, pyr_error_t *err) {
  if (series->type_count == 0)
    return 0;
  if (pyr__select_is_type(query->profile)) {
    if (pyr__select_type(series, query->profile) < 0)
      return 0;
  } else if (query->profile.len > 0 &&
             !pyr__str_equal(series->profile_name, query->profile) &&
             !pyr__str_equal(series->type_name, query->profile)) {
    return 0;
  }
  return pyr__matchers_test(query->matchers, series->labels,
                            series->label_count, err);
}

/* The number of series that match, or an error. */
static int match_series(const struct pyr__query *query,
                        struct pyr__selected *selected, pyr_error_t *err) {
  size_t i, count = pyr__segment_series_count(selected->segment);
  int matched = 0, rc;

  selected->wanted =
      pyr__calloc(query->memory, PYR__MEM_QUERY, count, sizeof(uint8_t));
  if (selected->wanted == NULL)
    return pyr__error_nomem(err);
  for (i = 0; i < count; i++) {
    rc = series_matches(query, pyr__segment_series(selected->segment, i), err);
    if (rc < 0)
      return rc;
    selected->wanted[i] = (uint8_t)rc;
    matched |= rc;
  }
  return matched;
}

static int is_in_range(const struct pyr__query *query,
                       const struct pyr__segment *segment) {
  int64_t from, to;
  pyr__segment_range(segment, &from, &to);
  return (from != 0 || to != 0) && from < query->to_ns && to >= query->from_ns;
}

/* `ctx` is the query, which is only read. */
static void report_bad(void *ctx, const char *text) {
  const struct pyr__query *query = ctx;
  if (query->on_bad_frame != NULL)
    query->on_bad_frame(query->ctx, text);
}

static int open_segment(struct walk *walk, const char *name,
                        struct pyr__segment **out, pyr_error_t *err) {
  const struct pyr__query *query = walk->query;
  char path[PATH_MAX];
  int rc, len = snprintf(path, sizeof(path), "%s/%s", query->storage, name);

  if (len < 0 || (size_t)len >= sizeof(path))
    return pyr__error(err, -ENAMETOOLONG, "the path of %s is too long", name);
  rc = pyr__segment_open(out, query->memory, &walk->io, path, report_bad,
                         (void *)query, err);
  if (rc == 0 || rc == PYR__ENOMEM)
    return rc;
  *out = NULL;
  /* Retention took it since the directory was listed. */
  if (rc != -ENOENT)
    report_bad((void *)query, err->text);
  return 0;
}

static int visit(struct walk *walk, size_t number, pyr_error_t *err) {
  struct pyr__selected selected = {NULL, walk->names[number], NULL, number,
                                   walk->count};
  int rc = open_segment(walk, selected.name, &selected.segment, err);
  if (rc == 0 && selected.segment != NULL &&
      is_in_range(walk->query, selected.segment)) {
    rc = match_series(walk->query, &selected, err);
    if (rc > 0)
      rc = walk->each(walk->ctx, &selected, err);
  }
  pyr__free(walk->query->memory, selected.wanted);
  pyr__segment_close(selected.segment);
  return rc;
}

int pyr__select_segments(const struct pyr__query *query,
                         int (*each)(void *ctx,
                                     const struct pyr__selected *selected,
                                     pyr_error_t *err),
                         void *ctx, pyr_error_t *err) {
  struct walk walk = {.query = query, .each = each, .ctx = ctx};
  pyr_error_t own;
  size_t i;
  int rc;

  err = err == NULL ? &own : err;
  walk.io = query->io == NULL ? pyr__io_files() : *query->io;
  pyr__arena_init(&walk.names_arena, query->memory, PYR__MEM_QUERY,
                  PYR__LIMIT_CATALOG_BYTES);
  rc = list(&walk, err);
  for (i = 0; rc == 0 && i < walk.count; i++)
    rc = visit(&walk, i, err);
  pyr__arena_release(&walk.names_arena);
  return rc;
}
