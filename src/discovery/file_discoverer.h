/* file-sd-configs: lists of targets in files, read again when inotify or the
 * clock says so.  A look at all files goes over them in slices of a few
 * milliseconds; what is wrong with a file is said, and its targets stay. */
#ifndef PYR__DISCOVERY_FILE_DISCOVERER_H
#define PYR__DISCOVERY_FILE_DISCOVERER_H

#include "config/sd.h"
#include "discovery/discoverer.h"

/* `config` and `env` outlive it. */
int pyr__file_discoverer_new(struct pyr__discoverer **out,
                             const struct pyr__file_sd_config *config,
                             const struct pyr__discovery_env *env,
                             const struct pyr__discovery_sink *sink,
                             pyr_error_t *err);

#endif
