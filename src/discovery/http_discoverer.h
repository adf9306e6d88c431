/* http-sd-configs: lists of targets from an HTTP server, asked for at every
 * refresh.  Whatever it says that is no list, and its silence, leave the
 * targets as they are. */
#ifndef PYR__DISCOVERY_HTTP_DISCOVERER_H
#define PYR__DISCOVERY_HTTP_DISCOVERER_H

#include "config/sd.h"
#include "discovery/discoverer.h"

/* `config` and `env` outlive it. */
int pyr__http_discoverer_new(struct pyr__discoverer **out,
                             const struct pyr__http_sd_config *config,
                             const struct pyr__discovery_env *env,
                             const struct pyr__discovery_sink *sink,
                             pyr_error_t *err);

#endif
