#include "query/nodes.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/str.h"

enum { NAME_BYTES = 512 };

static const char *base_name(pyr_str_t path, size_t *len) {
  const char *slash = path.len == 0 ? NULL : memrchr(path.base, '/', path.len);
  const char *at = slash == NULL ? path.base : slash + 1;
  *len = (size_t)(path.base + path.len - at);
  return at;
}

/* Nodes by what they are called: for a string, the node + 1. */
struct known {
  uint32_t *of_name; /* of a function */
  uint32_t *of_file; /* of a mapping, for what has no name in it */
};

static int add_text(struct pyr__nodes *nodes, struct pyr__arena *arena,
                    const char *text, uint32_t *node) {
  const char *copy = pyr__arena_text(arena, pyr__str(text));
  if (copy == NULL)
    return PYR__ENOMEM;
  *node = nodes->count;
  nodes->names[nodes->count++] = pyr__str(copy);
  return 0;
}

/* "[libc.so.6]": all of one file, since where a library lies is another place
 * in each process. */
static int add_file(struct pyr__nodes *nodes, struct pyr__arena *arena,
                    uint32_t file, struct known *known, uint32_t *node) {
  char text[NAME_BYTES];
  const char *base;
  size_t len;

  if (known->of_file[file] != 0) {
    *node = known->of_file[file] - 1;
    return 0;
  }
  base = base_name(nodes->profile->strings[file], &len);
  if (len > NAME_BYTES - sizeof("[]"))
    len = NAME_BYTES - sizeof("[]");
  snprintf(text, sizeof(text), "[%.*s]", (int)len, base);
  known->of_file[file] = nodes->count + 1;
  return add_text(nodes, arena, text, node);
}

/* What has no name is called by its file or, where that is not known, by its
 * address. */
static int add_nameless(struct pyr__nodes *nodes, struct pyr__arena *arena,
                        const struct pyr__location *location,
                        struct known *known, uint32_t *node) {
  const struct pyr__profile *profile = nodes->profile;
  uint32_t file = location->mapping == PYR__NO_MAPPING
                      ? 0
                      : profile->mappings[location->mapping].filename;
  char text[NAME_BYTES] = "<unknown>";

  if (file != 0 && profile->strings[file].len > 0)
    return add_file(nodes, arena, file, known, node);
  if (location->address != 0)
    snprintf(text, sizeof(text), "0x%" PRIx64, location->address);
  return add_text(nodes, arena, text, node);
}

static int add_line(struct pyr__nodes *nodes, struct pyr__arena *arena,
                    const struct pyr__location *location, uint32_t line,
                    struct known *known) {
  const struct pyr__profile *profile = nodes->profile;
  uint32_t name = profile->functions[profile->lines[line].function].name;

  if (name == 0)
    return add_nameless(nodes, arena, location, known, &nodes->of_line[line]);
  if (known->of_name[name] == 0) {
    nodes->names[nodes->count++] = profile->strings[name];
    known->of_name[name] = nodes->count;
  }
  nodes->of_line[line] = known->of_name[name] - 1;
  return 0;
}

int pyr__nodes_build(struct pyr__nodes *nodes,
                     const struct pyr__profile *profile,
                     struct pyr__arena *arena, pyr_error_t *err) {
  size_t most = (size_t)profile->line_count + profile->location_count;
  struct known known = {
      pyr__arena_calloc(arena, profile->string_count, sizeof(uint32_t)),
      pyr__arena_calloc(arena, profile->string_count, sizeof(uint32_t))};
  uint32_t i, j;
  int rc = 0;

  nodes->profile = profile;
  nodes->count = 0;
  nodes->names = pyr__arena_alloc(arena, most, sizeof(*nodes->names));
  nodes->of_line =
      pyr__arena_alloc(arena, profile->line_count, sizeof(*nodes->of_line));
  nodes->of_location = pyr__arena_alloc(arena, profile->location_count,
                                        sizeof(*nodes->of_location));
  if (known.of_name == NULL || known.of_file == NULL || nodes->names == NULL ||
      nodes->of_line == NULL || nodes->of_location == NULL)
    return pyr__arena_error(arena, most * sizeof(*nodes->names),
                            "the table of names", err);
  for (i = 0; rc == 0 && i < profile->location_count; i++) {
    const struct pyr__location *location = &profile->locations[i];
    if (location->line_count == 0)
      rc = add_nameless(nodes, arena, location, &known, &nodes->of_location[i]);
    for (j = 0; rc == 0 && j < location->line_count; j++)
      rc = add_line(nodes, arena, location, location->first_line + j, &known);
  }
  return rc == 0
             ? 0
             : pyr__arena_error(arena, NAME_BYTES, "the table of names", err);
}

static uint32_t depth(const struct pyr__profile *profile,
                      const struct pyr__sample *sample) {
  uint32_t i, sum = 0;
  for (i = 0; i < sample->frame_count; i++) {
    uint32_t frame = profile->frames[sample->first_frame + i];
    uint32_t lines = profile->locations[frame].line_count;
    sum += lines == 0 ? 1 : lines;
  }
  return sum;
}

uint32_t pyr__nodes_deepest(const struct pyr__nodes *nodes) {
  uint32_t i, most = 0;
  for (i = 0; i < nodes->profile->sample_count; i++) {
    uint32_t one = depth(nodes->profile, &nodes->profile->samples[i]);
    if (one > most)
      most = one;
  }
  return most;
}

uint32_t pyr__nodes_of_sample(const struct pyr__nodes *nodes, uint32_t sample,
                              uint32_t *out, uint8_t *inlined) {
  const struct pyr__profile *profile = nodes->profile;
  const struct pyr__sample *at = &profile->samples[sample];
  uint32_t i, line, count = 0;

  for (i = at->frame_count; i > 0; i--) {
    uint32_t frame = profile->frames[at->first_frame + i - 1];
    const struct pyr__location *location = &profile->locations[frame];
    if (location->line_count == 0) {
      if (inlined != NULL)
        inlined[count] = 0;
      out[count++] = nodes->of_location[frame];
    }
    for (line = location->line_count; line > 0; line--) {
      if (inlined != NULL)
        inlined[count] = line != location->line_count;
      out[count++] = nodes->of_line[location->first_line + line - 1];
    }
  }
  return count;
}
