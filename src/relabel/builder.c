#include "relabel/builder.h"

enum { FIRST_ADDED = 16 };

static int no_room(const struct pyr__label_builder *builder, size_t wanted,
                   pyr_error_t *err) {
  return pyr__arena_error(builder->arena, wanted, "the labels", err);
}

int pyr__label_builder_init(struct pyr__label_builder *builder,
                            struct pyr__arena *arena, const pyr_label_t *labels,
                            size_t count, pyr_error_t *err) {
  size_t i;
  *builder = (struct pyr__label_builder){
      .arena = arena, .base = labels, .base_count = count};
  builder->gone = pyr__arena_alloc(arena, count, sizeof(bool));
  if (builder->gone == NULL)
    return no_room(builder, count, err);
  for (i = 0; i < count; i++)
    builder->gone[i] = labels[i].value.len == 0;
  return 0;
}

/* The place in the base, or base_count. */
static size_t find_base(const struct pyr__label_builder *builder,
                        pyr_str_t name) {
  size_t i;
  for (i = 0; i < builder->base_count; i++)
    if (pyr__str_equal(builder->base[i].name, name))
      break;
  return i;
}

/* The place among those added, or added_count. */
static size_t find_added(const struct pyr__label_builder *builder,
                         pyr_str_t name) {
  size_t i;
  for (i = 0; i < builder->added_count; i++)
    if (pyr__str_equal(builder->added[i].name, name))
      break;
  return i;
}

pyr_str_t pyr__label_builder_get(const struct pyr__label_builder *builder,
                                 pyr_str_t name) {
  size_t i = find_added(builder, name);
  if (i < builder->added_count)
    return builder->added[i].value;
  i = find_base(builder, name);
  if (i < builder->base_count && !builder->gone[i])
    return builder->base[i].value;
  return (pyr_str_t){"", 0};
}

static int reserve(struct pyr__label_builder *builder, pyr_error_t *err) {
  size_t old = builder->added_capacity;
  size_t capacity = old == 0 ? FIRST_ADDED : old * 2;
  pyr_label_t *added;
  if (builder->added_count < old)
    return 0;
  added = pyr__arena_grow(builder->arena, builder->added, old * sizeof(*added),
                          capacity * sizeof(*added));
  if (added == NULL)
    return no_room(builder, capacity * sizeof(*added), err);
  builder->added = added;
  builder->added_capacity = capacity;
  return 0;
}

int pyr__label_builder_set(struct pyr__label_builder *builder, pyr_str_t name,
                           pyr_str_t value, pyr_error_t *err) {
  size_t i;
  int rc;

  if (value.len == 0) {
    pyr__label_builder_delete(builder, name);
    return 0;
  }
  i = find_added(builder, name);
  if (i < builder->added_count) {
    builder->added[i].value = value;
    return 0;
  }
  rc = reserve(builder, err);
  if (rc != 0)
    return rc;
  builder->added[builder->added_count++] = (pyr_label_t){name, value};
  i = find_base(builder, name);
  if (i < builder->base_count)
    builder->gone[i] = true;
  return 0;
}

void pyr__label_builder_delete(struct pyr__label_builder *builder,
                               pyr_str_t name) {
  size_t i = find_added(builder, name), after;
  if (i < builder->added_count) {
    after = builder->added_count - i - 1;
    memmove(&builder->added[i], &builder->added[i + 1],
            after * sizeof(builder->added[0]));
    builder->added_count--;
  }
  i = find_base(builder, name);
  if (i < builder->base_count)
    builder->gone[i] = true;
}

int pyr__label_builder_list(const struct pyr__label_builder *builder,
                            pyr_label_t **out, size_t *count,
                            pyr_error_t *err) {
  size_t most = builder->base_count + builder->added_count, i;
  pyr_label_t *labels = pyr__arena_alloc(builder->arena, most, sizeof(*labels));

  if (labels == NULL)
    return no_room(builder, most * sizeof(*labels), err);
  *count = 0;
  for (i = 0; i < builder->base_count; i++)
    if (!builder->gone[i])
      labels[(*count)++] = builder->base[i];
  for (i = 0; i < builder->added_count; i++)
    labels[(*count)++] = builder->added[i];
  *out = labels;
  return 0;
}
