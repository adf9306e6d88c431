/* The fields of Profile itself; what its messages hold is in symbols.c and
 * sample.c. */
#include "pprof/model.h"

#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"

enum { TEXT_BLOCK = 4096 };

static const struct pyr__wire_names value_type_names = {
    "sample_type", 3, {NULL, "type", "unit"}, " vv"};
static const struct pyr__wire_names period_type_names = {
    "period_type", 3, {NULL, "type", "unit"}, " vv"};
const struct pyr__wire_names pyr__model_names = {
    "",
    16,
    {NULL, "sample_type", "sample", "mapping", "location", "function",
     "string_table", "drop_frames", "keep_frames", "time_nanos",
     "duration_nanos", "period_type", "period", "comment",
     "default_sample_type", "doc_url"},
    " bbbbbbvvvvbvnvv"};

/* ---- values ------------------------------------------------------------- */

/* A time or a length of time. */
static int read_positive(const struct pyr__wire_message *message,
                         const struct pyr__wire_field *field, int64_t *out,
                         pyr_error_t *err) {
  *out = (int64_t)field->value;
  if (*out < 0)
    return pyr__wire_error(message, field->data, err, PYR_EPPROF,
                           "%" PRId64 " cannot be negative", *out);
  return 0;
}

int pyr__model_bad_string(const struct pyr__wire_message *message,
                          const uint8_t *at, uint64_t index, pyr_error_t *err) {
  return pyr__wire_error(message, at, err, PYR_EPPROF,
                         "string index %" PRId64 " is out of range",
                         (int64_t)index);
}

/* ---- strings ------------------------------------------------------------ */

/* Room for a text: blocks of the arena, filled without gaps, as long as there
 * is room for a block. */
static char *text_room(struct pyr__model *model, size_t len) {
  char *at;
  if (len > model->text_left) {
    size_t size = len < TEXT_BLOCK / 4 ? TEXT_BLOCK : len;
    at = pyr__arena_alloc(&model->arena, size, 1);
    if (at == NULL && size > len) {
      size = len;
      at = pyr__arena_alloc(&model->arena, size, 1);
    }
    if (at == NULL || size == len)
      return at;
    model->text = at;
    model->text_left = size;
  }
  at = model->text;
  model->text += len;
  model->text_left -= len;
  return at;
}

/* Copies eight bytes at a time, the last ones twice where that is needed; 1
 * where all are ASCII, which then need no other look at them. */
static int copy_text(char *to, const uint8_t *from, size_t len) {
  uint64_t eight, all = 0;
  size_t i;

  if (len < sizeof(eight)) {
    for (i = 0; i < len; i++) {
      all |= from[i];
      to[i] = (char)from[i];
    }
    return all < 0x80;
  }
  for (i = 0; i + sizeof(eight) < len; i += sizeof(eight)) {
    memcpy(&eight, from + i, sizeof(eight));
    all |= eight;
    memcpy(to + i, &eight, sizeof(eight));
  }
  memcpy(&eight, from + len - sizeof(eight), sizeof(eight));
  all |= eight;
  memcpy(to + len - sizeof(eight), &eight, sizeof(eight));
  return (all & UINT64_C(0x8080808080808080)) == 0;
}

static int string_error(const struct pyr__wire_message *top,
                        const struct pyr__wire_field *field, uint32_t index,
                        const char *what, pyr_error_t *err) {
  struct pyr__wire_names names = {"string_table", 0, {NULL}, ""};
  struct pyr__wire_message item = pyr__wire_enter(top, field, &names, index);
  return pyr__wire_error(&item, item.at, err, PYR_EPPROF, "%s", what);
}

/* This and those below stay functions of their own: inlined into the switch
 * over fields, each would have it save every register. */
static __attribute__((noinline)) int
add_string(struct pyr__model *model, const struct pyr__wire_message *top,
           const struct pyr__wire_field *field, pyr_error_t *err) {
  pyr_str_t text = {"", field->len};
  uint32_t index = model->strings.count;
  char *copy;
  int rc = pyr__model_reserve_strings(model, 1, err);

  if (rc != 0)
    return rc;
  if (index == 0 && text.len > 0)
    return string_error(top, field, index, "the first string must be empty",
                        err);
  if (text.len > 0) {
    copy = text_room(model, text.len);
    if (copy == NULL)
      return pyr__arena_error(&model->arena, text.len, "string_table", err);
    text.base = copy;
    if (!copy_text(copy, field->data, text.len) && !pyr__str_is_utf8(text))
      return string_error(top, field, index, "is not valid UTF-8", err);
  }
  ((pyr_str_t *)model->strings.data)[index] = text;
  model->strings.count++;
  return 0;
}

/* ---- types and comments -------------------------------------------------- */

struct type_parts {
  struct pyr__model *model;
  struct pyr__value_type *type;
};

