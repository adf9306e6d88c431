#include "base/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SMALLEST = 256 };

void pyr__buf_init(struct pyr__buf *buf, struct pyr__memory *memory,
                   enum pyr__purpose purpose, size_t limit) {
  *buf = (struct pyr__buf){memory, purpose, limit, NULL, 0, 0};
}

void pyr__buf_release(struct pyr__buf *buf) {
  pyr__free(buf->memory, buf->data);
  buf->data = NULL;
  buf->len = buf->capacity = 0;
}

void pyr__buf_clear(struct pyr__buf *buf) {
  buf->len = 0;
}

int pyr__buf_reserve(struct pyr__buf *buf, size_t extra) {
  size_t capacity = buf->capacity < SMALLEST ? SMALLEST : buf->capacity;
  uint8_t *data;

  if (extra > buf->limit || buf->len > buf->limit - extra)
    return PYR_ELIMIT;
  if (buf->len + extra <= buf->capacity)
    return 0;
  while (capacity < buf->len + extra)
    capacity += capacity / 2;
  if (capacity > buf->limit)
    capacity = buf->limit;
  data = pyr__realloc(buf->memory, buf->purpose, buf->data, capacity, 1);
  if (data == NULL)
    return PYR__ENOMEM;
  buf->data = data;
  buf->capacity = capacity;
  return 0;
}

int pyr__buf_add(struct pyr__buf *buf, const void *data, size_t len) {
  int rc = pyr__buf_reserve(buf, len);
  if (rc != 0)
    return rc;
  if (len > 0)
    memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  return 0;
}

int pyr__buf_add_text(struct pyr__buf *buf, const char *text) {
  return pyr__buf_add(buf, text, strlen(text));
}

int pyr__buf_add_byte(struct pyr__buf *buf, uint8_t byte) {
  return pyr__buf_add(buf, &byte, 1);
}

int pyr__buf_add_varint(struct pyr__buf *buf, uint64_t value) {
  uint8_t bytes[PYR__VARINT_BYTES];
  const uint8_t *end = pyr__varint_put(bytes, value);
  return pyr__buf_add(buf, bytes, (size_t)(end - bytes));
}

int pyr__buf_add_le64(struct pyr__buf *buf, uint64_t value) {
  value = htole64(value);
  return pyr__buf_add(buf, &value, sizeof(value));
}

int pyr__buf_add_format(struct pyr__buf *buf, const char *format, ...) {
  va_list args, again;
  int len, rc;

  va_start(args, format);
  va_copy(again, args);
  len = vsnprintf(NULL, 0, format, args);
  rc = len < 0 ? PYR_EUSAGE : pyr__buf_reserve(buf, (size_t)len + 1);
  if (rc == 0) {
    vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, again);
    buf->len += (size_t)len;
  }
  va_end(again);
  va_end(args);
  return rc;
}

int pyr__read_byte(struct pyr__reader *reader, uint8_t *out) {
  if (reader->at == reader->end)
    return -1;
  *out = *reader->at++;
  return 0;
}

int pyr__read_varint32(struct pyr__reader *reader, uint32_t *out) {
  struct pyr__reader ahead = *reader;
  uint64_t value;
  if (pyr__read_varint(&ahead, &value) != 0 || value > UINT32_MAX)
    return -1;
  *reader = ahead;
  *out = (uint32_t)value;
  return 0;
}

int pyr__read_le32(struct pyr__reader *reader, uint32_t *out) {
  if (pyr__reader_left(reader) < sizeof(*out))
    return -1;
  memcpy(out, reader->at, sizeof(*out));
  *out = le32toh(*out);
  reader->at += sizeof(*out);
  return 0;
}

int pyr__read_le64(struct pyr__reader *reader, uint64_t *out) {
  if (pyr__reader_left(reader) < sizeof(*out))
    return -1;
  memcpy(out, reader->at, sizeof(*out));
  *out = le64toh(*out);
  reader->at += sizeof(*out);
  return 0;
}

int pyr__read_bytes(struct pyr__reader *reader, size_t len, pyr_str_t *out) {
  if (pyr__reader_left(reader) < len)
    return -1;
  *out = (pyr_str_t){(const char *)reader->at, len};
  reader->at += len;
  return 0;
}
