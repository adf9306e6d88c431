/* The labels of an instance, as Prometheus and the classic server have them. */
#ifndef PYR__DISCOVERY_AWS_EC2_LABELS_H
#define PYR__DISCOVERY_AWS_EC2_LABELS_H

#include "config/sd.h"
#include "discovery/aws/ec2_xml.h"
#include "discovery/group.h"

/* `zones` has the ids of zones' names. */
int pyr__ec2_labels(struct pyr__arena *arena,
                    const struct pyr__ec2_sd_config *config, pyr_str_t region,
                    const struct pyr__ec2_instance *instance,
                    const struct pyr__ec2_tag *zones,
                    struct pyr__discovered *out, pyr_error_t *err);

#endif
