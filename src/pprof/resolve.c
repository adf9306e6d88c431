/* What can only be known at the end: ids to indexes, and the checks that need
 * the whole. */
#include "pprof/model.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Places that these errors are about have gone by; the offset is where it was
 * seen. */
__attribute__((format(printf, 3, 4))) static int
fail(uint64_t offset, pyr_error_t *err, const char *what, ...) {
  char text[256];
  va_list args;
  va_start(args, what);
  vsnprintf(text, sizeof(text), what, args);
  va_end(args);
  return pyr__error(err, PYR_EPPROF, "%s, seen at the end, byte %" PRIu64, text,
                    offset);
}

static int check_strings(const struct pyr__model *model, uint64_t offset,
                         pyr_error_t *err) {
  const struct pyr__model_top_string *top = &model->top_string;

  if (model->strings.count == 0)
    return fail(offset, err, "string_table: is missing");
  if (top->index < model->strings.count)
    return 0;
  return pyr__error(err, PYR_EPPROF,
                    "%s%s%s: string %" PRIu32 " is not in the table of %" PRIu32
                    ", at byte %" PRIu64,
                    top->names->message,
                    top->names->message[0] == '\0' ? "" : ".",
                    top->names->fields[top->number], top->index,
                    model->strings.count, top->offset);
}

static int check_rows(const struct pyr__model *model, uint64_t offset,
                      pyr_error_t *err) {
  if (model->types.count == 0)
    return fail(offset, err, "empty profile: it has no sample_type");
  if (model->samples.count > 0 && model->row != model->types.count)
    return fail(offset, err,
                "sample[0].value: %" PRIu32 " values where there are %" PRIu32
                " sample types",
                model->row, model->types.count);
  return 0;
}

/* The error for the line whose function is not there. */
static int line_error(const struct pyr__model *model, uint32_t line,
                      uint64_t offset, pyr_error_t *err) {
  const struct pyr__location *locations = model->locations.data;
  const struct pyr__line *lines = model->lines.data;
  uint32_t i = 0;

  while (line - locations[i].first_line >= locations[i].line_count)
    i++;
  return fail(offset, err,
              "location[%" PRIu32 "].line[%" PRIu32
              "].function_id: there is no function %" PRIu64,
              i, line - locations[i].first_line,
              pyr__ids_original(&model->function_ids, lines[line].function));
}

static int resolve_lines(struct pyr__model *model, uint64_t offset,
                         pyr_error_t *err) {
  struct pyr__line *lines = model->lines.data;
  uint32_t i;

  for (i = 0; i < model->lines.count; i++) {
    uint32_t index = pyr__ids_find(&model->function_ids, lines[i].function);
    if (index == PYR__NONE)
      return line_error(model, i, offset, err);
    lines[i].function = index;
  }
  return 0;
}

/* A mapping that is not there is none, as google/pprof has it. */
static void resolve_locations(struct pyr__model *model) {
  struct pyr__location *locations = model->locations.data;
  uint32_t i;

  for (i = 0; i < model->locations.count; i++)
    locations[i].mapping =
        locations[i].mapping == 0
            ? PYR__NO_MAPPING
            : pyr__ids_find(&model->mapping_ids, locations[i].mapping);
}

/* The error for the frame that is not there. */
static int frame_error(const struct pyr__model *model, uint32_t frame,
                       uint32_t id, uint64_t offset, pyr_error_t *err) {
  const struct pyr__sample *samples = model->samples.data;
  uint32_t i = 0;

  while (frame - samples[i].first_frame >= samples[i].frame_count)
    i++;
  return fail(offset, err,
              "sample[%" PRIu32 "].location_id[%" PRIu32
              "]: there is no location %" PRIu64,
              i, frame - samples[i].first_frame,
              pyr__ids_original(&model->location_ids, id));
}

static int resolve_frames(struct pyr__model *model, uint64_t offset,
                          pyr_error_t *err) {
  uint32_t *frames = model->frames.data, count = model->frames.count, i;

  if (pyr__ids_are_dense(&model->location_ids) &&
      model->highest_frame < model->locations.count)
    return 0;
  for (i = 0; i < count; i++) {
    uint32_t id = frames[i] + 1;
    frames[i] = pyr__ids_find(&model->location_ids, id);
    if (frames[i] == PYR__NONE)
      return frame_error(model, i, id, offset, err);
  }
  return 0;
}

static void point(struct pyr__model *model) {
  struct pyr__profile *profile = &model->profile;
#define X(name, type) profile->name = model->name.data;
  PYR__MODEL_VECS(X)
#undef X
  profile->string_count = model->strings.count;
  profile->type_count = model->types.count;
  profile->mapping_count = model->mappings.count;
  profile->function_count = model->functions.count;
  profile->line_count = model->lines.count;
  profile->location_count = model->locations.count;
  profile->label_count = model->labels.count;
  profile->frame_count = model->frames.count;
  profile->sample_count = model->samples.count;
  profile->comment_count = model->comments.count;
}

int pyr__model_resolve(struct pyr__model *model, uint64_t offset,
                       pyr_error_t *err) {
  int rc = check_rows(model, offset, err);
  if (rc == 0)
    rc = check_strings(model, offset, err);
  if (rc == 0)
    rc = pyr__ids_resolve(&model->mapping_ids, offset, &model->arena, err);
  if (rc == 0)
    rc = pyr__ids_resolve(&model->function_ids, offset, &model->arena, err);
  if (rc == 0)
    rc = pyr__ids_resolve(&model->location_ids, offset, &model->arena, err);
  if (rc == 0)
    rc = resolve_lines(model, offset, err);
  if (rc == 0)
    rc = resolve_frames(model, offset, err);
  if (rc != 0)
    return rc;
  resolve_locations(model);
  point(model);
  return 0;
}
