/* One group of targets, as static-configs has it and files that list such
 * groups. */
#ifndef PYR__CONFIG_GROUP_H
#define PYR__CONFIG_GROUP_H

#include "config/read.h"

struct pyr__group_draft {
  pyr_str_t application; /* "": there is none; whether it must be is not said */
  pyr_str_t spy_name;
  struct pyr__texts targets;
  struct pyr__label_list labels;
};

void pyr__read_group(struct pyr__reading *reading, const struct pyr__item *item,
                     struct pyr__group_draft *out);

#endif
