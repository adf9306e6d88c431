/* What each rule of a job makes of labels, for who wants to see it. */
#include "base/label.h"
#include "base/limits.h"
#include "relabel/relabel.h"
#include "targets/making.h"

struct telling {
  const struct pyr__relabel_list *list;
  size_t told; /* rules */
  void (*cb)(void *ctx, const pyr_relabel_step_t *step);
  void *ctx;
};

static void on_rule(void *ctx, size_t rule, bool kept,
                    const pyr_label_t *labels, size_t count) {
  struct telling *telling = ctx;
  const pyr_relabel_step_t step = {.rule = &telling->list->rules[rule].said,
                                   .kept = kept,
                                   .labels = labels,
                                   .label_count = kept ? count : 0};
  telling->told = rule + 1;
  telling->cb(telling->ctx, &step);
}

/* Those that there was nothing left for; `error` is that of the first. */
static void tell_rest(struct telling *telling, const char *error) {
  for (; telling->told < telling->list->count; telling->told++) {
    const pyr_relabel_step_t step = {
        .rule = &telling->list->rules[telling->told].said, .error = error};
    telling->cb(telling->ctx, &step);
    error = NULL;
  }
}

static int tell(struct telling *telling, const struct pyr__label_set *labels,
                struct pyr__arena *arena, pyr_error_t *err) {
  const struct pyr__relabel_trace trace = {on_rule, telling};
  struct pyr__relabel_result result;
  pyr_error_t why;
  int rc = pyr__relabel_apply(telling->list->rules, telling->list->count,
                              labels->items, labels->count, arena, &trace,
                              &result, &why);

  if (rc == 0 || rc == PYR_ELIMIT) {
    tell_rest(telling, rc == 0 ? NULL : why.text);
    return 0;
  }
  if (err != NULL)
    *err = why;
  return rc;
}

int pyr__labels_sorted(const pyr_label_t *labels, size_t count,
                       struct pyr__arena *arena, struct pyr__label_set *out,
                       pyr_error_t *err) {
  pyr_label_t *sorted = pyr__arena_alloc(arena, count + 1, sizeof(*sorted));

  *out = (struct pyr__label_set){NULL, 0};

  if (sorted == NULL)
    return pyr__making_no_room(arena, (count + 1) * sizeof(*sorted), err);
  if (count > 0)
    memcpy(sorted, labels, count * sizeof(*sorted));
  pyr__labels_sort(sorted, count);
  *out = (struct pyr__label_set){sorted, count};
  return 0;
}

const struct pyr__job_config *pyr__find_job(const pyr_config_t *config,
                                            pyr_str_t name, pyr_error_t *err) {
  char shown[128];
  size_t i;
  for (i = 0; i < config->job_count; i++)
    if (pyr__str_equal(config->jobs[i].name, name))
      return &config->jobs[i];
  pyr__str_escape(shown, sizeof(shown), name);
  pyr__error(err, PYR_ENOMATCH, "there is no job \"%s\"", shown);
  return NULL;
}

int pyr_config_relabel(const pyr_config_t *config, pyr_str_t job,
                       const pyr_label_t *labels, size_t label_count,
                       void (*cb)(void *ctx, const pyr_relabel_step_t *step),
                       void *ctx, pyr_error_t *err) {
  const struct pyr__job_config *found = pyr__find_job(config, job, err);
  struct telling telling = {.cb = cb, .ctx = ctx};
  struct pyr__label_set sorted;
  struct pyr__memory memory;
  struct pyr__arena arena;
  int rc;

  if (found == NULL)
    return PYR_ENOMATCH;
  if (found->relabel == NULL)
    return 0;
  telling.list = found->relabel;
  pyr__memory_init(&memory, &config->memory.alloc);
  pyr__arena_init(&arena, &memory, PYR__MEM_CONFIG_VALUES,
                  PYR__LIMIT_TARGET_BYTES);
  rc = pyr__labels_sorted(labels, label_count, &arena, &sorted, err);
  if (rc == 0)
    rc = tell(&telling, &sorted, &arena, err);
  pyr__arena_release(&arena);
  return rc;
}
