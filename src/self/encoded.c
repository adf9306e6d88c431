#include "self/encoded.h"

#include "base/limits.h"
#include "pprof/encode.h"
#include "self/heap_profile.h"

/* What a profile may take while it is built. */
#define ARENA_BYTES (16 * PYR__MIB)

int pyr__self_encode_cpu(struct pyr__cpu_sampler *sampler,
                         struct pyr__memory *memory, struct pyr__buf *out,
                         pyr_error_t *err) {
  struct pyr__profile profile;
  struct pyr__arena arena;
  int rc;
  pyr__arena_init(&arena, memory, PYR__MEM_SELF, ARENA_BYTES);
  pyr__cpu_sampler_stop(sampler);
  rc = pyr__cpu_sampler_profile(sampler, &arena, &profile, err);
  if (rc == 0)
    rc = pyr__pprof_encode_gzip(&profile, out, err);
  pyr__arena_release(&arena);
  return rc;
}

int pyr__self_encode_heap(
    const struct pyr__account accounts[PYR__PURPOSE_COUNT], int64_t wall_ns,
    struct pyr__memory *memory, struct pyr__buf *out, pyr_error_t *err) {
  struct pyr__profile profile;
  struct pyr__arena arena;
  int rc;
  pyr__arena_init(&arena, memory, PYR__MEM_SELF, ARENA_BYTES);
  rc = pyr__heap_profile_build(accounts, wall_ns, &arena, &profile, err);
  if (rc == 0)
    rc = pyr__pprof_encode_gzip(&profile, out, err);
  pyr__arena_release(&arena);
  return rc;
}
