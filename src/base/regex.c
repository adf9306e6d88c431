#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"
#include "base/regex_syntax.h"

struct pyr__regex {
  struct pyr__memory *memory;
  enum pyr__purpose purpose;
  pcre2_general_context *general;
  pcre2_match_context *limits;
  pcre2_match_data *data;
  pcre2_code *code;
  pyr_str_t pattern;
  size_t prefix;   /* bytes of the pattern that every match begins with */
  bool is_literal; /* there is no more to it */
  struct pyr__regex_group *groups;
  size_t group_count;
};

static void *pcre_malloc(size_t size, void *ctx) {
  const struct pyr__regex *regex = ctx;
  return pyr__alloc(regex->memory, regex->purpose, size);
}

static void pcre_free(void *ptr, void *ctx) {
  const struct pyr__regex *regex = ctx;
  pyr__free(regex->memory, ptr);
}

void pyr__regex_free(struct pyr__regex *regex) {
  if (regex == NULL)
    return;
  pcre2_code_free(regex->code);
  pcre2_match_data_free(regex->data);
  pcre2_match_context_free(regex->limits);
  pcre2_general_context_free(regex->general);
  pyr__free(regex->memory, regex->groups);
  pyr__free(regex->memory, (char *)regex->pattern.base);
  pyr__free(regex->memory, regex);
}

/* ---- making one --------------------------------------------------------- */

static pcre2_code *compile(const struct pyr__regex *regex,
                           const struct pyr__buf *text, int *number) {
  /* "$" and "^" are never written as they are, but with (?m). */
  const uint32_t options = PCRE2_DOTALL | PCRE2_ALT_CIRCUMFLEX | PCRE2_UTF |
                           PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C;
  pcre2_compile_context *context = pcre2_compile_context_create(regex->general);
  pcre2_code *code;
  size_t offset;

  if (context == NULL) {
    *number = PCRE2_ERROR_NOMEMORY;
    return NULL;
  }
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  /* Repeats put up to three parentheses more around a group. */
  pcre2_set_parens_nest_limit(context, 4 * PYR__LIMIT_REGEX_NESTING);
  code =
      pcre2_compile(text->data, text->len, options, number, &offset, context);
  pcre2_compile_context_free(context);
  return code;
}

static int compile_error(int number, pyr_error_t *err) {
  PCRE2_UCHAR text[128];
  /* 121 is "failed to allocate" while compiling. */
  if (number == PCRE2_ERROR_NOMEMORY || number == PCRE2_ERROR_HEAP_FAILED)
    return pyr__error_nomem(err);
  if (number == PCRE2_ERROR_PATTERN_TOO_LARGE ||
      number == PCRE2_ERROR_PATTERN_STRING_TOO_LONG)
    return pyr__error(err, PYR_EUSAGE,
                      "the pattern is too large; use smaller counts");
  pcre2_get_error_message(number, text, sizeof(text));
  return pyr__error(err, PYR_EUSAGE, "%s", (const char *)text);
}

/* A step that fails may have walked through the whole pattern, so those of
 * large ones are fewer. */
static uint32_t most_steps(const struct pyr__regex *regex) {
  size_t size = 0;
  pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &size);
  return (uint32_t)(PYR__LIMIT_REGEX_STEPS / (1 + size / 256));
}

static int set_limits(struct pyr__regex *regex, uint32_t pairs) {
  regex->limits = pcre2_match_context_create(regex->general);
  regex->data = pcre2_match_data_create(pairs, regex->general);
  if (regex->limits == NULL || regex->data == NULL)
    return PYR__ENOMEM;
  pcre2_set_match_limit(regex->limits, most_steps(regex));
  pcre2_set_depth_limit(regex->limits, PYR__LIMIT_REGEX_DEPTH);
  pcre2_set_heap_limit(regex->limits, PYR__LIMIT_REGEX_KIB);
  return 0;
}

/* What RE2 would be given. */
static int wrap(struct pyr__buf *out, pyr_str_t pattern, unsigned flags) {
  bool textual = (flags & PYR__REGEX_TEXTUAL) != 0;
  int rc = textual ? pyr__buf_add_text(out, "^(?s:") : 0;
  if (rc == 0)
    rc = pyr__buf_add(out, pattern.base, pattern.len);
  if (rc == 0 && textual)
    rc = pyr__buf_add_text(out, ")$");
  return rc;
}

static int translate(struct pyr__regex_syntax *syntax, unsigned flags) {
  bool textual = (flags & PYR__REGEX_TEXTUAL) != 0;
  syntax->captures = (flags & PYR__REGEX_CAPTURES) != 0;
  syntax->flags.dot_newline = !textual;
  if (!textual)
    pyr__regex_put(syntax, "\\A(?:");
  if (syntax->rc == 0)
    pyr__regex_translate(syntax);
  if (!textual)
    pyr__regex_put(syntax, ")\\z");
  return syntax->rc;
}

