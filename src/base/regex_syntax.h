/* RE2's syntax, read and written again as PCRE2 understands it. */
#ifndef PYR__BASE_REGEX_SYNTAX_H
#define PYR__BASE_REGEX_SYNTAX_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/utf8.h"

#define PYR__REGEX_NOT_RE2 " is not part of RE2's syntax"

struct pyr__regex_group {
  pyr_str_t name;  /* "" or a part of the pattern */
  uint32_t number; /* PCRE2's */
};

struct pyr__regex_flags { /* (?imsU) */
  bool fold, multiline, dot_newline, lazy;
};

struct pyr__regex_syntax {
  pyr_str_t text;
  size_t at;
  struct pyr__buf out; /* what PCRE2 gets */
  bool captures;       /* groups are wanted */
  struct pyr__regex_flags flags;
  bool fold_written; /* what (?i) is where `out` ends */
  struct pyr__regex_group *groups;
  size_t group_count, group_capacity;
  uint32_t numbers; /* given to groups of `out` */
  unsigned guards;
  unsigned depth;
  int rc; /* the first failure; everything stops then */
  size_t wrong_at;
  pyr_error_t *err;
};

/* Reads the whole text; `syntax` has text, out, captures and err, and the rest
 * is zero.  Returns `rc`. */
int pyr__regex_translate(struct pyr__regex_syntax *syntax);
void pyr__regex_syntax_release(struct pyr__regex_syntax *syntax);

/* ---- between the files of the syntax ------------------------------------ */

__attribute__((format(printf, 3, 4))) void
pyr__regex_wrong(struct pyr__regex_syntax *syntax, size_t at,
                 const char *format, ...);
/* `text[at]`, or -1 behind the end. */
int pyr__regex_peek(const struct pyr__regex_syntax *syntax, size_t ahead);
bool pyr__regex_starts(const struct pyr__regex_syntax *syntax,
                       const char *prefix);
void pyr__regex_put(struct pyr__regex_syntax *syntax, const char *text);
/* The next code point; the text is known to be UTF-8 and not to end here. */
uint32_t pyr__regex_next(struct pyr__regex_syntax *syntax);
/* Switches (?i) in `out` to what the flags say. */
void pyr__regex_put_case(struct pyr__regex_syntax *syntax);
void pyr__regex_put_code(struct pyr__regex_syntax *syntax, uint32_t code);
/* The character that an escape stands for, at its backslash. */
uint32_t pyr__regex_escape(struct pyr__regex_syntax *syntax);
/* At "(": what of it opens a group is read.  False: it only set flags. */
bool pyr__regex_open(struct pyr__regex_syntax *syntax, bool *is_capture,
                     pyr_str_t *name);

#endif
