/* Whether two parts of configurations say the same, without keeping both. */
#ifndef PYR__CONFIG_TREE_HASH_H
#define PYR__CONFIG_TREE_HASH_H

#include "config/tree.h"

/* Of the texts and their structure, not of their places. */
uint64_t pyr__node_hash(uint64_t seed, const struct pyr__node *node);

#endif
