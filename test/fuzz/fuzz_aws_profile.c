/* A file of shared profiles: whatever is in it, what is found is a view of it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "discovery/aws/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(pyr_str_t text, const uint8_t *data, size_t size) {
  const uint8_t *at = (const uint8_t *)text.base;
  if (text.len > 0 && (at < data || at + text.len > data + size))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const pyr_str_t none = pyr__str("");
  int is_config;

  for (is_config = 0; is_config < 2; is_config++) {
    struct pyr__aws_profile profile = {false, none, none, none, none, none};
    pyr__aws_profile_take(&profile, (pyr_str_t){(const char *)data, size},
                          pyr__str("a"), is_config);
    check(profile.id, data, size);
    check(profile.secret, data, size);
    check(profile.token, data, size);
    check(profile.region, data, size);
    check(profile.other, data, size);
    if (!profile.is_there && profile.id.len + profile.other.len > 0)
      abort();
  }
  return 0;
}
