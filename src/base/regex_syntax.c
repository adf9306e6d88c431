/* The grammar as Go's regexp/syntax has it, with its oddities: a repeat takes
 * the last thing before it, even over "(?i)" and "\Q\E"; "{" is a character
 * where no count follows. */
#include "base/regex_syntax.h"

#include "base/limits.h"
#include "base/regex_class.h"
#include "base/regex_repeat.h"

enum { FIRST_GROUPS = 8 };

static void alternation(struct pyr__regex_syntax *syntax,
                        struct pyr__regex_part *whole);

static struct pyr__regex_part
part_here(const struct pyr__regex_syntax *syntax) {
  return (struct pyr__regex_part){
      .start = syntax->out.len, .groups = syntax->group_count, .copies = 1};
}

static void include(struct pyr__regex_part *whole,
                    const struct pyr__regex_part *inner) {
  if (inner->copies > whole->copies)
    whole->copies = inner->copies;
  whole->consumes |= inner->consumes;
  whole->has_captures |= inner->has_captures;
  whole->skips_first |= inner->skips_first;
  whole->skips_late |= inner->skips_late;
}

/* `next` follows what is in `whole`. */
static void join(struct pyr__regex_part *whole,
                 const struct pyr__regex_part *next) {
  whole->skips_late |= next->skips_first && whole->consumes;
  whole->nullable &= next->nullable;
  include(whole, next);
}

/* ---- things ------------------------------------------------------------- */

static int remember_group(struct pyr__regex_syntax *syntax, pyr_str_t name) {
  if (syntax->group_count == syntax->group_capacity) {
    size_t capacity =
        syntax->group_capacity == 0 ? FIRST_GROUPS : syntax->group_capacity * 2;
    struct pyr__regex_group *groups =
        pyr__realloc(syntax->out.memory, syntax->out.purpose, syntax->groups,
                     capacity, sizeof(*groups));
    if (groups == NULL)
      return pyr__error_nomem(syntax->err);
    syntax->groups = groups;
    syntax->group_capacity = capacity;
  }
  syntax->groups[syntax->group_count++] =
      (struct pyr__regex_group){name, ++syntax->numbers};
  return 0;
}

/* At "(".  False: it was only flags. */
static bool group(struct pyr__regex_syntax *syntax,
                  struct pyr__regex_part *part) {
  struct pyr__regex_flags flags = syntax->flags;
  bool fold_written = syntax->fold_written, is_capture = false;
  size_t at = syntax->at;
  pyr_str_t name = {"", 0};

  if (!pyr__regex_open(syntax, &is_capture, &name) || syntax->rc != 0)
    return false;
  if (++syntax->depth > PYR__LIMIT_REGEX_NESTING) {
    pyr__regex_wrong(syntax, at, "groups are nested deeper than %d",
                     PYR__LIMIT_REGEX_NESTING);
    return false;
  }
  is_capture &= syntax->captures;
  if (is_capture)
    syntax->rc = remember_group(syntax, name);
  pyr__regex_put(syntax, is_capture ? "(" : "(?:");
  alternation(syntax, part);
  part->has_captures |= is_capture;
  if (syntax->rc == 0 && pyr__regex_peek(syntax, 0) != ')')
    pyr__regex_wrong(syntax, at, "missing ) for this (");
  syntax->at++;
  pyr__regex_put(syntax, ")");
  syntax->depth--;
  syntax->flags = flags;
  syntax->fold_written = fold_written;
  return syntax->rc == 0;
}

static void literal(struct pyr__regex_syntax *syntax,
                    struct pyr__regex_part *part, uint32_t code) {
  pyr__regex_put_case(syntax);
  part->start = syntax->out.len;
  part->consumes = true;
  pyr__regex_put_code(syntax, code);
}

/* Matches no character, only a place. */
static bool assertion(struct pyr__regex_syntax *syntax,
                      struct pyr__regex_part *part, size_t len,
                      const char *out) {
  syntax->at += len;
  pyr__regex_put(syntax, out);
  part->nullable = part->is_bare = true;
  return true;
}

/* \Q...\E: all but the last character are done with, as only that one can be
 * repeated. */
