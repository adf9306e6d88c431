#include "base/varint.h"

#include <endian.h>
#include <string.h>

/* Seven bits of each byte, moved together in three steps. */
static uint64_t gather(uint64_t eight) {
  eight = (eight & UINT64_C(0x007f007f007f007f)) |
          (eight & UINT64_C(0x7f007f007f007f00)) >> 1;
  eight = (eight & UINT64_C(0x00003fff00003fff)) |
          (eight & UINT64_C(0x3fff00003fff0000)) >> 2;
  return (eight & UINT64_C(0x0fffffff)) |
         (eight & UINT64_C(0x0fffffff00000000)) >> 4;
}

struct pyr__varint pyr__varint_read_long(const uint8_t *at,
                                         const uint8_t *end) {
  uint64_t value = 0, eight, stops;
  unsigned shift;

  /* Eight bytes at once, since no two addresses or counts need be of the same
   * length, and a loop would end at another place each time. */
  if (end - at >= 8) {
    memcpy(&eight, at, sizeof(eight));
    eight = le64toh(eight);
    stops = ~eight & UINT64_C(0x8080808080808080);
    if (stops != 0)
      return (struct pyr__varint){at + __builtin_ctzll(stops) / 8 + 1,
                                  gather(eight & (stops ^ (stops - 1)))};
  }
  for (shift = 0; at < end; shift += 7) {
    uint64_t byte = *at++;
    if (shift == 63 && byte > 1)
      break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80)
      return (struct pyr__varint){at, value};
  }
  return (struct pyr__varint){NULL, 0};
}
