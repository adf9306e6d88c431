#include "query/nodes.h"

#include <stdio.h>

#include "base/str.h"

enum { NAME_BYTES = 512 };

static const char *base_name(pyr_str_t path, size_t *len) {
  const char *slash = path.len == 0 ? NULL : memrchr(path.base, '/', path.len);
  const char *at = slash == NULL ? path.base : slash + 1;
  *len = (size_t)(path.base + path.len - at);
  return at;
}

/* "0x1234 [libc.so.6]", "0x1234" */
static int name_address(struct pyr__nodes *nodes, struct pyr__arena *arena,
                        const struct pyr__location *location, pyr_str_t *out) {
  const struct pyr__profile *profile = nodes->profile;
  unsigned long long address = location->address;
  pyr_str_t file = {"", 0};
  char text[NAME_BYTES];
  const char *base;
  size_t len;

  if (location->mapping != PYR__NO_MAPPING)
    file = profile->strings[profile->mappings[location->mapping].filename];
  base = base_name(file, &len);
  if (len > NAME_BYTES / 2)
    len = NAME_BYTES / 2;
  if (len > 0)
    snprintf(text, sizeof(text), "0x%llx [%.*s]", address, (int)len, base);
  else if (address != 0)
    snprintf(text, sizeof(text), "0x%llx", address);
  else
    snprintf(text, sizeof(text), "<unknown>");
  out->base = pyr__arena_text(arena, pyr__str(text));
  out->len = strlen(text);
  return out->base == NULL ? PYR__ENOMEM : 0;
}

static int add_address(struct pyr__nodes *nodes, struct pyr__arena *arena,
                       const struct pyr__location *location, uint32_t *node) {
  *node = nodes->count;
  return name_address(nodes, arena, location, &nodes->names[nodes->count++]);
}

/* `of_name` holds, for a string, its node + 1. */
static int add_line(struct pyr__nodes *nodes, struct pyr__arena *arena,
                    const struct pyr__location *location, uint32_t line,
                    uint32_t *of_name) {
  const struct pyr__profile *profile = nodes->profile;
  uint32_t name = profile->functions[profile->lines[line].function].name;

  if (name == 0)
    return add_address(nodes, arena, location, &nodes->of_line[line]);
  if (of_name[name] == 0) {
    nodes->names[nodes->count++] = profile->strings[name];
    of_name[name] = nodes->count;
  }
  nodes->of_line[line] = of_name[name] - 1;
  return 0;
}

int pyr__nodes_build(struct pyr__nodes *nodes,
                     const struct pyr__profile *profile,
                     struct pyr__arena *arena, pyr_error_t *err) {
  size_t most = (size_t)profile->line_count + profile->location_count;
  uint32_t *of_name =
      pyr__arena_calloc(arena, profile->string_count, sizeof(*of_name));
  uint32_t i, j;
  int rc = 0;

  nodes->profile = profile;
  nodes->count = 0;
  nodes->names = pyr__arena_alloc(arena, most, sizeof(*nodes->names));
  nodes->of_line =
      pyr__arena_alloc(arena, profile->line_count, sizeof(*nodes->of_line));
  nodes->of_location = pyr__arena_alloc(arena, profile->location_count,
                                        sizeof(*nodes->of_location));
  if (of_name == NULL || nodes->names == NULL || nodes->of_line == NULL ||
      nodes->of_location == NULL)
    return pyr__arena_error(arena, most * sizeof(*nodes->names),
                            "the table of names", err);
  for (i = 0; rc == 0 && i < profile->location_count; i++) {
    const struct pyr__location *location = &profile->locations[i];
    if (location->line_count == 0)
      rc = add_address(nodes, arena, location, &nodes->of_location[i]);
    for (j = 0; rc == 0 && j < location->line_count; j++)
      rc = add_line(nodes, arena, location, location->first_line + j, of_name);
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
