#include "discovery/list_emit.h"

#include "base/label.h"
#include "base/limits.h"
#include "base/str.h"

enum {
  OWN_LABELS = 4,
  SLICE_LABELS = 64 * PYR__SLICE_TARGETS,
  SCRATCH_KEPT = 64 * 1024
};

void pyr__list_emit_begin(struct pyr__list_emit *emit,
                          struct pyr__discoverer *discoverer,
                          const struct pyr__list_source *from) {
  struct pyr__memory *memory = discoverer->env->memory;
  const struct pyr__buf *text = from->text;

  *emit = (struct pyr__list_emit){
      .from = *from,
      .is_read = text == NULL,
      .slices = {discoverer, from->origin, from->slices, 0}};
  pyr__list_reading_begin(
      &emit->reading, memory, text == NULL ? NULL : (char *)text->data,
      text == NULL ? 0 : text->len, from->format, from->origin.base);
  pyr__arena_init(&emit->scratch, memory, PYR__MEM_DISCOVERY_GROUPS,
                  PYR__LIMIT_YAML_BYTES);
}

void pyr__list_emit_end(struct pyr__list_emit *emit) {
  emit->slices.discoverer->is_updating = false;
  pyr__list_reading_end(&emit->reading);
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
        !pyr__str_is(group->labels.items[i].name, emit->from.meta_label))
      labels[n++] = group->labels.items[i];
  if (group->application.len > 0)
    labels[n++] = (pyr_label_t){pyr__str("__name__"), group->application};
  if (group->spy_name.len > 0)
    labels[n++] = (pyr_label_t){pyr__str("__spy_name__"), group->spy_name};
  labels[n++] =
      (pyr_label_t){pyr__str(emit->from.meta_label), emit->from.origin};
  labels[n++] = (pyr_label_t){pyr__str("__address__"), pyr__str("")};
  pyr__labels_sort(labels, n);
  *count = n;
  return labels;
}

static int fill(struct pyr__list_emit *emit, struct pyr__discovered *targets,
                size_t count) {
  const struct pyr__group_draft *group =
      &emit->reading.list.groups[emit->group];
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

/* How many targets: fewer where each has very many labels. */
static size_t slice_size(const struct pyr__list_emit *emit,
                         const struct pyr__group_draft *group) {
  size_t left = group->targets.count - emit->target;
  size_t most = SLICE_LABELS / (group->labels.count + OWN_LABELS);
  if (most > PYR__SLICE_TARGETS)
    most = PYR__SLICE_TARGETS;
  return left < most ? left : most > 0 ? most : 1;
}

static int emit_slice(struct pyr__list_emit *emit, pyr_error_t *err) {
  const struct pyr__group_draft *group =
      &emit->reading.list.groups[emit->group];
  size_t count = slice_size(emit, group);
  struct pyr__discovered *targets;
  int rc;

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
  while (emit->group < emit->reading.list.group_count &&
         emit->target == emit->reading.list.groups[emit->group].targets.count) {
    emit->group++;
    emit->target = 0;
  }
}

static int read_on(struct pyr__list_emit *emit, pyr_error_t *err) {
  int rc = pyr__list_reading_step(&emit->reading, err);
  if (rc != 0)
    return rc;
  pyr__buf_release(emit->from.text);
  emit->is_read = true;
  return 1;
}

int pyr__list_emit_step(struct pyr__list_emit *emit, pyr_error_t *err) {
  if (!emit->is_read)
    return read_on(emit, err);
  emit->slices.discoverer->is_updating = true;
  pyr__arena_reset(&emit->scratch, SCRATCH_KEPT);
  skip_what_is_done(emit);
  if (emit->group < emit->reading.list.group_count)
    return emit_slice(emit, err);
  return pyr__slices_end(&emit->slices, &emit->scratch, err);
}
