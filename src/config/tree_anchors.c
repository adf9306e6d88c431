/* Anchors of YAML, by name. */
#include "config/tree_builder.h"

#include "base/hash.h"
#include "base/str.h"

enum { FIRST_CAPACITY = 16 };

static uint64_t name_hash(pyr_str_t name) {
  return pyr__hash(0, name.base, name.len);
}

struct pyr__anchor *pyr__tree_find_anchor(struct pyr__tree_builder *builder,
                                          pyr_str_t name) {
  size_t at;
  uint32_t id = pyr__index_first(&builder->anchor_index, name_hash(name), &at);
  while (id != PYR__NONE && !pyr__str_equal(builder->anchors[id].name, name))
    id = pyr__index_next(&builder->anchor_index, name_hash(name), &at);
  return id == PYR__NONE ? NULL : &builder->anchors[id];
}

static int reserve_anchor(struct pyr__tree_builder *builder) {
  size_t capacity = builder->anchor_capacity == 0
                        ? FIRST_CAPACITY
                        : builder->anchor_capacity * 2;
  struct pyr__anchor *anchors;
  if (builder->anchor_count < builder->anchor_capacity)
    return 0;
  anchors = pyr__realloc(builder->tree->arena.memory, PYR__MEM_CONFIG_TREE,
                         builder->anchors, capacity, sizeof(*anchors));
  if (anchors == NULL)
    return PYR__ENOMEM;
  builder->anchors = anchors;
  builder->anchor_capacity = capacity;
  return 0;
}

int pyr__tree_set_anchor(struct pyr__tree_builder *builder,
                         const yaml_char_t *name,
                         const struct pyr__node *node) {
  pyr_str_t view = pyr__str(name == NULL ? "" : (const char *)name);
  struct pyr__anchor *anchor = pyr__tree_find_anchor(builder, view);
  char *copy;

  if (name == NULL)
    return 0;
  if (anchor != NULL) {
    anchor->node = node;
    return 0;
  }
  copy = pyr__arena_text(&builder->tree->arena, view);
  if (copy == NULL)
    return pyr__tree_no_room(builder, node, view.len + 1);
  if (reserve_anchor(builder) != 0 ||
      pyr__index_add(&builder->anchor_index, name_hash(view),
                     (uint32_t)builder->anchor_count) != 0)
    return PYR__ENOMEM;
  builder->anchors[builder->anchor_count++] =
      (struct pyr__anchor){{copy, view.len}, node};
  return 0;
}
