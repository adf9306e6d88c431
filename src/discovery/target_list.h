/* Lists of targets, as files and HTTP servers give them:
 *
 *   - application: api          # becomes __name__; Prometheus has no such key
 *     spy-name: gospy           # and none of this one
 *     targets: [10.0.0.1:6060]
 *     labels: {zone: a}
 *
 * JSON goes the same way as YAML, which it is nearly all a part of, so that
 * there is one parser and every error has a place. */
#ifndef PYR__DISCOVERY_TARGET_LIST_H
#define PYR__DISCOVERY_TARGET_LIST_H

#include "config/group.h"

struct pyr__target_list {
  struct pyr__arena arena;
  struct pyr__group_draft *groups;
  size_t group_count;
};

enum pyr__list_format { PYR__LIST_YAML, PYR__LIST_JSON };

/* `name` is what errors call it; `text` is used up.  PYR_ECONFIG with the first
 * of the errors, "name:line:column: key: what is wrong", PYR_ELIMIT, or
 * PYR__ENOMEM; then there is nothing to release. */
int pyr__target_list_parse(struct pyr__target_list *list,
                           struct pyr__memory *memory, char *text, size_t len,
                           enum pyr__list_format format, const char *name,
                           pyr_error_t *err);
void pyr__target_list_release(struct pyr__target_list *list);

#endif
