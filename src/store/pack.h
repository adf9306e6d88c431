/* Deflate for the payloads of frames where it pays. */
#ifndef PYR__STORE_PACK_H
#define PYR__STORE_PACK_H

#include <zlib.h>

#include "base/buf.h"

struct pyr__pack {
  struct pyr__memory *memory;
  z_stream stream;
  int is_ready; /* the stream has its memory, which it keeps */
};

void pyr__pack_init(struct pyr__pack *pack, struct pyr__memory *memory);
void pyr__pack_release(struct pyr__pack *pack);
/* Appends the deflated form of `data` to `out`.  1: done; 0: it would not be
 * worth it, or there is no memory for it, and `out` is as it was. */
int pyr__pack_deflate(struct pyr__pack *pack, const void *data, size_t len,
                      struct pyr__buf *out);
/* The payload that a deflated one stands for, in `out`, which is overwritten.
 * PYR_ESTORE, PYR__ENOMEM. */
int pyr__pack_inflate(struct pyr__memory *memory, const void *data, size_t len,
                      struct pyr__buf *out);

#endif
