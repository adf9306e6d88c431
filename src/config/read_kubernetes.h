/* The reader of one element of kubernetes-sd-configs. */
#ifndef PYR__CONFIG_READ_KUBERNETES_H
#define PYR__CONFIG_READ_KUBERNETES_H

#include "config/kubernetes_sd.h"
#include "config/read.h"

/* `item` is the element, a map. */
void pyr__read_kubernetes_sd(struct pyr__reading *reading,
                             const struct pyr__item *item,
                             struct pyr__kubernetes_sd_config *out);

#endif
