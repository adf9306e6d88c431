#include "relabel/template.h"

#include "base/str.h"

bool pyr__template_has_variables(pyr_str_t text) {
  return text.len > 0 && memchr(text.base, '$', text.len) != NULL;
}

/* ---- reading ------------------------------------------------------------ */

static bool is_word_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z') || c == '_';
}

/* How long the run of letters, digits and "_" is.  Beyond ASCII, the library of
 * patterns knows what they are. */
static int word_length(struct pyr__memory *memory, pyr_str_t text, size_t *out,
                       pyr_error_t *err) {
  struct pyr__span spans[2] = {{0, 0}, {0, 0}};
  struct pyr__regex *regex;
  int rc;

  for (*out = 0; *out < text.len && is_word_byte(text.base[*out]);)
    ++*out;
  if (*out == text.len || (uint8_t)text.base[*out] < 0x80)
    return 0;
  rc = pyr__regex_new(&regex, memory, PYR__MEM_CONFIG_VALUES,
                      pyr__str("([\\pL\\p{Nd}_]*).*"), PYR__REGEX_CAPTURES,
                      &(size_t){0}, err);
  if (rc != 0)
    return rc;
  rc = pyr__regex_find(regex, text, 0, spans, err);
  pyr__regex_free(regex);
  *out = spans[1].end;
  return rc < 0 ? rc : 0;
}

/* A number without leading zeros that fits; else it is a name like others. */
static bool is_number(pyr_str_t name, uint32_t *out) {
  uint32_t value = 0;
  size_t i;
  if (name.len > 9 || (name.len > 1 && name.base[0] == '0'))
    return false;
  for (i = 0; i < name.len; i++) {
    if (name.base[i] < '0' || name.base[i] > '9')
      return false;
    value = value * 10 + (uint32_t)(name.base[i] - '0');
  }
  *out = value;
  return true;
}

/* At "$": `*len` is that of "$name", "${name}" or "$$", or 1 where it is none
 * of them and stands for itself. */
static int variable(struct pyr__memory *memory, pyr_str_t text,
                    struct pyr__template_part *part, size_t *len,
                    pyr_error_t *err) {
  bool braces = text.len > 1 && text.base[1] == '{';
  size_t start = braces ? 2 : 1, word;
  pyr_str_t rest = {text.base + start, text.len - start};
  int rc = word_length(memory, rest, &word, err);

  if (rc != 0)
    return rc;
  if (word > 0 && (!braces || (word < rest.len && rest.base[word] == '}'))) {
    part->text = (pyr_str_t){rest.base, word};
    part->kind = is_number(part->text, &part->number) ? PYR__TEMPLATE_NUMBER
                                                      : PYR__TEMPLATE_NAME;
    *len = start + word + braces;
    return 0;
  }
  part->text = (pyr_str_t){text.base, 1};
  *len = text.len > 1 && text.base[1] == '$' ? 2 : 1;
  return 0;
}

/* The next part; `*len` is how much of `text` it takes. */
static int next_part(struct pyr__memory *memory, pyr_str_t text,
                     struct pyr__template_part *part, size_t *len,
                     pyr_error_t *err) {
  const char *dollar = memchr(text.base, '$', text.len);

  *part = (struct pyr__template_part){.kind = PYR__TEMPLATE_TEXT};
  if (dollar == text.base)
    return variable(memory, text, part, len, err);
  *len = dollar == NULL ? text.len : (size_t)(dollar - text.base);
  part->text = (pyr_str_t){text.base, *len};
  return 0;
}

/* There are no more parts than this. */
static size_t most_parts(pyr_str_t text) {
  size_t i, dollars = 0;
  for (i = 0; i < text.len; i++)
    dollars += text.base[i] == '$';
  return 2 * dollars + 1;
}

int pyr__template_parse(struct pyr__template *out, struct pyr__arena *arena,
                        pyr_str_t text, pyr_error_t *err) {
  size_t most = most_parts(text), count = 0, len = 0;
  struct pyr__template_part *parts =
      pyr__arena_alloc(arena, most, sizeof(*parts));
  int rc = 0;

  if (parts == NULL)
    return pyr__arena_error(arena, most * sizeof(*parts), "a replacement", err);
  while (text.len > 0 && rc == 0) {
    rc = next_part(arena->memory, text, &parts[count], &len, err);
    text = (pyr_str_t){text.base + len, text.len - len};
    count++;
  }
  *out = (struct pyr__template){parts, count};
  return rc;
}

/* ---- expanding ---------------------------------------------------------- */

static const struct pyr__span nothing = {PYR__REGEX_UNSET, PYR__REGEX_UNSET};

/* Of several groups of one name it is the first that took part. */
static struct pyr__span named_span(const struct pyr__regex *regex,
                                   pyr_str_t name,
                                   const struct pyr__span *spans) {
  size_t i, groups = regex == NULL ? 0 : pyr__regex_groups(regex);
  for (i = 1; i <= groups; i++)
    if (spans[i].start != PYR__REGEX_UNSET &&
        pyr__str_equal(pyr__regex_group_name(regex, i), name))
      return spans[i];
  return nothing;
}

static pyr_str_t value_of(const struct pyr__template_part *part,
                          const struct pyr__regex *regex, pyr_str_t source,
                          const struct pyr__span *spans) {
  size_t groups = regex == NULL ? 1 : pyr__regex_groups(regex);
  struct pyr__span span = nothing;

  if (part->kind == PYR__TEMPLATE_TEXT)
    return part->text;
  if (part->kind == PYR__TEMPLATE_NAME)
    span = named_span(regex, part->text, spans);
  else if (part->number <= groups)
    span = spans[part->number];
  if (span.start == PYR__REGEX_UNSET)
    return (pyr_str_t){"", 0};
  return (pyr_str_t){source.base + span.start, span.end - span.start};
}

int pyr__template_expand(const struct pyr__template *template,
                         const struct pyr__regex *regex, pyr_str_t source,
                         const struct pyr__span *spans,
                         struct pyr__arena *arena, pyr_str_t *out,
                         pyr_error_t *err) {
  size_t i, len = 0;
  char *text;

  *out = (pyr_str_t){"", 0};
  if (template->count == 1)
    *out = value_of(&template->parts[0], regex, source, spans);
  if (template->count <= 1)
    return 0;
  for (i = 0; i < template->count; i++)
    len += value_of(&template->parts[i], regex, source, spans).len;
  text = pyr__arena_alloc(arena, len, 1);
  if (text == NULL)
    return pyr__arena_error(arena, len, "the labels", err);
  *out = (pyr_str_t){text, len};
  for (i = 0; i < template->count; i++) {
    pyr_str_t value = value_of(&template->parts[i], regex, source, spans);
    if (value.len > 0)
      memcpy(text, value.base, value.len);
    text += value.len;
  }
  return 0;
}
