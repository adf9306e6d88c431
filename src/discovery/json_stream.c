#include "discovery/json_stream.h"

#include <string.h>

#include "base/str.h"
#include "discovery/json_string.h"

void pyr__json_init(struct pyr__json *json, struct pyr__memory *memory,
                    enum pyr__purpose purpose, size_t text_limit,
                    const struct pyr__json_events *events, void *ctx) {
  memset(json, 0, sizeof(*json));
  json->events = events;
  json->ctx = ctx;
  pyr__buf_init(&json->text, memory, purpose, text_limit);
}

void pyr__json_release(struct pyr__json *json) {
  pyr__buf_release(&json->text);
}

void pyr__json_reset(struct pyr__json *json) {
  json->state = PYR__JSON_AT_ROOT;
  json->depth = 0;
  json->is_skipping = false;
  json->offset = 0;
}

int pyr__json_expected(const struct pyr__json *json, const char *what,
                       uint8_t found, pyr_error_t *err) {
  char shown[8], byte = (char)found;
  pyr__str_escape(shown, sizeof(shown), (pyr_str_t){&byte, 1});
  return pyr__error(err, PYR_EHTTP, "no JSON at byte %llu: expected %s, not %s",
                    (unsigned long long)json->offset, what, shown);
}

static bool is_in_array(const struct pyr__json *json) {
  unsigned bit = json->depth - 1;
  return (json->arrays[bit / 64] >> bit % 64 & 1) != 0;
}

/* A value is over: its container goes on, or the document is done. */
static void end_value(struct pyr__json *json) {
  if (json->is_skipping && json->depth == json->skip_depth)
    json->is_skipping = false;
  json->state =
      json->depth == 0 ? PYR__JSON_AT_ROOT : PYR__JSON_AT_COMMA_OR_END;
}

static int open_container(struct pyr__json *json, bool is_array,
                          pyr_error_t *err) {
  unsigned bit = json->depth;
  uint64_t mask = UINT64_C(1) << bit % 64;
  int rc;

  if (json->depth == PYR__LIMIT_JSON_DEPTH)
    return pyr__error(err, PYR_ELIMIT, "JSON is nested deeper than %d",
                      PYR__LIMIT_JSON_DEPTH);
  if (is_array)
    json->arrays[bit / 64] |= mask;
  else
    json->arrays[bit / 64] &= ~mask;
  json->depth++;
  json->state = is_array ? PYR__JSON_AT_VALUE_OR_END : PYR__JSON_AT_KEY_OR_END;
  if (json->is_skipping)
    return 0;
  rc = json->events->on_open(json->ctx, is_array, err);
  if (rc == PYR__JSON_SKIP) {
    json->is_skipping = true;
    json->skip_depth = json->depth - 1;
  }
  return rc < 0 ? rc : 0;
}

static int close_container(struct pyr__json *json, pyr_error_t *err) {
  bool is_told = !json->is_skipping;
  json->depth--;
  end_value(json);
  return is_told ? json->events->on_close(json->ctx, err) : 0;
}

/* A value of which nothing more is to come is told, unless it is skipped. */
static int end_scalar(struct pyr__json *json, enum pyr__json_kind kind,
                      pyr_str_t text, pyr_error_t *err) {
  bool is_told = !json->is_skipping;
  end_value(json);
  return is_told ? json->events->on_scalar(json->ctx, kind, text, err) : 0;
}

static int begin_value(struct pyr__json *json, uint8_t byte, pyr_error_t *err) {
  if (byte == '{' || byte == '[')
    return open_container(json, byte == '[', err);
  if (json->depth == 0)
    return pyr__json_expected(json, "{", byte, err);
  if (byte == '"') {
    pyr__json_string_begin(json, false);
    return 0;
  }
  if (byte != '-' && (byte < '0' || byte > '9') && (byte < 'a' || byte > 'z'))
    return pyr__json_expected(json, "a value", byte, err);
  json->state = PYR__JSON_IN_BARE;
  json->bare[0] = (char)byte;
  json->bare_len = 1;
  return 0;
}

static int begin_key(struct pyr__json *json, uint8_t byte, pyr_error_t *err) {
  if (byte != '"')
    return pyr__json_expected(json, "a key", byte, err);
  pyr__json_string_begin(json, true);
  return 0;
}

