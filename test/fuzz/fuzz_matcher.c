/* The selector up to the first NUL, then label values to try it on. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "query/matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  size_t len = size == 0 ? 0 : strnlen(text, size);
  size_t rest = len < size ? size - len - 1 : 0;
  pyr_str_t value = {text + size - rest, rest};
  pyr_label_t labels[] = {{{"__name__", 8}, {"shop", 4}},
                          {{"a", 1}, value},
                          {{"env", 3}, {"dev", 3}}};
  struct pyr__memory memory;
  struct pyr__matchers *matchers = NULL;
  pyr_error_t err;
  int rc;

  pyr__memory_init(&memory, NULL);
  rc = pyr__matchers_parse(&matchers, &memory, (pyr_str_t){text, len}, &err);
  if (rc == 0) {
    rc = pyr__matchers_test(matchers, labels, 3, &err);
    if (rc < 0 && rc != PYR_ELIMIT)
      abort();
  } else if (rc != PYR_EUSAGE || strnlen(err.text, sizeof(err.text)) == 0) {
    abort();
  }
  pyr__matchers_free(matchers);
  if (memory.accounts[PYR__MEM_QUERY].used_blocks != 0)
    abort();
  return 0;
}
