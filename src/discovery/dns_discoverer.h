/* dns-sd-configs: targets from SRV, A, AAAA, MX or NS records.  All names are
 * asked for at every refresh; one that is not there has no targets, one that
 * cannot be asked for keeps those that it had. */
#ifndef PYR__DISCOVERY_DNS_DISCOVERER_H
#define PYR__DISCOVERY_DNS_DISCOVERER_H

#include "config/sd.h"
#include "discovery/discoverer.h"

/* `config` and `env` outlive it. */
int pyr__dns_discoverer_new(struct pyr__discoverer **out,
                            const struct pyr__dns_sd_config *config,
                            const struct pyr__discovery_env *env,
                            const struct pyr__discovery_sink *sink,
                            pyr_error_t *err);

#endif