static bool quoted(struct pyr__regex_syntax *syntax,
                   struct pyr__regex_part *part) {
  bool any = false;
  syntax->at += 2;
  while (syntax->rc == 0 && syntax->at < syntax->text.len) {
    if (pyr__regex_starts(syntax, "\\E")) {
      syntax->at += 2;
      break;
    }
    literal(syntax, part, pyr__regex_next(syntax));
    any = true;
  }
  return any;
}

static bool escape(struct pyr__regex_syntax *syntax,
                   struct pyr__regex_part *part) {
  switch (pyr__regex_peek(syntax, 1)) {
  case 'A':
    return assertion(syntax, part, 2, "\\A");
  case 'z':
    return assertion(syntax, part, 2, "\\z");
  case 'b':
    return assertion(syntax, part, 2, "\\b");
  case 'B':
    return assertion(syntax, part, 2, "\\B");
  case 'Q':
    return quoted(syntax, part);
  default:
    pyr__regex_put_case(syntax);
    part->start = syntax->out.len;
    part->consumes = true;
    if (!pyr__regex_class_escape(syntax) && syntax->rc == 0)
      pyr__regex_put_code(syntax, pyr__regex_escape(syntax));
    return true;
  }
}

/* One thing that can be repeated.  False: what was here is none. */
static bool thing(struct pyr__regex_syntax *syntax,
                  struct pyr__regex_part *part) {
  switch (pyr__regex_peek(syntax, 0)) {
  case '(':
    return group(syntax, part);
  case '[':
    pyr__regex_put_case(syntax);
    part->start = syntax->out.len;
    part->consumes = true;
    pyr__regex_class(syntax);
    return true;
  case '\\':
    return escape(syntax, part);
  case '^':
    return assertion(syntax, part, 1,
                     syntax->flags.multiline ? "(?m:^)" : "\\A");
  case '$':
    return assertion(syntax, part, 1,
                     syntax->flags.multiline ? "(?m:$)" : "\\z");
  case '.':
    syntax->at++;
    part->consumes = true;
    pyr__regex_put(syntax, syntax->flags.dot_newline ? "." : "\\N");
    return true;
  default:
    literal(syntax, part, pyr__regex_next(syntax));
    return true;
  }
}

/* Up to a "|" or ")". */
static void sequence(struct pyr__regex_syntax *syntax,
                     struct pyr__regex_part *whole) {
  struct pyr__regex_part last, next;
  bool has_last = false;
  bool is_repeated = false; /* the last thing that was read is a repeat */

  whole->nullable = true;
  while (syntax->rc == 0) {
    int c = pyr__regex_peek(syntax, 0);
    struct pyr__regex_repeat how;
    size_t len;
    if (c < 0 || c == '|' || c == ')')
      break;
    len = pyr__regex_repeat_here(syntax, &how);
    if (len > 0)
      pyr__regex_repeat(syntax, has_last ? &last : NULL, &how, len,
                        is_repeated);
    is_repeated = len > 0;
    if (len > 0)
      continue;
    next = part_here(syntax);
    if (!thing(syntax, &next))
      continue;
    if (has_last)
      join(whole, &last);
    last = next;
    has_last = true;
  }
  if (has_last)
    join(whole, &last);
}

static void alternation(struct pyr__regex_syntax *syntax,
                        struct pyr__regex_part *whole) {
  bool nullable = false;
  for (;;) {
    struct pyr__regex_part branch = part_here(syntax);
    sequence(syntax, &branch);
    /* An earlier one that matches nothing is preferred to a later one. */
    whole->skips_first |= nullable;
    nullable |= branch.nullable;
    include(whole, &branch);
    if (syntax->rc != 0 || pyr__regex_peek(syntax, 0) != '|')
      break;
    syntax->at++;
    pyr__regex_put(syntax, "|");
  }
  whole->nullable = nullable;
}

int pyr__regex_translate(struct pyr__regex_syntax *syntax) {
  struct pyr__regex_part whole = part_here(syntax);
  if (!pyr__str_is_utf8(syntax->text))
    pyr__regex_wrong(syntax, 0, "the pattern is not UTF-8");
  else
    alternation(syntax, &whole);
  if (syntax->rc == 0 && syntax->at < syntax->text.len)
    pyr__regex_wrong(syntax, syntax->at, "unexpected )");
  return syntax->rc;
}

void pyr__regex_syntax_release(struct pyr__regex_syntax *syntax) {
  pyr__free(syntax->out.memory, syntax->groups);
  pyr__buf_release(&syntax->out);
}
