/* What EC2 is asked. */
#ifndef PYR__DISCOVERY_AWS_EC2_QUERY_H
#define PYR__DISCOVERY_AWS_EC2_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "config/sd.h"

/* Appends the query of `action`, sorted as signatures want it.  The filters and
 * the place to go on at (may be "") are for instances only. */
int pyr__ec2_query(struct pyr__buf *out, struct pyr__arena *scratch,
                   const struct pyr__ec2_sd_config *config, const char *action,
                   bool is_of_instances, pyr_str_t next_token,
                   pyr_error_t *err);

#endif
