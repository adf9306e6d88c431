/* Targets from the instances of a region of EC2. */
#ifndef PYR__DISCOVERY_AWS_EC2_DISCOVERER_H
#define PYR__DISCOVERY_AWS_EC2_DISCOVERER_H

#include "config/sd.h"
#include "discovery/discoverer.h"

/* `config` outlives it. */
int pyr__ec2_discoverer_new(struct pyr__discoverer **out,
                            const struct pyr__ec2_sd_config *config,
                            const struct pyr__discovery_env *env,
                            const struct pyr__discovery_sink *sink,
                            pyr_error_t *err);

#endif
