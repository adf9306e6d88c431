/* What a discovery mechanism says: whole groups of targets.  A group replaces
 * the one that had its source before; an empty one takes it away. */
#ifndef PYR__DISCOVERY_GROUP_H
#define PYR__DISCOVERY_GROUP_H

#include "base/label.h"

struct pyr__discovered {     /* one target: group labels and its own, merged */
  const pyr_label_t *labels; /* sorted; with __address__ and __meta_* */
  size_t label_count;
};

struct pyr__target_group {
  pyr_str_t source; /* unique in its discoverer: "pod/default/web-1" */
  const struct pyr__discovered *targets;
  size_t target_count;
};

#endif
