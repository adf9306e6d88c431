#include "targets/job_targets.h"

#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "discovery/slices.h"
#include "targets/job_sources.h"
#include "targets/making.h"

enum {
  /* For a target that one update takes away to come with the next: an endpoint
   * that moves from one slice to another, say. */
  SETTLE_MS = 1000,
  /* That are ended in one turn of the loop, and when the next is. */
  SETTLE_TARGETS = 256,
  SETTLE_NEXT_MS = 1,
  /* For new discoverers to say what there is before what former ones found is
   * taken for gone. */
  FORMER_MS = 60 * 1000
};

static const char static_name[] = "static";

struct pyr__job_targets {
  struct pyr__job_targets_options options;
  char *self;
  pyr_config_t *config; /* held */
  const struct pyr__job_config *job;
  struct pyr__target_set set;
  struct pyr__job_sources sources;
  struct pyr__discovery_stats of_config; /* of its static groups */
  uv_timer_t settle, former;
  pyr_config_t *staged_config; /* NULL: nothing is on trial */
  const struct pyr__job_config *staged_job;
  struct pyr__static_part staged_part; /* the next of its static targets */
  bool is_same;                        /* and says nothing else */
  bool is_closing;
  unsigned handles; /* and one for the sources that are closing */
  void (*closed)(void *ctx);
  void *closed_ctx;
};

static struct pyr__job_targets *self_of(struct pyr__job_sources *sources) {
  return pyr__container_of(sources, struct pyr__job_targets, sources);
}

static void tell_changed(struct pyr__job_targets *targets) {
  if (targets->options.changed != NULL)
    targets->options.changed(targets->options.events.ctx);
}

/* ---- what is found ------------------------------------------------------ */

static void on_settle(uv_timer_t *timer) {
  struct pyr__job_targets *targets =
      pyr__container_of(timer, struct pyr__job_targets, settle);
  if (pyr__job_sources_are_updating(&targets->sources))
    uv_timer_start(timer, on_settle, SETTLE_MS, 0);
  else if (pyr__target_set_settle_some(&targets->set, SETTLE_TARGETS))
    uv_timer_start(timer, on_settle, SETTLE_NEXT_MS, 0);
}

static void settle_soon(struct pyr__job_targets *targets) {
  if (!pyr__list_is_empty(&targets->set.leaving) &&
      !uv_is_active((uv_handle_t *)&targets->settle))
    uv_timer_start(&targets->settle, on_settle, SETTLE_MS, 0);
}

static int on_group(struct pyr__job_sources *sources,
                    const struct pyr__job_source *source,
                    struct pyr__discoverer *from,
                    const struct pyr__target_group *group, pyr_error_t *err) {
  struct pyr__job_targets *targets = self_of(sources);
  uint32_t before = targets->set.member_count;
  int rc = pyr__target_set_update(&targets->set, source, group, err);
  from->stats.targets += targets->set.member_count - before;
  settle_soon(targets);
  if (rc == 0)
    tell_changed(targets);
  return rc;
}

static void forget(struct pyr__job_sources *sources,
                   const struct pyr__job_source *source) {
  struct pyr__job_targets *targets = self_of(sources);
  pyr__target_set_forget(&targets->set, source);
  settle_soon(targets);
}

static void on_synced(struct pyr__job_sources *sources) {
  struct pyr__job_targets *targets = self_of(sources);
  uv_timer_stop(&targets->former);
  tell_changed(targets);
}

static void on_former(uv_timer_t *timer) {
  pyr__job_sources_forget_former(
      &pyr__container_of(timer, struct pyr__job_targets, former)->sources);
}

/* ---- configurations ----------------------------------------------------- */

