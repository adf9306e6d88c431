#include "targets/found.h"

#include "base/limits.h"
#include "relabel/rule.h"

pyr_request_t pyr__request_shown(const struct pyr__target *target,
                                 size_t number) {
  const struct pyr__target_request *from = &target->requests[number];
  return (pyr_request_t){.job = target->job->name,
                         .application = target->application,
                         .address = target->address,
                         .profile = from->profile->name,
                         .url = from->url,
                         .interval_ns = from->interval_ns,
                         .timeout_ns = from->timeout_ns,
                         .labels = target->labels,
                         .label_count = target->label_count,
                         .unix_socket = target->unix_socket};
}

static int fill_requests(const struct pyr__target *target,
                         struct pyr__arena *arena, pyr_found_t *out,
                         pyr_error_t *err) {
  size_t i, count = target->request_count;
  pyr_request_t *requests = pyr__arena_alloc(arena, count, sizeof(*requests));

  if (requests == NULL)
    return pyr__making_no_room(arena, count * sizeof(*requests), err);
  for (i = 0; i < count; i++)
    requests[i] = pyr__request_shown(target, i);
  out->requests = requests;
  out->request_count = count;
  return 0;
}

static int fill_target(const struct pyr__target *target,
                       struct pyr__arena *arena, pyr_found_t *out,
                       pyr_error_t *err) {
  out->outcome = PYR_FOUND_TARGET;
  out->application = target->application;
  out->address = target->address;
  out->labels = target->labels;
  out->label_count = target->label_count;
  return target->request_count == 0 ? 0
                                    : fill_requests(target, arena, out, err);
}

int pyr__found_fill(const struct pyr__job_config *job,
                    const struct pyr__member_view *view,
                    struct pyr__arena *arena, pyr_found_t *out,
                    pyr_error_t *err) {
  struct pyr__label_set labels;
  int rc = pyr__discovered_labels(job, &view->discovered, arena, &labels, err);

  if (rc != 0)
    return rc;
  *out = (pyr_found_t){.job = job->name,
                       .mechanism = "",
                       .group = view->source,
                       .discovered = labels.items,
                       .discovered_count = labels.count};
  if (view->outcome == PYR__OUTCOME_TARGET)
    return fill_target(view->target, arena, out, err);
  out->outcome =
      view->outcome == PYR__OUTCOME_DROPPED ? PYR_FOUND_DROPPED : PYR_FOUND_BAD;
  out->error = view->error;
  if (view->outcome == PYR__OUTCOME_DROPPED)
    out->rule = &job->relabel->rules[view->rule].said;
  return 0;
}

/* ---- labels that nobody discovered -------------------------------------- */

static int fill_made(const struct pyr__job_config *job,
                     const struct pyr__label_set *labels,
                     struct pyr__arena *arena, pyr_found_t *out,
                     pyr_error_t *err) {
  struct pyr__member_view view = {.source = {"", 0},
                                  .discovered = {labels->items, labels->count}};
  struct pyr__target target;
  pyr_error_t why;
  int rc = pyr__target_from_discovered(NULL, job, &view.discovered, arena,
                                       &target, &view.rule, &why);

  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  view.outcome = rc == 0                     ? PYR__OUTCOME_TARGET
                 : rc == PYR__TARGET_DROPPED ? PYR__OUTCOME_DROPPED
                                             : PYR__OUTCOME_BAD;
  view.target = &target;
  view.error = rc < 0 ? pyr__arena_text(arena, pyr__str(why.text)) : NULL;
  if (rc < 0 && view.error == NULL)
    return pyr__making_no_room(arena, sizeof(why.text), err);
  return pyr__found_fill(job, &view, arena, out, err);
}

int pyr_config_found(const pyr_config_t *config, pyr_str_t job,
                     const pyr_label_t *labels, size_t label_count,
                     void (*cb)(void *ctx, const pyr_found_t *found), void *ctx,
                     pyr_error_t *err) {
  const struct pyr__job_config *of = pyr__find_job(config, job, err);
  struct pyr__label_set sorted;
  struct pyr__memory memory;
  struct pyr__arena arena;
  pyr_found_t found;
  int rc;

  if (of == NULL)
    return PYR_ENOMATCH;
  pyr__memory_init(&memory, &config->memory.alloc);
  pyr__arena_init(&arena, &memory, PYR__MEM_CONFIG_VALUES,
                  PYR__LIMIT_TARGET_BYTES);
  rc = pyr__labels_sorted(labels, label_count, &arena, &sorted, err);
  if (rc == 0)
    rc = fill_made(of, &sorted, &arena, &found, err);
  if (rc == 0)
    cb(ctx, &found);
  pyr__arena_release(&arena);
  return rc;
}
