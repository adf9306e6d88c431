#include "self/strings.h"

#include "base/hash.h"

enum { FIRST_CAPACITY = 64 };

void pyr__strings_init(struct pyr__strings *strings, struct pyr__arena *arena) {
  *strings = (struct pyr__strings){.arena = arena};
  pyr__index_init(&strings->index, arena->memory, PYR__MEM_SELF);
  pyr__strings_id(strings, pyr__str(""));
}

void pyr__strings_release(struct pyr__strings *strings) {
  pyr__index_release(&strings->index);
}

static int reserve(struct pyr__strings *strings) {
  uint32_t capacity =
      strings->capacity == 0 ? FIRST_CAPACITY : strings->capacity * 2;
  pyr_str_t *items;
  if (strings->count < strings->capacity)
    return 0;
  items = pyr__arena_grow(strings->arena, strings->items,
                          strings->capacity * sizeof(*items),
                          capacity * sizeof(*items));
  if (items == NULL)
    return PYR__ENOMEM;
  strings->items = items;
  strings->capacity = capacity;
  return 0;
}

uint32_t pyr__strings_id(struct pyr__strings *strings, pyr_str_t text) {
  uint64_t hash = pyr__hash(0, text.base, text.len);
  size_t at;
  uint32_t id = pyr__index_first(&strings->index, hash, &at);
  char *copy;
  while (id != PYR__NONE && !pyr__str_equal(strings->items[id], text))
    id = pyr__index_next(&strings->index, hash, &at);
  if (id != PYR__NONE)
    return id;
  copy = reserve(strings) == 0 ? pyr__arena_text(strings->arena, text) : NULL;
  if (copy == NULL ||
      pyr__index_add(&strings->index, hash, strings->count) != 0) {
    strings->failed = 1;
    return 0;
  }
  strings->items[strings->count] = (pyr_str_t){copy, text.len};
  return strings->count++;
}