static int type_part(void *ctx, const struct pyr__wire_message *message,
                     const struct pyr__wire_field *part, pyr_error_t *err) {
  struct type_parts *parts = ctx;
  switch (part->tag) {
  case PYR__TAG_VARINT(1):
    return pyr__model_string(parts->model, message, part, &parts->type->type,
                             err);
  case PYR__TAG_VARINT(2):
    return pyr__model_string(parts->model, message, part, &parts->type->unit,
                             err);
  default:
    return pyr__wire_other(message, part, err);
  }
}

static __attribute__((noinline)) int
add_type(struct pyr__model *model, const struct pyr__wire_message *top,
         const struct pyr__wire_field *field, pyr_error_t *err) {
  struct pyr__value_type type = {0, 0};
  struct type_parts parts = {model, &type};
  uint32_t index = model->types.count;
  int rc;

  if (index == PYR__LIMIT_SAMPLE_TYPES)
    return pyr__wire_error(top, field->data, err, PYR_ELIMIT, "more than %d",
                           PYR__LIMIT_SAMPLE_TYPES);
  rc = pyr__model_reserve_types(model, 1, err);
  if (rc == 0)
    rc = pyr__model_walk(top, field, &value_type_names, index, type_part,
                         &parts, err);
  if (rc != 0)
    return rc;
  ((struct pyr__value_type *)model->types.data)[index] = type;
  model->types.count++;
  return 0;
}

static __attribute__((noinline)) int
set_period_type(struct pyr__model *model, const struct pyr__wire_message *top,
                const struct pyr__wire_field *field, pyr_error_t *err) {
  struct type_parts parts = {model, &model->profile.period_type};
  return pyr__model_walk(top, field, &period_type_names, 0, type_part, &parts,
                         err);
}

static __attribute__((noinline)) int
add_comments(struct pyr__model *model, const struct pyr__wire_message *top,
             const struct pyr__wire_field *field, pyr_error_t *err) {
  const uint8_t *at = field->data, *end = at + field->len, *start;
  uint64_t value = 0;
  int rc = 0;

  while (rc == 0 && at < end) {
    start = at;
    rc = pyr__wire_number(top, &at, end, &value, err);
    if (rc == 0)
      rc = pyr__model_reserve_comments(model, 1, err);
    if (rc == 0)
      rc = pyr__model_string_index(
          model, top, start, value,
          (uint32_t *)model->comments.data + model->comments.count, err);
    model->comments.count += rc == 0;
  }
  return rc;
}

/* ---- the profile -------------------------------------------------------- */

static __attribute__((noinline)) int
set_time(struct pyr__model *model, const struct pyr__wire_message *top,
         const struct pyr__wire_field *field, pyr_error_t *err) {
  if (model->profile.time_ns != 0)
    return pyr__wire_error(top, field->data, err, PYR_EPPROF,
                           "is there twice: two profiles were concatenated");
  return read_positive(top, field, &model->profile.time_ns, err);
}

int pyr__model_field(void *ctx, const struct pyr__wire_message *top,
                     const struct pyr__wire_field *field, pyr_error_t *err) {
  struct pyr__model *model = ctx;
  struct pyr__profile *profile = &model->profile;

  switch (field->tag) {
  case PYR__TAG_BYTES(1):
    return add_type(model, top, field, err);
  case PYR__TAG_BYTES(2):
    return pyr__model_sample(model, top, field, err);
  case PYR__TAG_BYTES(3):
    return pyr__model_mapping(model, top, field, err);
  case PYR__TAG_BYTES(4):
    return pyr__model_location(model, top, field, err);
  case PYR__TAG_BYTES(5):
    return pyr__model_function(model, top, field, err);
  case PYR__TAG_BYTES(6):
    return add_string(model, top, field, err);
  case PYR__TAG_VARINT(7):
    return pyr__model_string(model, top, field, &profile->drop_frames, err);
  case PYR__TAG_VARINT(8):
    return pyr__model_string(model, top, field, &profile->keep_frames, err);
  case PYR__TAG_VARINT(9):
    return set_time(model, top, field, err);
  case PYR__TAG_VARINT(10):
    return read_positive(top, field, &profile->duration_ns, err);
  case PYR__TAG_BYTES(11):
    return set_period_type(model, top, field, err);
  case PYR__TAG_VARINT(12):
    return read_positive(top, field, &profile->period, err);
  case PYR__TAG_VARINT(13):
  case PYR__TAG_BYTES(13):
    return add_comments(model, top, field, err);
  case PYR__TAG_VARINT(14):
    return pyr__model_string(model, top, field, &profile->default_type, err);
  case PYR__TAG_VARINT(15):
    return pyr__model_string(model, top, field, &profile->doc_url, err);
  default:
    return pyr__wire_other(top, field, err);
  }
}
