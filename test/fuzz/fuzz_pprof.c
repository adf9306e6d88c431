/* Two bodies of one target: options, the length of the first in two bytes, the
 * first, the second.  Each is decoded in pieces and at once, which must come to
 * the same; what decodes must survive encoding; and their difference must hold
 * to what it promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pprof/decoder.h"
#include "pprof/delta.h"
#include "pprof/encode.h"
#include "same_profile.h"

enum { HEAD = 3, MOST_ENCODED = 64 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct harness {
  struct pyr__memory memory;
  struct pyr__decoder *whole, *pieces;
  struct pyr__delta *delta;
  struct pyr__decoder_limits limits;
  uint64_t cumulative;
  size_t piece;
  int64_t now_ns;
};

static void must(int holds) {
  if (!holds)
    abort();
}

static int decode(struct pyr__decoder *decoder,
                  const struct pyr__decoder_limits *limits, const uint8_t *data,
                  size_t size, size_t piece, const struct pyr__profile **out,
                  pyr_error_t *err) {
  size_t at = 0, len;
  int rc = 0;

  pyr__decoder_begin(decoder, limits);
  for (; at < size && rc == 0; at += len) {
    len = size - at < piece ? size - at : piece;
    rc = pyr__decoder_write(decoder, data + at, len, err);
  }
  return rc == 0 ? pyr__decoder_finish(decoder, out, err) : rc;
}

/* Overwrites what `pieces` holds. */
static void check_encoding(struct harness *harness,
                           const struct pyr__profile *profile) {
  static const struct pyr__decoder_limits wide = {.body_bytes = MOST_ENCODED,
                                                  .arena_bytes = MOST_ENCODED,
                                                  .stack_frames = 65536,
                                                  .keep_negative = 1};
  const struct pyr__profile *again = NULL;
  struct pyr__buf out;
  pyr_error_t err;

  pyr__buf_init(&out, &harness->memory, PYR__MEM_PPROF_ENCODE, MOST_ENCODED);
  must(pyr__pprof_encode(profile, &out, &err) == 0);
  must(decode(harness->pieces, &wide, out.data, out.len, out.len, &again,
              &err) == 0);
  must(same_profile(profile, again));
  pyr__buf_release(&out);
}

static void check_gain(const struct harness *harness,
                       const struct pyr__profile *in,
                       const struct pyr__profile *out) {
  uint32_t i, column;
  must(out->sample_count <= in->sample_count);
  for (i = 0; i < out->sample_count; i++) {
    int64_t any = 0;
    for (column = 0; column < out->type_count; column++) {
      int64_t value = out->values[(size_t)i * out->type_count + column];
      must(value >= 0 || (harness->cumulative >> column & 1) == 0);
      any |= value;
    }
    must(any != 0);
  }
}

static void check_delta(struct harness *harness,
                        const struct pyr__profile *profile) {
  struct pyr__arena *arena = pyr__decoder_arena(harness->whole);
  struct pyr__delta_result result;
  pyr_error_t err;
  int rc, times;

  for (times = 0; times < 2; times++) {
    rc = pyr__delta_apply(harness->delta, profile, harness->cumulative,
                          ++harness->now_ns, arena, &result, &err);
    if (rc != 0) {
      must(rc == PYR_ELIMIT);
      return;
    }
    check_gain(harness, profile, result.profile);
    must(pyr__delta_commit(harness->delta, &err) == 0);
    must(times == 0 || result.outcome == PYR__DELTA_DIFFERENCE ||
         result.outcome == PYR__DELTA_RESET);
  }
}

static void try_body(struct harness *harness, const uint8_t *data,
                     size_t size) {
  const struct pyr__profile *profile = NULL, *other = NULL;
  pyr_error_t err = {0}, other_err = {0};
  int rc = decode(harness->whole, &harness->limits, data, size,
                  size == 0 ? 1 : size, &profile, &err);
  int other_rc = decode(harness->pieces, &harness->limits, data, size,
                        harness->piece, &other, &other_err);

  must(rc == other_rc);
  if (rc != 0) {
    must(rc == PYR_EPPROF || rc == PYR_EGZIP || rc == PYR_ELIMIT);
    must(err.text[0] != '\0');
    /* zlib's place is only near, and where a limit is passed may differ. */
    must(rc != PYR_EPPROF || strcmp(err.text, other_err.text) == 0);
    return;
  }
  must(same_profile(profile, other));
  check_encoding(harness, profile);
  check_delta(harness, profile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct harness harness = {0};
  size_t first;

  if (size < HEAD)
    return 0;
  first = data[1] | (size_t)data[2] << 8;
  if (first > size - HEAD)
    first = size - HEAD;
  pyr__memory_init(&harness.memory, NULL);
  harness.limits = (struct pyr__decoder_limits){.body_bytes = 1 << 20,
                                                .arena_bytes = 2 << 20,
                                                .stack_frames = 1000,
                                                .keep_negative = data[0] & 1};
  harness.cumulative = data[0] >> 1 & 7;
  harness.piece = (size_t)(data[0] >> 4) * 5 + 1;
  must(pyr__decoder_new(&harness.whole, &harness.memory) == 0);
  must(pyr__decoder_new(&harness.pieces, &harness.memory) == 0);
  must(pyr__delta_new(&harness.delta, &harness.memory, 4096) == 0);
  try_body(&harness, data + HEAD, first);
  try_body(&harness, data + HEAD + first, size - HEAD - first);
  pyr__delta_free(harness.delta);
  pyr__decoder_free(harness.whole);
  pyr__decoder_free(harness.pieces);
  must(harness.memory.accounts[PYR__MEM_PPROF_INFLATE].used_blocks == 0);
  must(harness.memory.accounts[PYR__MEM_PPROF_PROFILE].used_blocks == 0);
  must(harness.memory.accounts[PYR__MEM_PPROF_DELTA].used_blocks == 0);
  must(harness.memory.accounts[PYR__MEM_PPROF_ENCODE].used_blocks == 0);
  return 0;
}