/* The next of the static targets; 0: there are no more. */
static int stage_static(struct pyr__job_targets *targets, pyr_error_t *err) {
  struct pyr__static_part *part = &targets->staged_part;
  const struct pyr__job_config *job = targets->staged_job;
  struct pyr__target_group group;
  struct pyr__arena arena;
  int rc;

  while (part->group < job->group_count &&
         part->first >= job->groups[part->group].target_count)
    *part = (struct pyr__static_part){part->group + 1, 0, part->most};
  if (part->group == job->group_count)
    return 0;
  pyr__arena_init(&arena, targets->options.env.memory,
                  PYR__MEM_DISCOVERY_GROUPS, PYR__LIMIT_VALUES_BYTES);
  rc = pyr__static_group(job, part, pyr__str(targets->self), &arena, &group,
                         err);
  if (rc == 0)
    rc = pyr__target_set_stage_group(&targets->set, &group, err);
  pyr__arena_release(&arena);
  part->first += part->most;
  return rc == 0 ? 1 : rc;
}

void pyr__job_targets_stage(struct pyr__job_targets *targets,
                            pyr_config_t *config,
                            const struct pyr__job_config *job) {
  const struct pyr__staging staging = {job, &job->target_limits, targets};

  targets->is_same =
      targets->config != NULL && targets->job->fingerprint == job->fingerprint;
  if (targets->config == NULL)
    targets->options.env.job = job->name.base; /* for what is logged */
  targets->staged_config = pyr_config_ref(config);
  targets->staged_job = job;
  targets->staged_part = (struct pyr__static_part){.most = PYR__SLICE_TARGETS};
  if (!targets->is_same)
    pyr__target_set_stage(&targets->set, &staging);
}

int pyr__job_targets_stage_some(struct pyr__job_targets *targets,
                                pyr_error_t *err) {
  int rc = targets->is_same ? 0 : stage_static(targets, err);
  if (rc != 0 || targets->is_same)
    return rc;
  return pyr__target_set_stage_some(&targets->set, PYR__SLICE_TARGETS, err);
}

/* At the start of a job, a discoverer that cannot be started is only logged. */
int pyr__job_targets_stage_sources(struct pyr__job_targets *targets,
                                   pyr_error_t *err) {
  return targets->is_same
             ? 0
             : pyr__job_sources_stage(&targets->sources, targets->staged_config,
                                      targets->staged_job,
                                      targets->config == NULL, err);
}

/* A configuration that says the same is none, here as everywhere. */
static void count_static(struct pyr__job_targets *targets) {
  const struct pyr__job_config *job = targets->job;
  size_t i;

  targets->of_config.targets = 0;
  for (i = 0; i < job->group_count; i++)
    targets->of_config.targets += (uint32_t)job->groups[i].target_count;
  targets->of_config.updates++;
  targets->of_config.last_success_ns = pyr__wall(&targets->options.env.clock);
}

static void commit_changes(struct pyr__job_targets *targets) {
  count_static(targets);
  pyr__target_set_commit(&targets->set);
  if (!pyr__list_is_empty(&targets->set.leaving)) /* and nobody's any more */
    uv_timer_start(&targets->settle, on_settle, SETTLE_NEXT_MS, 0);
  pyr__job_sources_commit(&targets->sources);
  if (!pyr__job_sources_are_synced(&targets->sources))
    uv_timer_start(&targets->former, on_former, FORMER_MS, 0);
}

void pyr__job_targets_commit(struct pyr__job_targets *targets) {
  pyr_config_t *last = targets->config;

  targets->config = targets->staged_config;
  targets->staged_config = NULL;
  targets->job = targets->staged_job;
  targets->options.env.job = targets->job->name.base;
  if (targets->is_same)
    pyr__target_set_rebase(&targets->set, targets->job);
  else
    commit_changes(targets);
  pyr_config_unref(last);
}

void pyr__job_targets_discard(struct pyr__job_targets *targets) {
  if (!targets->is_same) {
    pyr__job_sources_discard(&targets->sources);
    pyr__target_set_discard(&targets->set);
    settle_soon(targets); /* what only the other one still led to */
  }
  pyr_config_unref(targets->staged_config);
  targets->staged_config = NULL;
}

/* ---- its life ----------------------------------------------------------- */

static void let_go(struct pyr__job_targets *targets) {
  struct pyr__memory *memory = targets->options.env.memory;
  void (*closed)(void *ctx) = targets->closed;
  void *ctx = targets->closed_ctx;

  if (--targets->handles > 0)
    return;
  pyr_config_unref(targets->config);
  pyr__free(memory, targets->self);
  pyr__free(memory, targets);
  closed(ctx);
}

