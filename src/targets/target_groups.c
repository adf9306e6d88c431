/* Groups of a target set: making them, taking over, undoing. */
#include "targets/target_members.h"

#include <string.h>

#include "base/limits.h"

static void free_block(struct pyr__target_set *set,
                       struct pyr__discovered_group *group) {
  size_t i;
  for (i = 0; i < group->count; i++)
    pyr__packed_drop(&set->names, pyr__member_packed(group, i));
  pyr__free(set->memory, group);
}

static int pack(struct pyr__target_set *set,
                const struct pyr__target_group *group,
                struct pyr__discovered_group *out) {
  int rc = 0;
  size_t i;

  pyr__buf_clear(&set->packing);
  for (i = 0; i < group->target_count && rc == 0; i++) {
    out->members[i].packed_at = (uint32_t)set->packing.len;
    rc = pyr__labels_pack(&set->names, &set->packing, group->targets[i].labels,
                          group->targets[i].label_count);
    out->count += rc == 0;
  }
  return rc;
}

/* The block of a group, with labels and without what becomes of them. */
static struct pyr__discovered_group *
make_block(struct pyr__target_set *set, const struct pyr__target_group *group,
           int *rc) {
  size_t size = sizeof(struct pyr__discovered_group) +
                group->target_count * sizeof(struct pyr__member);
  struct pyr__discovered_group *block =
      pyr__calloc(set->memory, PYR__MEM_DISCOVERY_GROUPS, 1, size);
  struct pyr__discovered_group *whole = NULL;
  char *text;

  *rc = block == NULL ? PYR__ENOMEM : pack(set, group, block);
  if (block == NULL)
    return NULL;
  if (*rc == 0) {
    whole = pyr__realloc(set->memory, PYR__MEM_DISCOVERY_GROUPS, block,
                         size + set->packing.len + group->source.len, 1);
    *rc = whole == NULL ? PYR__ENOMEM : 0;
  }
  if (*rc != 0) {
    block->packed =
        (pyr_str_t){(const char *)set->packing.data, set->packing.len};
    free_block(set, block);
    return NULL;
  }
  text = (char *)whole + size;
  memcpy(text, set->packing.data, set->packing.len);
  whole->packed = (pyr_str_t){text, set->packing.len};
  text += set->packing.len;
  if (group->source.len > 0)
    memcpy(text, group->source.base, group->source.len);
  whole->source = (pyr_str_t){text, group->source.len};
  return whole;
}

static bool is_same(const struct pyr__target_set *set,
                    const struct pyr__discovered_group *old,
                    const struct pyr__target_group *group, size_t number) {
  return old != NULL && number < old->count &&
         pyr__packed_is(&set->names, pyr__member_packed(old, number),
                        group->targets[number].labels,
                        group->targets[number].label_count);
}

bool pyr__group_is(const struct pyr__target_set *set,
                   const struct pyr__discovered_group *old,
                   const struct pyr__target_group *group) {
  size_t i;
  if (old->count != group->target_count)
    return false;
  for (i = 0; i < old->count; i++)
    if (!is_same(set, old, group, i))
      return false;
  return true;
}

static void undo_members(struct pyr__target_set *set,
                         struct pyr__discovered_group *group, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    pyr__member_undo(set, &group->members[i]);
}

int pyr__group_make(struct pyr__target_set *set,
                    const struct pyr__group_making *making,
                    const struct pyr__target_group *group,
                    struct pyr__discovered_group **out, pyr_error_t *err) {
  int rc;
  struct pyr__discovered_group *made = make_block(set, group, &rc);
  size_t i;

  if (rc == PYR_ELIMIT)
    return pyr__error(err, PYR_ELIMIT, "the labels take more than %zu MiB",
                      PYR__LIMIT_GROUP_BYTES / PYR__MIB);
  if (rc != 0)
    return pyr__error_nomem(err);
  for (i = 0; i < made->count; i++) {
    made->members[i].on_trial = making->on_trial;
    if (is_same(set, making->old, group, i))
      pyr__member_keep(set, &making->old->members[i], &made->members[i]);
    else
      rc = pyr__member_make(set, making->job, &group->targets[i],
                            &made->members[i], err);
    if (rc != 0) {
      undo_members(set, made, i);
      free_block(set, made);
      return rc;
    }
  }
  made->from = making->from;
  made->hash = pyr__group_hash(set, making->from, group->source);
  pyr__list_init(&made->trial.link);
  *out = made;
  return 0;
}

void pyr__group_undo(struct pyr__target_set *set,
                     struct pyr__discovered_group *group) {
  undo_members(set, group, group->count);
  free_block(set, group);
}

void pyr__group_take_over(const struct pyr__discovered_group *group,
                          struct pyr__discovered_group *old) {
  size_t i;
  for (i = 0; i < group->count; i++)
    if (group->members[i].is_kept &&
        group->members[i].outcome == PYR__OUTCOME_BAD)
      old->members[i].as.error = NULL;
}

void pyr__group_end(struct pyr__target_set *set,
                    struct pyr__discovered_group *group) {
  size_t i;
  pyr__group_unstage(set, group);
  for (i = 0; i < group->count; i++)
    pyr__member_end(set, &group->members[i]);
  free_block(set, group);
}