static size_t offset_in(pyr_str_t pattern, size_t at, unsigned flags) {
  const size_t prefix = (flags & PYR__REGEX_TEXTUAL) != 0 ? strlen("^(?s:") : 0;
  at = at < prefix ? 0 : at - prefix;
  return at > pattern.len ? pattern.len : at;
}

/* The texts of the names move from the wrapped pattern to the kept one. */
static void keep_groups(struct pyr__regex *regex,
                        struct pyr__regex_syntax *syntax, unsigned flags) {
  size_t i;
  regex->groups = syntax->groups;
  regex->group_count = syntax->group_count;
  syntax->groups = NULL;
  for (i = 0; i < regex->group_count; i++) {
    pyr_str_t *name = &regex->groups[i].name;
    if (name->len > 0)
      name->base = regex->pattern.base +
                   offset_in(regex->pattern,
                             (size_t)(name->base - syntax->text.base), flags);
  }
}

/* Most patterns of most rules differ in their first bytes from most texts, or
 * are plain words; those need no matching. */
static void find_prefix(struct pyr__regex *regex) {
  pyr_str_t pattern = regex->pattern;
  size_t len = 0;

  if (pattern.len == 0 || memchr(pattern.base, '|', pattern.len) != NULL)
    return;
  while (len < pattern.len && (pattern.base[len] & 0x80) == 0 &&
         strchr("\\.+*?()|[]{}^$", pattern.base[len]) == NULL)
    len++;
  regex->is_literal = len == pattern.len;
  if (len == pattern.len || pattern.base[len] != ')')
    regex->prefix = len;
  /* The last one may not be there, by a repeat that may also stand behind
   * "(?i)" or "\\Q\\E", and those behind a "+". */
  if (len < pattern.len && regex->prefix > 0 &&
      strchr("*+?{(\\", pattern.base[len]) != NULL)
    regex->prefix--;
}

static int build(struct pyr__regex *regex, unsigned flags, size_t *offset,
                 pyr_error_t *err) {
  struct pyr__regex_syntax syntax = {.err = err};
  struct pyr__buf text;
  int rc, number = 0;

  pyr__buf_init(&text, regex->memory, regex->purpose,
                PYR__LIMIT_REGEX_BYTES + 16);
  pyr__buf_init(&syntax.out, regex->memory, regex->purpose,
                PYR__LIMIT_REGEX_OUT);
  rc = wrap(&text, regex->pattern, flags);
  if (rc != 0) {
    pyr__error_nomem(err);
  } else {
    syntax.text = text.len == 0
                      ? pyr__str("")
                      : (pyr_str_t){(const char *)text.data, text.len};
    rc = translate(&syntax, flags);
    *offset = offset_in(regex->pattern, syntax.wrong_at, flags);
  }
  if (rc == 0) {
    regex->code = compile(regex, &syntax.out, &number);
    if (regex->code == NULL)
      rc = compile_error(number, err);
  }
  if (rc == 0) {
    keep_groups(regex, &syntax, flags);
    find_prefix(regex);
    if (set_limits(regex, syntax.captures ? syntax.numbers + 1 : 1) != 0)
      rc = pyr__error_nomem(err);
  }
  pyr__regex_syntax_release(&syntax);
  pyr__buf_release(&text);
  return rc;
}

int pyr__regex_new(struct pyr__regex **out, struct pyr__memory *memory,
                   enum pyr__purpose purpose, pyr_str_t pattern, unsigned flags,
                   size_t *offset, pyr_error_t *err) {
  struct pyr__regex *regex;
  int rc;

  *offset = 0;
  if (pattern.len > PYR__LIMIT_REGEX_BYTES)
    return pyr__error(err, PYR_EUSAGE, "a pattern has at most %zu bytes",
                      PYR__LIMIT_REGEX_BYTES);
  regex = pyr__calloc(memory, purpose, 1, sizeof(*regex));
  if (regex == NULL)
    return pyr__error_nomem(err);
  regex->memory = memory;
  regex->purpose = purpose;
  regex->pattern =
      (pyr_str_t){pyr__copy_text(memory, purpose, pattern), pattern.len};
  regex->general = pcre2_general_context_create(pcre_malloc, pcre_free, regex);
  rc = regex->pattern.base == NULL || regex->general == NULL
           ? pyr__error_nomem(err)
           : build(regex, flags, offset, err);
  if (rc != 0) {
    pyr__regex_free(regex);
    return rc;
  }
  *out = regex;
  return 0;
}

size_t pyr__regex_groups(const struct pyr__regex *regex) {
  return regex->group_count;
}

pyr_str_t pyr__regex_group_name(const struct pyr__regex *regex, size_t group) {
  return regex->groups[group - 1].name;
}

/* ---- matching ----------------------------------------------------------- */

