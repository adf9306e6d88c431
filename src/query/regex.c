#include "query/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "base/str.h"

struct pyr__regex {
  struct pyr__memory *memory;
  pcre2_general_context *general;
  pcre2_match_context *limits;
  pcre2_match_data *data;
  pcre2_code *code;
  char name[PYR__LIMIT_REGEX_NAME]; /* the pattern, for errors */
};

static void *pcre_malloc(size_t size, void *ctx) {
  return pyr__alloc(ctx, PYR__MEM_QUERY, size);
}

static void pcre_free(void *ptr, void *ctx) {
  pyr__free(ctx, ptr);
}

void pyr__regex_free(struct pyr__regex *regex) {
  if (regex == NULL)
    return;
  pcre2_code_free(regex->code);
  pcre2_match_data_free(regex->data);
  pcre2_match_context_free(regex->limits);
  pcre2_general_context_free(regex->general);
  pyr__free(regex->memory, regex);
}

/* The options say what "^(?s:" and ")$" around the pattern would, and cannot be
 * undone by a parenthesis in it. */
static pcre2_code *compile(const struct pyr__regex *regex, pyr_str_t pattern,
                           int *number, size_t *offset) {
  const uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOTALL |
                           PCRE2_DOLLAR_ENDONLY | PCRE2_UTF |
                           PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
  pcre2_compile_context *context = pcre2_compile_context_create(regex->general);
  pcre2_code *code;

  if (context == NULL) {
    *number = PCRE2_ERROR_NOMEMORY;
    return NULL;
  }
  pcre2_set_max_pattern_length(context, PYR__LIMIT_SELECTOR_BYTES);
  code = pcre2_compile((PCRE2_SPTR)pattern.base, pattern.len, options, number,
                       offset, context);
  pcre2_compile_context_free(context);
  return code;
}

/* 121 and 500 are "failed to allocate" while compiling. */
static int is_nomem(int number) {
  return number == PCRE2_ERROR_NOMEMORY || number == PCRE2_ERROR_HEAP_FAILED;
}

static int compile_error(int number, pyr_error_t *err) {
  PCRE2_UCHAR text[128];
  if (is_nomem(number))
    return pyr__error_nomem(err);
  pcre2_get_error_message(number, text, sizeof(text));
  return pyr__error(err, PYR_EUSAGE, "%s", (const char *)text);
}

static int set_limits(struct pyr__regex *regex) {
  regex->limits = pcre2_match_context_create(regex->general);
  regex->data = pcre2_match_data_create(1, regex->general);
  if (regex->limits == NULL || regex->data == NULL)
    return PYR__ENOMEM;
  pcre2_set_match_limit(regex->limits, PYR__LIMIT_REGEX_STEPS);
  pcre2_set_depth_limit(regex->limits, PYR__LIMIT_REGEX_DEPTH);
  pcre2_set_heap_limit(regex->limits, PYR__LIMIT_REGEX_KIB);
  return 0;
}

int pyr__regex_new(struct pyr__regex **out, struct pyr__memory *memory,
                   pyr_str_t pattern, size_t *offset, pyr_error_t *err) {
  struct pyr__regex *regex =
      pyr__calloc(memory, PYR__MEM_QUERY, 1, sizeof(*regex));
  int number = 0, rc;

  *offset = 0;
  if (regex == NULL)
    return pyr__error_nomem(err);
  regex->memory = memory;
  pyr__str_escape(regex->name, sizeof(regex->name), pattern);
  regex->general = pcre2_general_context_create(pcre_malloc, pcre_free, memory);
  if (regex->general == NULL || set_limits(regex) != 0) {
    rc = pyr__error_nomem(err);
    goto fail;
  }
  regex->code = compile(regex, pattern, &number, offset);
  if (regex->code == NULL) {
    rc = compile_error(number, err);
    goto fail;
  }
  *out = regex;
  return 0;

fail:
  pyr__regex_free(regex);
  return rc;
}

int pyr__regex_test(const struct pyr__regex *regex, pyr_str_t text,
                    pyr_error_t *err) {
  int rc = pcre2_match(regex->code, (PCRE2_SPTR)(text.len > 0 ? text.base : ""),
                       text.len, 0, 0, regex->data, regex->limits);
  if (rc >= 0)
    return 1;
  if (rc == PCRE2_ERROR_NOMATCH)
    return 0;
  if (rc == PCRE2_ERROR_NOMEMORY)
    return pyr__error_nomem(err);
  return pyr__error(err, PYR_ELIMIT,
                    "the pattern \"%s\" takes too many steps on a text of %zu "
                    "bytes; write it without nested repeats",
                    regex->name, text.len);
}
