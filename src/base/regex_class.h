/* Character classes of RE2: [a-z], [[:alpha:]], \d, \pL, \p{Greek}. */
#ifndef PYR__BASE_REGEX_CLASS_H
#define PYR__BASE_REGEX_CLASS_H

#include "base/regex_syntax.h"

/* At "[". */
void pyr__regex_class(struct pyr__regex_syntax *syntax);
/* At a backslash: is this \d, \p{...} or their like?  Then it is read. */
bool pyr__regex_class_escape(struct pyr__regex_syntax *syntax);

/* ---- between the files of classes --------------------------------------- */

/* "[:alpha:]" and "[:^alpha:]" as a part of a class, by the name inside of the
 * colons.  False: there is none of that name. */
bool pyr__regex_put_posix(struct pyr__regex_syntax *syntax, pyr_str_t name);
/* At \p or \P: read, and written as a part of a class that is `alone` in it
 * (it may negate the class then: "[" was written before) or not. */
void pyr__regex_property(struct pyr__regex_syntax *syntax, bool alone);

#endif
