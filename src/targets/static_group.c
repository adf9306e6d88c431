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

/* The number of the group, and of the part where that is not its first. */
static const char *source_text(const struct pyr__static_part *part,
                               struct pyr__arena *arena) {
  char text[48];
  if (part->first == 0)
    snprintf(text, sizeof(text), "%zu", part->group);
  else
    snprintf(text, sizeof(text), "%zu:%zu", part->group, part->first);
  return pyr__arena_text(arena, pyr__str(text));
}

int pyr__static_group(const struct pyr__job_config *job,
                      const struct pyr__static_part *part, pyr_str_t self,
                      struct pyr__arena *arena, struct pyr__target_group *out,
                      pyr_error_t *err) {
  const struct pyr__group_config *group = &job->groups[part->group];
  bool has_moved = group->self_target && self.len > 0;
  size_t i, count = group->target_count - part->first;
  const char *source = source_text(part, arena);
  struct pyr__discovered *entries;
  int rc = 0;

  if (count > part->most)
    count = part->most;
  entries =
      source == NULL ? NULL : pyr__arena_alloc(arena, count, sizeof(*entries));
  if (entries == NULL)
    return pyr__making_no_room(arena, count * sizeof(*entries), err);
  for (i = 0; i < count && rc == 0; i++)
    rc = make_entry(group, has_moved ? self : group->targets[part->first + i],
                    arena, &entries[i], err);
  *out = (struct pyr__target_group){pyr__str(source), entries, count};
  return rc;
}
