/* Decodes a body and encodes it again: round_trip_tool FILE > OTHER. */
#include <stdio.h>

#include "decode_file.h"
#include "pprof/encode.h"

int main(int argc, char **argv) {
  struct pyr__memory memory;
  struct pyr__decoder *decoder = NULL;
  const struct pyr__profile *profile = NULL;
  struct pyr__buf out;
  pyr_error_t err = {0};
  int rc;

  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&out, &memory, PYR__MEM_PPROF_ENCODE, PYR__DEFAULT_BODY_BYTES);
  rc = argc != 2 ? pyr__error(&err, PYR_EUSAGE, "which file?")
                 : pyr__decoder_new(&decoder, &memory);
  if (rc == 0)
    rc = decode_file(decoder, argv[1], &profile, &err);
  if (rc == 0)
    rc = pyr__pprof_encode_gzip(profile, &out, &err);
  if (rc == 0 && fwrite(out.data, 1, out.len, stdout) != out.len)
    rc = pyr__error_errno(&err, errno, "standard output");
  pyr__buf_release(&out);
  pyr__decoder_free(decoder);
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  return rc == 0 && fflush(stdout) == 0 ? 0 : 1;
}
