/* Relabelling as Prometheus 3 does it: a list of rules turns a label set into
 * another, or drops it.  Pure: nothing is kept between two calls. */
#ifndef PYR__RELABEL_RELABEL_H
#define PYR__RELABEL_RELABEL_H

#include "relabel/rule.h"

/* Told after each rule: what the labels are then, sorted.  The last rule that
 * is told of is the one that dropped the target, if one did. */
struct pyr__relabel_trace {
  void (*on_rule)(void *ctx, size_t rule, bool kept, const pyr_label_t *labels,
                  size_t count);
  void *ctx;
};

struct pyr__relabel_result {
  bool kept;
  size_t rule;               /* that dropped it */
  const pyr_label_t *labels; /* sorted; those of a dropped one as they were */
  size_t count;
};

/* `labels` is sorted by name.  What comes out lives in `arena`, or is a part of
 * the labels and of the rules.  `trace` may be NULL.  PYR_ELIMIT: a pattern
 * gave up on these labels, or they outgrew the arena; the text says which rule
 * it was. */
int pyr__relabel_apply(const struct pyr__relabel_rule *rules, size_t count,
                       const pyr_label_t *labels, size_t label_count,
                       struct pyr__arena *arena,
                       const struct pyr__relabel_trace *trace,
                       struct pyr__relabel_result *out, pyr_error_t *err);

#endif
