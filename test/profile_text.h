/* A profile as sorted lines of text: two profiles mean the same when their
 * texts are equal, whatever the order of their tables. */
#ifndef TEST_PROFILE_TEXT_H
#define TEST_PROFILE_TEXT_H

#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/profile.h"
#include "base/str.h"

static inline void text_of_string(struct pyr__buf *out,
                                  const struct pyr__profile *profile,
                                  uint32_t id) {
  pyr_str_t text = profile->strings[id];
  assert_true(id < profile->string_count);
  pyr__buf_add_byte(out, '\'');
  pyr__buf_add(out, text.base, text.len);
  pyr__buf_add_text(out, "' ");
}

static inline void text_of_number(struct pyr__buf *out, int64_t value) {
  uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  char digits[24], *at = digits + sizeof(digits);
  *--at = ' ';
  do
    *--at = (char)('0' + left % 10);
  while ((left /= 10) != 0);
  if (value < 0)
    *--at = '-';
  pyr__buf_add(out, at, (size_t)(digits + sizeof(digits) - at));
}

static inline void text_of_frame(struct pyr__buf *out,
                                 const struct pyr__profile *profile,
                                 uint32_t id) {
  const struct pyr__location *location = &profile->locations[id];
  uint32_t i;
  assert_true(id < profile->location_count);
  pyr__buf_add_text(out, "<");
  text_of_number(out, (int64_t)location->address);
  text_of_number(out, location->is_folded != 0);
  if (location->mapping != PYR__NO_MAPPING) {
    const struct pyr__mapping *mapping = &profile->mappings[location->mapping];
    text_of_number(out, (int64_t)mapping->start);
    text_of_number(out, (int64_t)mapping->limit);
    text_of_number(out, (int64_t)mapping->offset);
    text_of_number(out, mapping->flags);
    text_of_string(out, profile, mapping->filename);
    text_of_string(out, profile, mapping->build_id);
  }
  for (i = 0; i < location->line_count; i++) {
    const struct pyr__line *line = &profile->lines[location->first_line + i];
    const struct pyr__function *function = &profile->functions[line->function];
    text_of_number(out, line->line);
    text_of_number(out, line->column);
    text_of_string(out, profile, function->name);
    text_of_string(out, profile, function->system_name);
    text_of_string(out, profile, function->filename);
    text_of_number(out, function->start_line);
  }
  pyr__buf_add_text(out, "> ");
}

static inline void text_of_sample(struct pyr__buf *out,
                                  const struct pyr__profile *profile,
                                  uint32_t number) {
  const struct pyr__sample *sample = &profile->samples[number];
  const int64_t *values =
      profile->values + (size_t)number * profile->type_count;
  uint32_t i;
  for (i = 0; i < sample->frame_count; i++)
    text_of_frame(out, profile, profile->frames[sample->first_frame + i]);
  for (i = 0; i < sample->label_count; i++) {
    const struct pyr__label *label = &profile->labels[sample->first_label + i];
    text_of_string(out, profile, label->key);
    text_of_string(out, profile, label->string);
    text_of_string(out, profile, label->unit);
    text_of_number(out, label->number);
  }
  for (i = 0; i < profile->type_count; i++)
    text_of_number(out, values[i]);
}

static inline void text_of_head(struct pyr__buf *out,
                                const struct pyr__profile *profile) {
  uint32_t i;
  for (i = 0; i < profile->type_count; i++) {
    text_of_string(out, profile, profile->types[i].type);
    text_of_string(out, profile, profile->types[i].unit);
  }
  text_of_string(out, profile, profile->period_type.type);
  text_of_string(out, profile, profile->period_type.unit);
  text_of_string(out, profile, profile->default_type);
  text_of_string(out, profile, profile->doc_url);
  text_of_string(out, profile, profile->drop_frames);
  text_of_string(out, profile, profile->keep_frames);
  for (i = 0; i < profile->comment_count; i++)
    text_of_string(out, profile, profile->comments[i]);
  text_of_number(out, profile->period);
  text_of_number(out, profile->time_ns);
  text_of_number(out, profile->duration_ns);
  if (profile->mapping_count > 0)
    text_of_string(out, profile, profile->mappings[0].filename);
  pyr__buf_add_text(out, "\n");
}

static inline int text_order(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The caller frees it. */
static inline char *profile_text(struct pyr__memory *memory,
                                 const struct pyr__profile *profile) {
  struct pyr__buf out;
  char **lines = calloc((size_t)profile->sample_count + 1, sizeof(*lines));
  char *text;
  uint32_t i;
  pyr__buf_init(&out, memory, PYR__MEM_QUERY, SIZE_MAX / 4);
  for (i = 0; i < profile->sample_count; i++) {
    pyr__buf_clear(&out);
    text_of_sample(&out, profile, i);
    lines[i] = strndup((const char *)out.data, out.len);
  }
  qsort(lines, profile->sample_count, sizeof(*lines), text_order);
  pyr__buf_clear(&out);
  text_of_head(&out, profile);
  for (i = 0; i < profile->sample_count; i++) {
    pyr__buf_add_text(&out, lines[i]);
    pyr__buf_add_text(&out, "\n");
    free(lines[i]);
  }
  free(lines);
  text = strndup((const char *)out.data, out.len);
  pyr__buf_release(&out);
  return text;
}

#endif
