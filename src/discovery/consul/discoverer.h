/* consul-sd-configs: the services of a Consul catalog, and the instances of
 * each, watched. */
#ifndef PYR__DISCOVERY_CONSUL_DISCOVERER_H
#define PYR__DISCOVERY_CONSUL_DISCOVERER_H

#include "config/sd.h"
#include "discovery/discoverer.h"

struct pyr__consul_timing;

struct pyr__consul_options { /* NULL, 0: the usual; for tests */
  const struct pyr__consul_timing *timing;
  unsigned watches; /* that may ask at a time */
};

/* `config`, `env` and `options`, which may be NULL, outlive it. */
int pyr__consul_discoverer_new(struct pyr__discoverer **out,
                               const struct pyr__consul_sd_config *config,
                               const struct pyr__discovery_env *env,
                               const struct pyr__discovery_sink *sink,
                               const struct pyr__consul_options *options,
                               pyr_error_t *err);

#endif
