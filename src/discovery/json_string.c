/* The texts of a stream of JSON: what is escaped is itself again. */
#include "discovery/json_string.h"

#include <string.h>

#include "base/utf8.h"

enum { KEPT_TEXT = 16 * 1024 }; /* of the buffer, from one text to the next */
enum {
  SURROGATE_HIGH = 0xd800,
  SURROGATE_LOW = 0xdc00,
  SURROGATE_END = 0xe000
};

void pyr__json_string_begin(struct pyr__json *json, bool is_key) {
  if (json->text.capacity > KEPT_TEXT)
    pyr__buf_release(&json->text);
  json->state = PYR__JSON_IN_STRING;
  json->is_key = is_key;
  json->is_long = false;
  json->surrogate = 0;
  pyr__buf_clear(&json->text);
}

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
  char out[PYR__UTF8_MAX];
  return keep(json, out, pyr__utf8_encode(out, rune), err);
}

/* A high surrogate without its other half becomes U+FFFD, as in Go. */
static int end_surrogate(struct pyr__json *json, pyr_error_t *err) {
  if (json->surrogate == 0)
    return 0;
  json->surrogate = 0;
  return keep_rune(json, PYR__UTF8_REPLACEMENT, err);
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
  return keep_rune(json, unit, err); /* a low one alone is U+FFFD, too */
}

int pyr__json_string_unicode(struct pyr__json *json, uint8_t byte,
                             pyr_error_t *err) {
  unsigned digit;
  if (byte >= '0' && byte <= '9')
    digit = byte - (unsigned)'0';
  else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
    digit = (byte | 0x20u) - 'a' + 10;
  else
    return pyr__json_expected(json, "four hexadecimal digits behind \\u", byte,
                              err);
  json->unicode = (uint16_t)((unsigned)json->unicode << 4 | digit);
  return ++json->unicode_len == 4 ? end_unicode(json, err) : 0;
}

int pyr__json_string_escape(struct pyr__json *json, uint8_t byte,
                            pyr_error_t *err) {
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
    return pyr__json_expected(json, "an escape behind \\", byte, err);
  json->state = PYR__JSON_IN_STRING;
  rc = end_surrogate(json, err);
  return rc != 0 ? rc : keep(json, &to[found - from], 1, err);
}

static size_t plain_run(const uint8_t *data, size_t len) {
  size_t i = 0;
  while (i < len && data[i] != '"' && data[i] != '\\' && data[i] >= 0x20)
    i++;
  return i;
}

int pyr__json_string_take(struct pyr__json *json, const uint8_t *data,
                          size_t len, size_t *used, pyr_error_t *err) {
  size_t run = plain_run(data, len);
  int rc;

  *used = run;
  if (run != 0) {
    rc = end_surrogate(json, err);
    return rc != 0 ? rc : keep(json, data, run, err);
  }
  *used = 1;
  if (*data == '"') {
    rc = end_surrogate(json, err);
    return rc != 0 ? rc : 1;
  }
  if (*data != '\\')
    return pyr__json_expected(json, "no control character in a string", *data,
                              err);
  json->state = PYR__JSON_IN_ESCAPE;
  return 0;
}
