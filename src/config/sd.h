/* One element of a job's *-sd-configs.  Texts are terminated. */
#ifndef PYR__CONFIG_SD_H
#define PYR__CONFIG_SD_H

#include "pyrite.h"

struct pyr__file_sd_config {
  const pyr_str_t *files; /* paths; the last part may be a pattern */
  size_t file_count;
  int64_t refresh_interval_ns;
};

#endif
