/* Whether two profiles are one, for units and harnesses. */
#ifndef TEST_SAME_PROFILE_H
#define TEST_SAME_PROFILE_H

#include "base/profile.h"
#include "base/str.h"

static inline int same_type(struct pyr__value_type a,
                            struct pyr__value_type b) {
  return a.type == b.type && a.unit == b.unit;
}

static inline int same_mapping(const struct pyr__mapping *a,
                               const struct pyr__mapping *b) {
  return a->start == b->start && a->limit == b->limit &&
         a->offset == b->offset && a->filename == b->filename &&
         a->build_id == b->build_id && a->flags == b->flags;
}

static inline int same_function(const struct pyr__function *a,
                                const struct pyr__function *b) {
  return a->start_line == b->start_line && a->name == b->name &&
         a->system_name == b->system_name && a->filename == b->filename;
}

static inline int same_line(const struct pyr__line *a,
                            const struct pyr__line *b) {
  return a->line == b->line && a->column == b->column &&
         a->function == b->function;
}

static inline int same_location(const struct pyr__location *a,
                                const struct pyr__location *b) {
  return a->address == b->address && a->mapping == b->mapping &&
         a->first_line == b->first_line && a->line_count == b->line_count &&
         a->is_folded == b->is_folded;
}

static inline int same_label(const struct pyr__label *a,
                             const struct pyr__label *b) {
  return a->number == b->number && a->key == b->key && a->string == b->string &&
         a->unit == b->unit;
}

static inline int same_sample(const struct pyr__sample *a,
                              const struct pyr__sample *b) {
  return a->first_frame == b->first_frame && a->frame_count == b->frame_count &&
         a->first_label == b->first_label && a->label_count == b->label_count;
}

static inline int same_head(const struct pyr__profile *a,
                            const struct pyr__profile *b) {
  return same_type(a->period_type, b->period_type) && a->period == b->period &&
         a->time_ns == b->time_ns && a->duration_ns == b->duration_ns &&
         a->default_type == b->default_type && a->doc_url == b->doc_url &&
         a->drop_frames == b->drop_frames && a->keep_frames == b->keep_frames;
}

static inline int same_counts(const struct pyr__profile *a,
                              const struct pyr__profile *b) {
  return a->string_count == b->string_count && a->type_count == b->type_count &&
         a->mapping_count == b->mapping_count &&
         a->function_count == b->function_count &&
         a->line_count == b->line_count &&
         a->location_count == b->location_count &&
         a->label_count == b->label_count && a->frame_count == b->frame_count &&
         a->sample_count == b->sample_count &&
         a->comment_count == b->comment_count;
}

/* Member by member: what is between them is nobody's. */
static inline int same_profile(const struct pyr__profile *a,
                               const struct pyr__profile *b) {
  int same = same_counts(a, b) && same_head(a, b);
  size_t i;
  for (i = 0; same && i < a->string_count; i++)
    same = pyr__str_equal(a->strings[i], b->strings[i]);
  for (i = 0; same && i < a->type_count; i++)
    same = same_type(a->types[i], b->types[i]);
  for (i = 0; same && i < a->mapping_count; i++)
    same = same_mapping(&a->mappings[i], &b->mappings[i]);
  for (i = 0; same && i < a->function_count; i++)
    same = same_function(&a->functions[i], &b->functions[i]);
  for (i = 0; same && i < a->line_count; i++)
    same = same_line(&a->lines[i], &b->lines[i]);
  for (i = 0; same && i < a->location_count; i++)
    same = same_location(&a->locations[i], &b->locations[i]);
  for (i = 0; same && i < a->label_count; i++)
    same = same_label(&a->labels[i], &b->labels[i]);
  for (i = 0; same && i < a->frame_count; i++)
    same = a->frames[i] == b->frames[i];
  for (i = 0; same && i < a->sample_count; i++)
    same = same_sample(&a->samples[i], &b->samples[i]);
  for (i = 0; same && i < (size_t)a->sample_count * a->type_count; i++)
    same = a->values[i] == b->values[i];
  for (i = 0; same && i < a->comment_count; i++)
    same = a->comments[i] == b->comments[i];
  return same;
}

#endif
