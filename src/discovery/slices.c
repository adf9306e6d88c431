#include "discovery/slices.h"

#include <stdio.h>

#include "base/str.h"

enum { NUMBER_TEXT = 16 };

/* "origin:number", or a NULL base without memory. */
static pyr_str_t source_text(const struct pyr__slices *slices,
                             struct pyr__arena *scratch, uint32_t number) {
  size_t size = slices->origin.len + NUMBER_TEXT;
  char *text = pyr__arena_alloc(scratch, size, 1);
  if (text == NULL)
    return (pyr_str_t){NULL, 0};
  snprintf(text, size, "%.*s:%u", PYR__STR_ARG(slices->origin), number);
  return pyr__str(text);
}

static int tell(struct pyr__slices *slices, struct pyr__arena *scratch,
                uint32_t number, const struct pyr__discovered *targets,
                size_t count, pyr_error_t *err) {
  struct pyr__target_group group = {source_text(slices, scratch, number),
                                    targets, count};
  if (group.source.base == NULL)
    return pyr__arena_error(scratch, 0, "a slice of targets", err);
  return pyr__discoverer_emit(slices->discoverer, &group, err);
}

int pyr__slices_add(struct pyr__slices *slices, struct pyr__arena *scratch,
                    const struct pyr__discovered *targets, size_t count,
                    pyr_error_t *err) {
  int rc = tell(slices, scratch, slices->next, targets, count, err);
  if (rc != 0)
    return rc;
  slices->next++;
  if (slices->next > slices->sources)
    slices->sources = slices->next;
  return 0;
}

int pyr__slices_end(struct pyr__slices *slices, struct pyr__arena *scratch,
                    pyr_error_t *err) {
  int rc;
  if (slices->sources <= slices->next)
    return 0;
  rc = tell(slices, scratch, slices->sources - 1, NULL, 0, err);
  if (rc != 0)
    return rc;
  slices->sources--;
  return 1;
}
