/* A growing byte buffer that cannot be made without a ceiling, and a bounded
 * reader over bytes that somebody else owns. */
#ifndef PYR__BASE_BUF_H
#define PYR__BASE_BUF_H

#include "base/memory.h"
#include "base/varint.h"

struct pyr__buf {
  struct pyr__memory *memory;
  enum pyr__purpose purpose;
  size_t limit;
  uint8_t *data;
  size_t len;
  size_t capacity;
};

/* Appending returns 0, PYR__ENOMEM or PYR_ELIMIT; on failure the buffer is as
 * it was. */
void pyr__buf_init(struct pyr__buf *buf, struct pyr__memory *memory,
                   enum pyr__purpose purpose, size_t limit);
void pyr__buf_release(struct pyr__buf *buf);
void pyr__buf_clear(struct pyr__buf *buf); /* keeps the memory */
/* Makes room for `extra` more bytes behind `len`. */
int pyr__buf_reserve(struct pyr__buf *buf, size_t extra);
int pyr__buf_add(struct pyr__buf *buf, const void *data, size_t len);
int pyr__buf_add_text(struct pyr__buf *buf, const char *text);
int pyr__buf_add_byte(struct pyr__buf *buf, uint8_t byte);
int pyr__buf_add_varint(struct pyr__buf *buf, uint64_t value);
int pyr__buf_add_le64(struct pyr__buf *buf, uint64_t value);
__attribute__((format(printf, 2, 3))) int
pyr__buf_add_format(struct pyr__buf *buf, const char *format, ...);

/* Reading returns 0, or -1 where the bytes do not hold the value; then the
 * reader stays where it was. */
struct pyr__reader {
  const uint8_t *at;
  const uint8_t *end;
};

static inline struct pyr__reader pyr__reader_of(const void *data, size_t len) {
  const uint8_t *at = data; /* NULL, perhaps, of nothing */
  return (struct pyr__reader){at, len == 0 ? at : at + len};
}
static inline size_t pyr__reader_left(const struct pyr__reader *reader) {
  return (size_t)(reader->end - reader->at);
}
static inline int pyr__read_varint(struct pyr__reader *reader, uint64_t *out) {
  struct pyr__varint varint = pyr__varint_read(reader->at, reader->end);
  *out = varint.value;
  if (varint.after == NULL)
    return -1;
  reader->at = varint.after;
  return 0;
}
int pyr__read_byte(struct pyr__reader *reader, uint8_t *out);
int pyr__read_varint32(struct pyr__reader *reader, uint32_t *out);
int pyr__read_le32(struct pyr__reader *reader, uint32_t *out);
int pyr__read_le64(struct pyr__reader *reader, uint64_t *out);
int pyr__read_bytes(struct pyr__reader *reader, size_t len, pyr_str_t *out);

/* Signed values as small unsigned ones, and back. */
static inline uint64_t pyr__zigzag(int64_t value) {
  return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}
static inline int64_t pyr__unzigzag(uint64_t value) {
  return (int64_t)((value >> 1) ^ (0 - (value & 1)));
}

#endif
