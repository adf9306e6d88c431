#include "discovery/json_stream.h"

#include <string.h>

#include "base/str.h"

enum { KEPT_TEXT = 16 * 1024 }; /* of the buffer, from one text to the next */
enum {
  SURROGATE_HIGH = 0xd800,
  SURROGATE_LOW = 0xdc00,
  SURROGATE_END = 0xe000
};

static const uint32_t REPLACEMENT = 0xfffd;

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

static int expected(const struct pyr__json *json, const char *what,
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

static void begin_string(struct pyr__json *json, bool is_key) {
  if (json->text.capacity > KEPT_TEXT)
    pyr__buf_release(&json->text);
  json->state = PYR__JSON_IN_STRING;
  json->is_key = is_key;
  json->is_long = false;
  json->surrogate = 0;
  pyr__buf_clear(&json->text);
}

static int begin_value(struct pyr__json *json, uint8_t byte, pyr_error_t *err) {
  if (byte == '{' || byte == '[')
    return open_container(json, byte == '[', err);
  if (json->depth == 0)
    return expected(json, "{", byte, err);
  if (byte == '"') {
    begin_string(json, false);
    return 0;
  }
  if (byte != '-' && (byte < '0' || byte > '9') && (byte < 'a' || byte > 'z'))
    return expected(json, "a value", byte, err);
  json->state = PYR__JSON_IN_BARE;
  json->bare[0] = (char)byte;
  json->bare_len = 1;
  return 0;
}

static int begin_key(struct pyr__json *json, uint8_t byte, pyr_error_t *err) {
  if (byte != '"')
    return expected(json, "a key", byte, err);
  begin_string(json, true);
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
    return byte == ':' ? 0 : expected(json, ":", byte, err);
  case PYR__JSON_AT_COMMA_OR_END:
    if (byte == (is_in_array(json) ? ']' : '}'))
      return close_container(json, err);
    json->state = is_in_array(json) ? PYR__JSON_AT_VALUE : PYR__JSON_AT_KEY;
    return byte == ',' ? 0 : expected(json, "a comma or the end", byte, err);
  case PYR__JSON_AT_VALUE_OR_END:
    if (byte == ']')
      return close_container(json, err);
    return begin_value(json, byte, err);
  default:
    return begin_value(json, byte, err);
  }
}

/* ---- strings ------------------------------------------------------------ */

static int keep(struct pyr__json *json, const void *data, size_t len,
                pyr_error_t *err) {
  int rc;
  if (json->is_skipping || json->is_long)
    return 0;
  rc = pyr__buf_add(&json->text, data, len);
  if (rc == PYR_ELIMIT) {
    json->is_long = true;
    return 0;
  }
  return rc == 0 ? 0 : pyr__error_nomem(err);
}

static int keep_rune(struct pyr__json *json, uint32_t rune, pyr_error_t *err) {
  uint8_t out[4];
  if (rune < 0x80) {
    out[0] = (uint8_t)rune;
    return keep(json, out, 1, err);
  }
  if (rune < 0x800) {
    out[0] = (uint8_t)(0xc0 | rune >> 6);
    out[1] = (uint8_t)(0x80 | (rune & 0x3f));
    return keep(json, out, 2, err);
  }
  if (rune < 0x10000) {
    out[0] = (uint8_t)(0xe0 | rune >> 12);
    out[1] = (uint8_t)(0x80 | (rune >> 6 & 0x3f));
    out[2] = (uint8_t)(0x80 | (rune & 0x3f));
    return keep(json, out, 3, err);
  }
  out[0] = (uint8_t)(0xf0 | rune >> 18);
  out[1] = (uint8_t)(0x80 | (rune >> 12 & 0x3f));
  out[2] = (uint8_t)(0x80 | (rune >> 6 & 0x3f));
  out[3] = (uint8_t)(0x80 | (rune & 0x3f));
  return keep(json, out, 4, err);
}

/* A high surrogate without its other half becomes U+FFFD, as in Go. */
static int end_surrogate(struct pyr__json *json, pyr_error_t *err) {
  if (json->surrogate == 0)
    return 0;
  json->surrogate = 0;
  return keep_rune(json, REPLACEMENT, err);
}

static int end_unicode(struct pyr__json *json, pyr_error_t *err) {
  uint32_t unit = json->unicode, high = json->surrogate;
  int rc;

  json->state = PYR__JSON_IN_STRING;
  if (high != 0 && unit >= SURROGATE_LOW && unit < SURROGATE_END) {
    json->surrogate = 0;
    return keep_rune(json,
                     0x10000 + ((high - SURROGATE_HIGH) << 10) +
                         (unit - SURROGATE_LOW),
                     err);
  }
  rc = end_surrogate(json, err);
  if (rc != 0)
    return rc;
  if (unit >= SURROGATE_HIGH && unit < SURROGATE_LOW) {
    json->surrogate = (uint16_t)unit;
    return 0;
  }
  if (unit >= SURROGATE_LOW && unit < SURROGATE_END)
    unit = REPLACEMENT;
  return keep_rune(json, unit, err);
}

static int take_unicode(struct pyr__json *json, uint8_t byte,
                        pyr_error_t *err) {
  unsigned digit;
  if (byte >= '0' && byte <= '9')
    digit = byte - (unsigned)'0';
  else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
    digit = (byte | 0x20u) - 'a' + 10;
  else
    return expected(json, "four hexadecimal digits behind \\u", byte, err);
  json->unicode = (uint16_t)((unsigned)json->unicode << 4 | digit);
  return ++json->unicode_len == 4 ? end_unicode(json, err) : 0;
}

static int take_escape(struct pyr__json *json, uint8_t byte, pyr_error_t *err) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;
  int rc;

  if (byte == 'u') {
    json->state = PYR__JSON_IN_UNICODE;
    json->unicode = json->unicode_len = 0;
    return 0;
  }
  found = byte == 0 ? NULL : strchr(from, byte);
  if (found == NULL)
    return expected(json, "an escape behind \\", byte, err);
  json->state = PYR__JSON_IN_STRING;
  rc = end_surrogate(json, err);
  return rc != 0 ? rc : keep(json, &to[found - from], 1, err);
}

static int end_string(struct pyr__json *json, pyr_error_t *err) {
  pyr_str_t text = {"", 0};
  int rc = end_surrogate(json, err);

  if (rc != 0)
    return rc;
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

static size_t plain_run(const uint8_t *data, size_t len) {
  size_t i = 0;
  while (i < len && data[i] != '"' && data[i] != '\\' && data[i] >= 0x20)
    i++;
  return i;
}

/* As much of a string as needs no thought, or the one byte that does. */
static int take_string(struct pyr__json *json, const uint8_t *data, size_t len,
                       size_t *used, pyr_error_t *err) {
  size_t run = plain_run(data, len);
  int rc;

  *used = run;
  if (run != 0) {
    rc = end_surrogate(json, err);
    return rc != 0 ? rc : keep(json, data, run, err);
  }
  *used = 1;
  if (*data == '"')
    return end_string(json, err);
  if (*data != '\\')
    return expected(json, "no control character in a string", *data, err);
  json->state = PYR__JSON_IN_ESCAPE;
  return 0;
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
    return take_escape(json, *data, err);
  case PYR__JSON_IN_UNICODE:
    return take_unicode(json, *data, err);
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
