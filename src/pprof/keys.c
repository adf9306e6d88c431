#include "pprof/keys.h"

#include "base/hash.h"

/* Odd, so that no bit of a stack's beginning is lost on the way. */
#define STACK_STEP UINT64_C(0x9fb21c651e98df25)

/* A hash for each thing of the tables, so that no text is read twice. */
struct tables {
  const struct pyr__profile *profile;
  uint64_t seed;
  uint64_t *strings, *functions, *locations;
};

static void hash_strings(struct tables *tables) {
  const struct pyr__profile *profile = tables->profile;
  uint32_t i;

  for (i = 0; i < profile->string_count; i++)
    tables->strings[i] = pyr__hash(tables->seed, profile->strings[i].base,
                                   profile->strings[i].len);
}

static void hash_functions(struct tables *tables) {
  const struct pyr__profile *profile = tables->profile;
  uint32_t i;

  for (i = 0; i < profile->function_count; i++) {
    const struct pyr__function *function = &profile->functions[i];
    uint64_t hash = tables->strings[function->name];
    hash = pyr__hash_mix(hash, tables->strings[function->system_name]);
    hash = pyr__hash_mix(hash, tables->strings[function->filename]);
    tables->functions[i] = hash;
  }
}

static void hash_locations(struct tables *tables) {
  const struct pyr__profile *profile = tables->profile;
  uint32_t i, j;

  for (i = 0; i < profile->location_count; i++) {
    const struct pyr__location *location = &profile->locations[i];
    uint64_t hash = pyr__hash_mix(tables->seed, location->address);
    for (j = 0; j < location->line_count; j++) {
      const struct pyr__line *line = &profile->lines[location->first_line + j];
      hash = pyr__hash_mix(hash, tables->functions[line->function]);
      hash = pyr__hash_mix(hash, (uint64_t)line->line);
      hash = pyr__hash_mix(hash, (uint64_t)line->column);
    }
    tables->locations[i] = hash;
  }
}

static uint64_t hash_label(const struct tables *tables,
                           const struct pyr__label *label) {
  uint64_t hash = tables->strings[label->key];
  if (label->string != 0)
    return pyr__hash_mix(hash, tables->strings[label->string]);
  hash = pyr__hash_mix(hash, ~(uint64_t)label->number);
  return pyr__hash_mix(hash, tables->strings[label->unit]);
}

static uint64_t hash_sample(const struct tables *tables,
                            const struct pyr__sample *sample) {
  const struct pyr__profile *profile = tables->profile;
  uint64_t stack = sample->frame_count, set = sample->label_count;
  uint32_t i;

  for (i = 0; i < sample->frame_count; i++)
    stack = stack * STACK_STEP +
            tables->locations[profile->frames[sample->first_frame + i]];
  for (i = 0; i < sample->label_count; i++)
    set += hash_label(tables, &profile->labels[sample->first_label + i]);
  return pyr__hash_mix(pyr__hash_mix(stack, set), tables->seed);
}

int pyr__keys_of(const struct pyr__profile *profile, uint64_t seed,
                 struct pyr__arena *arena, uint64_t **out, pyr_error_t *err) {
  size_t words = (size_t)profile->string_count + profile->function_count +
                 profile->location_count + profile->sample_count;
  uint64_t *hashes = pyr__arena_alloc(arena, words, sizeof(*hashes)), *keys;
  struct tables tables = {profile, seed, hashes, NULL, NULL};
  uint32_t i;

  if (hashes == NULL)
    return pyr__arena_error(arena, words * sizeof(*hashes),
                            "the difference (within limits: scrape-bytes)",
                            err);
  tables.functions = tables.strings + profile->string_count;
  tables.locations = tables.functions + profile->function_count;
  keys = tables.locations + profile->location_count;
  hash_strings(&tables);
  hash_functions(&tables);
  hash_locations(&tables);
  for (i = 0; i < profile->sample_count; i++)
    keys[i] = hash_sample(&tables, &profile->samples[i]);
  *out = keys;
  return 0;
}
