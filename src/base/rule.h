/* How rules of relabelling and what they do are shown. */
#ifndef PYR__BASE_RULE_H
#define PYR__BASE_RULE_H

#include "base/label.h"

/* drop {source-labels: [a, b], regex: "x"}: the action, and what is not as by
 * default.  Returns what pyr__buf_add does. */
int pyr__rule_write(struct pyr__buf *out, const pyr_rule_t *rule);

/* Between two sorted sets; a value is NULL where the label is not there. */
struct pyr__label_change {
  pyr_str_t name;
  const pyr_str_t *before, *after;
};

/* A walk over what differs; all 0 at first. */
struct pyr__label_walk {
  size_t before, after;
};

/* The next difference; 0: there is none. */
int pyr__labels_next_change(struct pyr__label_walk *walk,
                            const pyr_label_t *before, size_t before_count,
                            const pyr_label_t *after, size_t after_count,
                            struct pyr__label_change *out);

#endif
