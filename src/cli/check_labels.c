/* pyrite check --labels: what the rules of a job make of labels, step by step.
 */
#include <stdio.h>

#include "base/limits.h"
#include "cli/check.h"
#include "cli/found_print.h"
#include "cli/label_list.h"

struct shown {
  const pyr_config_t *config;
  int outcome, rc;
  pyr_error_t err;
};

static void on_found(void *ctx, const pyr_found_t *found) {
  struct shown *shown = ctx;
  shown->outcome = found->outcome;
  shown->rc = pyr__found_print(stdout, shown->config, found, &shown->err);
}

static int show(const char *path, int expand_env, const char *job,
                const pyr_label_t *labels, size_t count) {
  pyr_config_t *config = pyr__check_load(path, expand_env);
  struct shown shown = {.config = config};
  int rc;

  if (config == NULL)
    return PYR__EXIT_FAILURE;
  rc = pyr_config_found(config, pyr__str(job), labels, count, on_found, &shown,
                        &shown.err);
  if (rc != 0 || shown.rc != 0)
    pyr__cli_failure("check", &shown.err);
  pyr_config_unref(config);
  return rc == 0 && shown.rc == 0 && shown.outcome != PYR_FOUND_BAD
             ? PYR__EXIT_OK
             : PYR__EXIT_FAILURE;
}

int pyr__check_labels(const char *path, int expand_env, const char *job,
                      const char *text) {
  struct pyr__memory memory;
  struct pyr__arena arena;
  pyr_label_t *labels;
  pyr_error_t err;
  size_t count;
  int rc;

  pyr__memory_init(&memory, NULL);
  pyr__arena_init(&arena, &memory, PYR__MEM_BASE_TEXT, PYR__LIMIT_TARGET_BYTES);
  if (pyr__label_list_parse(pyr__str(text), &arena, &labels, &count, &err) == 0)
    rc = show(path, expand_env, job, labels, count);
  else
    rc = pyr__cli_usage("check", "--labels: %s", err.text);
  pyr__arena_release(&arena);
  return rc;
}
