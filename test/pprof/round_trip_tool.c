/* Decodes a body and encodes it again: round_trip_tool FILE > OTHER. */
#include <stdio.h>

#include "base/limits.h"
#include "pprof/decoder.h"
#include "pprof/encode.h"

static int decode_file(struct pyr__decoder *decoder, const char *path,
                       const struct pyr__profile **out, pyr_error_t *err) {
  static const struct pyr__decoder_limits limits = {
      .body_bytes = PYR__DEFAULT_BODY_BYTES,
      .arena_bytes = PYR__DEFAULT_SCRAPE_BYTES,
      .stack_frames = PYR__LIMIT_STACK_FRAMES};
  char data[4096];
  size_t len;
  int rc = 0;
  FILE *file = fopen(path, "rb");

  if (file == NULL)
    return pyr__error_errno(err, errno, path);
  pyr__decoder_begin(decoder, &limits);
  do {
    len = fread(data, 1, sizeof(data), file);
    rc = pyr__decoder_write(decoder, data, len, err);
  } while (rc == 0 && len > 0);
  fclose(file);
  return rc == 0 ? pyr__decoder_finish(decoder, out, err) : rc;
}

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
