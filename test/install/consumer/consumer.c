/* The smallest program that links libpyrite. */
#include <pyrite.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

int main(void) {
  pyr_config_t *config = NULL;
  pyr_error_t err;
  if (pyr_config_default(&config, NULL, &err) != 0)
    return 1;
  pyr_config_unref(config);
  printf("pyrite %s on libuv %s\n", pyr_version(), uv_version_string());
  return strcmp(pyr_version(), PYR_VERSION) != 0;
}
