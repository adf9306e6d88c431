/* What FORMAT.md says about the outside of a segment, in C: the header of the
 * file, frames, and their checksums. */
#ifndef PYR__STORE_FORMAT_H
#define PYR__STORE_FORMAT_H

#include "base/str.h"

#define PYR__SEGMENT_SUFFIX ".pyr"

enum {
  PYR__SEGMENT_VERSION = 1,
  PYR__SEGMENT_HEADER = 16, /* bytes */
  PYR__FRAME_HEADER = 10,
  PYR__END_PAYLOAD = 8
};

enum pyr__frame_type {
  PYR__FRAME_DICTIONARY = 1,
  PYR__FRAME_SAMPLES = 2,
  PYR__FRAME_PROFILES = 3,
  PYR__FRAME_FOOTER = 4,
  PYR__FRAME_END = 5,
  PYR__FRAME_DEFLATED = 8 /* or'ed to one of the others */
};

struct pyr__frame {
  uint64_t at; /* of its header, in the file */
  uint32_t type, is_deflated;
  uint32_t length; /* of the payload, as stored */
  uint32_t crc;
};

void pyr__segment_header_write(uint8_t out[PYR__SEGMENT_HEADER], uint32_t salt);

/* What a file header says; a damaged one leaves two salts to try. */
struct pyr__segment_header {
  int is_whole;
  int version; /* 0: unknown, the header is damaged there */
  uint32_t salts[2];
};

/* -1: there is nothing of a segment in it. */
int pyr__segment_header_read(const uint8_t in[PYR__SEGMENT_HEADER],
                             struct pyr__segment_header *out);

/* `frame->crc` is computed here from the payload. */
void pyr__frame_header_write(uint8_t out[PYR__FRAME_HEADER], uint32_t salt,
                             struct pyr__frame *frame, const void *payload);
/* -1: no frame begins here.  Sets all of `out` but trusts only the header. */
int pyr__frame_header_read(const uint8_t in[PYR__FRAME_HEADER], uint32_t salt,
                           uint64_t at, struct pyr__frame *out);
/* What `frame->crc` must be after the payload was fed to pyr__crc32c. */
uint32_t pyr__frame_crc_begin(uint32_t salt, const struct pyr__frame *frame);

#endif
