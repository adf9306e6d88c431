/* Labels behind the job's rules. */
#include "targets/making.h"

#include "base/limits.h"
#include "discovery/group.h"
#include "relabel/relabel.h"

static size_t text_size(const struct pyr__relabel_result *result) {
  size_t size = 0, i;
  for (i = 0; i < result->count; i++)
    size += result->labels[i].name.len + result->labels[i].value.len;
  return size;
}

static pyr_str_t put(char **at, pyr_str_t text) {
  pyr_str_t copy = {*at, text.len};
  memcpy(*at, text.base, text.len);
  *at += text.len;
  return copy;
}

/* Out of the scratch arena into the target's. */
static int copy_labels(const struct pyr__relabel_result *result,
                       struct pyr__arena *arena, struct pyr__label_set *out,
                       pyr_error_t *err) {
  size_t size = result->count * sizeof(pyr_label_t) + text_size(result), i;
  pyr_label_t *labels = pyr__arena_alloc(arena, size, 1);
  char *text;

  if (labels == NULL)
    return pyr__arena_error(arena, size, "the targets", err);
  text = (char *)(labels + result->count);
  for (i = 0; i < result->count; i++) {
    labels[i].name = put(&text, result->labels[i].name);
    labels[i].value = put(&text, result->labels[i].value);
  }
  *out = (struct pyr__label_set){labels, result->count};
  return 0;
}

static int relabel(const struct pyr__relabel_list *list,
                   const struct pyr__label_set *discovered,
                   struct pyr__arena *scratch, struct pyr__arena *arena,
                   struct pyr__label_set *out, size_t *rule, pyr_error_t *err) {
  struct pyr__relabel_result result;
  int rc = pyr__relabel_apply(list->rules, list->count, discovered->items,
                              discovered->count, scratch, NULL, &result, err);

  if (rc == PYR_ELIMIT) { /* it is this one target's */
    if (err != NULL)
      err->code = PYR_ECONFIG;
    return PYR_ECONFIG;
  }
  if (rc != 0)
    return rc;
  if (result.kept)
    return copy_labels(&result, arena, out, err);
  *rule = result.rule;
  return PYR__TARGET_DROPPED;
}

int pyr__relabelled_labels(const struct pyr__job_config *job,
                           const struct pyr__label_set *discovered,
                           struct pyr__arena *arena, struct pyr__label_set *out,
                           size_t *rule, pyr_error_t *err) {
  struct pyr__arena scratch;
  int rc;

  *out = *discovered;
  if (job->relabel == NULL)
    return 0;
  pyr__arena_init(&scratch, arena->memory, arena->purpose,
                  PYR__LIMIT_TARGET_BYTES);
  rc = relabel(job->relabel, discovered, &scratch, arena, out, rule, err);
  pyr__arena_release(&scratch);
  return rc;
}

int pyr__target_from_discovered(void *ctx, const struct pyr__job_config *job,
                                const struct pyr__discovered *from,
                                struct pyr__arena *arena,
                                struct pyr__target *out, size_t *rule,
                                pyr_error_t *err) {
  struct pyr__label_set discovered, labels;
  int rc = pyr__discovered_labels(job, from, arena, &discovered, err);
  (void)ctx;
  if (rc == 0)
    rc = pyr__relabelled_labels(job, &discovered, arena, &labels, rule, err);
  return rc == 0 ? pyr__target_make(job, &discovered, &labels, arena, out, err)
                 : rc;
}
