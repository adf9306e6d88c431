/* From sums by stack to a profile: what they refer to, in ids of its own. */
#include "store/segment.h"

#include <string.h>

#include "base/limits.h"
#include "base/values.h"

struct build {
  const struct pyr__segment *segment;
  const struct pyr__tables *tables;
  const struct pyr__sums *sums;
  struct pyr__arena *arena;
  struct pyr__profile *out;
  /* id + 1 in the profile by id of the segment, 0: not yet */
  uint32_t *strings, *mappings, *functions, *locations;
  uint32_t *comments; /* by string: 1 where it is one already */
  uint32_t lost_string, lost_function, lost_location; /* the same */
  size_t steps;                                       /* of all stacks so far */
  /* The arrays of `out`, and how many there is room for. */
  pyr_str_t *texts;
  struct pyr__mapping *out_mappings;
  struct pyr__function *out_functions;
  struct pyr__line *out_lines;
  struct pyr__location *out_locations;
  struct pyr__label *out_labels;
  uint32_t *out_frames, *out_comments;
  uint32_t text_room, mapping_room, function_room, line_room, location_room,
      label_room, frame_room, comment_room;
};

/* Room for one more behind `count`, in the arena. */
static int grow(struct pyr__arena *arena, void *items, uint32_t *room,
                uint32_t count, size_t size) {
  uint32_t capacity = *room == 0 ? 64 : *room * 2;
  void *larger, *old;
  if (count < *room)
    return 0;
  if (*room > UINT32_MAX / 2)
    return PYR_ELIMIT;
  memcpy(&old, items, sizeof(old));
  larger = pyr__arena_grow(arena, old, *room * size, capacity * size);
  if (larger == NULL)
    return PYR__ENOMEM;
  memcpy(items, &larger, sizeof(larger));
  *room = capacity;
  return 0;
}

/* ---- things ------------------------------------------------------------- */

static int string(struct build *build, uint32_t id, uint32_t *out) {
  uint32_t *known = id == PYR__LOST ? &build->lost_string : &build->strings[id];
  int rc;
  if (*known == 0) {
    rc = grow(build->arena, &build->texts, &build->text_room,
              build->out->string_count, sizeof(pyr_str_t));
    if (rc != 0)
      return rc;
    build->texts[build->out->string_count] =
        pyr__tables_text(build->tables, id);
    *known = ++build->out->string_count;
  }
  *out = *known - 1;
  return 0;
}

static int mapping(struct build *build, uint32_t id, uint32_t *out) {
  struct pyr__mapping row;
  int rc;
  if (build->mappings[id] == 0) {
    rc = grow(build->arena, &build->out_mappings, &build->mapping_room,
              build->out->mapping_count, sizeof(row));
    row = pyr__tables_mappings(build->tables)[id];
    if (rc == 0)
      rc = string(build, row.filename, &row.filename);
    if (rc == 0)
      rc = string(build, row.build_id, &row.build_id);
    if (rc != 0)
      return rc;
    build->out_mappings[build->out->mapping_count] = row;
    build->mappings[id] = ++build->out->mapping_count;
  }
  *out = build->mappings[id] - 1;
  return 0;
}

static int function(struct build *build, uint32_t id, uint32_t *out) {
  uint32_t *known =
      id == PYR__LOST ? &build->lost_function : &build->functions[id];
  struct pyr__function row = {0, PYR__LOST, PYR__LOST, 0};
  int rc;
  if (*known == 0) {
    rc = grow(build->arena, &build->out_functions, &build->function_room,
              build->out->function_count, sizeof(row));
    if (id != PYR__LOST)
      row = pyr__tables_functions(build->tables)[id];
    if (rc == 0)
      rc = string(build, row.name, &row.name);
    if (rc == 0)
      rc = string(build, row.system_name, &row.system_name);
    if (rc == 0)
      rc = string(build, row.filename, &row.filename);
    if (rc != 0)
      return rc;
    build->out_functions[build->out->function_count] = row;
    *known = ++build->out->function_count;
  }
  *out = *known - 1;
  return 0;
}

