/* Stored profiles, one JSON object a line. */
#include "query/query.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "query/lines.h"
#include "query/select.h"

struct list {
  const struct pyr__query *query;
  struct pyr__lines lines;
  const struct pyr__selected *selected;
  size_t count;
  pyr_error_t *err;
};

/* Text that is no UTF-8 cannot be in JSON: it is escaped. */
static json_t *text_of(pyr_str_t text) {
  char escaped[256];
  if (pyr__str_is_utf8(text))
    return json_stringn(text.base, text.len);
  pyr__str_escape(escaped, sizeof(escaped), text);
  return json_string(escaped);
}

static int set(json_t *object, pyr_str_t key, json_t *value) {
  char name[1024];
  if (key.len < sizeof(name) && pyr__str_is_utf8(key) &&
      memchr(key.base, '\0', key.len) == NULL) {
    memcpy(name, key.base, key.len);
    name[key.len] = '\0';
  } else {
    pyr__str_escape(name, sizeof(name), key);
  }
  return json_object_set_new(object, name, value);
}

/* Takes the reference of `value`, as json_object_set_new does. */
static int set_field(json_t *object, const char *key, json_t *value) {
  return json_object_set_new(object, key, value);
}

static json_t *labels_of(const struct pyr__series *series) {
  json_t *labels = json_object();
  size_t i;
  for (i = 0; labels != NULL && i < series->label_count; i++)
    if (set(labels, series->labels[i].name, text_of(series->labels[i].value)) !=
        0) {
      json_decref(labels);
      return NULL;
    }
  return labels;
}

static json_t *totals_of(const struct pyr__series *series,
                         const int64_t *totals) {
  json_t *object = json_object();
  size_t i;
  for (i = 0; object != NULL && i < series->type_count; i++)
    if (set(object, series->types[i], json_integer(totals[i])) != 0) {
      json_decref(object);
      return NULL;
    }
  return object;
}

static json_t *profile_of(const struct list *list,
                          const struct pyr__stored_profile *profile) {
  const struct pyr__series *series =
      pyr__segment_series(list->selected->segment, profile->series);
  json_t *line = json_object();
  char time[PYR__TIME_TEXT];
  int rc;

  if (line == NULL)
    return NULL;
  pyr__time_format(time, profile->time_ns);
  rc = set_field(line, "time", json_string(time));
  rc |= set_field(line, "time_ns", json_integer(profile->time_ns));
  rc |= set_field(line, "duration_ns", json_integer(profile->duration_ns));
  rc |= set_field(line, "profile", text_of(series->profile_name));
  rc |= set_field(line, "labels", labels_of(series));
  rc |= set_field(line, "totals", totals_of(series, profile->totals));
  rc |= set_field(line, "samples", json_integer(profile->sample_count));
  rc |= set_field(line, "segment", json_string(list->selected->name));
  if (rc == 0)
    return line;
  json_decref(line);
  return NULL;
}

static int write_profile(void *ctx, const struct pyr__stored_profile *profile) {
  struct list *list = ctx;
  const struct pyr__query *query = list->query;
  json_t *line = profile_of(list, profile);
  char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
  int rc;

  json_decref(line);
  if (text == NULL)
    return pyr__error_nomem(list->err);
  rc = pyr__lines_add_name(&list->lines, pyr__str(text), 0, list->err);
  free(text);
  if (rc == 0)
    rc = pyr__lines_add(&list->lines, list->err, "\n");
  list->count++;
  if (rc == 0 && query->on_progress != NULL)
    query->on_progress(query->ctx, list->selected->number,
                       list->selected->count, list->count);
  return rc;
}

static int list_segment(void *ctx, const struct pyr__selected *selected,
                        pyr_error_t *err) {
  struct list *list = ctx;
  list->selected = selected;
  return pyr__segment_each(selected->segment, selected->wanted,
                           list->query->from_ns, list->query->to_ns,
                           write_profile, list, err);
}

int pyr__query_profiles(const struct pyr__query *query,
                        const struct pyr__output *output, pyr_error_t *err) {
  struct list list = {.query = query, .err = err};
  int rc;
  pyr__lines_init(&list.lines, query->memory, output);
  rc = pyr__select_segments(query, list_segment, &list, err);
  if (rc == 0 && list.count == 0)
    rc = pyr__error(err, PYR_ENOMATCH, "nothing matches");
  if (rc == 0)
    rc = pyr__lines_flush(&list.lines, err);
  pyr__lines_release(&list.lines);
  return rc;
}
