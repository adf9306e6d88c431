/* The ids of one kind of message (mapping, location, function): numbers of the
 * program that wrote the body, mostly 1, 2, 3 ... in order, but they may be
 * any, be used before they are defined, or never be.
 *
 * While a body is read an id is held as 32 bits: itself, or for one past 31
 * bits a number given to it.  At the end they are resolved to indexes. */
#ifndef PYR__PPROF_IDS_H
#define PYR__PPROF_IDS_H

#include "base/index.h"
#include "pprof/vec.h"

struct pyr__ids {
  const char *what; /* for errors: "location" */
  uint32_t count;   /* defined */
  uint64_t seed;
  struct pyr__vec
      defined;          /* uint32_t short ids; empty while they are 1, 2 ... */
  struct pyr__vec wide; /* uint64_t: the ids past 31 bits */
  struct pyr__index wide_index;
  /* after resolve, one of: nothing for 1, 2 ...; a table by id; a hash */
  const uint32_t *by_id; /* up to highest */
  uint32_t highest;
  struct pyr__index by_hash;
};

enum { PYR__IDS_WIDE = INT32_MAX }; /* the highest id that is its own short */

void pyr__ids_init(struct pyr__ids *ids, struct pyr__memory *memory,
                   const char *what, uint64_t seed);
void pyr__ids_release(struct pyr__ids *ids, struct pyr__arena *arena);
void pyr__ids_begin(struct pyr__ids *ids, struct pyr__arena *arena);
/* The short id of one past PYR__IDS_WIDE; others are their own. */
int pyr__ids_shorten(struct pyr__ids *ids, uint64_t id,
                     struct pyr__arena *arena, uint32_t *out, pyr_error_t *err);
int pyr__ids_define_slow(struct pyr__ids *ids, uint32_t short_id,
                         struct pyr__arena *arena, pyr_error_t *err);
/* All are defined; fails where one is twice.  `offset`: of the body's end. */
int pyr__ids_resolve(struct pyr__ids *ids, uint64_t offset,
                     struct pyr__arena *arena, pyr_error_t *err);
/* The id as the body has it. */
uint64_t pyr__ids_original(const struct pyr__ids *ids, uint32_t short_id);
uint32_t pyr__ids_find_slow(const struct pyr__ids *ids, uint32_t short_id);

/* True where index + 1 is the id: all that Go writes. */
static inline int pyr__ids_are_dense(const struct pyr__ids *ids) {
  return ids->defined.count == 0;
}

/* The next index is that of the id, which is not 0. */
static inline int pyr__ids_define(struct pyr__ids *ids, uint32_t short_id,
                                  struct pyr__arena *arena, pyr_error_t *err) {
  if (!pyr__ids_are_dense(ids) || short_id != ids->count + 1)
    return pyr__ids_define_slow(ids, short_id, arena, err);
  ids->count++;
  return 0;
}

/* After resolve: the index, or PYR__NONE for an id that is not defined. */
static inline uint32_t pyr__ids_find(const struct pyr__ids *ids,
                                     uint32_t short_id) {
  if (!pyr__ids_are_dense(ids))
    return pyr__ids_find_slow(ids, short_id);
  return short_id - 1 < ids->count ? short_id - 1 : PYR__NONE;
}

#endif
