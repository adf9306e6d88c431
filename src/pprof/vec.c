#include "pprof/vec.h"

enum { SMALLEST = 32 };

static size_t larger(const struct pyr__vec *vec, size_t wanted) {
  size_t capacity = (size_t)vec->capacity + vec->capacity / 2;
  if (capacity < SMALLEST)
    capacity = SMALLEST;
  if (capacity > UINT32_MAX - 1)
    capacity = UINT32_MAX - 1;
  return capacity < wanted ? wanted : capacity;
}

static size_t free_bytes(const struct pyr__arena *arena) {
  return arena->limit < arena->used ? 0 : arena->limit - arena->used;
}

int pyr__vec_reserve(struct pyr__vec *vec, struct pyr__arena *arena,
                     size_t extra, size_t size, const char *what,
                     pyr_error_t *err) {
  size_t wanted, capacity, room, added;
  void *data;

  if (extra <= vec->capacity - vec->count)
    return 0;
  if (extra >= UINT32_MAX - vec->count)
    return pyr__error(err, PYR_ELIMIT, "%s: more than %u items", what,
                      UINT32_MAX - 1);
  wanted = vec->count + extra;
  capacity = larger(vec, wanted);
  room = free_bytes(arena) / size;
  /* Half of what is left: one item at a time would copy all for each. */
  if (capacity - vec->capacity > room)
    capacity = vec->capacity + room / 2;
  if (capacity < wanted)
    capacity = wanted;
  added = (capacity - vec->capacity) * size;
  if (added > free_bytes(arena))
    return pyr__error(err, PYR_ELIMIT,
                      "%s: the profile takes more memory than limits: "
                      "scrape-bytes has left (%zu bytes): raise it if that is "
                      "right",
                      what, free_bytes(arena));
  data = pyr__realloc(arena->memory, arena->purpose, vec->data, capacity, size);
  if (data == NULL)
    return pyr__error_nomem(err);
  vec->data = data;
  vec->capacity = (uint32_t)capacity;
  arena->limit -= added;
  return 0;
}

void pyr__vec_release(struct pyr__vec *vec, struct pyr__arena *arena,
                      size_t size) {
  pyr__free(arena->memory, vec->data);
  arena->limit += vec->capacity * size;
  *vec = (struct pyr__vec){NULL, 0, 0};
}
