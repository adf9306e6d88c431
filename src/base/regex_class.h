/* Character classes of RE2: [a-z], [[:alpha:]], \d, \pL, \p{Greek}. */
#ifndef PYR__BASE_REGEX_CLASS_H
#define PYR__BASE_REGEX_CLASS_H

#include "base/regex_syntax.h"

/* At "[". */
void pyr__regex_class(struct pyr__regex_syntax *syntax);
/* At a backslash: is this \d, \p{...} or their like?  Then it is read. */
bool pyr__regex_class_escape(struct pyr__regex_syntax *syntax);

/* ---- between the files of classes ----------------------------------------
 */

/* From `low` to `high` as part of a class; surrogates, which no text has, are
 * left out.  Says whether something was written. */
bool pyr__regex_put_range(struct pyr__regex_syntax *syntax, uint32_t low,
                          uint32_t high);
/* \d and its like, or "[:alpha:]" and "[:^alpha:]", as parts of a class: the
 * name is what stands behind the backslash, or inside of the colons.  False:
 * there is none of that name. */
bool pyr__regex_put_perl(struct pyr__regex_syntax *syntax, int letter);
bool pyr__regex_put_posix(struct pyr__regex_syntax *syntax, pyr_str_t name);
/* At \p or \P: read, and written as a part of a class that is `alone` in it
 * (it may negate the class then: "[" was written before) or not. */
void pyr__regex_property(struct pyr__regex_syntax *syntax, bool alone);

#endif
