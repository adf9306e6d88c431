/* What others wrote, for a terminal or a log: nothing of it may move a cursor,
 * begin a line, or turn around what stands beside it. */
#ifndef PYR__BASE_PRINTABLE_H
#define PYR__BASE_PRINTABLE_H

#include <stdbool.h>

#include "base/str.h"

enum { PYR__PRINTABLE_TEXT = 8 }; /* a character or its number, and a NUL */

/* Bytes of the first character of `text`, which is not empty.  Not printable
 * are C0, DEL and C1, the marks of direction, the ends of a line or a
 * paragraph, and a byte that is no character. */
size_t pyr__printable_len(pyr_str_t text, bool *is_printable);
/* The same, and the character as JSON may write it: "\u202e" where it is not
 * printable, "\u00ff" for a byte. */
size_t pyr__printable_write(char out[PYR__PRINTABLE_TEXT], pyr_str_t text);
/* All of `text`, cut at a character where it does not fit; terminated. */
void pyr__printable_copy(char *out, size_t size, pyr_str_t text);

#endif
