/* Segments for tests:
 *
 *   segment_tool write DIR   puts made-up profiles into a store: one segment
 *                            that is sealed, and one that is not
 *   segment_tool dump FILE   a line of JSON for each profile, with its samples,
 *                            in an order of its own: what segment.py prints */
#include "store_support.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "store/format.h"

/* ---- dump --------------------------------------------------------------- */

struct dump {
  struct pyr__memory memory;
  struct pyr__segment *segment;
};

static json_t *text_of(pyr_str_t text) {
  return json_stringn(text.len > 0 ? text.base : "", text.len);
}

static json_t *hex_of(uint64_t value) {
  char text[32];
  snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
  return json_string(text);
}

static json_t *string_of(const struct pyr__profile *profile, uint32_t id) {
  return text_of(profile->strings[id]);
}

struct item {
  json_t *value;
  char *text;
};

static int compare_items(const void *a, const void *b) {
  return strcmp(((const struct item *)a)->text, ((const struct item *)b)->text);
}

/* The array, ordered by what its items look like; takes the reference. */
static json_t *sorted(json_t *array) {
  size_t count = json_array_size(array), i;
  struct item *items = calloc(count + 1, sizeof(*items));
  json_t *out = json_array();
  for (i = 0; i < count; i++) {
    items[i].value = json_array_get(array, i);
    items[i].text = json_dumps(items[i].value, JSON_COMPACT | JSON_SORT_KEYS);
  }
  qsort(items, count, sizeof(*items), compare_items);
  for (i = 0; i < count; i++) {
    json_array_append(out, items[i].value);
    free(items[i].text);
  }
  free(items);
  json_decref(array);
  return out;
}

static json_t *mapping_of(const struct pyr__profile *profile, uint32_t id) {
  const struct pyr__mapping *mapping = &profile->mappings[id];
  json_t *out;
  if (id == PYR__NO_MAPPING)
    return json_null();
  out = json_array();
  json_array_append_new(out, hex_of(mapping->start));
  json_array_append_new(out, hex_of(mapping->limit));
  json_array_append_new(out, hex_of(mapping->offset));
  json_array_append_new(out, string_of(profile, mapping->filename));
  json_array_append_new(out, string_of(profile, mapping->build_id));
  json_array_append_new(out, json_integer(mapping->flags));
  return out;
}

static json_t *line_of(const struct pyr__profile *profile,
                       const struct pyr__line *line) {
  const struct pyr__function *function = &profile->functions[line->function];
  json_t *out = json_array();
  json_array_append_new(out, json_integer(line->line));
  json_array_append_new(out, json_integer(line->column));
  json_array_append_new(out, string_of(profile, function->name));
  json_array_append_new(out, string_of(profile, function->system_name));
  json_array_append_new(out, string_of(profile, function->filename));
  json_array_append_new(out, json_integer(function->start_line));
  return out;
}

static json_t *frame_of(const struct pyr__profile *profile, uint32_t id) {
  const struct pyr__location *location = &profile->locations[id];
  json_t *out = json_array(), *lines = json_array();
  uint32_t i;
  for (i = 0; i < location->line_count; i++)
    json_array_append_new(
        lines, line_of(profile, &profile->lines[location->first_line + i]));
  json_array_append_new(out, hex_of(location->address));
  json_array_append_new(out, mapping_of(profile, location->mapping));
  json_array_append_new(out, json_integer(location->is_folded));
  json_array_append_new(out, lines);
  return out;
}

static json_t *label_of(const struct pyr__profile *profile,
                        const struct pyr__label *label) {
  json_t *out = json_array();
  json_array_append_new(out, string_of(profile, label->key));
  json_array_append_new(out, string_of(profile, label->string));
  json_array_append_new(out, json_integer(label->number));
  json_array_append_new(out, string_of(profile, label->unit));
  return out;
}

