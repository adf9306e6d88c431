/* The pattern up to the first NUL, then a text to try it on.  Nothing crashes,
 * hangs or leaks, and what is said holds together: with groups and without the
 * answer is the same, and groups are parts of the text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/regex.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_find(struct pyr__memory *memory,
                       const struct pyr__regex *regex, pyr_str_t text,
                       int expected) {
  size_t count = pyr__regex_groups(regex) + 1, i;
  struct pyr__span *spans =
      pyr__calloc(memory, PYR__MEM_QUERY, count, sizeof(*spans));
  pyr_error_t err;
  int rc = pyr__regex_find(regex, text, 0, spans, &err);

  if (rc != PYR_ELIMIT && expected != PYR_ELIMIT && rc != expected)
    abort();
  for (i = 0; rc == 1 && i < count; i++)
    if (spans[i].start != PYR__REGEX_UNSET &&
        (spans[i].start > spans[i].end || spans[i].end > text.len))
      abort();
  pyr__free(memory, spans);
}

static void check(struct pyr__memory *memory, pyr_str_t pattern, pyr_str_t text,
                  unsigned flags) {
  struct pyr__regex *groups = NULL, *test = NULL;
  size_t offset = SIZE_MAX;
  pyr_error_t err;
  int rc = pyr__regex_new(&groups, memory, PYR__MEM_QUERY, pattern,
                          flags | PYR__REGEX_CAPTURES, &offset, &err);

  if (rc != 0) {
    if (rc != PYR_EUSAGE || offset > pattern.len ||
        strnlen(err.text, sizeof(err.text)) == 0)
      abort();
    return;
  }
  rc = pyr__regex_new(&test, memory, PYR__MEM_QUERY, pattern, flags, &offset,
                      &err);
  if (rc != 0)
    abort();
  rc = pyr__regex_test(test, text, &err);
  if (rc != 0 && rc != 1 && rc != PYR_ELIMIT)
    abort();
  check_find(memory, groups, text, rc);
  pyr__regex_free(groups);
  pyr__regex_free(test);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *input = (const char *)data;
  size_t len = size == 0 ? 0 : strnlen(input, size);
  size_t rest = len < size ? size - len - 1 : 0;
  pyr_str_t pattern = {input, len}, text = {input + size - rest, rest};
  struct pyr__memory memory;

  if (size == 0)
    return 0;
  pyr__memory_init(&memory, NULL);
  check(&memory, pattern, text, 0);
  check(&memory, pattern, text, PYR__REGEX_TEXTUAL);
  if (memory.accounts[PYR__MEM_QUERY].used_blocks != 0)
    abort();
  return 0;
}
