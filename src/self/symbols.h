/* Functions of addresses, from the symbol tables of mapped files. */
#ifndef PYR__SELF_SYMBOLS_H
#define PYR__SELF_SYMBOLS_H

#include "self/elf.h"
#include "self/maps.h"
#include "self/strings.h"

struct pyr__symbol {
  uint64_t address;
  uint32_t name; /* string; 0: not known */
  uint32_t map;  /* PYR__NONE: in none */
};

struct pyr__map_symbols {
  uint32_t filename, build_id; /* strings */
  int has_functions;
};

/* Fills in `map` and `name` of symbols, which are sorted by address, and one of
 * `files` for each map.  Only memory can fail; it shows in strings->failed. */
void pyr__symbols_find(struct pyr__symbol *symbols, size_t count,
                       const struct pyr__map *maps, size_t map_count,
                       struct pyr__map_symbols *files,
                       struct pyr__strings *strings);

#endif
