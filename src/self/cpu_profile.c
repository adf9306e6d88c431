#include "self/cpu_profile.h"

#include <stdio.h>
#include <stdlib.h>

#include "self/symbols.h"

struct builder {
  const struct pyr__sample_table *table;
  struct pyr__arena *arena;
  struct pyr__strings strings;
  struct pyr__symbol *symbols; /* unique addresses, ascending: locations */
  uint32_t symbol_count;
  struct pyr__map *maps;
  size_t map_count;
  struct pyr__map_symbols *files;
  struct pyr__profile *out;
};

static void *take(struct builder *builder, size_t count, size_t size) {
  return pyr__arena_calloc(builder->arena, count == 0 ? 1 : count, size);
}

/* A return address is behind its call, and may be behind its function. */
static uint64_t call_address(const struct pyr__sample_table *table,
                             const struct pyr__sample_stack *stack,
                             uint32_t frame) {
  uint64_t address = table->frames[stack->first_frame + frame];
  return frame == 0 ? address : address - 1;
}

static int compare_symbols(const void *a, const void *b) {
  const struct pyr__symbol *left = a, *right = b;
  return (left->address > right->address) - (left->address < right->address);
}

static int collect_addresses(struct builder *builder) {
  const struct pyr__sample_table *table = builder->table;
  uint32_t stack, frame, count = 0, i;
  builder->symbols =
      take(builder, table->frame_count, sizeof(*builder->symbols));
  if (builder->symbols == NULL)
    return PYR__ENOMEM;
  for (stack = 0; stack < table->stack_count; stack++)
    for (frame = 0; frame < table->stacks[stack].frame_count; frame++)
      builder->symbols[count++].address =
          call_address(table, &table->stacks[stack], frame);
  qsort(builder->symbols, count, sizeof(*builder->symbols), compare_symbols);
  for (i = 0; i < count; i++)
    if (i == 0 || builder->symbols[i].address !=
                      builder->symbols[builder->symbol_count - 1].address)
      builder->symbols[builder->symbol_count++] = builder->symbols[i];
  return 0;
}

static uint32_t location_of(const struct builder *builder, uint64_t address) {
  struct pyr__symbol key = {.address = address};
  const struct pyr__symbol *found =
      bsearch(&key, builder->symbols, builder->symbol_count, sizeof(key),
              compare_symbols);
  return (uint32_t)(found - builder->symbols);
}

static int add_mappings(struct builder *builder) {
  struct pyr__mapping *mappings =
      take(builder, builder->map_count, sizeof(*mappings));
  size_t i;
  if (mappings == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < builder->map_count; i++) {
    const struct pyr__map *map = &builder->maps[i];
    const struct pyr__map_symbols *file = &builder->files[i];
    mappings[i] = (struct pyr__mapping){
        map->start,     map->limit,
        map->offset,    file->filename,
        file->build_id, file->has_functions ? PYR__MAPPING_HAS_FUNCTIONS : 0};
  }
  builder->out->mappings = mappings;
  builder->out->mapping_count = (uint32_t)builder->map_count;
  return 0;
}

/* One function a name and file; names are few, locations more. */
static uint32_t function_of(struct pyr__function *functions, uint32_t *by_name,
                            uint32_t *count, uint32_t name, uint32_t filename) {
  uint32_t id = by_name[name];
  if (id == 0) {
    functions[*count] = (struct pyr__function){0, name, name, filename};
    id = by_name[name] = ++*count;
  }
  return id - 1;
}

static int add_locations(struct builder *builder) {
  uint32_t count = builder->symbol_count, i, lines = 0, functions_count = 0;
  struct pyr__location *locations = take(builder, count, sizeof(*locations));
  struct pyr__line *line = take(builder, count, sizeof(*line));
  struct pyr__function *functions = take(builder, count, sizeof(*functions));
  uint32_t *by_name = take(builder, builder->strings.count, sizeof(*by_name));
  if (locations == NULL || line == NULL || functions == NULL || by_name == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < count; i++) {
    const struct pyr__symbol *symbol = &builder->symbols[i];
    locations[i] = (struct pyr__location){
        .address = symbol->address,
        .mapping = symbol->map == PYR__NONE ? PYR__NO_MAPPING : symbol->map,
        .first_line = lines,
        .line_count = symbol->name != 0};
    if (symbol->name != 0)
      line[lines++].function =
          function_of(functions, by_name, &functions_count, symbol->name, 0);
  }
  builder->out->locations = locations;
  builder->out->location_count = count;
  builder->out->lines = line;
  builder->out->line_count = lines;
  builder->out->functions = functions;
  builder->out->function_count = functions_count;
  return 0;
}

