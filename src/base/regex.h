/* Patterns in RE2's syntax, as Prometheus has them, on PCRE2.  What RE2 refuses
 * is refused here by its name; what PCRE2 would read differently is translated.
 * Matching is bounded: a pattern that backtracks without end is an error and
 * not a stall.
 *
 * What is left of the difference to Go's regexp: the Unicode version is that of
 * PCRE2, a pattern may take 64 KiB compiled, and a few patterns are refused
 * that RE2 takes ((?i) with \p{Lu}, \p{Ll} or \p{Lt}; captures in an endless
 * repeat that prefers to match nothing). */
#ifndef PYR__BASE_REGEX_H
#define PYR__BASE_REGEX_H

#include "base/memory.h"

struct pyr__regex;

enum {
  /* Groups are wanted; else only whether there is a match. */
  PYR__REGEX_CAPTURES = 1,
  /* "^(?s:" and ")$" are put around the pattern as text, so that "a)|(b" is
   * legal and finds an "a" at the start or a "b" at the end.  Relabelling is
   * like that, matchers are not: they want the pattern itself to be legal. */
  PYR__REGEX_TEXTUAL = 2
};

#define PYR__REGEX_UNSET SIZE_MAX

struct pyr__span { /* of a text; PYR__REGEX_UNSET: the group took no part */
  size_t start, end;
};

/* The pattern matches whole texts, and "." a newline too.  On PYR_EUSAGE
 * `*offset` is the byte of the pattern where it is wrong. */
int pyr__regex_new(struct pyr__regex **out, struct pyr__memory *memory,
                   enum pyr__purpose purpose, pyr_str_t pattern, unsigned flags,
                   size_t *offset, pyr_error_t *err);
void pyr__regex_free(struct pyr__regex *regex); /* NULL is allowed */
/* 1: matches, 0: does not, PYR_ELIMIT: gave up, PYR__ENOMEM. */
int pyr__regex_test(const struct pyr__regex *regex, pyr_str_t text,
                    pyr_error_t *err);
/* The same, from byte `from` on, with the places of the whole match and of each
 * group: `spans` has room for 1 + pyr__regex_groups.  Wants
 * PYR__REGEX_CAPTURES. */
int pyr__regex_find(const struct pyr__regex *regex, pyr_str_t text, size_t from,
                    struct pyr__span *spans, pyr_error_t *err);
size_t pyr__regex_groups(const struct pyr__regex *regex);
/* Of group 1 and up; "" where it has no name.  Names may be there twice. */
pyr_str_t pyr__regex_group_name(const struct pyr__regex *regex, size_t group);

#endif
