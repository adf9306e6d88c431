/* The labels of an instance of a service, as Prometheus has them. */
#ifndef PYR__DISCOVERY_CONSUL_LABELS_H
#define PYR__DISCOVERY_CONSUL_LABELS_H

#include "base/arena.h"
#include "config/sd.h"
#include "discovery/group.h"

/* Texts of the labels are the record's, the configuration's and the arena's. */
int pyr__consul_labels(struct pyr__arena *arena,
                       const struct pyr__consul_sd_config *config,
                       pyr_str_t datacenter, pyr_str_t service,
                       pyr_str_t record, struct pyr__discovered *out,
                       pyr_error_t *err);

#endif
