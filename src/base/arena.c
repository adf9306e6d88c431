#include "base/arena.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define PYR__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PYR__ASAN 1
#endif
#endif

#ifdef PYR__ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(addr, size)   ((void)(addr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20, ALIGNMENT = 8 };

struct pyr__arena_chunk {
  struct pyr__arena_chunk *next;
  size_t size;
  size_t used;
  max_align_t data[];
};

void pyr__arena_init(struct pyr__arena *arena, struct pyr__memory *memory,
                     enum pyr__purpose purpose, size_t limit) {
  *arena = (struct pyr__arena){memory, purpose, limit, 0, NULL};
}

static void free_chunk(struct pyr__arena *arena,
                       struct pyr__arena_chunk *chunk) {
  ASAN_UNPOISON_MEMORY_REGION(chunk->data, chunk->size);
  pyr__free(arena->memory, chunk);
}

void pyr__arena_release(struct pyr__arena *arena) {
  pyr__arena_reset(arena, 0);
}

void pyr__arena_reset(struct pyr__arena *arena, size_t keep) {
  struct pyr__arena_chunk *chunk = arena->chunks, *kept = NULL, *next;
  for (; chunk != NULL; chunk = next) {
    next = chunk->next;
    if (chunk->size <= keep && (kept == NULL || kept->size < chunk->size)) {
      if (kept != NULL)
        free_chunk(arena, kept);
      kept = chunk;
    } else {
      free_chunk(arena, chunk);
    }
  }
  if (kept != NULL) {
    kept->next = NULL;
    kept->used = 0;
    ASAN_POISON_MEMORY_REGION(kept->data, kept->size);
  }
  arena->chunks = kept;
  arena->used = 0;
}

static struct pyr__arena_chunk *add_chunk(struct pyr__arena *arena,
                                          size_t size) {
  size_t chunk_size =
      arena->chunks == NULL ? FIRST_CHUNK : arena->chunks->size * 2;
  struct pyr__arena_chunk *chunk;

  if (chunk_size > LARGEST_CHUNK)
    chunk_size = LARGEST_CHUNK;
  if (chunk_size < size)
    chunk_size = size;
  chunk =
      pyr__alloc(arena->memory, arena->purpose, sizeof(*chunk) + chunk_size);
  if (chunk == NULL)
    return NULL;
  chunk->next = arena->chunks;
  chunk->size = chunk_size;
  chunk->used = 0;
  ASAN_POISON_MEMORY_REGION(chunk->data, chunk->size);
  arena->chunks = chunk;
  return chunk;
}

/* False where the limit would be passed; `*size` is rounded up. */
static int reserve(struct pyr__arena *arena, size_t *size) {
  if (*size > arena->limit - arena->used)
    return 0;
  *size = (*size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  return 1;
}

void *pyr__arena_alloc(struct pyr__arena *arena, size_t count, size_t size) {
  struct pyr__arena_chunk *chunk = arena->chunks;
  size_t total, rounded;
  char *at;

  if (__builtin_mul_overflow(count, size, &total) || arena->used > arena->limit)
    return NULL;
  rounded = total;
  if (!reserve(arena, &rounded))
    return NULL;
  if (chunk == NULL || rounded > chunk->size - chunk->used) {
    chunk = add_chunk(arena, rounded);
    if (chunk == NULL)
      return NULL;
  }
  at = (char *)chunk->data + chunk->used;
  chunk->used += rounded;
  arena->used += rounded;
  ASAN_UNPOISON_MEMORY_REGION(at, total);
  return at;
}

void *pyr__arena_calloc(struct pyr__arena *arena, size_t count, size_t size) {
  void *ptr = pyr__arena_alloc(arena, count, size);
  if (ptr != NULL)
    memset(ptr, 0, count * size);
  return ptr;
}

void *pyr__arena_grow(struct pyr__arena *arena, void *ptr, size_t old_size,
                      size_t new_size) {
  struct pyr__arena_chunk *chunk = arena->chunks;
  size_t old_rounded = (old_size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
  size_t added;
  void *copy;

  if (ptr != NULL && chunk != NULL && new_size >= old_rounded &&
      (char *)ptr + old_rounded == (char *)chunk->data + chunk->used) {
    added = new_size - old_rounded;
    if (arena->used > arena->limit || !reserve(arena, &added))
      return NULL;
    if (added <= chunk->size - chunk->used) {
      chunk->used += added;
      arena->used += added;
      ASAN_UNPOISON_MEMORY_REGION(ptr, new_size);
      return ptr;
    }
  }
  copy = pyr__arena_alloc(arena, new_size, 1);
  if (copy != NULL && ptr != NULL)
    memcpy(copy, ptr, old_size < new_size ? old_size : new_size);
  return copy;
}

char *pyr__arena_text(struct pyr__arena *arena, pyr_str_t text) {
  char *copy = pyr__arena_alloc(arena, text.len + 1, 1);
  if (copy == NULL)
    return NULL;
  if (text.len > 0)
    memcpy(copy, text.base, text.len);
  copy[text.len] = '\0';
  return copy;
}

int pyr__arena_error(const struct pyr__arena *arena, size_t wanted,
                     const char *what, pyr_error_t *err) {
  if (arena->used > arena->limit || wanted > arena->limit - arena->used)
    return pyr__error(err, PYR_ELIMIT, "%s takes more than %zu bytes", what,
                      arena->limit);
  return pyr__error_nomem(err);
}
