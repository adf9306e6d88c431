/* Mappings, locations with their lines, and functions. */
#include "pprof/model.h"

enum { FIRST_FLAG = 7 };

static const struct pyr__wire_names mapping_names = {
    "mapping",
    11,
    {NULL, "id", "memory_start", "memory_limit", "file_offset", "filename",
     "build_id", "has_functions", "has_filenames", "has_line_numbers",
     "has_inline_frames"}};
static const struct pyr__wire_names location_names = {
    "location", 6, {NULL, "id", "mapping_id", "address", "line", "is_folded"}};
static const struct pyr__wire_names line_names = {
    "line", 4, {NULL, "function_id", "line", "column"}};
static const struct pyr__wire_names function_names = {
    "function",
    6,
    {NULL, "id", "name", "system_name", "filename", "start_line"}};

/* An id, defined or used, as 32 bits; 0 where there is none. */
static inline int read_id(struct pyr__model *model, struct pyr__ids *ids,
                          const struct pyr__wire_message *message,
                          const struct pyr__wire_field *field, uint32_t *out,
                          pyr_error_t *err) {
  uint32_t wide;
  int rc = pyr__wire_expect(message, field, PYR__WIRE_VARINT, err);

  if (rc == 0 && field->value > PYR__IDS_WIDE) {
    rc = pyr__ids_shorten(ids, field->value, &model->arena, &wide, err);
    if (rc == 0)
      *out = wide;
    return rc;
  }
  *out = (uint32_t)field->value;
  return rc;
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

static int mapping_flag(const struct pyr__wire_message *message,
                        const struct pyr__wire_field *part,
                        struct pyr__mapping *mapping, pyr_error_t *err) {
  uint32_t flag = UINT32_C(1) << (part->number - FIRST_FLAG);
  mapping->flags &= ~flag;
  mapping->flags |= part->value != 0 ? flag : 0;
  return pyr__wire_expect(message, part, PYR__WIRE_VARINT, err);
}

static int mapping_part(void *ctx, const struct pyr__wire_message *message,
                        const struct pyr__wire_field *part, pyr_error_t *err) {
  struct mapping_parts *parts = ctx;
  struct pyr__model *model = parts->model;
  struct pyr__mapping *mapping = parts->mapping;

  switch (part->number) {
  case 1:
    return read_id(model, &model->mapping_ids, message, part, &parts->id, err);
  case 2:
    return pyr__model_int(message, part, &mapping->start, err);
  case 3:
    return pyr__model_int(message, part, &mapping->limit, err);
  case 4:
    return pyr__model_int(message, part, &mapping->offset, err);
  case 5:
    return pyr__model_string(model, message, part, &mapping->filename, err);
  case 6:
    return pyr__model_string(model, message, part, &mapping->build_id, err);
  case 7: /* has_functions and the three behind it, in PYR__MAPPING_HAS_* */
  case 8:
  case 9:
  case 10:
    return mapping_flag(message, part, mapping, err);
  default:
    return 0;
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

  switch (part->number) {
  case 1:
    return read_id(model, &model->function_ids, message, part,
                   &parts->line->function, err);
  case 2:
    return pyr__model_signed(message, part, &parts->line->line, err);
  case 3:
    return pyr__model_signed(message, part, &parts->line->column, err);
  default:
    return 0;
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

  switch (part->number) {
  case 1:
    return read_id(model, &model->location_ids, message, part, &parts->id, err);
  case 2:
    return read_id(model, &model->mapping_ids, message, part,
                   &location->mapping, err);
  case 3:
    return pyr__model_int(message, part, &location->address, err);
  case 4:
    return add_line(model, message, part, location->line_count++, err);
  case 5:
    location->is_folded = part->value != 0;
    return pyr__wire_expect(message, part, PYR__WIRE_VARINT, err);
  default:
    return 0;
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

  switch (part->number) {
  case 1:
    return read_id(model, &model->function_ids, message, part, &parts->id, err);
  case 2:
    return pyr__model_string(model, message, part, &function->name, err);
  case 3:
    return pyr__model_string(model, message, part, &function->system_name, err);
  case 4:
    return pyr__model_string(model, message, part, &function->filename, err);
  case 5:
    return pyr__model_signed(message, part, &function->start_line, err);
  default:
    return 0;
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
