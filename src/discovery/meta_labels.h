/* Label sets as the metadata of discovered things makes them: later ones
 * override earlier ones, names are made of keys that may hold anything. */
#ifndef PYR__DISCOVERY_META_LABELS_H
#define PYR__DISCOVERY_META_LABELS_H

#include <stdbool.h>

#include "base/arena.h"
#include "discovery/group.h"

struct pyr__meta_label {
  pyr_label_t label;
  uint32_t order;
};

struct pyr__meta_labels {
  struct pyr__arena *arena;
  struct pyr__meta_label *at;
  size_t count, capacity;
  bool has_failed; /* the arena has no more; told by finish */
};

void pyr__meta_labels_init(struct pyr__meta_labels *labels,
                           struct pyr__arena *arena);
/* `name` is whole and static; the value lives as long as the set. */
void pyr__meta_labels_set(struct pyr__meta_labels *labels, const char *name,
                          pyr_str_t value);
/* The name is base, role, part, and the key with everything but letters, digits
 * and _ as _: "__meta_kubernetes_", "pod", "_label_", "app/name". */
void pyr__meta_labels_set_key(struct pyr__meta_labels *labels, const char *base,
                              const char *role, const char *part, pyr_str_t key,
                              pyr_str_t value);
/* Sorted, each name once, with empty values: they hide those of a group. */
int pyr__meta_labels_finish(struct pyr__meta_labels *labels,
                            struct pyr__discovered *out, pyr_error_t *err);
/* Both together, where `over` wins.  is_final: without those that have an empty
 * value, as these are as good as none. */
int pyr__meta_labels_merge(struct pyr__arena *arena,
                           const struct pyr__discovered *under,
                           const struct pyr__discovered *over, bool is_final,
                           struct pyr__discovered *out, pyr_error_t *err);

/* "host:port", with brackets where the host is an IPv6 address. */
pyr_str_t pyr__meta_host_port(struct pyr__arena *arena, pyr_str_t host,
                              pyr_str_t port);
/* Pieces in a row; a NULL base without memory. */
pyr_str_t pyr__meta_concat(struct pyr__arena *arena, const pyr_str_t *pieces,
                           size_t count);
/* A copy in lower case. */
pyr_str_t pyr__meta_lower(struct pyr__arena *arena, pyr_str_t text);

#endif
