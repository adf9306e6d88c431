#include "self/heap_profile.h"

#include <stdio.h>

#include "self/strings.h"

enum { TYPES = 4, FRAMES = 2 };

struct parts {
  struct pyr__value_type types[TYPES];
  struct pyr__function functions[PYR__PURPOSE_COUNT * FRAMES];
  struct pyr__line lines[PYR__PURPOSE_COUNT * FRAMES];
  struct pyr__location locations[PYR__PURPOSE_COUNT * FRAMES];
  uint32_t frames[PYR__PURPOSE_COUNT * FRAMES];
  struct pyr__sample samples[PYR__PURPOSE_COUNT];
  int64_t values[PYR__PURPOSE_COUNT * TYPES];
};

/* A function with a location of its own, both under the same number. */
static void add_frame(struct parts *parts, uint32_t id,
                      struct pyr__strings *strings, const char *name) {
  uint32_t text = pyr__strings_id(strings, pyr__str(name));
  parts->functions[id] = (struct pyr__function){0, text, text, 0};
  parts->lines[id].function = id;
  parts->locations[id] = (struct pyr__location){
      .mapping = PYR__NO_MAPPING, .first_line = id, .line_count = 1};
}

/* The room's frame is that of the first purpose in it. */
static uint32_t room_frame(enum pyr__purpose purpose) {
  int first;
  for (first = 0; first < (int)purpose; first++)
    if (strcmp(pyr__purpose_room((enum pyr__purpose)first),
               pyr__purpose_room(purpose)) == 0)
      break;
  return (uint32_t)first * FRAMES + 1;
}

static void add_purpose(struct parts *parts, enum pyr__purpose purpose,
                        const struct pyr__account *account,
                        struct pyr__strings *strings) {
  uint32_t id = (uint32_t)purpose;
  int64_t *values = parts->values + (size_t)id * TYPES;
  char text[96];
  snprintf(text, sizeof(text), "%s: %s", pyr__purpose_room(purpose),
           pyr__purpose_name(purpose));
  add_frame(parts, id * FRAMES, strings, text);
  snprintf(text, sizeof(text), "pyrite.%s", pyr__purpose_room(purpose));
  add_frame(parts, id * FRAMES + 1, strings, text);
  parts->frames[(size_t)id * FRAMES] = id * FRAMES;
  parts->frames[(size_t)id * FRAMES + 1] = room_frame(purpose);
  parts->samples[id] = (struct pyr__sample){id * FRAMES, FRAMES, 0, 0};
  values[0] = (int64_t)account->allocated_blocks;
  values[1] = (int64_t)account->allocated_bytes;
  values[2] = (int64_t)account->used_blocks;
  values[3] = (int64_t)account->used_bytes;
}

static void add_types(struct parts *parts, struct pyr__strings *strings) {
  static const char *const names[TYPES][2] = {{"alloc_objects", "count"},
                                              {"alloc_space", "bytes"},
                                              {"inuse_objects", "count"},
                                              {"inuse_space", "bytes"}};
  int i;
  for (i = 0; i < TYPES; i++)
    parts->types[i] = (struct pyr__value_type){
        pyr__strings_id(strings, pyr__str(names[i][0])),
        pyr__strings_id(strings, pyr__str(names[i][1]))};
}

static void fill(struct pyr__profile *out, const struct parts *parts,
                 struct pyr__strings *strings) {
  out->types = parts->types;
  out->type_count = TYPES;
  out->functions = parts->functions;
  out->function_count = PYR__PURPOSE_COUNT * FRAMES;
  out->lines = parts->lines;
  out->line_count = PYR__PURPOSE_COUNT * FRAMES;
  out->locations = parts->locations;
  out->location_count = PYR__PURPOSE_COUNT * FRAMES;
  out->frames = parts->frames;
  out->frame_count = PYR__PURPOSE_COUNT * FRAMES;
  out->samples = parts->samples;
  out->sample_count = PYR__PURPOSE_COUNT;
  out->values = parts->values;
  out->period_type =
      (struct pyr__value_type){pyr__strings_id(strings, pyr__str("space")),
                               pyr__strings_id(strings, pyr__str("bytes"))};
  out->period = 1;
  out->default_type = pyr__strings_id(strings, pyr__str("inuse_space"));
  out->strings = strings->items;
  out->string_count = strings->count;
}

int pyr__heap_profile_build(
    const struct pyr__account accounts[PYR__PURPOSE_COUNT], int64_t wall_ns,
    struct pyr__arena *arena, struct pyr__profile *out, pyr_error_t *err) {
  struct parts *parts = pyr__arena_calloc(arena, 1, sizeof(*parts));
  struct pyr__strings strings;
  int i;
  memset(out, 0, sizeof(*out));
  if (parts == NULL)
    return pyr__arena_error(arena, sizeof(*parts), "heap profile", err);
  pyr__strings_init(&strings, arena);
  add_types(parts, &strings);
  for (i = 0; i < PYR__PURPOSE_COUNT; i++)
    add_purpose(parts, (enum pyr__purpose)i, &accounts[i], &strings);
  fill(out, parts, &strings);
  out->time_ns = wall_ns;
  pyr__strings_release(&strings);
  return strings.failed
             ? pyr__arena_error(arena, sizeof(*parts), "heap profile", err)
             : 0;
}
