/* One optional layer of gzip: bytes in, inflated bytes out to the next stage.
 * A stream that does not begin with the magic 1f 8b passes as it is, so a gzip
 * pprof inside Content-Encoding: gzip is two of these in a row.
 *
 * Members may follow each other, as Go's reader takes them.  Zeros after the
 * last one are padding, as gzip(1) has it; anything else is an error, since a
 * body that goes on after its end was cut or glued by somebody. */
#ifndef PYR__PPROF_INFLATE_H
#define PYR__PPROF_INFLATE_H

#include <zlib.h>

#include "base/memory.h"

/* Takes all of `len` or fails. */
typedef int (*pyr__bytes_cb)(void *ctx, const uint8_t *data, size_t len,
                             pyr_error_t *err);

enum pyr__gunzip_state {
  PYR__GUNZIP_SNIFF,  /* fewer than two bytes have come */
  PYR__GUNZIP_PLAIN,  /* not compressed */
  PYR__GUNZIP_MEMBER, /* in a member */
  PYR__GUNZIP_AFTER   /* a member has ended: another one, or padding */
};

struct pyr__gunzip {
  struct pyr__memory *memory;
  pyr__bytes_cb next;
  void *next_ctx;
  enum pyr__gunzip_state state;
  int padded;     /* zeros have come after a member */
  int sniffed;    /* the first magic byte has come, and waits */
  uint64_t limit; /* bytes given to next */
  uint64_t taken; /* bytes that came */
  uint64_t given; /* bytes given to next */
  int has_stream; /* zlib's state is there, and `out` */
  z_stream stream;
  uint8_t *out;
};

void pyr__gunzip_init(struct pyr__gunzip *gunzip, struct pyr__memory *memory,
                      pyr__bytes_cb next, void *next_ctx);
void pyr__gunzip_release(struct pyr__gunzip *gunzip);
/* A new stream; zlib's memory stays. */
void pyr__gunzip_begin(struct pyr__gunzip *gunzip, uint64_t limit);
int pyr__gunzip_write(struct pyr__gunzip *gunzip, const uint8_t *data,
                      size_t len, pyr_error_t *err);
/* PYR_EGZIP where the stream has ended inside a member. */
int pyr__gunzip_finish(struct pyr__gunzip *gunzip, pyr_error_t *err);

#endif
