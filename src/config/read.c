#include "config/read.h"

#include "base/limits.h"
#include "base/str.h"
#include "config/nearest.h"

enum { KEYS_LISTED = 240 };

static char dash(char c) {
  return c == '_' ? '-' : c;
}

bool pyr__key_equal(pyr_str_t written, const char *name) {
  size_t i, len = strlen(name);
  if (written.len != len)
    return false;
  for (i = 0; i < len; i++)
    if (dash(written.base[i]) != name[i])
      return false;
  return true;
}

const struct pyr__entry *pyr__map_find(const struct pyr__node *map,
                                       const char *name) {
  size_t i;
  for (i = 0; map->kind == PYR__NODE_MAP && i < map->as.map.count; i++)
    if (pyr__key_equal(map->as.map.entries[i].key->as.text, name))
      return &map->as.map.entries[i];
  return NULL;
}

bool pyr__expect(struct pyr__reading *reading, const struct pyr__item *item,
                 enum pyr__node_kind kind, const char *what) {
  if (item->node->kind == kind)
    return true;
  pyr__problem(reading->problems, item->node, item->key, "is %s, expected %s",
               pyr__node_kind_name(item->node->kind), what);
  return false;
}

static void no_room(struct pyr__reading *reading, size_t wanted) {
  reading->rc = pyr__arena_error(reading->arena, wanted, "", NULL);
}

void *pyr__read_alloc(struct pyr__reading *reading, size_t count, size_t size) {
  void *block = pyr__arena_calloc(reading->arena, count, size);
  if (block == NULL)
    no_room(reading, count * size);
  return block;
}

void *pyr__read_grow(struct pyr__reading *reading, void *block, size_t count,
                     size_t size) {
  void *grown =
      pyr__arena_grow(reading->arena, block, count * size, (count + 1) * size);
  if (grown == NULL)
    no_room(reading, (count + 1) * size);
  return grown;
}

pyr_str_t pyr__read_copy(struct pyr__reading *reading, pyr_str_t text) {
  char *copy = pyr__arena_text(reading->arena, text);
  if (copy != NULL)
    return (pyr_str_t){copy, text.len};
  no_room(reading, text.len + 1);
  return pyr__str("");
}

/* ---- maps --------------------------------------------------------------- */

static const char *row_name(const void *ctx, size_t i) {
  const struct pyr__keys *keys = ctx;
  return keys->rows[i].name;
}

size_t pyr__append(char *out, size_t size, size_t used, const char *text) {
  size_t len = strlen(text);
  if (len >= size - used)
    return used;
  memcpy(out + used, text, len + 1);
  return used + len;
}

/* "a, b, c" of the keys that work, as far as there is room. */
static void list_keys(const struct pyr__keys *keys, char out[KEYS_LISTED]) {
  size_t i, used = 0;
  out[0] = '\0';
  for (i = 0; i < keys->count; i++) {
    const char *name = keys->rows[i].name;
    if (keys->rows[i].refused != NULL)
      continue;
    if (used + strlen(name) + sizeof(", , ...") > KEYS_LISTED) {
      pyr__append(out, KEYS_LISTED, used, ", ...");
      return;
    }
    used = pyr__append(out, KEYS_LISTED, used, used > 0 ? ", " : "");
    used = pyr__append(out, KEYS_LISTED, used, name);
  }
}

static void unknown_key(struct pyr__reading *reading,
                        const struct pyr__entry *entry,
                        const struct pyr__keys *keys) {
  const struct pyr__node *key = entry->key;
  bool is_told = reading->problems->count < PYR__LIMIT_YAML_ERRORS;
  const char *nearest =
      is_told ? pyr__nearest(key->as.text, keys->count, row_name, keys) : NULL;
  char known[KEYS_LISTED];

  if (nearest != NULL) {
    pyr__problem(reading->problems, key, key->as.text,
                 "is no key of %s, expected %s", keys->what, nearest);
    return;
  }
  list_keys(keys, known);
  pyr__problem(reading->problems, key, key->as.text,
               "is no key of %s, expected one of %s", keys->what, known);
}

static const struct pyr__key *find_row(const struct pyr__keys *keys,
                                       pyr_str_t written) {
  size_t i;
  for (i = 0; i < keys->count; i++)
    if (pyr__key_equal(written, keys->rows[i].name))
      return &keys->rows[i];
  return NULL;
}

static void read_entry(struct pyr__reading *reading,
                       const struct pyr__node *map,
                       const struct pyr__entry *entry,
                       const struct pyr__key *row, void *out) {
  const struct pyr__entry *first = pyr__map_find(map, row->name);
  struct pyr__item item = {entry->key->as.text, entry->value, entry, row->arg};

  if (first != entry)
    pyr__problem(reading->problems, entry->key, item.key,
                 "is there twice, the first time as %.*s in line %u",
                 PYR__STR_ARG(first->key->as.text), first->key->line);
  else if (row->refused != NULL)
    pyr__problem(reading->problems, entry->key, item.key, "%s", row->refused);
  else if (item.node->kind != PYR__NODE_NULL ||
           (row->flags & PYR__KEY_TAKES_NULL) != 0)
    row->read(reading, &item, (char *)out + row->offset);
}

static bool is_stranger(const struct pyr__keys *keys, pyr_str_t key) {
  return keys->has_strangers ||
         (keys->has_extras && pyr__str_starts(key, "x-"));
}

static void check_required(struct pyr__reading *reading,
                           const struct pyr__node *map,
                           const struct pyr__keys *keys) {
  size_t i;
  for (i = 0; i < keys->count; i++) {
    const struct pyr__key *row = &keys->rows[i];
    const struct pyr__entry *entry = pyr__map_find(map, row->name);
    if ((row->flags & PYR__KEY_REQUIRED) != 0 &&
        (entry == NULL || entry->value->kind == PYR__NODE_NULL))
      pyr__problem(reading->problems, entry == NULL ? map : entry->value,
                   pyr__str(row->name), "is missing, expected in %s",
                   keys->what);
  }
}

void pyr__read_map(struct pyr__reading *reading, const struct pyr__item *item,
                   const struct pyr__keys *keys, void *out) {
  const struct pyr__node *map = item->node;
  size_t i;

  if (!pyr__expect(reading, item, PYR__NODE_MAP, "a map of keys"))
    return;
  for (i = 0; i < map->as.map.count; i++) {
    const struct pyr__entry *entry = &map->as.map.entries[i];
    const struct pyr__key *row = find_row(keys, entry->key->as.text);
    if (row != NULL)
      read_entry(reading, map, entry, row, out);
    else if (!is_stranger(keys, entry->key->as.text))
      unknown_key(reading, entry, keys);
  }
  check_required(reading, map, keys);
}

void pyr__read_section(struct pyr__reading *reading,
                       const struct pyr__item *item, void *out) {
  pyr__read_map(reading, item, item->arg, out);
}
