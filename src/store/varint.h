/* Varints where there are many: when writing, the room is reserved before, so
 * nothing need be asked; when reading, the usual one or two bytes are seen
 * inline. */
#ifndef PYR__STORE_VARINT_H
#define PYR__STORE_VARINT_H

#include "base/buf.h"

enum { PYR__VARINT_MAX = 10 };

static inline uint8_t *pyr__varint_put(uint8_t *at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  *at++ = (uint8_t)value;
  return at;
}

static inline int pyr__varint_get(struct pyr__reader *in, uint64_t *out) {
  const uint8_t *at = in->at;
  if (at < in->end && at[0] < 0x80) {
    *out = at[0];
    in->at = at + 1;
    return 0;
  }
  if (in->end - at > 1 && at[1] < 0x80) {
    *out = (at[0] & 0x7fu) | (uint64_t)at[1] << 7;
    in->at = at + 2;
    return 0;
  }
  return pyr__read_varint(in, out);
}

#endif
