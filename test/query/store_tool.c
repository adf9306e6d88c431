/* Fills a store with pprof bodies: store_tool DIR [PROFILE:TYPE APP ENV
 * SECONDS FILE]..., SECONDS being the epoch's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "decode_file.h"
#include "store/store.h"

enum { WORDS = 5 };

static const struct pyr__store_options options = {
    .flush_interval_ns = PYR__NS_PER_S,
    .sync_interval_ns = PYR__NS_PER_S,
    .segment_max_bytes = PYR__DEFAULT_SEGMENT_BYTES,
    .segment_max_age_ns = 3600 * PYR__NS_PER_S,
    .dictionary_bytes = PYR__DEFAULT_DICTIONARY_BYTES,
    .buffer_bytes = PYR__DEFAULT_BUFFER_BYTES};

static int append(struct pyr__store *store, struct pyr__decoder *decoder,
                  char **words, pyr_error_t *err) {
  pyr_label_t labels[] = {{pyr__str("__name__"), pyr__str(words[1])},
                          {pyr__str("env"), pyr__str(words[2])}};
  const char *colon = strchr(words[0], ':');
  struct pyr__store_profile meta = {.labels = labels, .label_count = 2};
  const struct pyr__profile *profile = NULL;
  int rc;

  if (colon == NULL)
    return pyr__error(err, PYR_EUSAGE, "%s: PROFILE:TYPE", words[0]);
  meta.profile_name = (pyr_str_t){words[0], (size_t)(colon - words[0])};
  meta.type_name = pyr__str(colon + 1);
  meta.time_ns = atoll(words[3]) * PYR__NS_PER_S;
  rc = decode_file(decoder, words[4], &profile, err);
  if (rc != 0 || profile == NULL)
    return rc;
  meta.duration_ns = profile->duration_ns;
  rc = pyr__store_append(store, &meta, profile, err);
  pyr__store_tick(store);
  return rc;
}

int main(int argc, char **argv) {
  struct pyr__memory memory;
  struct pyr__decoder *decoder = NULL;
  struct pyr__store *store = NULL;
  struct pyr__store_options with_clock = options;
  struct pyr__io io = pyr__io_files();
  pyr_error_t err = {0};
  int i, rc;

  pyr__memory_init(&memory, NULL);
  with_clock.clock = pyr__clock_system();
  rc = argc < 2 ? pyr__error(&err, PYR_EUSAGE, "which directory?")
                : pyr__decoder_new(&decoder, &memory);
  if (rc == 0)
    rc = pyr__store_open(&store, &memory, &io, argv[1], &with_clock, &err);
  for (i = 2; rc == 0 && i + WORDS <= argc; i += WORDS)
    rc = append(store, decoder, argv + i, &err);
  if (store != NULL) {
    int closed = pyr__store_close(store, rc == 0 ? &err : NULL);
    rc = rc == 0 ? closed : rc;
  }
  pyr__decoder_free(decoder);
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  return rc == 0 ? 0 : 1;
}
