#include "discovery/list_emit.h"

#include "base/label.h"
#include "base/limits.h"
#include "base/str.h"

enum { OWN_LABELS = 4, SCRATCH_KEPT = 64 * 1024 };

void pyr__list_emit_begin(struct pyr__list_emit *emit,
                          struct pyr__discoverer *discoverer, pyr_str_t origin,
                          const char *meta_label, uint32_t sources,
                          const struct pyr__target_list *list) {
  *emit = (struct pyr__list_emit){.slices = {discoverer, origin, sources, 0},
                                  .meta_label = meta_label,
                                  .list = *list};
  pyr__arena_init(&emit->scratch, discoverer->env->memory,
                  PYR__MEM_DISCOVERY_GROUPS, PYR__LIMIT_YAML_BYTES);
  discoverer->is_updating = true;
}

void pyr__list_emit_end(struct pyr__list_emit *emit) {
  emit->slices.discoverer->is_updating = false;
  pyr__target_list_release(&emit->list);
  pyr__arena_release(&emit->scratch);
}

/* What the targets of a group have in common, sorted, and room for the
 * address. */
static pyr_label_t *common_labels(struct pyr__list_emit *emit,
                                  const struct pyr__group_draft *group,
                                  size_t *count) {
  size_t i, n = 0;
  pyr_label_t *labels = pyr__arena_alloc(
      &emit->scratch, group->labels.count + OWN_LABELS, sizeof(*labels));

  if (labels == NULL)
    return NULL;
  for (i = 0; i < group->labels.count; i++)
    if (group->labels.items[i].value.len > 0 &&
        !pyr__str_is(group->labels.items[i].name, "__address__") &&
        !pyr__str_is(group->labels.items[i].name, emit->meta_label))
      labels[n++] = group->labels.items[i];
  if (group->application.len > 0)
    labels[n++] = (pyr_label_t){pyr__str("__name__"), group->application};
  if (group->spy_name.len > 0)
    labels[n++] = (pyr_label_t){pyr__str("__spy_name__"), group->spy_name};
  labels[n++] = (pyr_label_t){pyr__str(emit->meta_label), emit->slices.origin};
  labels[n++] = (pyr_label_t){pyr__str("__address__"), pyr__str("")};
  pyr__labels_sort(labels, n);
  *count = n;
  return labels;
}

static int fill(struct pyr__list_emit *emit, struct pyr__discovered *targets,
                size_t count) {
  const struct pyr__group_draft *group = &emit->list.groups[emit->group];
  size_t i, k, label_count;
  const pyr_label_t *common = common_labels(emit, group, &label_count);

  for (i = 0; i < count && common != NULL; i++) {
    pyr_label_t *labels =
        pyr__arena_alloc(&emit->scratch, label_count, sizeof(*labels));
    if (labels == NULL)
      return PYR__ENOMEM;
    for (k = 0; k < label_count; k++) {
      labels[k] = common[k];
      if (pyr__str_is(labels[k].name, "__address__"))
        labels[k].value = group->targets.items[emit->target + i];
    }
    targets[i] = (struct pyr__discovered){labels, label_count};
  }
  return common == NULL ? PYR__ENOMEM : 0;
}

static int emit_slice(struct pyr__list_emit *emit, pyr_error_t *err) {
  const struct pyr__group_draft *group = &emit->list.groups[emit->group];
  size_t count = group->targets.count - emit->target;
  struct pyr__discovered *targets;
  int rc;

  if (count > PYR__SLICE_TARGETS)
    count = PYR__SLICE_TARGETS;
  targets = pyr__arena_alloc(&emit->scratch, count, sizeof(*targets));
  if (targets == NULL || fill(emit, targets, count) != 0)
    return pyr__arena_error(&emit->scratch, 0, "a slice of targets", err);
  rc = pyr__slices_add(&emit->slices, &emit->scratch, targets, count, err);
  if (rc != 0)
    return rc;
  emit->target += count;
  return 1;
}

static void skip_what_is_done(struct pyr__list_emit *emit) {
  while (emit->group < emit->list.group_count &&
         emit->target == emit->list.groups[emit->group].targets.count) {
    emit->group++;
    emit->target = 0;
  }
}

int pyr__list_emit_step(struct pyr__list_emit *emit, pyr_error_t *err) {
  pyr__arena_reset(&emit->scratch, SCRATCH_KEPT);
  skip_what_is_done(emit);
  if (emit->group < emit->list.group_count)
    return emit_slice(emit, err);
  return pyr__slices_end(&emit->slices, &emit->scratch, err);
}
