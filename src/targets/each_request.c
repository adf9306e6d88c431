/* What a configuration asks of its static targets. */
#include "base/limits.h"
#include "targets/found.h"

struct telling {
  void (*cb)(void *ctx, const pyr_request_t *request);
  pyr_config_error_cb on_error;
  void *ctx;
};

static void tell_target(const struct telling *telling,
                        const struct pyr__target *target) {
  size_t i;
  for (i = 0; i < target->request_count; i++) {
    const pyr_request_t request = pyr__request_shown(target, i);
    telling->cb(telling->ctx, &request);
  }
}

static int tell_job(const struct telling *telling,
                    const struct pyr__job_config *job, struct pyr__arena *arena,
                    pyr_error_t *err) {
  const struct pyr__target *targets;
  size_t i, count;
  int rc = pyr__targets_build(job, arena, &targets, &count, telling->on_error,
                              telling->ctx, err);
  for (i = 0; rc == 0 && i < count; i++)
    tell_target(telling, &targets[i]);
  return rc;
}

int pyr_config_each_request(const pyr_config_t *config,
                            void (*cb)(void *ctx, const pyr_request_t *request),
                            pyr_config_error_cb on_error, void *ctx,
                            pyr_error_t *err) {
  const struct telling telling = {cb, on_error, ctx};
  struct pyr__memory memory;
  struct pyr__arena arena;
  size_t i;
  int rc = 0;

  pyr__memory_init(&memory, &config->memory.alloc);
  pyr__arena_init(&arena, &memory, PYR__MEM_CONFIG_VALUES,
                  PYR__LIMIT_VALUES_BYTES);
  for (i = 0; i < config->job_count && rc == 0; i++) {
    pyr__arena_reset(&arena, PYR__MIB);
    rc = tell_job(&telling, &config->jobs[i], &arena, err);
  }
  pyr__arena_release(&arena);
  return rc;
}
