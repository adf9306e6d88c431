/* A hash of what a node says, wherever it stands. */
#include "config/tree.h"

#include "base/hash.h"

uint64_t pyr__node_hash(uint64_t seed, const struct pyr__node *node) {
  uint64_t hash = pyr__hash_mix(seed, node->kind);
  size_t i;

  switch (node->kind) {
  case PYR__NODE_NULL:
    break;
  case PYR__NODE_TEXT:
    hash = pyr__hash(hash, node->as.text.base, node->as.text.len);
    break;
  case PYR__NODE_LIST:
    for (i = 0; i < node->as.list.count; i++)
      hash = pyr__node_hash(hash, node->as.list.items[i]);
    hash = pyr__hash_mix(hash, node->as.list.count);
    break;
  case PYR__NODE_MAP:
    for (i = 0; i < node->as.map.count; i++) {
      hash = pyr__node_hash(hash, node->as.map.entries[i].key);
      hash = pyr__node_hash(hash, node->as.map.entries[i].value);
    }
    hash = pyr__hash_mix(hash, node->as.map.count);
    break;
  }
  return hash;
}
