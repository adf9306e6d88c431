/* The string table of a profile that is being built: each text once. */
#ifndef PYR__SELF_STRINGS_H
#define PYR__SELF_STRINGS_H

#include "base/arena.h"
#include "base/index.h"
#include "base/str.h"

struct pyr__strings {
  struct pyr__arena *arena;
  struct pyr__index index;
  pyr_str_t *items;
  uint32_t count, capacity;
  int failed; /* sticky: an id was not given */
};

/* With "" as string 0. */
void pyr__strings_init(struct pyr__strings *strings, struct pyr__arena *arena);
/* The items stay: they are the arena's. */
void pyr__strings_release(struct pyr__strings *strings);
/* The text's id; 0 where memory is gone, and `failed` is set. */
uint32_t pyr__strings_id(struct pyr__strings *strings, pyr_str_t text);

#endif
