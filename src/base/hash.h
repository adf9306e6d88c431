/* A fast 64-bit hash for tables and schedules, and the checksum of segments.
 * The hash of the same seed and bytes is the same on every machine and in
 * every version: schedules hold to it across restarts. */
#ifndef PYR__BASE_HASH_H
#define PYR__BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t pyr__hash(uint64_t seed, const void *data, size_t len);

/* Folds one number into a hash. */
static inline uint64_t pyr__hash_mix(uint64_t hash, uint64_t value) {
  unsigned __int128 product =
      (unsigned __int128)(hash ^ 0x9e3779b97f4a7c15u ^ value) *
      0xd6e8feb86659fd93u;
  return (uint64_t)product ^ (uint64_t)(product >> 64) ^ (value << 1);
}

/* A seed that peers cannot guess, for tables that hostile input fills. */
uint64_t pyr__hash_random_seed(void);

/* CRC-32C (Castagnoli); start with 0, feed the result back to go on. */
uint32_t pyr__crc32c(uint32_t crc, const void *data, size_t len);

#endif
