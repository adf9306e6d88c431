/* Memory that is given back all at once: a scrape's, or a configuration's.
 * Chunks grow; a reset keeps the largest, so that a steady load allocates
 * nothing.  The limit counts what was asked for, not the chunks. */
#ifndef PYR__BASE_ARENA_H
#define PYR__BASE_ARENA_H

#include "base/memory.h"

struct pyr__arena_chunk;

struct pyr__arena {
  struct pyr__memory *memory;
  enum pyr__purpose purpose;
  size_t limit; /* bytes */
  size_t used;
  struct pyr__arena_chunk *chunks; /* newest first */
};

void pyr__arena_init(struct pyr__arena *arena, struct pyr__memory *memory,
                     enum pyr__purpose purpose, size_t limit);
void pyr__arena_release(struct pyr__arena *arena);
/* Forgets all blocks; keeps at most one chunk of at most `keep` bytes. */
void pyr__arena_reset(struct pyr__arena *arena, size_t keep);
/* NULL: out of memory, or over the limit (pyr__arena_error says which).
 * Aligned to 8 bytes. */
void *pyr__arena_alloc(struct pyr__arena *arena, size_t count, size_t size);
void *pyr__arena_calloc(struct pyr__arena *arena, size_t count, size_t size);
/* Grows the block in place where it is the newest, else copies it. */
void *pyr__arena_grow(struct pyr__arena *arena, void *ptr, size_t old_size,
                      size_t new_size);
/* A terminated copy. */
char *pyr__arena_text(struct pyr__arena *arena, pyr_str_t text);
/* The error that belongs to a NULL: PYR_ELIMIT naming `what`, or no memory. */
int pyr__arena_error(const struct pyr__arena *arena, size_t wanted,
                     const char *what, pyr_error_t *err);

#endif
