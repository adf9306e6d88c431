#include "config/nearest.h"

enum { WORD_MAX = 48 };

static char plain(char c) {
  if (c == '_')
    return '-';
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c) {
  unsigned least = a < b ? a : b;
  return least < c ? least : c;
}

/* How many letters are put in, taken out, replaced, or swapped with the next
 * one: three rows of the usual table. */
static unsigned distance(pyr_str_t a, pyr_str_t b) {
  unsigned rows[3][WORD_MAX + 1];
  unsigned *last = rows[0], *row = rows[1], *before_last = rows[2], *free_row;
  size_t i, j;

  for (j = 0; j <= b.len; j++)
    last[j] = (unsigned)j;
  for (i = 1; i <= a.len; i++) {
    row[0] = (unsigned)i;
    for (j = 1; j <= b.len; j++) {
      int same = plain(a.base[i - 1]) == plain(b.base[j - 1]);
      row[j] = min3(row[j - 1] + 1, last[j] + 1, last[j - 1] + !same);
      if (i > 1 && j > 1 && plain(a.base[i - 1]) == plain(b.base[j - 2]) &&
          plain(a.base[i - 2]) == plain(b.base[j - 1]) &&
          before_last[j - 2] + 1 < row[j])
        row[j] = before_last[j - 2] + 1;
    }
    free_row = before_last;
    before_last = last;
    last = row;
    row = free_row;
  }
  return last[b.len];
}

/* Whether the word is some of the parts between dashes. */
static int is_part(pyr_str_t word, pyr_str_t of) {
  size_t at, i;
  for (at = 0; at + word.len <= of.len; at++) {
    if (at > 0 && of.base[at - 1] != '-')
      continue;
    if (at + word.len < of.len && of.base[at + word.len] != '-')
      continue;
    for (i = 0; i < word.len && plain(word.base[i]) == of.base[at + i]; i++)
      continue;
    if (i == word.len)
      return 1;
  }
  return 0;
}

/* The only candidate that the word is a part of: "timeout" is scrape-timeout.
 */
static const char *find_whole(pyr_str_t word, size_t count,
                              const char *(*at)(const void *ctx, size_t i),
                              const void *ctx) {
  const char *found = NULL;
  size_t i;
  for (i = 0; i < count; i++) {
    if (!is_part(word, pyr__str(at(ctx, i))))
      continue;
    if (found != NULL)
      return NULL;
    found = at(ctx, i);
  }
  return found;
}

const char *pyr__nearest(pyr_str_t word, size_t count,
                         const char *(*at)(const void *ctx, size_t i),
                         const void *ctx) {
  unsigned most = word.len < 6 ? 1 : (unsigned)word.len / 3, least = most + 1;
  const char *found = NULL;
  size_t i;

  if (word.len == 0 || word.len > WORD_MAX)
    return NULL;
  for (i = 0; i < count; i++) {
    pyr_str_t candidate = pyr__str(at(ctx, i));
    unsigned far = candidate.len > WORD_MAX ? least : distance(word, candidate);
    if (far < least && far < word.len) {
      least = far;
      found = candidate.base;
    }
  }
  return found == NULL ? find_whole(word, count, at, ctx) : found;
}
