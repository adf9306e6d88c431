/* Varints (LEB128): seven bits a byte, the lowest first, at most ten bytes and
 * 64 bits.  The usual one or two bytes are read inline. */
#ifndef PYR__BASE_VARINT_H
#define PYR__BASE_VARINT_H

#include <stdint.h>

enum { PYR__VARINT_BYTES = 10 };

struct pyr__varint {
  const uint8_t *after; /* the place behind it; NULL: there is none */
  uint64_t value;
};

struct pyr__varint pyr__varint_read_long(const uint8_t *at, const uint8_t *end);

static inline struct pyr__varint pyr__varint_read(const uint8_t *at,
                                                  const uint8_t *end) {
  if (at < end && at[0] < 0x80)
    return (struct pyr__varint){at + 1, at[0]};
  if (end - at >= 2 && at[1] < 0x80)
    return (struct pyr__varint){at + 2, (at[0] & 0x7fu) | (uint64_t)at[1] << 7};
  return pyr__varint_read_long(at, end);
}

/* Where there is none: was it a bad one, or is the end only too near? */
static inline int pyr__varint_is_overlong(const uint8_t *at,
                                          const uint8_t *end) {
  return end - at >= PYR__VARINT_BYTES;
}

/* Writes it where there is room for PYR__VARINT_BYTES; the place behind it. */
static inline uint8_t *pyr__varint_put(uint8_t *at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = (uint8_t)(value | 0x80);
    value >>= 7;
  }
  *at++ = (uint8_t)value;
  return at;
}

#endif