static int add_line(struct build *build, const struct pyr__line *line) {
  struct pyr__line row = *line;
  int rc = function(build, line->function, &row.function);
  if (rc == 0)
    rc = grow(build->arena, &build->out_lines, &build->line_room,
              build->out->line_count, sizeof(row));
  if (rc == 0)
    build->out_lines[build->out->line_count++] = row;
  return rc;
}

/* A location that is lost, alone or with its frame, has the lost function. */
static int add_location(struct build *build, uint32_t id) {
  static const struct pyr__line lost = {0, 0, PYR__LOST};
  struct pyr__location row = {0, PYR__NO_MAPPING, PYR__LOST, 1, 0};
  uint32_t first = build->out->line_count, i;
  const struct pyr__line *lines;
  int rc = grow(build->arena, &build->out_locations, &build->location_room,
                build->out->location_count, sizeof(row));

  if (id != PYR__LOST)
    row = pyr__tables_locations(build->tables)[id];
  lines = pyr__tables_lines(build->tables) + row.first_line;
  if (row.first_line == PYR__LOST) {
    lines = &lost;
    row.line_count = 1;
  }
  if (rc == 0 && row.mapping != PYR__NO_MAPPING)
    rc = mapping(build, row.mapping, &row.mapping);
  for (i = 0; rc == 0 && i < row.line_count; i++)
    rc = add_line(build, &lines[i]);
  if (rc != 0)
    return rc;
  row.first_line = first;
  build->out_locations[build->out->location_count++] = row;
  return 0;
}

static int location(struct build *build, uint32_t id, uint32_t *out) {
  uint32_t *known =
      id == PYR__LOST ? &build->lost_location : &build->locations[id];
  if (*known == 0) {
    int rc = add_location(build, id);
    if (rc != 0)
      return rc;
    *known = build->out->location_count;
  }
  *out = *known - 1;
  return 0;
}

/* ---- samples ------------------------------------------------------------ */

static int add_label(struct build *build, struct pyr__label label) {
  int rc = grow(build->arena, &build->out_labels, &build->label_room,
                build->out->label_count, sizeof(label));
  if (rc == 0)
    rc = string(build, label.key, &label.key);
  if (rc == 0)
    rc = string(build, label.string, &label.string);
  if (rc == 0)
    rc = string(build, label.unit, &label.unit);
  if (rc == 0)
    build->out_labels[build->out->label_count++] = label;
  return rc;
}

static int add_labels(struct build *build, uint32_t id,
                      struct pyr__sample *sample) {
  static const struct pyr__label lost = {0, PYR__LOST, PYR__LOST, 0};
  struct pyr__label_set set = pyr__tables_label_sets(build->tables)[id];
  const struct pyr__label *labels = pyr__tables_labels(build->tables);
  uint32_t i;
  int rc = 0;
  if (set.first == PYR__LOST) {
    labels = &lost;
    set = (struct pyr__label_set){0, 1};
  }
  for (i = 0; rc == 0 && i < set.count; i++)
    rc = add_label(build, labels[set.first + i]);
  sample->label_count = build->out->label_count - sample->first_label;
  return rc;
}

static int add_frame(struct build *build, uint32_t location_id) {
  uint32_t id;
  int rc = location(build, location_id, &id);
  if (rc == 0)
    rc = grow(build->arena, &build->out_frames, &build->frame_room,
              build->out->frame_count, sizeof(id));
  if (rc == 0)
    build->out_frames[build->out->frame_count++] = id;
  return rc;
}

