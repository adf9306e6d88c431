#include "pprof/model.h"

#include <string.h>

#include "base/hash.h"
#include "base/limits.h"

/* What a decoder in the pool keeps of a large body's arrays and texts.  The
 * arrays are the next body's, which is no large one for that. */
#define KEEP_VECS  (192 * PYR__KIB)
#define KEEP_TEXTS (256 * PYR__KIB)

void pyr__model_init(struct pyr__model *model, struct pyr__memory *memory) {
  uint64_t seed = pyr__hash_random_seed();
  memset(model, 0, sizeof(*model));
  pyr__arena_init(&model->arena, memory, PYR__MEM_PPROF_PROFILE, SIZE_MAX);
  pyr__ids_init(&model->mapping_ids, memory, "mapping", seed);
  pyr__ids_init(&model->location_ids, memory, "location", seed);
  pyr__ids_init(&model->function_ids, memory, "function", seed);
}

static void release_vecs(struct pyr__model *model) {
#define X(name, type)                                                          \
  pyr__vec_release(&model->name, &model->arena, sizeof(type));
  PYR__MODEL_VECS(X)
#undef X
  pyr__ids_release(&model->mapping_ids, &model->arena);
  pyr__ids_release(&model->location_ids, &model->arena);
  pyr__ids_release(&model->function_ids, &model->arena);
}

void pyr__model_release(struct pyr__model *model) {
  release_vecs(model);
  pyr__arena_release(&model->arena);
}

static size_t index_bytes(const struct pyr__ids *ids) {
  return (ids->wide_index.size + ids->by_hash.size) * sizeof(uint64_t);
}

static size_t held_bytes(const struct pyr__model *model) {
  size_t held = 0;
#define X(name, type) held += model->name.capacity * sizeof(type);
  PYR__MODEL_VECS(X)
#undef X
  held += model->mapping_ids.defined.capacity * sizeof(uint32_t);
  held += model->location_ids.defined.capacity * sizeof(uint32_t);
  held += model->function_ids.defined.capacity * sizeof(uint32_t);
  held += model->mapping_ids.wide.capacity * sizeof(uint64_t);
  held += model->location_ids.wide.capacity * sizeof(uint64_t);
  held += model->function_ids.wide.capacity * sizeof(uint64_t);
  return held;
}

void pyr__model_trim(struct pyr__model *model) {
  pyr__ids_begin(&model->mapping_ids, &model->arena);
  pyr__ids_begin(&model->location_ids, &model->arena);
  pyr__ids_begin(&model->function_ids, &model->arena);
  if (held_bytes(model) > KEEP_VECS)
    release_vecs(model);
  pyr__arena_reset(&model->arena, KEEP_TEXTS);
}

size_t pyr__model_bytes(const struct pyr__model *model) {
  return held_bytes(model) + model->arena.used +
         index_bytes(&model->mapping_ids) + index_bytes(&model->location_ids) +
         index_bytes(&model->function_ids);
}

void pyr__model_allow(struct pyr__model *model, uint64_t bytes) {
  size_t ceiling = bytes > SIZE_MAX ? SIZE_MAX : (size_t)bytes;
  size_t held = held_bytes(model);
  model->arena.limit = ceiling > held ? ceiling - held : 0;
}

void pyr__model_begin(struct pyr__model *model,
                      const struct pyr__decoder_limits *limits) {
  pyr__model_trim(model);
  if (held_bytes(model) > limits->arena_bytes / 2)
    release_vecs(model);
#define X(name, type) model->name.count = 0;
  PYR__MODEL_VECS(X)
#undef X
  pyr__model_allow(model, limits->arena_bytes);
  model->limits = *limits;
  model->top_string = (struct pyr__model_top_string){0};
  model->text_left = 0;
  model->row = UINT32_MAX;
  model->highest_frame = 0;
  memset(&model->profile, 0, sizeof(model->profile));
}