static json_t *sample_of(const struct pyr__profile *profile, uint32_t id) {
  const struct pyr__sample *sample = &profile->samples[id];
  const int64_t *values = profile->values + (size_t)id * profile->type_count;
  json_t *out = json_array(), *frames = json_array(), *labels = json_array();
  json_t *numbers = json_array();
  uint32_t i;
  for (i = 0; i < sample->frame_count; i++)
    json_array_append_new(
        frames, frame_of(profile, profile->frames[sample->first_frame + i]));
  for (i = 0; i < sample->label_count; i++)
    json_array_append_new(
        labels, label_of(profile, &profile->labels[sample->first_label + i]));
  for (i = 0; i < profile->type_count; i++)
    json_array_append_new(numbers, json_integer(values[i]));
  json_array_append_new(out, frames);
  json_array_append_new(out, sorted(labels));
  json_array_append_new(out, numbers);
  return out;
}

static void set_samples(json_t *line, const struct pyr__profile *profile) {
  const uint32_t texts[] = {profile->default_type, profile->doc_url,
                            profile->drop_frames, profile->keep_frames};
  json_t *stacks = json_array(), *body = json_array(), *comments = json_array();
  uint32_t i;
  json_array_append_new(body, json_integer(profile->time_ns));
  json_array_append_new(body, json_integer(profile->duration_ns));
  json_array_append_new(body, json_integer(profile->period));
  for (i = 0; i < 4; i++)
    json_array_append_new(body, string_of(profile, texts[i]));
  for (i = 0; i < profile->comment_count; i++)
    json_array_append_new(comments, string_of(profile, profile->comments[i]));
  for (i = 0; i < profile->sample_count; i++)
    json_array_append_new(stacks, sample_of(profile, i));
  json_object_set_new(line, "stacks", sorted(stacks));
  json_object_set_new(line, "body", body);
  json_object_set_new(line, "comments", comments);
}

static int read_samples(struct dump *dump,
                        const struct pyr__stored_profile *stored,
                        json_t *line) {
  size_t series = pyr__segment_series_count(dump->segment), count;
  uint8_t *wanted = pyr__calloc(&dump->memory, PYR__MEM_QUERY, series, 1);
  const struct pyr__profile *profile;
  struct pyr__arena arena;
  pyr_error_t err;
  int rc;

  wanted[stored->series] = 1;
  pyr__arena_init(&arena, &dump->memory, PYR__MEM_QUERY, SIZE_MAX);
  rc = pyr__segment_merge(dump->segment, wanted, stored->time_ns,
                          stored->time_ns + 1, &arena, &profile, &count, &err);
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  else if (count > 0)
    set_samples(line, profile);
  pyr__arena_release(&arena);
  pyr__free(&dump->memory, wanted);
  return rc;
}

static void set_series(json_t *line, const struct pyr__series *series,
                       const int64_t *totals) {
  json_t *labels = json_array(), *types = json_array(), *sums = json_array();
  size_t i;
  for (i = 0; i < series->label_count; i++) {
    json_t *pair = json_array();
    json_array_append_new(pair, text_of(series->labels[i].name));
    json_array_append_new(pair, text_of(series->labels[i].value));
    json_array_append_new(labels, pair);
  }
  for (i = 0; i < series->type_count; i++) {
    json_array_append_new(types, text_of(series->types[i]));
    json_array_append_new(sums, json_integer(totals[i]));
  }
  json_object_set_new(line, "profile", text_of(series->profile_name));
  json_object_set_new(line, "labels", labels);
  json_object_set_new(line, "types", types);
  json_object_set_new(line, "totals", sums);
}

struct kept_head {
  struct pyr__stored_profile profile;
  int64_t totals[PYR__LIMIT_SAMPLE_TYPES];
};

struct heads {
  struct dump *dump;
  struct kept_head *items;
  size_t count;
};

static int keep_head(void *ctx, const struct pyr__stored_profile *profile) {
  struct heads *heads = ctx;
  struct kept_head *head;
  heads->items =
      realloc(heads->items, (heads->count + 1) * sizeof(*heads->items));
  head = &heads->items[heads->count++];
  head->profile = *profile;
  memcpy(
      head->totals, profile->totals,
      pyr__segment_series(heads->dump->segment, profile->series)->type_count *
          sizeof(int64_t));
  return 0;
}

