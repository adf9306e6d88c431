#include "discovery/discoverer.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/limits.h"

void pyr__discoverer_init(struct pyr__discoverer *discoverer,
                          const struct pyr__discoverer_type *type,
                          const struct pyr__discovery_env *env,
                          const struct pyr__discovery_sink *sink) {
  memset(discoverer, 0, sizeof(*discoverer));
  discoverer->type = type;
  discoverer->env = env;
  discoverer->sink = *sink;
  discoverer->stats.last_error = discoverer->error;
}

void pyr__discovery_arena_init(struct pyr__arena *arena,
                               const struct pyr__discovery_env *env) {
  pyr__arena_init(arena, env->memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_GROUP_BYTES);
}

int pyr__discoverer_emit(struct pyr__discoverer *discoverer,
                         const struct pyr__target_group *group,
                         pyr_error_t *err) {
  discoverer->stats.updates++;
  return discoverer->sink.on_group(discoverer->sink.ctx, discoverer, group,
                                   err);
}

void pyr__discoverer_succeeded(struct pyr__discoverer *discoverer) {
  const struct pyr__discovery_env *env = discoverer->env;
  discoverer->stats.last_success_ns = pyr__wall(&env->clock);
  if (discoverer->error[0] == '\0')
    return;
  discoverer->error[0] = '\0';
  pyr__log(env->log, PYR_LOG_INFO, "discovery works again",
           {"job", pyr__str(env->job)},
           {"mechanism", pyr__str(discoverer->type->name)});
}

void pyr__discoverer_failed(struct pyr__discoverer *discoverer,
                            const pyr_error_t *err) {
  const struct pyr__discovery_env *env = discoverer->env;
  discoverer->stats.failures++;
  if (strcmp(discoverer->error, err->text) == 0)
    return;
  snprintf(discoverer->error, sizeof(discoverer->error), "%s", err->text);
  pyr__log(env->log, PYR_LOG_WARN,
           "discovery failed; the targets known so far are kept",
           {"job", pyr__str(env->job)},
           {"mechanism", pyr__str(discoverer->type->name)},
           {"err", pyr__str(err->text)});
}
