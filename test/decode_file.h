/* Decoding a file that holds a body, for the tools. */
#ifndef TEST_DECODE_FILE_H
#define TEST_DECODE_FILE_H

#include <errno.h>
#include <stdio.h>

#include "base/limits.h"
#include "pprof/decoder.h"

/* The profile is the decoder's. */
static inline int decode_file(struct pyr__decoder *decoder, const char *path,
                              const struct pyr__profile **out,
                              pyr_error_t *err) {
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

#endif
