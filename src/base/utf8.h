/* Code points and their bytes. */
#ifndef PYR__BASE_UTF8_H
#define PYR__BASE_UTF8_H

#include "base/str.h"

#define PYR__UTF8_REPLACEMENT 0xfffdu
#define PYR__UTF8_LAST        0x10ffffu

enum { PYR__UTF8_MAX = 4 };

/* The code point at the start of `text`, and its length in bytes: 1 to 4, or 0
 * where there is no text.  A byte that does not belong to valid UTF-8 is one
 * U+FFFD of length 1, as Go has it. */
size_t pyr__utf8_decode(pyr_str_t text, uint32_t *out);
/* How many bytes were written.  A surrogate, or what is past the last code
 * point, is written as U+FFFD. */
size_t pyr__utf8_encode(char out[PYR__UTF8_MAX], uint32_t code);

#endif
