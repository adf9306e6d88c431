#include "config/tree_hash.h"

#include "base/hash.h"

/* Trees are bounded in depth, and in size with aliases counted each time. */
uint64_t pyr__node_hash(uint64_t seed, const struct pyr__node *node) {
  uint64_t hash = pyr__hash_mix(seed, (uint64_t)node->kind);
  size_t i;

  switch (node->kind) {
  case PYR__NODE_TEXT:
    return pyr__hash(hash, node->as.text.base, node->as.text.len);
  case PYR__NODE_LIST:
    for (i = 0; i < node->as.list.count; i++)
      hash = pyr__node_hash(hash, node->as.list.items[i]);
    return pyr__hash_mix(hash, node->as.list.count);
  case PYR__NODE_MAP:
    for (i = 0; i < node->as.map.count; i++) {
      hash = pyr__node_hash(hash, node->as.map.entries[i].key);
      hash = pyr__node_hash(hash, node->as.map.entries[i].value);
    }
    return pyr__hash_mix(hash, node->as.map.count);
  default:
    return hash;
  }
}
