/* What a Docker daemon is asked. */
#ifndef PYR__DISCOVERY_DOCKER_QUERY_H
#define PYR__DISCOVERY_DOCKER_QUERY_H

#include "base/buf.h"
#include "config/sd.h"

/* The URL of all networks, or of the containers that the filters let pass; into
 * `out`, terminated. */
int pyr__docker_write_url(struct pyr__buf *out,
                          const struct pyr__docker_sd_config *config,
                          bool is_of_networks, pyr_error_t *err);

#endif