/* From the innermost frame outwards: a parent's id is always less. */
static int add_stack(struct build *build, uint32_t stack,
                     struct pyr__sample *sample) {
  static const struct pyr__node lost = {0, PYR__LOST};
  const struct pyr__node *nodes = pyr__tables_stacks(build->tables), *node;
  uint32_t steps = 0;
  int rc = 0;
  *sample = (struct pyr__sample){.first_frame = build->out->frame_count,
                                 .first_label = build->out->label_count};
  for (; rc == 0 && stack != 0; stack = node->parent) {
    node = stack == PYR__LOST ? &lost : &nodes[stack];
    if (steps++ > PYR__LIMIT_STACK_FRAMES ||
        build->steps++ > build->arena->limit / sizeof(uint32_t))
      return PYR_ELIMIT;
    if (node->step == PYR__LOST)
      rc = add_frame(build, PYR__LOST);
    else if (node->step & 1)
      rc = add_labels(build, node->step >> 1, sample);
    else
      rc = add_frame(build, node->step >> 1);
  }
  sample->frame_count = build->out->frame_count - sample->first_frame;
  return rc;
}

static int add_samples(struct build *build) {
  const struct pyr__sums *sums = build->sums;
  const uint32_t *stacks = sums->stacks.items;
  struct pyr__sample *samples =
      pyr__arena_alloc(build->arena, sums->stacks.count, sizeof(*samples));
  int64_t *out = pyr__arena_alloc(
      build->arena, (size_t)sums->stacks.count * sums->types, sizeof(*out));
  const int64_t *values = sums->values.items;
  uint32_t i;
  int rc = samples == NULL || out == NULL ? PYR__ENOMEM : 0;

  build->out->samples = samples;
  build->out->values = out;
  for (i = 0; rc == 0 && i < sums->stacks.count; i++, values += sums->types) {
    if (pyr__values_are_zero(values, sums->types))
      continue;
    memcpy(out + (size_t)build->out->sample_count * sums->types, values,
           sums->types * sizeof(*values));
    rc = add_stack(build, stacks[i], &samples[build->out->sample_count++]);
  }
  return rc;
}

/* ---- what is beside the samples ----------------------------------------- */

static int add_comment(struct build *build, uint32_t comment) {
  uint32_t id;
  int rc;
  if (comment != PYR__LOST && build->comments[comment]++ > 0)
    return 0;
  rc = string(build, comment, &id);
  if (rc == 0)
    rc = grow(build->arena, &build->out_comments, &build->comment_room,
              build->out->comment_count, sizeof(id));
  if (rc == 0)
    build->out_comments[build->out->comment_count++] = id;
  return rc;
}

/* As google/pprof merges them: the first program, default type, page and
 * filters, the longest period, all comments. */
static int add_attributes(struct build *build, uint32_t id, int is_first) {
  static const uint32_t lost_comment = PYR__LOST;
  static const struct pyr__attributes lost = {.program = PYR__NO_MAPPING,
                                              .first_comment = PYR__LOST};
  const struct pyr__attributes *row =
      id < pyr__tables_count(build->tables, PYR__TABLE_attributes)
          ? pyr__tables_attributes(build->tables) + id
          : &lost;
  int is_lost = row->first_comment == PYR__LOST;
  const uint32_t *comments =
      is_lost ? &lost_comment
              : pyr__tables_comments(build->tables) + row->first_comment;
  uint32_t comment_count = is_lost ? 1 : row->comment_count;
  struct pyr__profile *out = build->out;
  uint32_t i, unused;
  int rc = 0;

  if (out->mapping_count == 0 && row->program != PYR__NO_MAPPING)
    rc = mapping(build, row->program, &unused);
  if (is_first || out->period < row->period)
    out->period = row->period;
  if (rc == 0 && out->default_type == 0)
    rc = string(build, row->default_type, &out->default_type);
  if (rc == 0 && out->doc_url == 0)
    rc = string(build, row->doc_url, &out->doc_url);
  if (rc == 0 && is_first)
    rc = string(build, row->drop_frames, &out->drop_frames);
  if (rc == 0 && is_first)
    rc = string(build, row->keep_frames, &out->keep_frames);
  for (i = 0; rc == 0 && i < comment_count; i++)
    rc = add_comment(build, comments[i]);
  return rc;
}

