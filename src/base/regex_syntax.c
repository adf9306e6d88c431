/* The grammar as Go's regexp/syntax has it, with its oddities: a repeat takes
 * the last thing before it, even over "(?i)" and "\Q\E"; "{" is a character
 * where no count follows. */
#include "base/regex_syntax.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/regex_class.h"

enum { REPEAT_MAX = 1000, FIRST_GROUPS = 8 };
static const unsigned ENDLESS = UINT32_MAX;

/* What is known of a part of the pattern. */
struct part {
  size_t start;      /* in `out` */
  size_t groups;     /* how many there were before it */
  unsigned copies;   /* of its innermost thing, by counted repeats */
  bool consumes;     /* may match something */
  bool nullable;     /* may match "" */
  bool has_captures; /* and they are wanted */
  bool skips_first;  /* something in it prefers "" to more, */
  bool skips_late;   /* perhaps after something was matched */
  bool is_bare;      /* PCRE2 does not repeat it as it is */
};

struct repeat {
  unsigned least, most;
  bool lazy;
};

static void alternation(struct pyr__regex_syntax *syntax, struct part *whole);

static struct part part_here(const struct pyr__regex_syntax *syntax) {
  return (struct part){
      .start = syntax->out.len, .groups = syntax->group_count, .copies = 1};
}

static void include(struct part *whole, const struct part *inner) {
  if (inner->copies > whole->copies)
    whole->copies = inner->copies;
  whole->consumes |= inner->consumes;
  whole->has_captures |= inner->has_captures;
  whole->skips_first |= inner->skips_first;
  whole->skips_late |= inner->skips_late;
}

/* `next` follows what is in `whole`. */
static void join(struct part *whole, const struct part *next) {
  whole->skips_late |= next->skips_first && whole->consumes;
  whole->nullable &= next->nullable;
  include(whole, next);
}

/* ---- repeats --------------------------------------------------------------
 */

/* A number without leading zeros; false: there is none. */
static bool count(const struct pyr__regex_syntax *syntax, size_t *ahead,
                  unsigned *out) {
  size_t first = *ahead;
  unsigned value = 0;
  int c = pyr__regex_peek(syntax, first);
  for (; c >= '0' && c <= '9'; c = pyr__regex_peek(syntax, ++*ahead))
    value = value > REPEAT_MAX ? value : value * 10 + (unsigned)(c - '0');
  *out = value;
  return *ahead == first + 1 ||
         (*ahead > first && pyr__regex_peek(syntax, first) != '0');
}

/* {2}, {2,} or {2,5}; the length of it, or 0. */
static size_t counted(const struct pyr__regex_syntax *syntax,
                      struct repeat *repeat) {
  size_t ahead = 1;
  if (!count(syntax, &ahead, &repeat->least))
    return 0;
  repeat->most = repeat->least;
  if (pyr__regex_peek(syntax, ahead) == ',') {
    repeat->most = ENDLESS;
    ahead++;
    if (pyr__regex_peek(syntax, ahead) != '}' &&
        !count(syntax, &ahead, &repeat->most))
      return 0;
  }
  return pyr__regex_peek(syntax, ahead) == '}' ? ahead + 1 : 0;
}

/* The length of the repeat that begins here, or 0; "?" of its own excluded. */
static size_t repeat_here(const struct pyr__regex_syntax *syntax,
                          struct repeat *repeat) {
  switch (pyr__regex_peek(syntax, 0)) {
  case '*':
    *repeat = (struct repeat){0, ENDLESS, false};
    return 1;
  case '+':
    *repeat = (struct repeat){1, ENDLESS, false};
    return 1;
  case '?':
    *repeat = (struct repeat){0, 1, false};
    return 1;
  case '{':
    repeat->lazy = false;
    return counted(syntax, repeat);
  default:
    return 0;
  }
}

static void insert(struct pyr__regex_syntax *syntax, size_t at,
                   const char *text) {
  size_t len = strlen(text), tail = syntax->out.len - at;
  pyr__regex_put(syntax, text);
  if (syntax->rc != 0)
    return;
  memmove(syntax->out.data + at + len, syntax->out.data + at, tail);
  memcpy(syntax->out.data + at, text, len);
}

static void put_repeat(struct pyr__regex_syntax *syntax,
                       const struct repeat *repeat) {
  char text[32];
  if (repeat->most == ENDLESS && repeat->least <= 1)
    snprintf(text, sizeof(text), "%s", repeat->least == 0 ? "*" : "+");
  else if (repeat->most == ENDLESS)
    snprintf(text, sizeof(text), "{%u,}", repeat->least);
  else
    snprintf(text, sizeof(text), "{%u,%u}", repeat->least, repeat->most);
  pyr__regex_put(syntax, text);
  if (repeat->lazy)
    pyr__regex_put(syntax, "?");
}

/* RE2 does not go round once more for nothing; Perl and PCRE2 do, and the
 * groups are then of that empty round: "a,b" gives `(?:([^,]*),?)*` the group
 * "b" there and "" here.  So the part must move on, or be where the repeat
 * began; both places are known by the text that follows them.
 *
 * What RE2 also does not do is to come to the same place of the pattern twice
 * without moving on, over the end of a round.  For that there are no words, so
 * such patterns are refused. */
