/* Maps: keys that are there twice, and merge keys. */
#include "config/tree_builder.h"

#include "base/hash.h"
#include "base/str.h"

/* The entries of a map that is being made, with an index of their keys. */
struct filling {
  struct pyr__tree_builder *builder;
  struct pyr__index index;
  struct pyr__entry *entries;
  size_t count;
};

static uint64_t key_hash(const struct pyr__node *key) {
  return pyr__hash(0, key->as.text.base, key->as.text.len);
}

static const struct pyr__entry *find(const struct filling *filling,
                                     const struct pyr__node *key) {
  size_t at;
  uint32_t id = pyr__index_first(&filling->index, key_hash(key), &at);
  while (id != PYR__NONE &&
         !pyr__str_equal(filling->entries[id].key->as.text, key->as.text))
    id = pyr__index_next(&filling->index, key_hash(key), &at);
  return id == PYR__NONE ? NULL : &filling->entries[id];
}

static int add(struct filling *filling, const struct pyr__node *key,
               const struct pyr__node *value) {
  int rc =
      pyr__index_add(&filling->index, key_hash(key), (uint32_t)filling->count);
  if (rc == 0)
    filling->entries[filling->count++] = (struct pyr__entry){key, value};
  return rc;
}

static int is_merge(const struct pyr__node *key) {
  return key->is_plain && pyr__str_is(key->as.text, "<<");
}

/* The map's own entries. */
static int add_own(struct filling *filling,
                   const struct pyr__node *const *pairs, size_t count) {
  size_t i;
  int rc = 0;
  for (i = 0; i < count && rc == 0; i++) {
    const struct pyr__node *key = pairs[2 * i];
    const struct pyr__entry *before;
    if (key->kind != PYR__NODE_TEXT) {
      pyr__problem(filling->builder->problems, key, pyr__str("YAML"),
                   "%s as a key, expected text",
                   pyr__node_kind_name(key->kind));
      continue;
    }
    before = find(filling, key);
    if (before == NULL)
      rc = add(filling, key, pairs[2 * i + 1]);
    else
      pyr__problem(filling->builder->problems, key, key->as.text,
                   "is there twice, the first time in line %u",
                   before->key->line);
  }
  return rc;
}

/* Takes "<<" out of the own entries. */
static const struct pyr__node *take_merge(struct filling *filling) {
  const struct pyr__node *value = NULL;
  size_t i, kept = 0;
  for (i = 0; i < filling->count; i++) {
    if (is_merge(filling->entries[i].key))
      value = filling->entries[i].value;
    else
      filling->entries[kept++] = filling->entries[i];
  }
  filling->count = kept;
  return value;
}

static int merge_one(struct filling *filling, const struct pyr__node *from) {
  size_t i;
  int rc = 0;
  if (from->kind != PYR__NODE_MAP || from->is_open) {
    pyr__problem(filling->builder->problems, from, pyr__str("<<"),
                 "%s, expected a map or a list of maps",
                 pyr__node_kind_name(from->kind));
    return 0;
  }
  for (i = 0; i < from->as.map.count && rc == 0; i++) {
    const struct pyr__entry *entry = &from->as.map.entries[i];
    if (find(filling, entry->key) == NULL)
      rc = add(filling, entry->key, entry->value);
  }
  return rc;
}

/* How many entries a merge may bring. */
static size_t merge_bound(const struct pyr__node *value) {
  size_t i, count = 0;
  if (value->kind == PYR__NODE_MAP)
    return value->as.map.count;
  for (i = 0; value->kind == PYR__NODE_LIST && i < value->as.list.count; i++)
    if (value->as.list.items[i]->kind == PYR__NODE_MAP)
      count += value->as.list.items[i]->as.map.count;
  return count;
}

static int check_keys(const struct pyr__tree_builder *builder,
                      const struct pyr__node *map, size_t count) {
  size_t limit = builder->options->map_keys;
  if (limit == 0 || count <= limit)
    return 0;
  pyr__problem(builder->problems, map, pyr__str("YAML"),
               "a map of %zu keys, expected at most %zu", count, limit);
  return PYR_ECONFIG;
}

/* Own entries win, then those of the first map in the list. */
static int merge(struct filling *filling, const struct pyr__node *map,
                 const struct pyr__node *value) {
  struct pyr__arena *arena = &filling->builder->tree->arena;
  size_t i, old = filling->count, bound = old + merge_bound(value);
  int rc = check_keys(filling->builder, map, bound);

  if (rc != 0)
    return rc;
  filling->entries =
      pyr__arena_grow(arena, filling->entries, old * sizeof(struct pyr__entry),
                      bound * sizeof(struct pyr__entry));
  if (filling->entries == NULL)
    return pyr__tree_no_room(filling->builder, map,
                             bound * sizeof(struct pyr__entry));
  pyr__index_clear(&filling->index);
  for (i = 0; i < old && rc == 0; i++)
    rc = pyr__index_add(&filling->index, key_hash(filling->entries[i].key),
                        (uint32_t)i);
  if (value->kind != PYR__NODE_LIST)
    return rc != 0 ? rc : merge_one(filling, value);
  for (i = 0; i < value->as.list.count && rc == 0; i++)
    rc = merge_one(filling, value->as.list.items[i]);
  return rc;
}

int pyr__tree_fill_map(struct pyr__tree_builder *builder, struct pyr__node *map,
                       const struct pyr__node *const *pairs, size_t count) {
  struct pyr__arena *arena = &builder->tree->arena;
  struct filling filling = {.builder = builder};
  const struct pyr__node *merged;
  int rc = check_keys(builder, map, count);

  if (rc != 0)
    return rc;
  filling.entries = pyr__arena_alloc(arena, count, sizeof(*filling.entries));
  if (filling.entries == NULL)
    return pyr__tree_no_room(builder, map, count * sizeof(*filling.entries));
  pyr__index_init(&filling.index, arena->memory, PYR__MEM_CONFIG_TREE);
  rc = add_own(&filling, pairs, count);
  merged = rc == 0 ? take_merge(&filling) : NULL;
  if (merged != NULL)
    rc = merge(&filling, map, merged);
  pyr__index_release(&filling.index);
  map->as.map.entries = filling.entries;
  map->as.map.count = filling.count;
  return rc;
}