static void on_timer_closed(uv_handle_t *handle) {
  let_go(handle->data);
}

static void on_sources_closed(struct pyr__job_sources *sources) {
  if (self_of(sources)->is_closing)
    let_go(self_of(sources));
}

void pyr__job_targets_close(struct pyr__job_targets *targets,
                            void (*cb)(void *ctx), void *ctx) {
  targets->closed = cb;
  targets->closed_ctx = ctx;
  targets->is_closing = true;
  targets->handles = 2;
  pyr__target_set_release(&targets->set);
  pyr_config_unref(targets->staged_config);
  targets->staged_config = NULL;
  targets->handles += pyr__job_sources_close(&targets->sources);
  uv_close((uv_handle_t *)&targets->settle, on_timer_closed);
  uv_close((uv_handle_t *)&targets->former, on_timer_closed);
}

int pyr__job_targets_new(struct pyr__job_targets **out,
                         const struct pyr__job_targets_options *options,
                         pyr_error_t *err) {
  static const struct pyr__target_limits no_limits;
  const struct pyr__target_maker maker = {pyr__target_from_discovered, NULL};
  struct pyr__memory *memory = options->env.memory;
  struct pyr__job_targets *targets =
      pyr__calloc(memory, PYR__MEM_DISCOVERY_TARGETS, 1, sizeof(*targets));

  if (targets == NULL)
    return pyr__error_nomem(err);
  targets->self =
      pyr__copy_text(memory, PYR__MEM_DISCOVERY_TARGETS, options->self);
  if (targets->self == NULL) {
    pyr__free(memory, targets);
    return pyr__error_nomem(err);
  }
  targets->options = *options;
  targets->of_config.last_error = "";
  pyr__target_set_init(&targets->set, memory, NULL, &no_limits, &maker,
                       &options->events);
  targets->sources = (struct pyr__job_sources){.env = &targets->options.env,
                                               .on_group = on_group,
                                               .on_synced = on_synced,
                                               .forget = forget,
                                               .on_closed = on_sources_closed};
  pyr__list_init(&targets->sources.list);
  uv_timer_init(options->env.loop, &targets->settle);
  uv_timer_init(options->env.loop, &targets->former);
  targets->settle.data = targets->former.data = targets;
  *out = targets;
  return 0;
}

int pyr__job_targets_start(struct pyr__job_targets *targets,
                           pyr_config_t *config,
                           const struct pyr__job_config *job,
                           pyr_error_t *err) {
  int rc;
  pyr__job_targets_stage(targets, config, job);
  do
    rc = pyr__job_targets_stage_some(targets, err);
  while (rc > 0);
  if (rc == 0)
    rc = pyr__job_targets_stage_sources(targets, err);
  if (rc == 0)
    pyr__job_targets_commit(targets);
  else
    pyr__job_targets_discard(targets);
  return rc;
}

struct pyr__target_set *pyr__job_targets_set(struct pyr__job_targets *targets) {
  return &targets->set;
}

bool pyr__job_targets_is_synced(const struct pyr__job_targets *targets) {
  return pyr__job_sources_are_synced(&targets->sources);
}

void pyr__job_targets_each(const struct pyr__job_targets *targets,
                           void (*cb)(void *ctx, const char *mechanism,
                                      const struct pyr__discovery_stats *stats),
                           void *ctx) {
  struct pyr__list *at = targets->sources.list.next;
  for (; at != &targets->sources.list; at = at->next) {
    const struct pyr__job_source *source =
        pyr__container_of(at, struct pyr__job_source, link);
    if (source->discoverer != NULL)
      cb(ctx, source->mechanism, &source->discoverer->stats);
  }
  if (targets->job->group_count > 0)
    cb(ctx, static_name, &targets->of_config);
}

const char *pyr__job_targets_mechanism(const struct pyr__job_targets *targets,
                                       const void *from) {
  return from == targets ? static_name
                         : ((const struct pyr__job_source *)from)->mechanism;
}