/* One byte between tokens. */
static int take_structure(struct pyr__json *json, uint8_t byte,
                          pyr_error_t *err) {
  if (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t')
    return 0;
  switch (json->state) {
  case PYR__JSON_AT_KEY_OR_END:
    if (byte == '}')
      return close_container(json, err);
    return begin_key(json, byte, err);
  case PYR__JSON_AT_KEY:
    return begin_key(json, byte, err);
  case PYR__JSON_AT_COLON:
    json->state = PYR__JSON_AT_VALUE;
    return byte == ':' ? 0 : pyr__json_expected(json, ":", byte, err);
  case PYR__JSON_AT_COMMA_OR_END:
    if (byte == (is_in_array(json) ? ']' : '}'))
      return close_container(json, err);
    json->state = is_in_array(json) ? PYR__JSON_AT_VALUE : PYR__JSON_AT_KEY;
    return byte == ','
               ? 0
               : pyr__json_expected(json, "a comma or the end", byte, err);
  case PYR__JSON_AT_VALUE_OR_END:
    if (byte == ']')
      return close_container(json, err);
    return begin_value(json, byte, err);
  default:
    return begin_value(json, byte, err);
  }
}

/* ---- strings ------------------------------------------------------------ */

static int end_string(struct pyr__json *json, pyr_error_t *err) {
  pyr_str_t text = {"", 0};
  int rc;

  if (json->is_long)
    text.base = NULL;
  else if (json->text.len != 0)
    text = (pyr_str_t){(const char *)json->text.data, json->text.len};
  if (!json->is_skipping && !json->is_long && !pyr__str_is_utf8(text))
    return pyr__error(err, PYR_EHTTP,
                      "no JSON: the text before byte %llu is not UTF-8",
                      (unsigned long long)json->offset);
  if (!json->is_key)
    return end_scalar(json, PYR__JSON_STRING, text, err);
  json->state = PYR__JSON_AT_COLON;
  if (json->is_skipping)
    return 0;
  rc = json->events->on_key(json->ctx, text, err);
  json->is_skipping = rc == PYR__JSON_SKIP;
  json->skip_depth = json->depth;
  return rc < 0 ? rc : 0;
}

static int take_string(struct pyr__json *json, const uint8_t *data, size_t len,
                       size_t *used, pyr_error_t *err) {
  int rc = pyr__json_string_take(json, data, len, used, err);
  return rc == 1 ? end_string(json, err) : rc;
}

/* ---- numbers and words -------------------------------------------------- */

static size_t digits(const char *text) {
  return strspn(text, "0123456789");
}

static bool is_number(const char *text) {
  size_t count;
  if (*text == '-')
    text++;
  count = digits(text);
  if (count == 0 || (count > 1 && *text == '0'))
    return false;
  text += count;
  if (*text == '.') {
    count = digits(++text);
    if (count == 0)
      return false;
    text += count;
  }
  if (*text == 'e' || *text == 'E') {
    text++;
    if (*text == '+' || *text == '-')
      text++;
    count = digits(text);
    if (count == 0)
      return false;
    text += count;
  }
  return *text == '\0';
}

static bool is_bare(uint8_t byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         byte == '-' || byte == '+' || byte == '.' || byte == 'E';
}

static int end_bare(struct pyr__json *json, pyr_error_t *err) {
  pyr_str_t text = {json->bare, json->bare_len};
  enum pyr__json_kind kind = PYR__JSON_WORD;

  json->bare[json->bare_len] = '\0';
  if (is_number(json->bare))
    kind = PYR__JSON_NUMBER;
  else if (!pyr__str_is(text, "true") && !pyr__str_is(text, "false") &&
           !pyr__str_is(text, "null"))
    return pyr__error(err, PYR_EHTTP,
                      "no JSON before byte %llu: \"%s\" is no value",
                      (unsigned long long)json->offset, json->bare);
  return end_scalar(json, kind, text, err);
}

/* The byte behind a number or word is not part of it: nothing is used. */
static int take_bare(struct pyr__json *json, uint8_t byte, size_t *used,
                     pyr_error_t *err) {
  *used = is_bare(byte);
  if (!is_bare(byte))
    return end_bare(json, err);
  if (json->bare_len == sizeof(json->bare) - 1)
    return pyr__error(err, PYR_EHTTP,
                      "no JSON at byte %llu: a number or word is too long",
                      (unsigned long long)json->offset);
  json->bare[json->bare_len++] = (char)byte;
  return 0;
}

/* ---- feeding ------------------------------------------------------------ */

static int step(struct pyr__json *json, const uint8_t *data, size_t len,
                size_t *used, pyr_error_t *err) {
  *used = 1;
  switch (json->state) {
  case PYR__JSON_IN_STRING:
    return take_string(json, data, len, used, err);
  case PYR__JSON_IN_ESCAPE:
    return pyr__json_string_escape(json, *data, err);
  case PYR__JSON_IN_UNICODE:
    return pyr__json_string_unicode(json, *data, err);
  case PYR__JSON_IN_BARE:
    return take_bare(json, *data, used, err);
  default:
    return take_structure(json, *data, err);
  }
}

int pyr__json_feed(struct pyr__json *json, const void *data, size_t len,
                   pyr_error_t *err) {
  const uint8_t *at = data;
  size_t used;
  int rc;

  while (len != 0) {
    rc = step(json, at, len, &used, err);
    if (rc != 0)
      return rc;
    at += used;
    len -= used;
    json->offset += used;
  }
  return 0;
}

int pyr__json_finish(const struct pyr__json *json, pyr_error_t *err) {
  if (json->state == PYR__JSON_AT_ROOT)
    return 0;
  return pyr__error(err, PYR_EHTTP, "JSON ends too early, after %llu bytes",
                    (unsigned long long)json->offset);
}
