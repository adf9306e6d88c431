/* One element of a job's *-sd-configs.  Texts are terminated. */
#ifndef PYR__CONFIG_SD_H
#define PYR__CONFIG_SD_H

#include "pyrite.h"

enum pyr__dns_sd_type { /* as in DNS messages */
  PYR__DNS_SD_A = 1,
  PYR__DNS_SD_NS = 2,
  PYR__DNS_SD_MX = 15,
  PYR__DNS_SD_AAAA = 28,
  PYR__DNS_SD_SRV = 33
};

struct pyr__file_sd_config {
  const pyr_str_t *files; /* paths; the last part may be a pattern */
  size_t file_count;
  int64_t refresh_interval_ns;
};

struct pyr__http_sd_config {
  pyr_str_t url;
  int64_t refresh_interval_ns;
};

struct pyr__dns_sd_config {
  const pyr_str_t *names;
  size_t name_count;
  int type;      /* PYR__DNS_SD_* */
  uint16_t port; /* of all types but SRV, which has its own */
  int64_t refresh_interval_ns;
};

#endif
