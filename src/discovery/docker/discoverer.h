/* docker-sd-configs: the containers of a Docker daemon, asked for at every
 * refresh. */
#ifndef PYR__DISCOVERY_DOCKER_DISCOVERER_H
#define PYR__DISCOVERY_DOCKER_DISCOVERER_H

#include "config/sd.h"
#include "discovery/discoverer.h"

/* `config` and `env` outlive it. */
int pyr__docker_discoverer_new(struct pyr__discoverer **out,
                               const struct pyr__docker_sd_config *config,
                               const struct pyr__discovery_env *env,
                               const struct pyr__discovery_sink *sink,
                               pyr_error_t *err);

#endif
