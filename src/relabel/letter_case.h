/* Small and capital letters as Go's strings.ToLower and ToUpper have them: each
 * code point for itself, and U+FFFD for each byte that is not UTF-8. */
#ifndef PYR__RELABEL_LETTER_CASE_H
#define PYR__RELABEL_LETTER_CASE_H

#include <locale.h>
#include <stdbool.h>

#include "base/arena.h"

/* The C library's own table of letters, in a locale that every system has.  To
 * be given to freelocale; 0 where there is none. */
locale_t pyr__letter_case_locale(void);
/* The result is in `arena`. */
int pyr__letter_case(pyr_str_t text, bool upper, locale_t locale,
                     struct pyr__arena *arena, pyr_str_t *out,
                     pyr_error_t *err);

#endif
