/* Samples: most of what is read, so this is where speed is. */
#include "pprof/model.h"

#include <inttypes.h>

#include "base/limits.h"

static const struct pyr__wire_names sample_names = {
    "sample", 4, {NULL, "location_id", "value", "label"}, " nnb"};
static const struct pyr__wire_names label_names = {
    "label", 5, {NULL, "key", "str", "num", "num_unit"}, " vvvv"};

/* ---- labels ------------------------------------------------------------- */

struct label_parts {
  struct pyr__model *model;
  struct pyr__label *label;
};

static int label_part(void *ctx, const struct pyr__wire_message *message,
                      const struct pyr__wire_field *part, pyr_error_t *err) {
  struct label_parts *parts = ctx;
  struct pyr__label *label = parts->label;

  switch (part->tag) {
  case PYR__TAG_VARINT(1):
    return pyr__model_string(parts->model, message, part, &label->key, err);
  case PYR__TAG_VARINT(2):
    return pyr__model_string(parts->model, message, part, &label->string, err);
  case PYR__TAG_VARINT(3):
    label->number = (int64_t)part->value;
    return 0;
  case PYR__TAG_VARINT(4):
    return pyr__model_string(parts->model, message, part, &label->unit, err);
  default:
    return pyr__wire_other(message, part, err);
  }
}

/* A label without a string, a number and a unit says nothing, and google/pprof
 * drops it too. */
static int add_label(struct pyr__model *model,
                     const struct pyr__wire_message *sample,
                     const struct pyr__wire_field *field,
                     struct pyr__sample *out, pyr_error_t *err) {
  struct pyr__label label = {0};
  struct label_parts parts = {model, &label};
  int rc = pyr__model_walk(sample, field, &label_names, out->label_count,
                           label_part, &parts, err);
  if (rc == 0 && out->label_count == PYR__LIMIT_SAMPLE_LABELS)
    return pyr__wire_error(sample, field->data, err, PYR_ELIMIT, "more than %d",
                           PYR__LIMIT_SAMPLE_LABELS);
  if (rc == 0)
    rc = pyr__model_reserve_labels(model, 1, err);
  if (rc != 0)
    return rc;
  if (label.string != 0)
    label.number = label.unit = 0;
  else if (label.number == 0 && label.unit == 0)
    return 0;
  ((struct pyr__label *)model->labels.data)[model->labels.count++] = label;
  out->label_count++;
  return 0;
}

/* ---- locations ---------------------------------------------------------- */

/* One that is not a number of one or two bytes. */
static int add_long_frame(struct pyr__model *model,
                          const struct pyr__wire_message *sample,
                          const uint8_t **at, const uint8_t *end, uint32_t *out,
                          pyr_error_t *err) {
  uint64_t id = 0;
  int rc = pyr__wire_number(sample, at, end, &id, err);
  if (rc == 0 && id > PYR__IDS_WIDE)
    return pyr__ids_shorten(&model->location_ids, id, &model->arena, out, err);
  *out = (uint32_t)id;
  return rc;
}

/* A number is at least one byte, so the reserved room is enough and the loop
 * need not ask.  There are more frames than anything else. */
static int add_frames(struct pyr__model *model,
                      const struct pyr__wire_message *sample,
                      const struct pyr__wire_field *field, pyr_error_t *err) {
  const uint8_t *at = field->data, *end = at + field->len;
  uint32_t *out, id, highest = model->highest_frame;
  int rc = pyr__model_reserve_frames(model, field->len, err);

  if (rc != 0 || field->len == 0)
    return rc;
  out = (uint32_t *)model->frames.data + model->frames.count;
  while (at < end) {
    if (at[0] < 0x80) {
      id = *at++;
    } else if (end - at > 1 && at[1] < 0x80) {
      id = (at[0] & 0x7fu) | (uint32_t)at[1] << 7;
      at += 2;
    } else {
      uint32_t long_id = 0; /* so that `id` can be a register */
      rc = add_long_frame(model, sample, &at, end, &long_id, err);
      if (rc != 0)
        return rc;
      id = long_id;
    }
    *out++ = --id;
    highest = id > highest ? id : highest;
  }
  model->highest_frame = highest;
  model->frames.count = (uint32_t)(out - (uint32_t *)model->frames.data);
  return 0;
}

