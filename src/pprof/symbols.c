/* Mappings, locations with their lines, and functions. */
#include "pprof/model.h"

enum { FIRST_FLAG = 7 };

static const struct pyr__wire_names mapping_names = {
    "mapping",
    11,
    {NULL, "id", "memory_start", "memory_limit", "file_offset", "filename",
     "build_id", "has_functions", "has_filenames", "has_line_numbers",
     "has_inline_frames"},
    " vvvvvvvvvv"};
static const struct pyr__wire_names location_names = {
    "location",
    6,
    {NULL, "id", "mapping_id", "address", "line", "is_folded"},
    " vvvbv"};
static const struct pyr__wire_names line_names = {
    "line", 4, {NULL, "function_id", "line", "column"}, " vvv"};
static const struct pyr__wire_names function_names = {
    "function",
    6,
    {NULL, "id", "name", "system_name", "filename", "start_line"},
    " vvvvv"};

/* An id, defined or used, as 32 bits; 0 where there is none. */
static inline int read_id(struct pyr__model *model, struct pyr__ids *ids,
                          const struct pyr__wire_field *field, uint32_t *out,
                          pyr_error_t *err) {
  int rc;

  if (field->value > PYR__IDS_WIDE) {
    uint32_t wide = 0; /* so that `out` can be a register */
    rc = pyr__ids_shorten(ids, field->value, &model->arena, &wide, err);
    *out = wide;
    return rc;
  }
  *out = (uint32_t)field->value;
  return 0;
}

static int missing_id(const struct pyr__wire_message *parent,
                      const struct pyr__wire_field *field,
                      const struct pyr__wire_names *names, uint32_t index,
                      pyr_error_t *err) {
  struct pyr__wire_message message =
      pyr__wire_enter(parent, field, names, index);
  message.number = 1;
  return pyr__wire_error(&message, message.at, err, PYR_EPPROF,
                         "is 0 or missing");
}

/* ---- mappings ----------------------------------------------------------- */

struct mapping_parts {
  struct pyr__model *model;
  struct pyr__mapping *mapping;
  uint32_t id;
};

static void set_flag(struct pyr__mapping *mapping,
                     const struct pyr__wire_field *part) {
  uint32_t flag = UINT32_C(1) << (pyr__wire_number_of(part) - FIRST_FLAG);
  mapping->flags &= ~flag;
  mapping->flags |= part->value != 0 ? flag : 0;
}

static int mapping_part(void *ctx, const struct pyr__wire_message *message,
                        const struct pyr__wire_field *part, pyr_error_t *err) {
  struct mapping_parts *parts = ctx;
  struct pyr__model *model = parts->model;
  struct pyr__mapping *mapping = parts->mapping;

  switch (part->tag) {
  case PYR__TAG_VARINT(1):
    return read_id(model, &model->mapping_ids, part, &parts->id, err);
  case PYR__TAG_VARINT(2):
    mapping->start = part->value;
    return 0;
  case PYR__TAG_VARINT(3):
    mapping->limit = part->value;
    return 0;
  case PYR__TAG_VARINT(4):
    mapping->offset = part->value;
    return 0;
  case PYR__TAG_VARINT(5):
    return pyr__model_string(model, message, part, &mapping->filename, err);
  case PYR__TAG_VARINT(6):
    return pyr__model_string(model, message, part, &mapping->build_id, err);
  case PYR__TAG_VARINT(7): /* has_functions, and the three behind it */
  case PYR__TAG_VARINT(8):
  case PYR__TAG_VARINT(9):
  case PYR__TAG_VARINT(10):
    set_flag(mapping, part);
    return 0;
  default:
    return pyr__wire_other(message, part, err);
  }
}

int pyr__model_mapping(struct pyr__model *model,
                       const struct pyr__wire_message *top,
                       const struct pyr__wire_field *field, pyr_error_t *err) {
  uint32_t index = model->mappings.count;
  struct pyr__mapping mapping = {0};
  struct mapping_parts parts = {model, &mapping, 0};
  int rc = pyr__model_walk(top, field, &mapping_names, index, mapping_part,
                           &parts, err);
  if (rc == 0 && parts.id == 0)
    rc = missing_id(top, field, &mapping_names, index, err);
  if (rc == 0)
    rc = pyr__model_reserve_mappings(model, 1, err);
  if (rc == 0)
    rc = pyr__ids_define(&model->mapping_ids, parts.id, &model->arena, err);
  if (rc != 0)
    return rc;
  ((struct pyr__mapping *)model->mappings.data)[index] = mapping;
  model->mappings.count++;
  return 0;
}

/* ---- locations ---------------------------------------------------------- */

struct line_parts {
  struct pyr__model *model;
  struct pyr__line *line;
};

