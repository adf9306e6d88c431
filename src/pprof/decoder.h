/* Bytes of a response body to a profile: gunzip (or not, by the magic), the
 * protobuf wire, the fields of profile.proto.  Everything streams; what must
 * wait for the end (Go writes the string table last) waits in arrays and one
 * arena under one ceiling.
 *
 * Up to two layers of gzip are taken off: that of HTTP's Content-Encoding and
 * the body's own.  Texts of errors name the field and its byte offset in the
 * inflated body, as "sample[12].location_id: ..., at byte 3456". */
#ifndef PYR__PPROF_DECODER_H
#define PYR__PPROF_DECODER_H

#include "base/memory.h"
#include "base/profile.h"

struct pyr__decoder;

struct pyr__decoder_limits {
  uint64_t body_bytes;   /* inflated */
  uint64_t arena_bytes;  /* memory of the decoded profile */
  uint64_t stack_frames; /* frames of one sample */
  /* 1: values below zero are kept.  Nothing that is counted can be negative,
   * so they end the scrape; but a difference that the target made can be: Go's
   * `heap?seconds=N` subtracts in-use columns too. */
  int keep_negative;
};

int pyr__decoder_new(struct pyr__decoder **out, struct pyr__memory *memory);
void pyr__decoder_free(struct pyr__decoder *decoder); /* NULL is allowed */
/* Begins a new body; what the last finish gave out is gone. */
void pyr__decoder_begin(struct pyr__decoder *decoder,
                        const struct pyr__decoder_limits *limits);
/* Gives back what a large body needed and others do not: for a decoder that may
 * be idle for long.  What the last finish gave out is gone. */
void pyr__decoder_trim(struct pyr__decoder *decoder);
/* Takes all of `len` or fails; a failure is final until the next begin. */
int pyr__decoder_write(struct pyr__decoder *decoder, const void *data,
                       size_t len, pyr_error_t *err);
/* Another ceiling of its memory than limits.arena_bytes, from here on. */
void pyr__decoder_allow(struct pyr__decoder *decoder, uint64_t arena_bytes);
/* What the body takes so far: of that, and of a field that is cut. */
uint64_t pyr__decoder_bytes(const struct pyr__decoder *decoder);
/* The body has ended well.  `*out` is in normal form and lives until the next
 * begin or free. */
int pyr__decoder_finish(struct pyr__decoder *decoder,
                        const struct pyr__profile **out, pyr_error_t *err);
/* The arena the profile lives in: the delta puts its result there too. */
struct pyr__arena *pyr__decoder_arena(struct pyr__decoder *decoder);
uint64_t pyr__decoder_body_bytes(const struct pyr__decoder *decoder);

#endif
