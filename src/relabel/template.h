/* Replacement texts as Go's Regexp.Expand reads them: $1, ${1}, $name, ${name},
 * $$.  A name is the longest run of letters, digits and "_", so "$1x" is the
 * group "1x"; a "$" that begins none of these stands for itself. */
#ifndef PYR__RELABEL_TEMPLATE_H
#define PYR__RELABEL_TEMPLATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/regex.h"

struct pyr__template_part {
  pyr_str_t text; /* as it is, or the name of a group */
  enum { PYR__TEMPLATE_TEXT, PYR__TEMPLATE_NUMBER, PYR__TEMPLATE_NAME } kind;
  uint32_t number;
};

struct pyr__template {
  const struct pyr__template_part *parts;
  size_t count;
};

/* Whether there is a "$" in it at all. */
bool pyr__template_has_variables(pyr_str_t text);
/* The parts live in `arena` and point into `text`. */
int pyr__template_parse(struct pyr__template *out, struct pyr__arena *arena,
                        pyr_str_t text, pyr_error_t *err);
/* What the template is for one match of `regex` in `source`; where `regex` is
 * NULL it is "(.*)".  The text is in `arena`, or a part of the source or of the
 * template. */
int pyr__template_expand(const struct pyr__template *template,
                         const struct pyr__regex *regex, pyr_str_t source,
                         const struct pyr__span *spans,
                         struct pyr__arena *arena, pyr_str_t *out,
                         pyr_error_t *err);

#endif
