/* A kubeconfig file.  It comes to a server, or to an error with a place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "discovery/kubernetes/kubeconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pyr__kubeconfig config;
  struct pyr__memory memory;
  struct pyr__arena arena;
  pyr_error_t err = {0};
  unsigned i;
  int rc;

  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_DISCOVERY_KUBERNETES, PYR__MIB);
  rc = pyr__kubeconfig_parse(
      &config, &arena, (pyr_str_t){(const char *)data, size}, "dir/f", &err);
  if (rc == 0 ? config.server == NULL || config.server[0] == '\0'
              : (rc != PYR_ECONFIG && rc != PYR_ELIMIT) || err.text[0] == '\0')
    abort();
  if (rc == 0 && config.ca_file != NULL && config.ca_file[0] != '/' &&
      strncmp(config.ca_file, "dir/", 4) != 0)
    abort();
  pyr__arena_release(&arena);
  for (i = 0; i < PYR__PURPOSE_COUNT; i++)
    if (memory.accounts[i].used_blocks != 0)
      abort();
  return 0;
}
