#include "targets/packed_labels.h"

#include <string.h>

#include "base/hash.h"
#include "base/str.h"

enum { FIRST_CAPACITY = 64 };

struct name {
  uint64_t hash;
  uint32_t references;
  uint32_t len;
  char text[];
};

struct pyr__label_slot {
  struct name *name;  /* NULL: free */
  uint32_t next_free; /* or PYR__NONE */
};

/* A set is its count, then for each label the id of its name, the length of its
 * value, and that. */

void pyr__label_names_init(struct pyr__label_names *names,
                           struct pyr__memory *memory) {
  *names = (struct pyr__label_names){.memory = memory,
                                     .seed = pyr__hash_random_seed(),
                                     .first_free = PYR__NONE};
  pyr__index_init(&names->index, memory, PYR__MEM_DISCOVERY_GROUPS);
}

void pyr__label_names_release(struct pyr__label_names *names) {
  uint32_t i;
  for (i = 0; i < names->count; i++)
    pyr__free(names->memory, names->slots[i].name);
  pyr__free(names->memory, names->slots);
  pyr__index_release(&names->index);
  names->slots = NULL;
  names->count = names->capacity = 0;
  names->first_free = PYR__NONE;
}

static pyr_str_t name_text(const struct pyr__label_names *names, uint32_t id) {
  const struct name *name = names->slots[id].name;
  return (pyr_str_t){name->text, name->len};
}

static int reserve_slot(struct pyr__label_names *names) {
  uint32_t capacity =
      names->capacity == 0 ? FIRST_CAPACITY : names->capacity * 2;
  struct pyr__label_slot *slots;
  if (names->first_free != PYR__NONE || names->count < names->capacity)
    return 0;
  slots = pyr__realloc(names->memory, PYR__MEM_DISCOVERY_GROUPS, names->slots,
                       capacity, sizeof(*slots));
  if (slots == NULL)
    return PYR__ENOMEM;
  names->slots = slots;
  names->capacity = capacity;
  return 0;
}

static uint32_t take_slot(struct pyr__label_names *names) {
  uint32_t id = names->first_free;
  if (id == PYR__NONE)
    return names->count++;
  names->first_free = names->slots[id].next_free;
  return id;
}

static int add_name(struct pyr__label_names *names, pyr_str_t text,
                    uint64_t hash, uint32_t *out) {
  struct name *name;
  if (reserve_slot(names) != 0)
    return PYR__ENOMEM;
  name = pyr__alloc(names->memory, PYR__MEM_DISCOVERY_GROUPS,
                    sizeof(*name) + text.len);
  if (name == NULL)
    return PYR__ENOMEM;
  *name = (struct name){.hash = hash, .len = (uint32_t)text.len};
  memcpy(name->text, text.base, text.len);
  *out = take_slot(names);
  names->slots[*out].name = name;
  if (pyr__index_add(&names->index, hash, *out) == 0)
    return 0;
  names->slots[*out] = (struct pyr__label_slot){NULL, names->first_free};
  names->first_free = *out;
  pyr__free(names->memory, name);
  return PYR__ENOMEM;
}

static int take_name(struct pyr__label_names *names, pyr_str_t text,
                     uint32_t *out) {
  uint64_t hash = pyr__hash(names->seed, text.base, text.len);
  size_t at;
  uint32_t id;
  int rc = 0;

  if (text.len > UINT32_MAX)
    return PYR_ELIMIT;
  id = pyr__index_first(&names->index, hash, &at);
  while (id != PYR__NONE && !pyr__str_equal(name_text(names, id), text))
    id = pyr__index_next(&names->index, hash, &at);
  if (id == PYR__NONE)
    rc = add_name(names, text, hash, &id);
  if (rc == 0)
    names->slots[id].name->references++;
  *out = id;
  return rc;
}