static int line_part(void *ctx, const struct pyr__wire_message *message,
                     const struct pyr__wire_field *part, pyr_error_t *err) {
  struct line_parts *parts = ctx;
  struct pyr__model *model = parts->model;

  switch (part->tag) {
  case PYR__TAG_VARINT(1):
    return read_id(model, &model->function_ids, part, &parts->line->function,
                   err);
  case PYR__TAG_VARINT(2):
    parts->line->line = (int64_t)part->value;
    return 0;
  case PYR__TAG_VARINT(3):
    parts->line->column = (int64_t)part->value;
    return 0;
  default:
    return pyr__wire_other(message, part, err);
  }
}

static int add_line(struct pyr__model *model,
                    const struct pyr__wire_message *location,
                    const struct pyr__wire_field *field, uint32_t index,
                    pyr_error_t *err) {
  struct pyr__line line = {0, 0, 0};
  struct line_parts parts = {model, &line};
  int rc = pyr__model_walk(location, field, &line_names, index, line_part,
                           &parts, err);
  if (rc == 0 && line.function == 0)
    rc = missing_id(location, field, &line_names, index, err);
  if (rc == 0)
    rc = pyr__model_reserve_lines(model, 1, err);
  if (rc != 0)
    return rc;
  ((struct pyr__line *)model->lines.data)[model->lines.count++] = line;
  return 0;
}

struct location_parts {
  struct pyr__model *model;
  struct pyr__location *location;
  uint32_t id;
};

static int location_part(void *ctx, const struct pyr__wire_message *message,
                         const struct pyr__wire_field *part, pyr_error_t *err) {
  struct location_parts *parts = ctx;
  struct pyr__model *model = parts->model;
  struct pyr__location *location = parts->location;

  switch (part->tag) {
  case PYR__TAG_VARINT(1):
    return read_id(model, &model->location_ids, part, &parts->id, err);
  case PYR__TAG_VARINT(2):
    return read_id(model, &model->mapping_ids, part, &location->mapping, err);
  case PYR__TAG_VARINT(3):
    location->address = part->value;
    return 0;
  case PYR__TAG_BYTES(4):
    return add_line(model, message, part, location->line_count++, err);
  case PYR__TAG_VARINT(5):
    location->is_folded = part->value != 0;
    return 0;
  default:
    return pyr__wire_other(message, part, err);
  }
}

int pyr__model_location(struct pyr__model *model,
                        const struct pyr__wire_message *top,
                        const struct pyr__wire_field *field, pyr_error_t *err) {
  uint32_t index = model->locations.count;
  struct pyr__location location = {.first_line = model->lines.count};
  struct location_parts parts = {model, &location, 0};
  int rc = pyr__model_walk(top, field, &location_names, index, location_part,
                           &parts, err);
  if (rc == 0 && parts.id == 0)
    rc = missing_id(top, field, &location_names, index, err);
  if (rc == 0)
    rc = pyr__model_reserve_locations(model, 1, err);
  if (rc == 0)
    rc = pyr__ids_define(&model->location_ids, parts.id, &model->arena, err);
  if (rc != 0)
    return rc;
  ((struct pyr__location *)model->locations.data)[index] = location;
  model->locations.count++;
  return 0;
}

/* ---- functions ---------------------------------------------------------- */

struct function_parts {
  struct pyr__model *model;
  struct pyr__function *function;
  uint32_t id;
};

static int function_part(void *ctx, const struct pyr__wire_message *message,
                         const struct pyr__wire_field *part, pyr_error_t *err) {
  struct function_parts *parts = ctx;
  struct pyr__model *model = parts->model;
  struct pyr__function *function = parts->function;

  switch (part->tag) {
  case PYR__TAG_VARINT(1):
    return read_id(model, &model->function_ids, part, &parts->id, err);
  case PYR__TAG_VARINT(2):
    return pyr__model_string(model, message, part, &function->name, err);
  case PYR__TAG_VARINT(3):
    return pyr__model_string(model, message, part, &function->system_name, err);
  case PYR__TAG_VARINT(4):
    return pyr__model_string(model, message, part, &function->filename, err);
  case PYR__TAG_VARINT(5):
    function->start_line = (int64_t)part->value;
    return 0;
  default:
    return pyr__wire_other(message, part, err);
  }
}

int pyr__model_function(struct pyr__model *model,
                        const struct pyr__wire_message *top,
                        const struct pyr__wire_field *field, pyr_error_t *err) {
  uint32_t index = model->functions.count;
  struct pyr__function function = {0};
  struct function_parts parts = {model, &function, 0};
  int rc = pyr__model_walk(top, field, &function_names, index, function_part,
                           &parts, err);
  if (rc == 0 && parts.id == 0)
    rc = missing_id(top, field, &function_names, index, err);
  if (rc == 0)
    rc = pyr__model_reserve_functions(model, 1, err);
  if (rc == 0)
    rc = pyr__ids_define(&model->function_ids, parts.id, &model->arena, err);
  if (rc != 0)
    return rc;
  ((struct pyr__function *)model->functions.data)[index] = function;
  model->functions.count++;
  return 0;
}
