#include "config/kubernetes_selector.h"

#include <stdbool.h>

#include "base/str.h"

enum { NAME_MAX_BYTES = 63, PREFIX_MAX_BYTES = 253, SHOWN = 80 };

/* What a selector is made of: (, ), a comma, an operator, or a word. */
struct selector {
  pyr_str_t rest;  /* behind the token */
  pyr_str_t token; /* "" at the end */
  bool is_word;
};

static bool is_operator(char c) {
  return strchr("=!<>(),", c) != NULL;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t operator_len(pyr_str_t text) {
  bool is_pair = text.len > 1 && text.base[1] == '=' &&
                 (text.base[0] == '=' || text.base[0] == '!');
  return is_pair ? 2 : 1;
}

static void next(struct selector *selector) {
  pyr_str_t text = selector->rest;
  size_t len = 0;

  while (text.len > 0 && is_blank(text.base[0])) {
    text.base++;
    text.len--;
  }
  selector->is_word = text.len > 0 && !is_operator(text.base[0]);
  if (selector->is_word)
    while (len < text.len && !is_operator(text.base[len]) &&
           !is_blank(text.base[len]))
      len++;
  else if (text.len > 0)
    len = operator_len(text);
  selector->token = (pyr_str_t){text.base, len};
  selector->rest = (pyr_str_t){text.base + len, text.len - len};
}

static int expected(const struct selector *selector, const char *what,
                    pyr_error_t *err) {
  char shown[SHOWN];
  pyr__str_escape(shown, sizeof(shown), selector->token);
  return pyr__error(err, PYR_ECONFIG, "expected %s, found %s%s%s", what,
                    selector->token.len == 0 ? "the end" : "\"", shown,
                    selector->token.len == 0 ? "" : "\"");
}

/* ---- labels ------------------------------------------------------------- */

static bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

/* Letters and digits, and between them "-", "_" and "." too. */
static bool is_name(pyr_str_t text) {
  size_t i;
  if (text.len == 0 || text.len > NAME_MAX_BYTES ||
      !is_alphanumeric(text.base[0]) ||
      !is_alphanumeric(text.base[text.len - 1]))
    return false;
  for (i = 0; i < text.len; i++)
    if (!is_alphanumeric(text.base[i]) && text.base[i] != '-' &&
        text.base[i] != '_' && text.base[i] != '.')
      return false;
  return true;
}

static bool is_domain(pyr_str_t text) {
  size_t i;
  bool was_inner = false;
  if (text.len > PREFIX_MAX_BYTES)
    return false;
  for (i = 0; i < text.len; i++) {
    char c = text.base[i];
    bool is_inner = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!is_inner && (!was_inner || c != '.') && (i == 0 || c != '-'))
      return false;
    was_inner = is_inner;
  }
  return was_inner;
}

/* "name" or "example.com/name" */
static bool is_key(pyr_str_t text) {
  const char *slash = text.len == 0 ? NULL : memchr(text.base, '/', text.len);
  pyr_str_t prefix;
  if (slash == NULL)
    return is_name(text);
  prefix = (pyr_str_t){text.base, (size_t)(slash - text.base)};
  return is_domain(prefix) &&
         is_name((pyr_str_t){slash + 1, text.len - prefix.len - 1});
}

static int check_value(const struct selector *selector, pyr_error_t *err) {
  if (selector->token.len == 0 || is_name(selector->token))
    return 0;
  return expected(selector,
                  "a label value (at most 63 letters, digits, \"-\", \"_\" and "
                  "\".\")",
                  err);
}

/* "(a, b)"; an empty value is one. */
static int take_set(struct selector *selector, pyr_error_t *err) {
  int rc = 0;
  next(selector);
  if (!pyr__str_is(selector->token, "("))
    return expected(selector, "(", err);
  do {
    next(selector);
    if (selector->is_word) {
      rc = check_value(selector, err);
      next(selector);
    }
    if (rc == 0 && !pyr__str_is(selector->token, ",") &&
        !pyr__str_is(selector->token, ")"))
      rc = expected(selector, "a comma or )", err);
  } while (rc == 0 && !pyr__str_is(selector->token, ")"));
  next(selector);
  return rc;
}

