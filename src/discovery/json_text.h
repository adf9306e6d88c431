/* JSON on its way to the YAML reader, which understands all of it but for one
 * thing. */
#ifndef PYR__DISCOVERY_JSON_TEXT_H
#define PYR__DISCOVERY_JSON_TEXT_H

#include <stddef.h>

/* Writes characters beyond U+FFFF, which JSON escapes in two halves
 * ("\ud83d\ude00"), as themselves, in place; half of one alone becomes U+FFFD,
 * as in Go.  Returns the new length.  Lines stay as they are, columns behind
 * such a character move. */
size_t pyr__json_join_surrogates(char *text, size_t len);

#endif
