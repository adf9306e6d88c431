/* Discovered labels, with those that the job adds. */
#include "targets/making.h"

#include "base/duration.h"

enum { ADDED = 4 };

/* One label more, where there is none of that name. */
static int add(pyr_label_t *labels, size_t *count, struct pyr__arena *arena,
               const char *name, pyr_str_t value, pyr_error_t *err) {
  char *copy;
  if (pyr__labels_find(labels, *count, name) != NULL)
    return 0;
  copy = pyr__arena_text(arena, value);
  if (copy == NULL)
    return pyr__making_no_room(arena, value.len + 1, err);
  labels[(*count)++] =
      (pyr_label_t){pyr__str(name), (pyr_str_t){copy, value.len}};
  return 0;
}

static int add_of_job(const struct pyr__job_config *job, pyr_label_t *labels,
                      size_t *count, struct pyr__arena *arena,
                      pyr_error_t *err) {
  char interval[PYR__DURATION_TEXT], timeout[PYR__DURATION_TEXT];
  int rc = add(labels, count, arena, "job", job->name, err);

  pyr__duration_format(interval, job->interval_ns);
  pyr__duration_format(timeout, job->timeout_ns);
  if (rc == 0)
    rc = add(labels, count, arena, "__scheme__", job->scheme, err);
  if (rc == 0)
    rc = add(labels, count, arena, "__scrape_interval__", pyr__str(interval),
             err);
  if (rc == 0)
    rc = add(labels, count, arena, "__scrape_timeout__",
             pyr__str(job->timeout_ns == 0 ? PYR__TIMEOUT_NOT_SET : timeout),
             err);
  return rc;
}

int pyr__discovered_labels(const struct pyr__job_config *job,
                           const struct pyr__discovered *entry,
                           struct pyr__arena *arena, struct pyr__label_set *out,
                           pyr_error_t *err) {
  size_t i, count = 0, room = entry->label_count + ADDED;
  pyr_label_t *labels = pyr__arena_alloc(arena, room, sizeof(*labels));
  int rc;

  if (labels == NULL)
    return pyr__making_no_room(arena, room * sizeof(*labels), err);
  for (i = 0; i < entry->label_count; i++)
    if (entry->labels[i].value.len > 0)
      labels[count++] = entry->labels[i];
  rc = add_of_job(job, labels, &count, arena, err);
  pyr__labels_sort(labels, count);
  *out = (struct pyr__label_set){labels, count};
  return rc;
}
