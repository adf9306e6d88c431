/* What discovery found, in the words of the public header. */
#ifndef PYR__TARGETS_FOUND_H
#define PYR__TARGETS_FOUND_H

#include "targets/making.h"
#include "targets/target_set.h"

/* Fills in `out` from a member with its labels (pyr__target_set_open), which
 * lives as long as `arena` and the view do.  `mechanism` is "".  0,
 * or why there is no room. */
int pyr__found_fill(const struct pyr__job_config *job,
                    const struct pyr__member_view *view,
                    struct pyr__arena *arena, pyr_found_t *out,
                    pyr_error_t *err);

pyr_request_t pyr__request_shown(const struct pyr__target *target,
                                 size_t number);

/* relabel_steps.c: NULL and PYR_ENOMATCH where there is none of that name. */
const struct pyr__job_config *pyr__find_job(const pyr_config_t *config,
                                            pyr_str_t name, pyr_error_t *err);
/* A copy in order; the texts stay where they are. */
int pyr__labels_sorted(const pyr_label_t *labels, size_t count,
                       struct pyr__arena *arena, struct pyr__label_set *out,
                       pyr_error_t *err);

#endif
