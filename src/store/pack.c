#include "store/pack.h"

#include "base/limits.h"

/* A window and tables of 48 KiB in all: larger ones gain little on payloads
 * that are this short, and so does a better level.  What is longer than usual
 * is deflated faster or not at all, so that no call takes for ever. */
enum {
  WINDOW_BITS = 13,
  MEMORY_LEVEL = 5,
  LEVEL = 3,
  TOO_SMALL = 512,
  USUAL = 128 * 1024,
  TOO_LARGE = 8 * 1024 * 1024
};

static void *allocate(void *opaque, uInt items, uInt size) {
  return pyr__realloc(opaque, PYR__MEM_STORE_BUFFER, NULL, items, size);
}

static void release(void *opaque, void *ptr) {
  pyr__free(opaque, ptr);
}

void pyr__pack_init(struct pyr__pack *pack, struct pyr__memory *memory) {
  *pack = (struct pyr__pack){.memory = memory};
}

void pyr__pack_release(struct pyr__pack *pack) {
  if (pack->is_ready)
    deflateEnd(&pack->stream);
  pack->is_ready = 0;
}

static int prepare(struct pyr__pack *pack, size_t len) {
  int level = len <= USUAL ? LEVEL : Z_BEST_SPEED;
  if (!pack->is_ready) {
    pack->stream = (z_stream){
        .zalloc = allocate, .zfree = release, .opaque = pack->memory};
    if (deflateInit2(&pack->stream, level, Z_DEFLATED, -WINDOW_BITS,
                     MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
      return -1;
    pack->is_ready = 1;
  }
  if (deflateReset(&pack->stream) != Z_OK)
    return -1;
  return deflateParams(&pack->stream, level, Z_DEFAULT_STRATEGY) == Z_OK ? 0
                                                                         : -1;
}

int pyr__pack_deflate(struct pyr__pack *pack, const void *data, size_t len,
                      struct pyr__buf *out) {
  size_t start = out->len, room = len - len / 16;
  z_stream *stream = &pack->stream;

  if (len < TOO_SMALL || len > TOO_LARGE)
    return 0;
  if (prepare(pack, len) != 0 || pyr__buf_add_varint(out, len) != 0 ||
      pyr__buf_reserve(out, room) != 0) {
    out->len = start;
    return 0;
  }
  stream->next_in = (Bytef *)data;
  stream->avail_in = (uInt)len;
  stream->next_out = out->data + out->len;
  stream->avail_out = (uInt)room;
  if (deflate(stream, Z_FINISH) != Z_STREAM_END ||
      len / PYR__LIMIT_FRAME_RATIO > stream->total_out) {
    out->len = start;
    return 0;
  }
  out->len += stream->total_out;
  return 1;
}

int pyr__pack_inflate(struct pyr__memory *memory, const void *data, size_t len,
                      struct pyr__buf *out) {
  struct pyr__reader in = pyr__reader_of(data, len);
  z_stream stream = {.zalloc = allocate, .zfree = release, .opaque = memory};
  uint64_t size;
  int rc;

  pyr__buf_clear(out);
  if (pyr__read_varint(&in, &size) != 0 || size > PYR__LIMIT_FRAME_BYTES ||
      size / PYR__LIMIT_FRAME_RATIO > pyr__reader_left(&in))
    return PYR_ESTORE;
  rc = pyr__buf_reserve(out, (size_t)size + 1);
  if (rc != 0)
    return PYR__ENOMEM;
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return PYR__ENOMEM;
  stream.next_in = (Bytef *)in.at;
  stream.avail_in = (uInt)pyr__reader_left(&in);
  stream.next_out = out->data;
  stream.avail_out = (uInt)size;
  rc = inflate(&stream, Z_FINISH);
  out->len = stream.total_out;
  inflateEnd(&stream);
  if (rc == Z_MEM_ERROR)
    return PYR__ENOMEM;
  return rc == Z_STREAM_END && out->len == size && stream.avail_in == 0
             ? 0
             : PYR_ESTORE;
}
