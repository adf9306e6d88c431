/* profile_memory.c - what profiles take while they are read.
 *
 *   profile_memory FILE...
 *
 * prints of each body what it inflates to, and the memory of the decoder. */
#include <stdio.h>

#include "base/limits.h"
#include "pprof/decoder.h"

enum { SLICE = 64 * 1024 };

static int decode(struct pyr__decoder *decoder, FILE *file,
                  const struct pyr__profile **out, pyr_error_t *err) {
  static uint8_t slice[SLICE];
  size_t len;
  int rc = 0;

  while (rc == 0 && (len = fread(slice, 1, sizeof(slice), file)) > 0)
    rc = pyr__decoder_write(decoder, slice, len, err);
  return rc == 0 ? pyr__decoder_finish(decoder, out, err) : rc;
}

static int measure(struct pyr__decoder *decoder, const char *path) {
  static const struct pyr__decoder_limits limits = {
      .body_bytes = 1024 * PYR__MIB,
      .arena_bytes = 1024 * PYR__MIB,
      .stack_frames = PYR__LIMIT_STACK_FRAMES,
      .keep_negative = 1};
  const struct pyr__profile *profile = NULL;
  FILE *file = fopen(path, "rb");
  pyr_error_t err = {.text = "cannot be opened"};
  uint64_t inflated, taken;
  int rc = -1;

  pyr__decoder_begin(decoder, &limits);
  if (file != NULL) {
    rc = decode(decoder, file, &profile, &err);
    fclose(file);
  }
  if (rc != 0) {
    fprintf(stderr, "profile_memory: %s: %s\n", path, err.text);
    return rc;
  }
  inflated = pyr__decoder_body_bytes(decoder);
  taken = pyr__decoder_bytes(decoder);
  printf("%9llu inflated %9llu memory (%.2fx) %7u samples %8u frames  %s\n",
         (unsigned long long)inflated, (unsigned long long)taken,
         (double)taken / (double)inflated, profile->sample_count,
         profile->frame_count, path);
  return 0;
}

int main(int argc, char **argv) {
  int i, failed = 0;

  for (i = 1; i < argc; i++) {
    struct pyr__memory memory;
    struct pyr__decoder *decoder;
    pyr__memory_init(&memory, NULL);
    if (pyr__decoder_new(&decoder, &memory) != 0)
      return 1;
    failed |= measure(decoder, argv[i]) != 0;
    pyr__decoder_free(decoder);
  }
  return failed;
}