static int match_error(const struct pyr__regex *regex, int rc, pyr_str_t text,
                       pyr_error_t *err) {
  char name[PYR__LIMIT_REGEX_NAME];
  if (rc == PCRE2_ERROR_NOMEMORY)
    return pyr__error_nomem(err);
  pyr__str_escape(name, sizeof(name), regex->pattern);
  return pyr__error(err, PYR_ELIMIT,
                    "the pattern \"%s\" takes too many steps on a text of %zu "
                    "bytes; write it without nested repeats",
                    name, text.len);
}

/* `text` is UTF-8. */
static int match(const struct pyr__regex *regex, pyr_str_t text, size_t from,
                 pyr_error_t *err) {
  int rc = pcre2_match(regex->code, (PCRE2_SPTR)(text.len > 0 ? text.base : ""),
                       text.len, from, PCRE2_NO_UTF_CHECK, regex->data,
                       regex->limits);
  if (rc == PCRE2_ERROR_NOMATCH)
    return 0;
  return rc >= 0 ? 1 : match_error(regex, rc, text, err);
}

static struct pyr__span span_of(const struct pyr__regex *regex,
                                uint32_t number) {
  const size_t *pairs = pcre2_get_ovector_pointer(regex->data);
  const size_t *pair = pairs + 2 * (size_t)number;
  _Static_assert(PCRE2_UNSET == PYR__REGEX_UNSET, "both are all ones");
  return (struct pyr__span){pair[0], pair[1]};
}

static void give_spans(const struct pyr__regex *regex,
                       struct pyr__span *spans) {
  size_t i;
  spans[0] = span_of(regex, 0);
  for (i = 0; i < regex->group_count; i++)
    spans[i + 1] = span_of(regex, regex->groups[i].number);
}

/* ---- text that is not UTF-8 -----------------------------------------------
 * Go sees one U+FFFD for each wrong byte.  So does the copy that is matched
 * here, and the places are counted back. */

/* The copy; every byte may become three. */
static int repair(const struct pyr__regex *regex, pyr_str_t text,
                  pyr_str_t *out) {
  char *copy = pyr__alloc(regex->memory, regex->purpose, 3 * text.len);
  uint32_t code;
  size_t len, at = 0;
  if (copy == NULL)
    return PYR__ENOMEM;
  *out = (pyr_str_t){copy, 0};
  for (; at < text.len; at += len) {
    len = pyr__utf8_decode((pyr_str_t){text.base + at, text.len - at}, &code);
    out->len += pyr__utf8_encode(copy + out->len, code);
  }
  return 0;
}

/* The place in `text` of a place in its copy; or the other way round. */
static size_t counted_back(pyr_str_t text, size_t place, bool to_copy) {
  size_t in_text = 0, in_copy = 0;
  char bytes[PYR__UTF8_MAX];
  uint32_t code;
  while ((to_copy ? in_text : in_copy) < place && in_text < text.len) {
    in_text += pyr__utf8_decode(
        (pyr_str_t){text.base + in_text, text.len - in_text}, &code);
    in_copy += pyr__utf8_encode(bytes, code);
  }
  return to_copy ? in_copy : in_text;
}

static int find_in_broken(const struct pyr__regex *regex, pyr_str_t text,
                          size_t from, struct pyr__span *spans,
                          pyr_error_t *err) {
  pyr_str_t copy;
  size_t i;
  int rc;

  if (repair(regex, text, &copy) != 0)
    return pyr__error_nomem(err);
  rc = match(regex, copy, counted_back(text, from, true), err);
  pyr__free(regex->memory, (char *)copy.base);
  if (rc != 1 || spans == NULL)
    return rc;
  give_spans(regex, spans);
  for (i = 0; i <= regex->group_count; i++) {
    if (spans[i].start == PYR__REGEX_UNSET)
      continue;
    spans[i].start = counted_back(text, spans[i].start, false);
    spans[i].end = counted_back(text, spans[i].end, false);
  }
  return rc;
}

static bool begins_otherwise(const struct pyr__regex *regex, pyr_str_t text) {
  return text.len < regex->prefix ||
         memcmp(text.base, regex->pattern.base, regex->prefix) != 0;
}

int pyr__regex_test(const struct pyr__regex *regex, pyr_str_t text,
                    pyr_error_t *err) {
  if (regex->prefix > 0 && begins_otherwise(regex, text))
    return 0;
  if (regex->is_literal)
    return text.len == regex->prefix;
  if (!pyr__str_is_utf8(text))
    return find_in_broken(regex, text, 0, NULL, err);
  return match(regex, text, 0, err);
}

int pyr__regex_find(const struct pyr__regex *regex, pyr_str_t text, size_t from,
                    struct pyr__span *spans, pyr_error_t *err) {
  int rc;
  if (regex->prefix > 0 && begins_otherwise(regex, text))
    return 0;
  if (!pyr__str_is_utf8(text))
    return find_in_broken(regex, text, from, spans, err);
  rc = match(regex, text, from, err);
  if (rc == 1)
    give_spans(regex, spans);
  return rc;
}
