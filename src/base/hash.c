#include "base/hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

static uint64_t load64(const uint8_t *at) {
  uint64_t value;
  memcpy(&value, at, sizeof(value));
  return le64toh(value);
}

static uint64_t load32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof(value));
  return le32toh(value);
}

/* 0 to 7 bytes as a little-endian number.  Loads overlap: a loop would end at
 * another place each time, which no processor foresees. */
static uint64_t load_short(const uint8_t *at, size_t len) {
  if (len >= 4)
    return load32(at) | load32(at + len - 4) << (8 * (len - 4));
  if (len == 0)
    return 0;
  return at[0] | (uint64_t)at[len / 2] << (8 * (len / 2)) |
         (uint64_t)at[len - 1] << (8 * (len - 1));
}

uint64_t pyr__hash(uint64_t seed, const void *data, size_t len) {
  const uint8_t *at = data; /* may be NULL where there is nothing */
  uint64_t hash = pyr__hash_mix(seed, len), tail;
  size_t rest = len & 7, i;

  if (len < 8)
    tail = load_short(at, len);
  else
    tail = rest == 0 ? 0 : load64(at + len - 8) >> (8 * (8 - rest));
  for (i = 0; i + 8 <= len; i += 8)
    hash = pyr__hash_mix(hash, load64(at + i));
  hash = pyr__hash_mix(hash, tail);
  return pyr__hash_mix(hash, 0);
}

uint64_t pyr__hash_random_seed(void) {
  uint64_t seed;
  struct timespec now;
  if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
    return seed;
  clock_gettime(CLOCK_REALTIME, &now); /* before the pool is ready at boot */
  return pyr__hash_mix((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
}

/* Four bits a step: small, and only for processors without the instruction. */
static uint32_t crc_portable(uint32_t crc, const uint8_t *at, size_t len) {
  static const uint32_t nibbles[16] = {
      0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
      0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
  for (; len > 0; at++, len--) {
    crc ^= *at;
    crc = (crc >> 4) ^ nibbles[crc & 15];
    crc = (crc >> 4) ^ nibbles[crc & 15];
  }
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t
crc_sse42(uint32_t crc, const uint8_t *at, size_t len) {
  uint64_t wide = crc;
  for (; len >= 8; at += 8, len -= 8)
    wide = _mm_crc32_u64(wide, load64(at));
  crc = (uint32_t)wide;
  for (; len > 0; at++, len--)
    crc = _mm_crc32_u8(crc, *at);
  return crc;
}
#endif

uint32_t pyr__crc32c(uint32_t crc, const void *data, size_t len) {
  crc = ~crc;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2"))
    return ~crc_sse42(crc, data, len);
#endif
  return ~crc_portable(crc, data, len);
}
