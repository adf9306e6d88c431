/* The targets of a job's static groups. */
#include "targets/target.h"

#include "base/index.h"
#include "targets/live_target.h"
#include "targets/making.h"

struct building {
  const struct pyr__job_config *job;
  struct pyr__arena *arena;
  pyr_config_error_cb on_error;
  void *ctx;
  struct pyr__target *targets;
  size_t count;
  struct pyr__index index; /* of identities */
};

/* ---- one target --------------------------------------------------------- */

/* Keeps the target in its place, or forgets it where it is there already. */
static int keep(struct building *building, const struct pyr__target *target) {
  size_t at;
  uint32_t id = pyr__index_first(&building->index, target->hash, &at);
  while (id != PYR__NONE &&
         !pyr__target_is_same(&building->targets[id], target))
    id = pyr__index_next(&building->index, target->hash, &at);
  if (id != PYR__NONE || target->request_count == 0)
    return 0;
  return pyr__index_add(&building->index, target->hash,
                        (uint32_t)building->count++);
}

static void tell(const struct building *building,
                 const struct pyr__discovered *entry,
                 const struct pyr__group_config *group, pyr_error_t *why) {
  const pyr_str_t *address =
      pyr__labels_find(entry->labels, entry->label_count, "__address__");
  char shown[128];
  pyr__str_escape_place(shown, sizeof(shown),
                        address == NULL ? pyr__str("") : *address);
  pyr__error_prefix(why, "%s:%u:%u: job \"%.*s\", target %s: ", group->file,
                    group->line, group->column,
                    PYR__STR_ARG(building->job->name), shown);
  why->line = group->line;
  why->column = group->column;
  if (building->on_error != NULL)
    building->on_error(building->ctx, why);
}

static int build_one(struct building *building,
                     const struct pyr__group_config *group,
                     const struct pyr__discovered *entry, pyr_error_t *err) {
  struct pyr__target *target = &building->targets[building->count];
  struct pyr__label_set discovered, final;
  pyr_error_t why;
  size_t rule;
  int rc = pyr__discovered_labels(building->job, entry, building->arena,
                                  &discovered, err);

  if (rc != 0)
    return rc;
  rc = pyr__relabelled_labels(building->job, &discovered, building->arena,
                              &final, &rule, &why);
  if (rc == PYR__TARGET_DROPPED)
    return 0;
  if (rc == 0)
    rc = pyr__target_make(building->job, &discovered, &final, building->arena,
                          target, &why);
  if (rc == 0)
    return keep(building, target) == 0 ? 0 : pyr__error_nomem(err);
  if (rc == PYR_ECONFIG) {
    tell(building, entry, group, &why);
    return 0;
  }
  if (err != NULL)
    *err = why;
  return rc;
}

/* ---- all of a job ------------------------------------------------------- */

static int build_group(struct building *building, size_t number,
                       pyr_error_t *err) {
  const struct pyr__static_part whole = {number, 0, SIZE_MAX};
  struct pyr__target_group group;
  size_t i;
  int rc = pyr__static_group(building->job, &whole, pyr__str(""),
                             building->arena, &group, err);
  for (i = 0; rc == 0 && i < group.target_count; i++)
    rc = build_one(building, &building->job->groups[number], &group.targets[i],
                   err);
  return rc;
}

int pyr__targets_build(const struct pyr__job_config *job,
                       struct pyr__arena *arena, const struct pyr__target **out,
                       size_t *out_count, pyr_config_error_cb on_error,
                       void *ctx, pyr_error_t *err) {
  struct building building = {
      .job = job, .arena = arena, .on_error = on_error, .ctx = ctx};
  size_t i, count = 0;
  int rc = 0;

  for (i = 0; i < job->group_count; i++)
    count += job->groups[i].target_count;
  building.targets =
      pyr__arena_alloc(arena, count + 1, sizeof(*building.targets));
  if (building.targets == NULL)
    return pyr__making_no_room(arena, (count + 1) * sizeof(*building.targets),
                               err);
  pyr__index_init(&building.index, arena->memory, arena->purpose);
  for (i = 0; i < job->group_count && rc == 0; i++)
    rc = build_group(&building, i, err);
  pyr__index_release(&building.index);
  *out = building.targets;
  *out_count = building.count;
  return rc;
}