static int take_value(struct selector *selector, bool is_number,
                      pyr_error_t *err) {
  size_t i;
  int rc = 0;

  next(selector);
  if (!selector->is_word && !is_number)
    return 0; /* the value "" */
  rc = check_value(selector, err);
  for (i = 0; is_number && rc == 0 && (i == 0 || i < selector->token.len); i++)
    if (!selector->is_word || selector->token.base[i] < '0' ||
        selector->token.base[i] > '9')
      rc = expected(selector, "a number", err);
  next(selector);
  return rc;
}

/* What may stand behind a key. */
static int take_operator(struct selector *selector, pyr_error_t *err) {
  pyr_str_t token = selector->token;
  if (pyr__str_is(token, "in") || pyr__str_is(token, "notin"))
    return take_set(selector, err);
  if (pyr__str_is(token, "=") || pyr__str_is(token, "==") ||
      pyr__str_is(token, "!="))
    return take_value(selector, false, err);
  if (pyr__str_is(token, ">") || pyr__str_is(token, "<"))
    return take_value(selector, true, err);
  if (token.len == 0 || pyr__str_is(token, ","))
    return 0; /* the key is there */
  return expected(selector, "=, !=, in, notin, <, > or a comma", err);
}

static int take_requirement(struct selector *selector, pyr_error_t *err) {
  bool is_absent = pyr__str_is(selector->token, "!");
  if (is_absent)
    next(selector);
  if (!selector->is_word || !is_key(selector->token))
    return expected(selector, "the key of a label", err);
  next(selector);
  return is_absent ? 0 : take_operator(selector, err);
}

int pyr__kubernetes_label_selector_check(pyr_str_t text, pyr_error_t *err) {
  struct selector selector = {.rest = text};
  int rc = 0;

  next(&selector);
  while (rc == 0 && selector.token.len != 0) {
    rc = take_requirement(&selector, err);
    if (rc != 0 || selector.token.len == 0)
      return rc;
    if (!pyr__str_is(selector.token, ","))
      return expected(&selector, "a comma", err);
    next(&selector);
    if (selector.token.len == 0)
      return expected(&selector, "the key of a label", err);
  }
  return rc;
}

/* ---- fields ------------------------------------------------------------- */

/* One "path=value", which ends at a comma that has no \ before it. */
static int check_term(pyr_str_t term, pyr_error_t *err) {
  struct selector selector = {.token = term};
  size_t i = 0;

  while (i < term.len && term.base[i] != '=' && term.base[i] != '!')
    i++;
  if (i == 0 || i == term.len ||
      (term.base[i] == '!' && (i + 1 == term.len || term.base[i + 1] != '=')))
    return expected(&selector, "a field as in status.phase=Running", err);
  i += operator_len((pyr_str_t){term.base + i, term.len - i});
  for (; i < term.len; i++) {
    if (term.base[i] == '=')
      return expected(&selector, "\\ before each = of a value", err);
    if (term.base[i] != '\\')
      continue;
    if (++i == term.len || strchr("\\,=", term.base[i]) == NULL)
      return expected(&selector, "a \\, a comma or = behind each \\", err);
  }
  return 0;
}

int pyr__kubernetes_field_selector_check(pyr_str_t text, pyr_error_t *err) {
  size_t i, start = 0;
  int rc = 0;

  for (i = 0; i <= text.len && rc == 0; i++) {
    if (i + 1 < text.len && text.base[i] == '\\')
      i++;
    else if (i == text.len || text.base[i] == ',') {
      /* As the API server does, empty ones are passed over. */
      if (i > start)
        rc = check_term((pyr_str_t){text.base + start, i - start}, err);
      start = i + 1;
    }
  }
  return rc;
}
