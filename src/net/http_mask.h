/* Takes out of the text of an error what a request said of who it is: servers
 * quote what they do not like, and their answers are quoted in ours. */
#ifndef PYR__NET_HTTP_MASK_H
#define PYR__NET_HTTP_MASK_H

#include "pyrite.h"

/* Overwrites the secret in the text, where it stands in the original of that,
 * or at least its first 8 bytes do: so of two that begin alike both are found.
 * What is shorter than 4 bytes cannot be told from other text. */
void pyr__http_mask(char *text, const char *original, pyr_str_t secret);
/* The same with the values of all lines, "Name: value\r\n", but those that say
 * what is accepted; of an Authorization without its type, and with the password
 * that Basic has in it. */
void pyr__http_mask_lines(char *text, const char *original, pyr_str_t lines);

#endif
