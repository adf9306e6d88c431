/* An element of static-configs as a group that was discovered. */
#include "targets/making.h"

#include <stdio.h>

enum { OWN_LABELS = 3 }; /* __address__, __name__, __spy_name__ */

/* The labels of one target.  The group's cannot hide its own, and may be what
 * it does not say itself. */
static int make_entry(const struct pyr__group_config *group, pyr_str_t address,
                      struct pyr__arena *arena, struct pyr__discovered *out,
                      pyr_error_t *err) {
  const pyr_label_t own[OWN_LABELS] = {
      {pyr__str("__address__"), address},
      {pyr__str("__name__"), group->application},
      {pyr__str("__spy_name__"), group->spy_name}};
  size_t i, count = 0, own_count, room = group->label_count + OWN_LABELS;
  pyr_label_t *labels = pyr__arena_alloc(arena, room, sizeof(*labels));

  if (labels == NULL)
    return pyr__making_no_room(arena, room * sizeof(*labels), err);
  for (i = 0; i < OWN_LABELS; i++)
    if (own[i].value.len > 0)
      labels[count++] = own[i];
  own_count = count;
  for (i = 0; i < group->label_count; i++)
    if (pyr__labels_find(labels, own_count, group->labels[i].name.base) == NULL)
      labels[count++] = group->labels[i];
  pyr__labels_sort(labels, count);
  *out = (struct pyr__discovered){labels, count};
  return 0;
}

int pyr__static_group(const struct pyr__job_config *job, size_t number,
                      pyr_str_t self, struct pyr__arena *arena,
                      struct pyr__target_group *out, pyr_error_t *err) {
  const struct pyr__group_config *group = &job->groups[number];
  bool has_moved = group->self_target && self.len > 0;
  char text[24], *source;
  struct pyr__discovered *entries;
  size_t i;
  int rc = 0;

  snprintf(text, sizeof(text), "%zu", number);
  source = pyr__arena_text(arena, pyr__str(text));
  if (source == NULL)
    return pyr__making_no_room(arena, strlen(text) + 1, err);
  entries = pyr__arena_alloc(arena, group->target_count, sizeof(*entries));
  if (entries == NULL)
    return pyr__making_no_room(arena, group->target_count * sizeof(*entries),
                               err);
  for (i = 0; i < group->target_count && rc == 0; i++)
    rc = make_entry(group, has_moved ? self : group->targets[i], arena,
                    &entries[i], err);
  *out = (struct pyr__target_group){pyr__str(source), entries,
                                    group->target_count};
  return rc;
}
