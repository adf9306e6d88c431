/* A profile of the files that AWS's programs share, ~/.aws/credentials and
 * ~/.aws/config.  What they cannot read they pass over, and so do we. */
#ifndef PYR__DISCOVERY_AWS_PROFILE_H
#define PYR__DISCOVERY_AWS_PROFILE_H

#include <stdbool.h>

#include "base/str.h"

struct pyr__aws_profile {
  bool is_there;
  pyr_str_t id, secret, token, region; /* views of the files; "": not given */
  pyr_str_t other; /* a key by which keys are had in another way; "": none */
};

/* Takes what the file says of the profile and none said before it, so the one
 * that counts comes first.  Begins with all texts "".  In the config file,
 * other sections than "default" have "profile " before the name. */
void pyr__aws_profile_take(struct pyr__aws_profile *profile, pyr_str_t file,
                           pyr_str_t name, bool is_config);

#endif