/* The strings of a series are in its own table when there is a footer. */
static int add_text(struct build *build, pyr_str_t text, uint32_t *out) {
  uint32_t i;
  int rc = grow(build->arena, &build->texts, &build->text_room,
                build->out->string_count, sizeof(pyr_str_t));
  if (rc != 0)
    return rc;
  for (i = 0; i < build->out->string_count; i++)
    if (pyr__str_equal(build->texts[i], text)) {
      *out = i;
      return 0;
    }
  build->texts[build->out->string_count] = text;
  *out = build->out->string_count++;
  return 0;
}

static int add_type(struct build *build,
                    const struct pyr__value_type_text *type,
                    struct pyr__value_type *out) {
  int rc = add_text(build, type->type, &out->type);
  return rc != 0 ? rc : add_text(build, type->unit, &out->unit);
}

static int add_types(struct build *build) {
  const struct pyr__series *series =
      &build->segment->series[build->sums->series];
  struct pyr__value_type *types =
      pyr__arena_alloc(build->arena, series->type_count, sizeof(*types));
  size_t i;
  int rc = types == NULL ? PYR__ENOMEM
                         : add_type(build, &series->period_type,
                                    &build->out->period_type);
  for (i = 0; rc == 0 && i < series->type_count; i++)
    rc = add_type(build, &series->value_types[i], &types[i]);
  build->out->types = types;
  build->out->type_count = build->sums->types;
  return rc;
}

/* ---- the profile -------------------------------------------------------- */

static void point(struct build *build) {
  struct pyr__profile *out = build->out;
  out->strings = build->texts;
  out->mappings = build->out_mappings;
  out->functions = build->out_functions;
  out->lines = build->out_lines;
  out->locations = build->out_locations;
  out->labels = build->out_labels;
  out->frames = build->out_frames;
  out->comments = build->out_comments;
}

static int fill(struct build *build) {
  const struct pyr__sums *sums = build->sums;
  const uint32_t *attributes = sums->attributes.items;
  uint32_t i, empty;
  int rc = string(build, 0, &empty);
  if (rc == 0 && sums->profiles > 0)
    rc = add_types(build);
  for (i = 0; rc == 0 && i < sums->attributes.count; i++)
    rc = add_attributes(build, attributes[i], i == 0);
  if (rc == 0)
    rc = add_samples(build);
  build->out->time_ns = sums->time_ns;
  build->out->duration_ns = sums->duration_ns;
  point(build);
  return rc;
}

int pyr__segment_build(const struct pyr__segment *segment,
                       const struct pyr__sums *sums, struct pyr__arena *arena,
                       const struct pyr__profile **out, pyr_error_t *err) {
  const struct pyr__tables *tables = &segment->tables;
  struct build build = {
      .segment = segment, .tables = tables, .sums = sums, .arena = arena};
  size_t strings = pyr__tables_count(tables, PYR__TABLE_strings);
  size_t mappings = pyr__tables_count(tables, PYR__TABLE_mappings);
  size_t functions = pyr__tables_count(tables, PYR__TABLE_functions);
  size_t locations = pyr__tables_count(tables, PYR__TABLE_locations);
  uint32_t *map =
      pyr__calloc(segment->memory, PYR__MEM_STORE_READER,
                  strings * 2 + mappings + functions + locations, sizeof(*map));
  int rc;

  build.out = pyr__arena_calloc(arena, 1, sizeof(*build.out));
  rc = map == NULL || build.out == NULL ? PYR__ENOMEM : 0;
  build.strings = map;
  if (rc == 0) {
    build.mappings = map + strings;
    build.functions = build.mappings + mappings;
    build.locations = build.functions + functions;
    build.comments = build.locations + locations;
    rc = fill(&build);
  }
  pyr__free(segment->memory, map);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "%s: a stack or table is too large",
                      segment->path);
  if (rc != 0)
    return pyr__arena_error(arena, 4096, "the profile of a segment", err);
  *out = build.out;
  return 0;
}
