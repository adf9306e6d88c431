/* Inside of a target set: what the members of its groups became. */
#ifndef PYR__TARGETS_TARGET_MEMBERS_H
#define PYR__TARGETS_TARGET_MEMBERS_H

#include "targets/target_set.h"

enum { PYR__TARGET_SCRATCH_KEPT = 64 * 1024 };

struct pyr__member {
  union {
    struct pyr__live_target *live;
    size_t rule;
    char *error;
  } as; /* by outcome */
  uint32_t packed_at;
  uint8_t outcome;
  bool is_kept;  /* the same as in the group that this one replaces */
  bool on_trial; /* made by a configuration that is not in force */
};

struct pyr__discovered_group { /* one block; source and labels are behind it */
  const void *from;
  uint64_t hash;
  uint32_t id, count;
  pyr_str_t source;
  pyr_str_t packed;
  struct { /* what a configuration on trial makes of its members */
    struct pyr__member *members;
    uint32_t count;
    struct pyr__list link; /* of those that wait for it */
  } trial;
  struct pyr__member members[];
};

static inline pyr_str_t
pyr__member_packed(const struct pyr__discovered_group *group, size_t number) {
  size_t at = group->members[number].packed_at;
  size_t end = number + 1 < group->count ? group->members[number + 1].packed_at
                                         : group->packed.len;
  return (pyr_str_t){group->packed.base + at, end - at};
}

/* Fills in all but `packed_at` and `on_trial`, which it goes by.  On failure
 * there is nothing to give back. */
int pyr__member_make(struct pyr__target_set *set,
                     const struct pyr__job_config *job,
                     const struct pyr__discovered *from,
                     struct pyr__member *out, pyr_error_t *err);
/* Shares what `old` became. */
void pyr__member_keep(struct pyr__target_set *set,
                      const struct pyr__member *old, struct pyr__member *out);
/* It is on trial no longer: its configuration comes into force. */
void pyr__member_admit(struct pyr__target_set *set, struct pyr__member *member);
/* The member is no more.  Its target, where nobody else becomes it, waits to be
 * gone; if it is fresh, it is gone at once. */
void pyr__member_end(struct pyr__target_set *set, struct pyr__member *member);
/* The same for one that has not come to stay: what was kept is still that of
 * the member it was kept of, but for the reference. */
void pyr__member_undo(struct pyr__target_set *set, struct pyr__member *member);
/* What an update made has come to stay: counts it, tells of the bad. */
void pyr__members_settle(struct pyr__target_set *set,
                         const struct pyr__discovered_group *group);
void pyr__members_uncount(struct pyr__target_set *set,
                          const struct pyr__discovered_group *group);
/* What waits to be gone is in force no longer. */
void pyr__targets_withdraw(struct pyr__target_set *set);

struct pyr__group_making {
  const struct pyr__job_config *job;
  const void *from;
  /* The group that it will replace, which stays as it is; NULL: none. */
  const struct pyr__discovered_group *old;
  bool on_trial;
};
/* A group's block, with its members made. */
int pyr__group_make(struct pyr__target_set *set,
                    const struct pyr__group_making *making,
                    const struct pyr__target_group *group,
                    struct pyr__discovered_group **out, pyr_error_t *err);
/* Takes back pyr__group_make. */
void pyr__group_undo(struct pyr__target_set *set,
                     struct pyr__discovered_group *group);
/* What `group` has kept of `old` is no longer the old one's. */
void pyr__group_take_over(const struct pyr__discovered_group *group,
                          struct pyr__discovered_group *old);
/* Where there is a configuration on trial: it has the group to make anew; what
 * it made of it is undone. */
void pyr__group_await_stage(struct pyr__target_set *set,
                            struct pyr__discovered_group *group);
void pyr__group_unstage(struct pyr__target_set *set,
                        struct pyr__discovered_group *group);
/* Ends all members, on trial or not, frees the block. */
void pyr__group_end(struct pyr__target_set *set,
                    struct pyr__discovered_group *group);
/* Would an update with `group` change nothing? */
bool pyr__group_is(const struct pyr__target_set *set,
                   const struct pyr__discovered_group *old,
                   const struct pyr__target_group *group);

struct pyr__discovered_group *pyr__group_find(const struct pyr__target_set *set,
                                              const void *from,
                                              pyr_str_t source, uint64_t hash);
uint64_t pyr__group_hash(const struct pyr__target_set *set, const void *from,
                         pyr_str_t source);
/* Room for groups, so that adding them cannot fail. */
int pyr__groups_reserve(struct pyr__target_set *set, size_t extra);
void pyr__group_add(struct pyr__target_set *set,
                    struct pyr__discovered_group *group);

#endif