static int print_line(struct dump *dump, const struct kept_head *head) {
  const struct pyr__stored_profile *stored = &head->profile;
  json_t *line = json_object();
  char *text;
  int rc;
  json_object_set_new(line, "time_ns", json_integer(stored->time_ns));
  json_object_set_new(line, "duration_ns", json_integer(stored->duration_ns));
  json_object_set_new(line, "samples", json_integer(stored->sample_count));
  set_series(line, pyr__segment_series(dump->segment, stored->series),
             head->totals);
  rc = read_samples(dump, stored, line);
  text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
  printf("%s\n", text);
  free(text);
  json_decref(line);
  return rc;
}

static void print_bad(void *ctx, const char *text) {
  const char *file = strrchr(text, '/');
  (void)ctx;
  printf("%s\n", file == NULL ? text : file + 1);
}

static int dump_file(const char *path) {
  struct dump dump;
  struct pyr__io io = pyr__io_files();
  struct heads heads = {&dump, NULL, 0};
  uint8_t *wanted;
  pyr_error_t err;
  size_t i;
  int rc;

  pyr__memory_init(&dump.memory, NULL);
  rc = pyr__segment_open(&dump.segment, &dump.memory, &io, path, print_bad,
                         NULL, &err);
  if (rc != 0) {
    fprintf(stderr, "%s\n", err.text);
    return 1;
  }
  wanted = malloc(pyr__segment_series_count(dump.segment) + 1);
  memset(wanted, 1, pyr__segment_series_count(dump.segment));
  rc = pyr__segment_each(dump.segment, wanted, INT64_MIN, INT64_MAX, keep_head,
                         &heads, &err);
  for (i = 0; rc == 0 && i < heads.count; i++)
    rc = print_line(&dump, &heads.items[i]);
  free(wanted);
  free(heads.items);
  pyr__segment_close(dump.segment);
  return rc == 0 ? 0 : 1;
}

/* ---- write -------------------------------------------------------------- */

static struct {
  const char *name;
  unsigned types;
} const kinds[] = {{"cpu", 2}, {"mem", 4}, {"goroutines", 1}};

/* Rounds of all kinds; every second round is flushed. */
static int fill(struct pyr__store *store, struct made_clock *clock,
                unsigned from, unsigned to, pyr_error_t *err) {
  size_t kind;
  int rc = 0;
  for (; rc == 0 && from < to; from++) {
    for (kind = 0; rc == 0 && kind < 3; kind++) {
      struct made_profile *made =
          made_profile_new(from, kinds[kind].types, kind);
      made_clock_step(clock, 1000);
      rc = made_append(store, clock, kinds[kind].name, &made->profile, err);
      free(made);
    }
    made_clock_step(clock, PYR__NS_PER_S / 2);
    pyr__store_tick(store);
  }
  return rc;
}

/* Twenty rounds in a segment that is sealed by its age, four in one that is
 * written, and is still so when the process ends. */
static int write_files(const char *folder) {
  struct pyr__memory memory;
  struct pyr__store *store;
  struct made_clock clock;
  struct pyr__store_options options = made_options(&clock);
  struct pyr__io io = pyr__io_files();
  pyr_error_t err;
  int rc;

  pyr__memory_init(&memory, NULL);
  made_clock_init(&clock);
  options.segment_max_age_ns = 100 * PYR__NS_PER_S;
  rc = pyr__store_open(&store, &memory, &io, folder, &options, &err);
  if (rc == 0)
    rc = fill(store, &clock, 0, 20, &err);
  made_clock_step(&clock, 100 * PYR__NS_PER_S);
  if (rc == 0)
    rc = fill(store, &clock, 20, 24, &err);
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  fflush(stdout);
  _Exit(rc == 0 ? 0 : 1);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "write") == 0)
    return write_files(argv[2]);
  if (argc == 3 && strcmp(argv[1], "dump") == 0)
    return dump_file(argv[2]);
  fprintf(stderr, "segment_tool write DIR | dump FILE\n");
  return 2;
}
