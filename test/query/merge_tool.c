/* Merges pprof bodies and shows the result, without a store between: what
 * pprof_differential.py compares with go tool pprof. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "decode_file.h"
#include "query/export.h"
#include "query/merge.h"

static int write_stdout(void *ctx, const void *data, size_t len,
                        pyr_error_t *err) {
  (void)ctx;
  return fwrite(data, 1, len, stdout) == len
             ? 0
             : pyr__error_errno(err, EIO, "standard output");
}

static int add_file(struct pyr__merge *merge, struct pyr__decoder *decoder,
                    const char *path, pyr_error_t *err) {
  const struct pyr__profile *profile;
  int rc = decode_file(decoder, path, &profile, err);
  return rc != 0 ? rc : pyr__merge_add(merge, profile, err);
}

static int show(const char *how, const struct pyr__profile *profile,
                struct pyr__memory *memory, pyr_error_t *err) {
  const struct pyr__output output = {write_stdout, NULL};
  uint32_t type = pyr__export_default_type(profile);
  if (strcmp(how, "pprof") == 0)
    return pyr__export_pprof(profile, memory, &output, err);
  if (strcmp(how, "folded") == 0)
    return pyr__export_folded(profile, type, memory, &output, err);
  return pyr__export_top(profile, type, (size_t)atoi(how), memory, &output,
                         err);
}

/* merge_tool pprof|folded|ROWS FILE... */
int main(int argc, char **argv) {
  struct pyr__memory memory;
  struct pyr__decoder *decoder = NULL;
  struct pyr__merge *merge = NULL;
  struct pyr__profile profile;
  pyr_error_t err = {0};
  int i, rc;

  pyr__memory_init(&memory, NULL);
  rc = argc < 3 ? pyr__error(&err, PYR_EUSAGE, "which files?")
                : pyr__decoder_new(&decoder, &memory);
  if (rc == 0)
    rc = pyr__merge_new(&merge, &memory, PYR__DEFAULT_QUERY_BYTES, &err);
  for (i = 2; rc == 0 && i < argc; i++)
    rc = add_file(merge, decoder, argv[i], &err);
  if (rc == 0)
    rc = pyr__merge_finish(merge, &profile, &err);
  if (rc == 0)
    rc = show(argv[1], &profile, &memory, &err);
  pyr__merge_free(merge);
  pyr__decoder_free(decoder);
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  return rc == 0 && fflush(stdout) == 0 ? 0 : 1;
}
