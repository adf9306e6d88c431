#include "store/format.h"

#include <endian.h>

#include "base/hash.h"

static const char magic[6] = {'P', 'Y', 'R', 'I', 'T', 'E'};

enum { TYPE_SHIFT = 28, CHECK_BYTES = 4 };
#define LENGTH_MASK ((UINT32_C(1) << TYPE_SHIFT) - 1)

static void put32(uint8_t *at, uint32_t value) {
  value = htole32(value);
  memcpy(at, &value, sizeof(value));
}

static uint32_t get32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof(value));
  return le32toh(value);
}

void pyr__segment_header_write(uint8_t out[PYR__SEGMENT_HEADER],
                               uint32_t salt) {
  memcpy(out, magic, sizeof(magic));
  out[6] = PYR__SEGMENT_VERSION;
  out[7] = (uint8_t)~PYR__SEGMENT_VERSION;
  put32(out + 8, salt);
  put32(out + 12, salt);
}

int pyr__segment_header_read(const uint8_t in[PYR__SEGMENT_HEADER],
                             struct pyr__segment_header *out) {
  int has_magic = memcmp(in, magic, sizeof(magic)) == 0;
  int has_version = (in[6] ^ in[7]) == 0xff;

  out->version = has_version ? in[6] : 0;
  out->salts[0] = get32(in + 8);
  out->salts[1] = get32(in + 12);
  out->is_whole = has_magic && has_version && out->salts[0] == out->salts[1];
  return has_magic || (has_version && out->salts[0] == out->salts[1]) ? 0 : -1;
}

static uint32_t word_of(const struct pyr__frame *frame) {
  uint32_t type = frame->type | (frame->is_deflated ? PYR__FRAME_DEFLATED : 0);
  return type << TYPE_SHIFT | frame->length;
}

/* A frame is bound to its file and place, so that bytes which only look like
 * one (in a string of a target's, or moved) are none. */
uint32_t pyr__frame_crc_begin(uint32_t salt, const struct pyr__frame *frame) {
  uint8_t place[16];
  put32(place, salt);
  put32(place + 4, (uint32_t)frame->at);
  put32(place + 8, (uint32_t)(frame->at >> 32));
  put32(place + 12, word_of(frame));
  return pyr__crc32c(0, place, sizeof(place));
}

/* Folds the checksum of the place to the two bytes that guard the header. */
static uint32_t check_of(uint32_t crc) {
  return (crc ^ crc >> 16) & 0xffff;
}

void pyr__frame_header_write(uint8_t out[PYR__FRAME_HEADER], uint32_t salt,
                             struct pyr__frame *frame, const void *payload) {
  uint32_t crc = pyr__frame_crc_begin(salt, frame), check = check_of(crc);
  frame->crc = pyr__crc32c(crc, payload, frame->length);
  put32(out, word_of(frame));
  out[CHECK_BYTES] = (uint8_t)check;
  out[CHECK_BYTES + 1] = (uint8_t)(check >> 8);
  put32(out + 6, frame->crc);
}

int pyr__frame_header_read(const uint8_t in[PYR__FRAME_HEADER], uint32_t salt,
                           uint64_t at, struct pyr__frame *out) {
  uint32_t word = get32(in), type = word >> TYPE_SHIFT;
  uint32_t check = in[CHECK_BYTES] | (uint32_t)in[CHECK_BYTES + 1] << 8;

  out->at = at;
  out->is_deflated = (type & PYR__FRAME_DEFLATED) != 0;
  out->type = type & ~(uint32_t)PYR__FRAME_DEFLATED;
  out->length = word & LENGTH_MASK;
  out->crc = get32(in + 6);
  if (out->type < PYR__FRAME_DICTIONARY || out->type > PYR__FRAME_END)
    return -1;
  return check == check_of(pyr__frame_crc_begin(salt, out)) ? 0 : -1;
}
