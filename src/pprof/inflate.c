#include "pprof/inflate.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* zlib copies its 32 KiB window whenever it returns; a smaller slice would make
 * it copy more often, a larger one would leave the first-level cache. */
enum { OUT_BYTES = 32 * 1024, GZIP_ONLY = 16 + MAX_WBITS };

static const uint8_t magic[2] = {0x1f, 0x8b};

static voidpf zlib_alloc(voidpf ctx, uInt count, uInt size) {
  struct pyr__memory *memory = ctx;
  return pyr__calloc(memory, PYR__MEM_PPROF_INFLATE, count, size);
}

static void zlib_free(voidpf ctx, voidpf block) {
  struct pyr__memory *memory = ctx;
  pyr__free(memory, block);
}

void pyr__gunzip_init(struct pyr__gunzip *gunzip, struct pyr__memory *memory,
                      pyr__bytes_cb next, void *next_ctx) {
  memset(gunzip, 0, sizeof(*gunzip));
  gunzip->memory = memory;
  gunzip->next = next;
  gunzip->next_ctx = next_ctx;
}

void pyr__gunzip_release(struct pyr__gunzip *gunzip) {
  if (gunzip->has_stream)
    inflateEnd(&gunzip->stream);
  gunzip->has_stream = 0;
  pyr__free(gunzip->memory, gunzip->out);
  gunzip->out = NULL;
}

void pyr__gunzip_begin(struct pyr__gunzip *gunzip, uint64_t limit) {
  gunzip->state = PYR__GUNZIP_SNIFF;
  gunzip->padded = gunzip->sniffed = 0;
  gunzip->taken = gunzip->given = 0;
  gunzip->limit = limit;
}

static int give(struct pyr__gunzip *gunzip, const uint8_t *data, size_t len,
                pyr_error_t *err) {
  if (len == 0)
    return 0;
  if (len > gunzip->limit - gunzip->given)
    return pyr__error(err, PYR_ELIMIT,
                      "the body inflates to more than %" PRIu64
                      " bytes: raise body-size-limit if that is right",
                      gunzip->limit);
  gunzip->given += len;
  return gunzip->next(gunzip->next_ctx, data, len, err);
}

/* Makes the stream, or makes the one that is there ready for a new member. */
static int open_member(struct pyr__gunzip *gunzip, pyr_error_t *err) {
  gunzip->state = PYR__GUNZIP_MEMBER;
  if (gunzip->has_stream) {
    inflateReset(&gunzip->stream);
    return 0;
  }
  if (gunzip->out == NULL)
    gunzip->out = pyr__alloc(gunzip->memory, PYR__MEM_PPROF_INFLATE, OUT_BYTES);
  if (gunzip->out == NULL)
    return pyr__error_nomem(err);
  gunzip->stream = (z_stream){
      .zalloc = zlib_alloc, .zfree = zlib_free, .opaque = gunzip->memory};
  if (inflateInit2(&gunzip->stream, GZIP_ONLY) != Z_OK)
    return pyr__error_nomem(err);
  gunzip->has_stream = 1;
  return 0;
}

static int stream_error(const struct pyr__gunzip *gunzip, size_t left, int rc,
                        pyr_error_t *err) {
  uint64_t at = gunzip->taken - left;
  if (rc == Z_MEM_ERROR)
    return pyr__error_nomem(err);
  if (rc == Z_NEED_DICT)
    return pyr__error(err, PYR_EGZIP,
                      "gzip: needs a dictionary, near compressed byte %" PRIu64,
                      at);
  return pyr__error(
      err, PYR_EGZIP, "gzip: %s, near compressed byte %" PRIu64,
      gunzip->stream.msg == NULL ? "corrupt data" : gunzip->stream.msg, at);
}

