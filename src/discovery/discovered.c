#include "discovery/making.h"

#include "base/duration.h"

enum { ADDED = 4 };

/* One label more, where there is none of that name. */
static int add(struct pyr__label_set *set, struct pyr__arena *arena,
               const char *name, pyr_str_t value) {
  char *copy;
  if (pyr__labels_find(set->items, set->count, name) != NULL)
    return 0;
  copy = pyr__arena_text(arena, value);
  if (copy == NULL)
    return PYR__ENOMEM;
  set->items[set->count++] =
      (pyr_label_t){pyr__str(name), (pyr_str_t){copy, value.len}};
  return 0;
}

int pyr__discovered_labels(const struct pyr__job_config *job,
                           const pyr_label_t *labels, size_t count,
                           struct pyr__arena *arena, struct pyr__label_set *out,
                           pyr_error_t *err) {
  char interval[PYR__DURATION_TEXT], timeout[PYR__DURATION_TEXT];
  size_t i;

  out->count = 0;
  out->items = pyr__arena_alloc(arena, count + ADDED, sizeof(*out->items));
  if (out->items == NULL)
    return pyr__arena_error(arena, count * sizeof(*out->items), "the targets",
                            err);
  for (i = 0; i < count; i++)
    if (labels[i].value.len > 0)
      out->items[out->count++] = labels[i];
  pyr__duration_format(interval, job->interval_ns);
  pyr__duration_format(timeout, job->timeout_ns);
  if (add(out, arena, "job", job->name) != 0 ||
      add(out, arena, "__scheme__", job->scheme) != 0 ||
      add(out, arena, "__scrape_interval__", pyr__str(interval)) != 0 ||
      add(out, arena, "__scrape_timeout__",
          pyr__str(job->timeout_ns == 0 ? PYR__TIMEOUT_NOT_SET : timeout)) != 0)
    return pyr__arena_error(arena, PYR__DURATION_TEXT, "the targets", err);
  pyr__labels_sort(out->items, out->count);
  return 0;
}