static int add_samples(struct builder *builder) {
  const struct pyr__sample_table *table = builder->table;
  struct pyr__sample *samples =
      take(builder, table->stack_count, sizeof(*samples));
  uint32_t *frames = take(builder, table->frame_count, sizeof(*frames));
  int64_t *values = take(builder, table->stack_count, 2 * sizeof(*values));
  uint32_t i, frame, count = 0;
  if (samples == NULL || frames == NULL || values == NULL)
    return PYR__ENOMEM;
  for (i = 0; i < table->stack_count; i++) {
    const struct pyr__sample_stack *stack = &table->stacks[i];
    samples[i] = (struct pyr__sample){count, stack->frame_count, 0, 0};
    for (frame = 0; frame < stack->frame_count; frame++)
      frames[count++] = location_of(builder, call_address(table, stack, frame));
    values[(size_t)i * 2] = (int64_t)stack->samples;
    values[(size_t)i * 2 + 1] = (int64_t)stack->samples * PYR__CPU_PERIOD_NS;
  }
  builder->out->samples = samples;
  builder->out->sample_count = table->stack_count;
  builder->out->frames = frames;
  builder->out->frame_count = count;
  builder->out->values = values;
  return 0;
}

static int add_types(struct builder *builder) {
  struct pyr__strings *strings = &builder->strings;
  struct pyr__value_type *types = take(builder, 2, sizeof(*types));
  uint32_t *comment = take(builder, 1, sizeof(*comment));
  char text[96];
  if (types == NULL || comment == NULL)
    return PYR__ENOMEM;
  types[0] =
      (struct pyr__value_type){pyr__strings_id(strings, pyr__str("samples")),
                               pyr__strings_id(strings, pyr__str("count"))};
  types[1] = (struct pyr__value_type){
      pyr__strings_id(strings, pyr__str("cpu")),
      pyr__strings_id(strings, pyr__str("nanoseconds"))};
  builder->out->types = types;
  builder->out->type_count = 2;
  builder->out->period_type = types[1];
  builder->out->period = PYR__CPU_PERIOD_NS;
  if (builder->table->dropped == 0)
    return 0;
  snprintf(text, sizeof(text),
           "%llu samples did not fit into the sampler and were dropped",
           (unsigned long long)builder->table->dropped);
  comment[0] = pyr__strings_id(strings, pyr__str(text));
  builder->out->comments = comment;
  builder->out->comment_count = 1;
  return 0;
}

static int build(struct builder *builder, pyr_error_t *err) {
  int rc =
      pyr__maps_read(builder->arena, &builder->maps, &builder->map_count, err);
  if (rc != 0)
    return rc;
  builder->files = take(builder, builder->map_count, sizeof(*builder->files));
  if (builder->files == NULL || collect_addresses(builder) != 0)
    return pyr__arena_error(builder->arena, 0, "CPU profile", err);
  pyr__symbols_find(builder->symbols, builder->symbol_count, builder->maps,
                    builder->map_count, builder->files, &builder->strings);
  if (add_types(builder) != 0 || add_mappings(builder) != 0 ||
      add_locations(builder) != 0 || add_samples(builder) != 0 ||
      builder->strings.failed)
    return pyr__arena_error(builder->arena, 0, "CPU profile", err);
  builder->out->strings = builder->strings.items;
  builder->out->string_count = builder->strings.count;
  return 0;
}

int pyr__cpu_profile_build(const struct pyr__sample_table *table,
                           struct pyr__arena *arena, struct pyr__profile *out,
                           pyr_error_t *err) {
  struct builder builder = {.table = table, .arena = arena, .out = out};
  int rc;
  memset(out, 0, sizeof(*out));
  pyr__strings_init(&builder.strings, arena);
  rc = build(&builder, err);
  pyr__strings_release(&builder.strings);
  return rc;
}
