/* Varints where there are many: when writing, the room is reserved before, so
 * nothing need be asked; when reading, the usual one byte is seen inline. */
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
  if (in->at < in->end && *in->at < 0x80) {
    *out = *in->at++;
    return 0;
  }
  return pyr__read_varint(in, out);
}

#endif
