/* The profile while its body is read: one array a kind of thing, ids and string
 * indexes as the body has them.  resolve.c makes it normal. */
#ifndef PYR__PPROF_MODEL_H
#define PYR__PPROF_MODEL_H

#include "base/profile.h"
#include "pprof/decoder.h"
#include "pprof/ids.h"
#include "pprof/wire.h"

/* name, type of an item */
#define PYR__MODEL_VECS(X)                                                     \
  X(strings, pyr_str_t)                                                        \
  X(types, struct pyr__value_type)                                             \
  X(mappings, struct pyr__mapping)                                             \
  X(functions, struct pyr__function)                                           \
  X(lines, struct pyr__line)                                                   \
  X(locations, struct pyr__location)                                           \
  X(labels, struct pyr__label)                                                 \
  X(frames, uint32_t)                                                          \
  X(samples, struct pyr__sample)                                               \
  X(values, int64_t)                                                           \
  X(comments, uint32_t)

/* The use of the highest string index so far: when the table is whole, that
 * one alone needs to be compared with it. */
struct pyr__model_top_string {
  uint32_t index, number;
  const struct pyr__wire_names *names;
  uint64_t offset;
};

struct pyr__model {
  struct pyr__arena arena; /* texts; its limit is what the arrays leave */
  struct pyr__decoder_limits limits;
#define X(name, type) struct pyr__vec name;
  PYR__MODEL_VECS(X)
#undef X
  struct pyr__ids mapping_ids, location_ids, function_ids;
  struct pyr__model_top_string top_string;
  char *text; /* the rest of the last block of texts */
  size_t text_left;
  uint32_t row; /* values a sample, as the first has them */
  /* `frames` has ids less one: where ids are 1, 2 ... these are the indexes,
   * which only need to be compared with the highest one. */
  uint32_t highest_frame;
  struct pyr__profile profile;
};

extern const struct pyr__wire_names pyr__model_names; /* of the Profile */

void pyr__model_init(struct pyr__model *model, struct pyr__memory *memory);
void pyr__model_release(struct pyr__model *model);
/* Lets go of what a large body needed; the profile is gone. */
void pyr__model_trim(struct pyr__model *model);
/* What it takes, for how large its body is. */
size_t pyr__model_bytes(const struct pyr__model *model);
/* Another ceiling for that. */
void pyr__model_allow(struct pyr__model *model, uint64_t bytes);
void pyr__model_begin(struct pyr__model *model,
                      const struct pyr__decoder_limits *limits);
/* One more place in an array, or an error. */
#define X(name, type)                                                          \
  static inline int pyr__model_reserve_##name(                                 \
      struct pyr__model *model, size_t extra, pyr_error_t *err) {              \
    if (extra <= model->name.capacity - model->name.count)                     \
      return 0;                                                                \
    return pyr__vec_reserve(&model->name, &model->arena, extra, sizeof(type),  \
                            #name, err);                                       \
  }
PYR__MODEL_VECS(X)
#undef X

/* A pyr__wire_field_cb; `ctx` is the model. */
int pyr__model_field(void *ctx, const struct pyr__wire_message *top,
                     const struct pyr__wire_field *field, pyr_error_t *err);
/* What it calls for the messages of the profile.  The field's type is bytes. */
int pyr__model_sample(struct pyr__model *model,
                      const struct pyr__wire_message *top,
                      const struct pyr__wire_field *field, pyr_error_t *err);
int pyr__model_mapping(struct pyr__model *model,
                       const struct pyr__wire_message *top,
                       const struct pyr__wire_field *field, pyr_error_t *err);
int pyr__model_location(struct pyr__model *model,
                        const struct pyr__wire_message *top,
                        const struct pyr__wire_field *field, pyr_error_t *err);
int pyr__model_function(struct pyr__model *model,
                        const struct pyr__wire_message *top,
                        const struct pyr__wire_field *field, pyr_error_t *err);

int pyr__model_bad_string(const struct pyr__wire_message *message,
                          const uint8_t *at, uint64_t index, pyr_error_t *err);

/* The use of a string, at `at`: its index, which is noted. */
static inline int pyr__model_string_index(
    struct pyr__model *model, const struct pyr__wire_message *message,
    const uint8_t *at, uint64_t value, uint32_t *out, pyr_error_t *err) {
  struct pyr__model_top_string *top = &model->top_string;

  if (value >= UINT32_MAX)
    return pyr__model_bad_string(message, at, value, err);
  *out = (uint32_t)value;
  if (value <= top->index)
    return 0;
  top->index = (uint32_t)value;
  top->number = message->number;
  top->names = message->names;
  top->offset = pyr__wire_offset(message, at);
  return 0;
}

static inline int pyr__model_string(struct pyr__model *model,
                                    const struct pyr__wire_message *message,
                                    const struct pyr__wire_field *field,
                                    uint32_t *out, pyr_error_t *err) {
  return pyr__model_string_index(model, message, field->data, field->value, out,
                                 err);
}

/* Gives each field of a message in `parent` to `part`: the same signature as
 * the stream's, so that there is one way to take fields.  Inline, so that
 * `part` is, and the field it is given stays in registers. */
static inline __attribute__((always_inline)) int
pyr__model_walk(const struct pyr__wire_message *parent,
                const struct pyr__wire_field *field,
                const struct pyr__wire_names *names, uint32_t index,
                pyr__wire_field_cb part, void *ctx, pyr_error_t *err) {
  struct pyr__wire_message message;
  const uint8_t *at = field->data, *end = at + field->len, *after;
  const struct pyr__wire_piece *piece = parent->piece;
  int rc;

  message = pyr__wire_enter(parent, field, names, index);
  for (; at < end; at = after) {
    struct pyr__wire_field inner, uncommon;
    after = pyr__wire_peek(at, end, piece, &inner);
    if (after == NULL) {
      message.at = at;
      rc = pyr__wire_next(&message, &uncommon, err);
      if (rc < 0)
        return rc;
      inner = uncommon;
      after = message.at;
    }
    message.number = pyr__wire_number_of(&inner);
    rc = part(ctx, &message, &inner, err);
    if (rc != 0)
      return rc;
  }
  return 0;
}

/* The body has ended: checks what could not be before, and points the profile
 * to the arrays.  `offset`: of the body's end. */
int pyr__model_resolve(struct pyr__model *model, uint64_t offset,
                       pyr_error_t *err);

#endif