/* Inflates until the input or the member has ended; moves *data and *len. */
static int inflate_member(struct pyr__gunzip *gunzip, const uint8_t **data,
                          size_t *len, pyr_error_t *err) {
  z_stream *stream = &gunzip->stream;
  uInt taken, offered;
  int rc, result;

  do {
    offered = *len > UINT_MAX ? UINT_MAX : (uInt)*len;
    stream->next_in = (z_const Bytef *)*data;
    stream->avail_in = offered;
    stream->next_out = gunzip->out;
    stream->avail_out = OUT_BYTES;
    rc = inflate(stream, Z_NO_FLUSH);
    taken = offered - stream->avail_in;
    *data += taken;
    *len -= taken;
    /* What came before corrupt data goes on first, so that the first error of
     * a body does not depend on how it was cut. */
    result = give(gunzip, gunzip->out, OUT_BYTES - stream->avail_out, err);
    if (result != 0)
      return result;
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
      return stream_error(gunzip, *len, rc, err);
  } while (rc == Z_OK && (*len > 0 || stream->avail_out == 0));

  if (rc == Z_STREAM_END)
    gunzip->state = PYR__GUNZIP_AFTER;
  return 0;
}

/* Between members: takes padding, or finds the next member. */
static int after_member(struct pyr__gunzip *gunzip, const uint8_t **data,
                        size_t *len, pyr_error_t *err) {
  for (; *len > 0 && **data == 0; ++*data, --*len)
    gunzip->padded = 1;
  if (*len == 0)
    return 0;
  if (gunzip->padded || **data != magic[0])
    return pyr__error(err, PYR_EGZIP,
                      "gzip: garbage after the end of the data, at compressed "
                      "byte %" PRIu64,
                      gunzip->taken - *len);
  return open_member(gunzip, err);
}

/* Decides by the first two bytes.  The first may have come in an earlier write;
 * it is in no buffer then, but it can only be the magic's. */
static int sniff(struct pyr__gunzip *gunzip, const uint8_t **data, size_t *len,
                 pyr_error_t *err) {
  const uint8_t *first = magic;
  size_t one = 1;
  int rc;

  if (!gunzip->sniffed && **data == magic[0]) {
    gunzip->sniffed = 1;
    ++*data;
    --*len;
    if (*len == 0)
      return 0;
  }
  if (gunzip->sniffed && **data == magic[1]) {
    rc = open_member(gunzip, err);
    return rc != 0 ? rc : inflate_member(gunzip, &first, &one, err);
  }
  gunzip->state = PYR__GUNZIP_PLAIN;
  return gunzip->sniffed ? give(gunzip, magic, 1, err) : 0;
}

static int step(struct pyr__gunzip *gunzip, const uint8_t **data, size_t *len,
                pyr_error_t *err) {
  int rc;
  switch (gunzip->state) {
  case PYR__GUNZIP_SNIFF:
    return sniff(gunzip, data, len, err);
  case PYR__GUNZIP_MEMBER:
    return inflate_member(gunzip, data, len, err);
  case PYR__GUNZIP_AFTER:
    return after_member(gunzip, data, len, err);
  case PYR__GUNZIP_PLAIN:
    break;
  }
  rc = give(gunzip, *data, *len, err);
  *data += *len;
  *len = 0;
  return rc;
}

int pyr__gunzip_write(struct pyr__gunzip *gunzip, const uint8_t *data,
                      size_t len, pyr_error_t *err) {
  int rc = 0;
  gunzip->taken += len;
  while (len > 0 && rc == 0)
    rc = step(gunzip, &data, &len, err);
  return rc;
}

int pyr__gunzip_finish(struct pyr__gunzip *gunzip, pyr_error_t *err) {
  if (gunzip->state == PYR__GUNZIP_MEMBER)
    return pyr__error(err, PYR_EGZIP,
                      "gzip: cut off after %" PRIu64 " compressed bytes",
                      gunzip->taken);
  if (gunzip->state == PYR__GUNZIP_SNIFF && gunzip->sniffed) {
    gunzip->state = PYR__GUNZIP_PLAIN;
    return give(gunzip, magic, 1, err);
  }
  return 0;
}