/* ---- values ------------------------------------------------------------- */

static int add_values(struct pyr__model *model,
                      const struct pyr__wire_message *sample,
                      const struct pyr__wire_field *field, pyr_error_t *err) {
  const uint8_t *at = field->data, *end = at + field->len, *start;
  int64_t *out;
  uint64_t value = 0;
  int rc = pyr__model_reserve_values(model, field->len, err);

  if (rc != 0 || field->len == 0)
    return rc;
  out = (int64_t *)model->values.data + model->values.count;
  while (at < end) {
    start = at;
    rc = pyr__wire_number(sample, &at, end, &value, err);
    if (rc != 0)
      return rc;
    if ((int64_t)value < 0 && !model->limits.keep_negative)
      return pyr__wire_error(sample, start, err, PYR_EPPROF,
                             "%" PRId64 " cannot be negative", (int64_t)value);
    *out++ = (int64_t)value;
  }
  model->values.count = (uint32_t)(out - (int64_t *)model->values.data);
  return 0;
}

/* ---- the sample --------------------------------------------------------- */

struct sample_parts {
  struct pyr__model *model;
  struct pyr__sample *sample;
};

static int sample_part(void *ctx, const struct pyr__wire_message *message,
                       const struct pyr__wire_field *part, pyr_error_t *err) {
  struct sample_parts *parts = ctx;
  switch (part->tag) {
  case PYR__TAG_VARINT(1):
  case PYR__TAG_BYTES(1):
    return add_frames(parts->model, message, part, err);
  case PYR__TAG_VARINT(2):
  case PYR__TAG_BYTES(2):
    return add_values(parts->model, message, part, err);
  case PYR__TAG_BYTES(3):
    return add_label(parts->model, message, part, parts->sample, err);
  default:
    return pyr__wire_other(message, part, err);
  }
}

/* The types may come after the samples; all samples must be alike in any case,
 * and resolve compares the first with the types. */
static int check_row(struct pyr__model *model,
                     const struct pyr__wire_message *top,
                     const struct pyr__wire_field *field, uint32_t row,
                     pyr_error_t *err) {
  struct pyr__wire_message message;
  if (model->row == UINT32_MAX)
    model->row = row;
  if (row == model->row)
    return 0;
  message = pyr__wire_enter(top, field, &sample_names, model->samples.count);
  message.number = 2;
  return pyr__wire_error(&message, message.at, err, PYR_EPPROF,
                         "%" PRIu32 " values where the first sample has "
                         "%" PRIu32,
                         row, model->row);
}

int pyr__model_sample(struct pyr__model *model,
                      const struct pyr__wire_message *top,
                      const struct pyr__wire_field *field, pyr_error_t *err) {
  struct pyr__sample sample = {.first_frame = model->frames.count,
                               .first_label = model->labels.count};
  struct sample_parts parts = {model, &sample};
  uint32_t index = model->samples.count, first_value = model->values.count;
  int rc = pyr__model_walk(top, field, &sample_names, index, sample_part,
                           &parts, err);
  if (rc == 0)
    rc = check_row(model, top, field, model->values.count - first_value, err);
  if (rc == 0)
    rc = pyr__model_reserve_samples(model, 1, err);
  if (rc != 0)
    return rc;
  sample.frame_count = model->frames.count - sample.first_frame;
  if (sample.frame_count > model->limits.stack_frames)
    return pyr__wire_error(top, field->data, err, PYR_ELIMIT,
                           "%" PRIu32 " frames in one, more than limits: "
                           "stack-frames (%" PRIu64 ")",
                           sample.frame_count, model->limits.stack_frames);
  ((struct pyr__sample *)model->samples.data)[index] = sample;
  model->samples.count++;
  return 0;
}