static void give_name(struct pyr__label_names *names, uint32_t id) {
  struct pyr__label_slot *slot = &names->slots[id];
  if (--slot->name->references > 0)
    return;
  pyr__index_remove(&names->index, slot->name->hash, id);
  pyr__free(names->memory, slot->name);
  *slot = (struct pyr__label_slot){NULL, names->first_free};
  names->first_free = id;
}

static int add_label(struct pyr__label_names *names, struct pyr__buf *out,
                     const pyr_label_t *label) {
  size_t before = out->len;
  uint32_t id;
  int rc = take_name(names, label->name, &id);
  if (rc != 0)
    return rc;
  rc = pyr__buf_add_varint(out, id);
  if (rc == 0)
    rc = pyr__buf_add_varint(out, label->value.len);
  if (rc == 0)
    rc = pyr__buf_add(out, label->value.base, label->value.len);
  if (rc == 0)
    return 0;
  out->len = before;
  give_name(names, id);
  return rc;
}

/* What is packed was packed here, so it can be read without a look back. */
static void read_label(struct pyr__reader *reader, uint32_t *id,
                       pyr_str_t *value) {
  uint64_t len = 0;
  *id = 0;
  *value = (pyr_str_t){"", 0};
  (void)pyr__read_varint32(reader, id);
  (void)pyr__read_varint(reader, &len);
  (void)pyr__read_bytes(reader, (size_t)len, value);
}

static void give_names(struct pyr__label_names *names,
                       struct pyr__reader *reader, size_t count) {
  pyr_str_t value;
  uint32_t id;
  for (; count > 0; count--) {
    read_label(reader, &id, &value);
    give_name(names, id);
  }
}

int pyr__labels_pack(struct pyr__label_names *names, struct pyr__buf *out,
                     const pyr_label_t *labels, size_t count) {
  size_t before = out->len, start, i;
  struct pyr__reader reader;
  int rc = pyr__buf_add_varint(out, count);

  start = out->len;
  for (i = 0; i < count && rc == 0; i++)
    rc = add_label(names, out, &labels[i]);
  if (rc == 0)
    return 0;
  if (i > 0) {
    reader = pyr__reader_of(out->data + start, out->len - start);
    give_names(names, &reader, i - 1); /* all before the one that failed */
  }
  out->len = before;
  return rc;
}

static struct pyr__reader open_set(pyr_str_t packed, size_t *count) {
  struct pyr__reader reader = pyr__reader_of(packed.base, packed.len);
  uint64_t value = 0;
  (void)pyr__read_varint(&reader, &value);
  *count = (size_t)value;
  return reader;
}

bool pyr__packed_is(const struct pyr__label_names *names, pyr_str_t packed,
                    const pyr_label_t *labels, size_t count) {
  size_t i, packed_count;
  struct pyr__reader reader = open_set(packed, &packed_count);
  pyr_str_t value;
  uint32_t id;

  if (packed_count != count)
    return false;
  for (i = 0; i < count; i++) {
    read_label(&reader, &id, &value);
    if (!pyr__str_equal(value, labels[i].value) ||
        !pyr__str_equal(name_text(names, id), labels[i].name))
      return false;
  }
  return true;
}

pyr_label_t *pyr__packed_open(const struct pyr__label_names *names,
                              pyr_str_t packed, struct pyr__arena *arena,
                              size_t *count) {
  struct pyr__reader reader = open_set(packed, count);
  pyr_label_t *labels = pyr__arena_alloc(arena, *count, sizeof(*labels));
  uint32_t id;
  size_t i;

  for (i = 0; i < *count && labels != NULL; i++) {
    read_label(&reader, &id, &labels[i].value);
    labels[i].name = name_text(names, id);
  }
  return labels;
}

void pyr__packed_drop(struct pyr__label_names *names, pyr_str_t packed) {
  size_t count;
  struct pyr__reader reader = open_set(packed, &count);
  give_names(names, &reader, count);
}