static void guard(struct pyr__regex_syntax *syntax, const struct part *part,
                  const struct repeat *repeat, size_t at) {
  unsigned number = syntax->guards++;
  char text[96];
  size_t i;

  if (part->skips_late || repeat->least > 1) {
    pyr__regex_wrong(syntax, at,
                     "this repeat of a group that can match nothing would "
                     "give other groups than RE2; make it match something");
    return;
  }
  snprintf(text, sizeof(text), "(?:(?=(?<e%u>.*))(?:(?=(?<r%u>.*))", number,
           number);
  insert(syntax, part->start, text);
  syntax->numbers += 2;
  for (i = part->groups; i < syntax->group_count; i++)
    syntax->groups[i].number += 2;
  snprintf(text, sizeof(text), "(?-i:(?!\\k<r%u>\\z)|(?=\\k<e%u>\\z)))", number,
           number);
  pyr__regex_put(syntax, text);
  put_repeat(syntax, repeat);
  pyr__regex_put(syntax, ")");
}

static void apply(struct pyr__regex_syntax *syntax, struct part *part,
                  const struct repeat *repeat, size_t at) {
  if (part->is_bare) {
    insert(syntax, part->start, "(?:");
    pyr__regex_put(syntax, ")");
  }
  if (syntax->captures && repeat->most == ENDLESS && part->nullable &&
      (part->has_captures || part->skips_first))
    guard(syntax, part, repeat, at);
  else
    put_repeat(syntax, repeat);
  part->nullable |= repeat->least == 0;
  part->skips_first |= repeat->lazy && repeat->least != repeat->most;
  part->skips_late |= part->skips_first && repeat->most > 1;
  part->is_bare = true;
}

/* Refuses what has too many copies of something. */
static void multiply(struct pyr__regex_syntax *syntax, struct part *part,
                     const struct repeat *repeat, size_t at) {
  unsigned most = repeat->most == ENDLESS ? repeat->least : repeat->most;
  if (repeat->least > most)
    pyr__regex_wrong(syntax, at, "the counts of the repeat are reversed");
  else if (most > REPEAT_MAX || most * part->copies > REPEAT_MAX)
    pyr__regex_wrong(syntax, at, "a repeat of more than %d", REPEAT_MAX);
  else if (repeat->most == 0)
    part->copies = 1;
  else if (most > 0)
    part->copies *= most;
}

/* `last` is what is repeated, or NULL; `before` where the repeat is that stands
 * directly before this one, or where this one is. */
static void repeat(struct pyr__regex_syntax *syntax, struct part *last,
                   struct repeat *repeat, size_t len, size_t before) {
  size_t at = syntax->at;

  syntax->at += len;
  repeat->lazy = syntax->flags.lazy;
  if (pyr__regex_peek(syntax, 0) == '?') {
    repeat->lazy = !repeat->lazy;
    syntax->at++;
  }
  if (before < at && syntax->text.base[at] == '+')
    pyr__regex_wrong(syntax, at, "a possessive repeat" PYR__REGEX_NOT_RE2);
  else if (before < at)
    pyr__regex_wrong(syntax, at, "a repeat of a repeat; put (?:) around one");
  else if (last == NULL)
    pyr__regex_wrong(syntax, at, "nothing before it that could be repeated");
  else
    multiply(syntax, last, repeat, at);
  if (syntax->rc == 0)
    apply(syntax, last, repeat, at);
}

/* ---- things ---------------------------------------------------------------
 */

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
static bool group(struct pyr__regex_syntax *syntax, struct part *part) {
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

static void literal(struct pyr__regex_syntax *syntax, struct part *part,
                    uint32_t code) {
  pyr__regex_put_case(syntax);
  part->start = syntax->out.len;
  part->consumes = true;
  pyr__regex_put_code(syntax, code);
}

/* Matches no character, only a place. */
static bool assertion(struct pyr__regex_syntax *syntax, struct part *part,
                      size_t len, const char *out) {
  syntax->at += len;
  pyr__regex_put(syntax, out);
  part->nullable = part->is_bare = true;
  return true;
}

/* \Q...\E: all but the last character are done with, as only that one can be
 * repeated. */
static bool quoted(struct pyr__regex_syntax *syntax, struct part *part) {
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

static bool escape(struct pyr__regex_syntax *syntax, struct part *part) {
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
static bool thing(struct pyr__regex_syntax *syntax, struct part *part) {
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
static void sequence(struct pyr__regex_syntax *syntax, struct part *whole) {
  struct part last, next;
  bool has_last = false;
  size_t repeated = SIZE_MAX; /* where the repeat is that ends here */

  whole->nullable = true;
  while (syntax->rc == 0) {
    int c = pyr__regex_peek(syntax, 0);
    size_t at = syntax->at, len;
    struct repeat how;
    if (c < 0 || c == '|' || c == ')')
      break;
    len = repeat_here(syntax, &how);
    if (len > 0) {
      repeat(syntax, has_last ? &last : NULL, &how, len,
             repeated == SIZE_MAX ? at : repeated);
      repeated = at;
      continue;
    }
    repeated = SIZE_MAX;
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

static void alternation(struct pyr__regex_syntax *syntax, struct part *whole) {
  bool nullable = false;
  for (;;) {
    struct part branch = part_here(syntax);
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
  struct part whole = part_here(syntax);
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
