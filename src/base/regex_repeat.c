#include "base/regex_repeat.h"

#include <limits.h>
#include <stdio.h>

enum { REPEAT_MAX = 1000 };

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
                      struct pyr__regex_repeat *repeat) {
  size_t ahead = 1;
  if (!count(syntax, &ahead, &repeat->least))
    return 0;
  repeat->most = repeat->least;
  if (pyr__regex_peek(syntax, ahead) == ',') {
    repeat->most = UINT_MAX;
    ahead++;
    if (pyr__regex_peek(syntax, ahead) != '}' &&
        !count(syntax, &ahead, &repeat->most))
      return 0;
  }
  return pyr__regex_peek(syntax, ahead) == '}' ? ahead + 1 : 0;
}

size_t pyr__regex_repeat_here(const struct pyr__regex_syntax *syntax,
                              struct pyr__regex_repeat *repeat) {
  switch (pyr__regex_peek(syntax, 0)) {
  case '*':
    *repeat = (struct pyr__regex_repeat){0, UINT_MAX, false};
    return 1;
  case '+':
    *repeat = (struct pyr__regex_repeat){1, UINT_MAX, false};
    return 1;
  case '?':
    *repeat = (struct pyr__regex_repeat){0, 1, false};
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
                       const struct pyr__regex_repeat *repeat) {
  char text[32];
  if (repeat->most == UINT_MAX && repeat->least <= 1)
    snprintf(text, sizeof(text), "%s", repeat->least == 0 ? "*" : "+");
  else if (repeat->most == UINT_MAX)
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
static void guard(struct pyr__regex_syntax *syntax,
                  const struct pyr__regex_part *part,
                  const struct pyr__regex_repeat *repeat, size_t at) {
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

static void apply(struct pyr__regex_syntax *syntax,
                  struct pyr__regex_part *part,
                  const struct pyr__regex_repeat *repeat, size_t at) {
  if (part->is_bare) {
    insert(syntax, part->start, "(?:");
    pyr__regex_put(syntax, ")");
  }
  if (syntax->captures && repeat->most == UINT_MAX && part->nullable &&
      (part->has_captures || part->skips_first))
    guard(syntax, part, repeat, at);
  else
    put_repeat(syntax, repeat);
  part->nullable |= repeat->least == 0;
  part->skips_first |= repeat->lazy && repeat->least != repeat->most;
  part->skips_late |= part->skips_first && repeat->most > 1;
  part->is_bare = true;
}

/* False, and refused: there would be too many copies of something. */
static bool multiply(struct pyr__regex_syntax *syntax,
                     struct pyr__regex_part *part,
                     const struct pyr__regex_repeat *repeat, size_t at) {
  unsigned most = repeat->most == UINT_MAX ? repeat->least : repeat->most;
  if (repeat->least > most)
    pyr__regex_wrong(syntax, at, "the counts of the repeat are reversed");
  else if (most > REPEAT_MAX || most * part->copies > REPEAT_MAX)
    pyr__regex_wrong(syntax, at, "a repeat of more than %d", REPEAT_MAX);
  else if (repeat->most == 0)
    part->copies = 1;
  else if (most > 0)
    part->copies *= most;
  return syntax->rc == 0;
}

void pyr__regex_repeat(struct pyr__regex_syntax *syntax,
                       struct pyr__regex_part *last,
                       struct pyr__regex_repeat *repeat, size_t len,
                       bool is_second) {
  size_t at = syntax->at;

  syntax->at += len;
  repeat->lazy = syntax->flags.lazy;
  if (pyr__regex_peek(syntax, 0) == '?') {
    repeat->lazy = !repeat->lazy;
    syntax->at++;
  }
  if (is_second && syntax->text.base[at] == '+')
    pyr__regex_wrong(syntax, at, "a possessive repeat" PYR__REGEX_NOT_RE2);
  else if (is_second)
    pyr__regex_wrong(syntax, at, "a repeat of a repeat; put (?:) around one");
  else if (last == NULL)
    pyr__regex_wrong(syntax, at, "nothing before it that could be repeated");
  else if (multiply(syntax, last, repeat, at))
    apply(syntax, last, repeat, at);
}
