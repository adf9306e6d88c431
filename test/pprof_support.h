/* Bodies for tests: a writer of protobuf that can also write what is wrong, and
 * decoding in one call. */
#ifndef TEST_PPROF_SUPPORT_H
#define TEST_PPROF_SUPPORT_H

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/str.h"
#include "pprof/decoder.h"
#include "same_profile.h"

static const struct pyr__decoder_limits wide_limits = {
    .body_bytes = 64 << 20, .arena_bytes = 64 << 20, .stack_frames = 65536};

static inline void body_init(struct pyr__buf *body,
                             struct pyr__memory *memory) {
  pyr__buf_init(body, memory, PYR__MEM_PPROF_ENCODE, 256 << 20);
}

static inline void put_int(struct pyr__buf *body, uint32_t number,
                           uint64_t value) {
  assert_int_equal(pyr__buf_add_varint(body, number << 3), 0);
  assert_int_equal(pyr__buf_add_varint(body, value), 0);
}

static inline void put_bytes(struct pyr__buf *body, uint32_t number,
                             const void *data, size_t len) {
  assert_int_equal(pyr__buf_add_varint(body, number << 3 | 2), 0);
  assert_int_equal(pyr__buf_add_varint(body, len), 0);
  assert_int_equal(pyr__buf_add(body, data, len), 0);
}

static inline void put_text(struct pyr__buf *body, const char *text) {
  put_bytes(body, 6, text, strlen(text));
}

/* Puts `part` as a message and empties it. */
static inline void put_message(struct pyr__buf *body, uint32_t number,
                               struct pyr__buf *part) {
  put_bytes(body, number, part->data, part->len);
  pyr__buf_clear(part);
}

static inline void put_packed(struct pyr__buf *body, uint32_t number,
                              const uint64_t *values, size_t count) {
  struct pyr__buf packed;
  size_t i;
  body_init(&packed, body->memory);
  for (i = 0; i < count; i++)
    assert_int_equal(pyr__buf_add_varint(&packed, values[i]), 0);
  put_bytes(body, number, packed.data, packed.len);
  pyr__buf_release(&packed);
}

/* Two types, two samples, a label of each sort, an inlined frame. */
static inline void put_small_profile(struct pyr__buf *body) {
  static const char *const texts[] = {
      "",      "alloc_space", "bytes", "inuse_space", "main.main", "/src/m.go",
      "inner", "/bin/m",      "build", "tier",        "backend",   "comment"};
  struct pyr__buf part, line;
  size_t i;

  body_init(&part, body->memory);
  body_init(&line, body->memory);
  for (i = 0; i < 2; i++) {
    put_int(&part, 1, i == 0 ? 1 : 3);
    put_int(&part, 2, 2);
    put_message(body, 1, &part);
  }
  for (i = 0; i < 2; i++) {
    put_packed(&part, 1, (uint64_t[]){1, 2}, 2 - i);
    put_packed(&part, 2, (uint64_t[]){700 + i, 300}, 2);
    put_int(&line, 1, 9);
    put_int(&line, i == 0 ? 2 : 3, i == 0 ? 10 : 512);
    if (i == 1)
      put_int(&line, 4, 2);
    put_message(&part, 3, &line);
    put_message(body, 2, &part);
  }
  put_int(&part, 1, 1);
  put_int(&part, 2, 0x400000);
  put_int(&part, 3, 0x500000);
  put_int(&part, 5, 7);
  put_int(&part, 6, 8);
  put_int(&part, 7, 1);
  put_message(body, 3, &part);
  for (i = 1; i <= 2; i++) {
    put_int(&part, 1, i);
    put_int(&part, 2, 1);
    put_int(&part, 3, 0x400000 + i);
    put_int(&line, 1, i);
    put_int(&line, 2, 40 + i);
    put_message(&part, 4, &line);
    if (i == 2) {
      put_int(&line, 1, 1);
      put_int(&line, 2, 7);
      put_message(&part, 4, &line);
    }
    put_message(body, 4, &part);
  }
  for (i = 1; i <= 2; i++) {
    put_int(&part, 1, i);
    put_int(&part, 2, i == 1 ? 4 : 6);
    put_int(&part, 4, 5);
    put_message(body, 5, &part);
  }
  put_int(body, 9, 1700000000000000000);
  put_int(&part, 1, 3);
  put_int(&part, 2, 2);
  put_message(body, 11, &part);
  put_int(body, 12, 524288);
  put_int(body, 13, 11);
  put_int(body, 14, 3);
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
    put_text(body, texts[i]);
  pyr__buf_release(&part);
  pyr__buf_release(&line);
}

static inline void gzip_bytes(struct pyr__buf *out, const void *data,
                              size_t len) {
  z_stream stream = {0};
  assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
                                Z_DEFAULT_STRATEGY),
                   Z_OK);
  assert_int_equal(
      pyr__buf_reserve(out, deflateBound(&stream, (uLong)len) + 64), 0);
  stream.next_in = (Bytef *)data;
  stream.avail_in = (uInt)len;
  stream.next_out = out->data + out->len;
  stream.avail_out = (uInt)(out->capacity - out->len);
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out->len += stream.total_out;
  deflateEnd(&stream);
}

/* Writes the body in two pieces and finishes. */
static inline int decode_cut(struct pyr__decoder *decoder,
                             const struct pyr__decoder_limits *limits,
                             const uint8_t *data, size_t len, size_t cut,
                             const struct pyr__profile **out,
                             pyr_error_t *err) {
  int rc;
  pyr__decoder_begin(decoder, limits);
  rc = pyr__decoder_write(decoder, data, cut, err);
  if (rc == 0)
    rc = pyr__decoder_write(decoder, data + cut, len - cut, err);
  return rc != 0 ? rc : pyr__decoder_finish(decoder, out, err);
}

static inline int decode(struct pyr__decoder *decoder,
                         const struct pyr__buf *body,
                         const struct pyr__profile **out, pyr_error_t *err) {
  return decode_cut(decoder, &wide_limits, body->data, body->len, body->len,
                    out, err);
}

/* Appends a body of bench/corpus, as "small/cpu/0". */
static inline void put_corpus(struct pyr__buf *body, const char *name) {
  char path[4096];
  FILE *file;
  size_t got;
  snprintf(path, sizeof(path), "%s/../bench/corpus/%s.pb.gz", TEST_SOURCE_DIR,
           name);
  file = fopen(path, "rb");
  if (file == NULL)
    fail_msg("%s cannot be read", path);
  do {
    assert_int_equal(pyr__buf_reserve(body, 65536), 0);
    got = fread(body->data + body->len, 1, 65536, file);
    body->len += got;
  } while (got > 0);
  fclose(file);
}

/* Calls `each` with the name of every body of the corpus. */
static inline void each_corpus(void (*each)(void *ctx, const char *name),
                               void *ctx) {
  static const char *const programs[] = {"small", "medium"};
  static const char *const kinds[] = {
      "cpu",   "heap",       "allocs",      "goroutine",  "mutex",
      "block", "delta_heap", "delta_mutex", "delta_block"};
  char name[64];
  size_t program, kind;
  int number;
  for (program = 0; program < 2; program++)
    for (kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++)
      for (number = 0; number < 6; number++) {
        snprintf(name, sizeof(name), "%s/%s/%d", programs[program], kinds[kind],
                 number);
        each(ctx, name);
      }
}

#endif
