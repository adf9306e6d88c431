/* What the grammar knows of the parts of a pattern, and how they are repeated.
 */
#ifndef PYR__BASE_REGEX_REPEAT_H
#define PYR__BASE_REGEX_REPEAT_H

#include "base/regex_syntax.h"

struct pyr__regex_part {
  size_t start;      /* in `out` */
  size_t groups;     /* how many there were before it */
  unsigned copies;   /* of its innermost thing, by counted repeats */
  bool consumes;     /* may match something */
  bool nullable;     /* may match "" */
  bool has_captures; /* and they are wanted */
  bool skips_first;  /* something in it prefers "" to more, */
  bool skips_late;   /* perhaps after something was matched */
  bool is_bare;      /* PCRE2 does not repeat it as it is */
};

struct pyr__regex_repeat {
  unsigned least, most; /* UINT_MAX: endless */
  bool lazy;
};

/* The length of the repeat that begins here, or 0; a "?" behind it excluded. */
size_t pyr__regex_repeat_here(const struct pyr__regex_syntax *syntax,
                              struct pyr__regex_repeat *repeat);
/* Reads it.  `last` is what is repeated, or NULL; `is_second` where it stands
 * directly behind another repeat. */
void pyr__regex_repeat(struct pyr__regex_syntax *syntax,
                       struct pyr__regex_part *last,
                       struct pyr__regex_repeat *repeat, size_t len,
                       bool is_second);

#endif
