#include "pprof/ids.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"

enum { KEEP_WIDE = 1024 };

void pyr__ids_init(struct pyr__ids *ids, struct pyr__memory *memory,
                   const char *what, uint64_t seed) {
  memset(ids, 0, sizeof(*ids));
  ids->what = what;
  ids->seed = seed;
  pyr__index_init(&ids->wide_index, memory, PYR__MEM_PPROF_PROFILE);
  pyr__index_init(&ids->by_hash, memory, PYR__MEM_PPROF_PROFILE);
}

void pyr__ids_release(struct pyr__ids *ids, struct pyr__arena *arena) {
  pyr__vec_release(&ids->defined, arena, sizeof(uint32_t));
  pyr__vec_release(&ids->wide, arena, sizeof(uint64_t));
  pyr__index_release(&ids->wide_index);
  pyr__index_release(&ids->by_hash);
}

void pyr__ids_begin(struct pyr__ids *ids, struct pyr__arena *arena) {
  if (ids->wide_index.size > KEEP_WIDE || ids->by_hash.size > KEEP_WIDE)
    pyr__ids_release(ids, arena);
  pyr__index_clear(&ids->wide_index);
  pyr__index_clear(&ids->by_hash);
  ids->defined.count = ids->wide.count = 0;
  ids->count = ids->highest = 0;
  ids->by_id = NULL;
}

static uint64_t hash_id(const struct pyr__ids *ids, uint64_t id) {
  return pyr__hash_mix(ids->seed, id);
}

int pyr__ids_shorten(struct pyr__ids *ids, uint64_t id,
                     struct pyr__arena *arena, uint32_t *out,
                     pyr_error_t *err) {
  uint64_t hash, *wide = ids->wide.data;
  uint32_t at;
  size_t probe;
  int rc;

  if (id <= PYR__IDS_WIDE) {
    *out = (uint32_t)id;
    return 0;
  }
  hash = hash_id(ids, id);
  at = pyr__index_first(&ids->wide_index, hash, &probe);
  while (at != PYR__NONE && wide[at] != id)
    at = pyr__index_next(&ids->wide_index, hash, &probe);
  if (at == PYR__NONE) {
    at = ids->wide.count;
    if (at >= INT32_MAX)
      return pyr__error(err, PYR_ELIMIT, "%s: too many ids", ids->what);
    rc = pyr__vec_reserve(&ids->wide, arena, 1, sizeof(id), ids->what, err);
    if (rc != 0)
      return rc;
    if (pyr__index_add(&ids->wide_index, hash, at) != 0)
      return pyr__error_nomem(err);
    ((uint64_t *)ids->wide.data)[ids->wide.count++] = id;
  }
  *out = (uint32_t)PYR__IDS_WIDE + 1 + at;
  return 0;
}

uint64_t pyr__ids_original(const struct pyr__ids *ids, uint32_t short_id) {
  const uint64_t *wide = ids->wide.data;
  if (short_id <= PYR__IDS_WIDE)
    return short_id;
  return wide[short_id - (uint32_t)PYR__IDS_WIDE - 1];
}

/* The ids so far were 1, 2 ... and the next is not: from here on they are
 * written down. */
static int write_down(struct pyr__ids *ids, struct pyr__arena *arena,
                      pyr_error_t *err) {
  uint32_t *defined, i;
  int rc = pyr__vec_reserve(&ids->defined, arena, (size_t)ids->count + 1,
                            sizeof(*defined), ids->what, err);
  if (rc != 0)
    return rc;
  defined = ids->defined.data;
  for (i = 0; i < ids->count; i++)
    defined[i] = i + 1;
  ids->defined.count = ids->count;
  return 0;
}

int pyr__ids_define_slow(struct pyr__ids *ids, uint32_t short_id,
                         struct pyr__arena *arena, pyr_error_t *err) {
  int rc = 0;
  if (pyr__ids_are_dense(ids))
    rc = write_down(ids, arena, err);
  if (rc == 0)
    rc = pyr__vec_reserve(&ids->defined, arena, 1, sizeof(short_id), ids->what,
                          err);
  if (rc != 0)
    return rc;
  ((uint32_t *)ids->defined.data)[ids->defined.count++] = short_id;
  ids->count++;
  return 0;
}

static int duplicate(const struct pyr__ids *ids, uint32_t index,
                     uint64_t offset, pyr_error_t *err) {
  const uint32_t *defined = ids->defined.data;
  return pyr__error(err, PYR_EPPROF,
                    "%s[%" PRIu32 "].id: %" PRIu64 " is there twice, seen at "
                    "the end, byte %" PRIu64,
                    ids->what, index, pyr__ids_original(ids, defined[index]),
                    offset);
}

static int fill_table(struct pyr__ids *ids, uint64_t offset,
                      struct pyr__arena *arena, pyr_error_t *err) {
  const uint32_t *defined = ids->defined.data;
  size_t size = (size_t)ids->highest + 1;
  uint32_t *table = pyr__arena_alloc(arena, size, sizeof(*table)), i;

  if (table == NULL)
    return pyr__arena_error(arena, size * sizeof(*table), ids->what, err);
  memset(table, 0xff, size * sizeof(*table));
  for (i = 0; i < ids->count; i++) {
    if (table[defined[i]] != PYR__NONE)
      return duplicate(ids, i, offset, err);
    table[defined[i]] = i;
  }
  ids->by_id = table;
  return 0;
}

static int fill_hash(struct pyr__ids *ids, uint64_t offset, pyr_error_t *err) {
  const uint32_t *defined = ids->defined.data;
  uint32_t i;

  for (i = 0; i < ids->count; i++) {
    if (pyr__ids_find_slow(ids, defined[i]) != PYR__NONE)
      return duplicate(ids, i, offset, err);
    if (pyr__index_add(&ids->by_hash, hash_id(ids, defined[i]), i) != 0)
      return pyr__error_nomem(err);
  }
  return 0;
}

int pyr__ids_resolve(struct pyr__ids *ids, uint64_t offset,
                     struct pyr__arena *arena, pyr_error_t *err) {
  const uint32_t *defined = ids->defined.data;
  uint32_t i;

  if (pyr__ids_are_dense(ids))
    return 0;
  for (i = 0; i < ids->count; i++)
    if (defined[i] > ids->highest)
      ids->highest = defined[i];
  if (ids->highest / 4 <= ids->count)
    return fill_table(ids, offset, arena, err);
  return fill_hash(ids, offset, err);
}

uint32_t pyr__ids_find_slow(const struct pyr__ids *ids, uint32_t short_id) {
  const uint32_t *defined = ids->defined.data;
  uint64_t hash = hash_id(ids, short_id);
  uint32_t at;
  size_t probe;

  if (ids->by_id != NULL)
    return short_id <= ids->highest ? ids->by_id[short_id] : PYR__NONE;
  at = pyr__index_first(&ids->by_hash, hash, &probe);
  while (at != PYR__NONE && defined[at] != short_id)
    at = pyr__index_next(&ids->by_hash, hash, &probe);
  return at;
}
