/* Views of text: never owned, never terminated. */
#ifndef PYR__BASE_STR_H
#define PYR__BASE_STR_H

#include <string.h>

#include "pyrite.h"

/* For printf: "%.*s", PYR__STR_ARG(view) */
#define PYR__STR_ARG(str) (int)(str).len, (str).base

static inline pyr_str_t pyr__str(const char *text) {
  return (pyr_str_t){text, strlen(text)};
}
static inline int pyr__str_equal(pyr_str_t a, pyr_str_t b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.base, b.base, a.len) == 0);
}
static inline int pyr__str_is(pyr_str_t a, const char *text) {
  return pyr__str_equal(a, pyr__str(text));
}
/* Bytewise order, as strcmp. */
int pyr__str_compare(pyr_str_t a, pyr_str_t b);
int pyr__str_starts(pyr_str_t a, const char *prefix);
/* The same, where a letter of ASCII is the same in either case. */
int pyr__str_equal_nocase(pyr_str_t a, pyr_str_t b);
int pyr__str_is_nocase(pyr_str_t a, const char *text);
int pyr__str_starts_nocase(pyr_str_t a, const char *prefix);
/* Without spaces, tabs, CR and LF at both ends. */
pyr_str_t pyr__str_trim(pyr_str_t a);
/* The value of a digit of either case, or -1. */
static inline int pyr__hex_digit(int c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
/* Whole and valid UTF-8: no overlong forms, no surrogates. */
int pyr__str_is_utf8(pyr_str_t a);
/* Copies `text` into `out` with everything that is not printable ASCII (and
 * backslash) escaped as \n or \xNN; cuts at `size` and terminates. */
void pyr__str_escape(char *out, size_t size, pyr_str_t text);
/* The same of a URL or an address, with "..." for what stands before an @: it
 * may be a password. */
void pyr__str_escape_place(char *out, size_t size, pyr_str_t text);
/* Whether a URL has a user, and maybe a password, before its host. */
int pyr__str_has_user(pyr_str_t url);

#endif
