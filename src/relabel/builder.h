/* A label set that changes, in the order in which Prometheus walks through it:
 * what is left of the set that it began with, sorted, then what was set since,
 * in the order of the first time. */
#ifndef PYR__RELABEL_BUILDER_H
#define PYR__RELABEL_BUILDER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/label.h"

struct pyr__label_builder {
  struct pyr__arena *arena;
  const pyr_label_t *base;
  size_t base_count;
  bool *gone; /* of the base: deleted, or set since */
  pyr_label_t *added;
  size_t added_count, added_capacity;
};

/* `labels` is sorted, must stay, and may have empty values: those are not
 * there.  Names and values that are set must stay too. */
int pyr__label_builder_init(struct pyr__label_builder *builder,
                            struct pyr__arena *arena, const pyr_label_t *labels,
                            size_t count, pyr_error_t *err);
/* "" where it is not there. */
pyr_str_t pyr__label_builder_get(const struct pyr__label_builder *builder,
                                 pyr_str_t name);
/* An empty value deletes. */
int pyr__label_builder_set(struct pyr__label_builder *builder, pyr_str_t name,
                           pyr_str_t value, pyr_error_t *err);
void pyr__label_builder_delete(struct pyr__label_builder *builder,
                               pyr_str_t name);
/* A copy of all labels, in the builder's order. */
int pyr__label_builder_list(const struct pyr__label_builder *builder,
                            pyr_label_t **out, size_t *count, pyr_error_t *err);

#endif
