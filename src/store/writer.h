/* One segment while it is written: what was appended waits in memory, then in
 * frames, then is in the file.  What is in memory or in frames survives every
 * failure; only a file that cannot be brought back to a known size is given up,
 * with all that waits for it. */
#ifndef PYR__STORE_WRITER_H
#define PYR__STORE_WRITER_H

#include <limits.h>

#include "store/format.h"
#include "store/heads.h"
#include "store/io.h"
#include "store/pack.h"
#include "store/samples.h"
#include "store/store.h"

/* What a series leaves behind for its next profile, and for the footer. */
struct pyr__writer_series {
  uint8_t *whole; /* the last profile as a whole record; NULL: not kept */
  uint32_t whole_len, whole_capacity;
  uint32_t number;  /* profiles in this segment */
  uint32_t changes; /* records since the last whole one */
  uint32_t frame;   /* the last profiles frame with it, + 1 */
};

/* A profiles frame, for the footer. */
struct pyr__writer_frame {
  uint64_t at;
  int64_t from_ns, to_ns; /* the first and the last start in it */
};

/* A series in a profiles frame. */
struct pyr__appearance {
  uint32_t series, frame;
};

struct pyr__writer {
  struct pyr__memory *memory;
  const struct pyr__io *io;
  uint64_t state_bytes, max_state_bytes; /* of all `whole` */

  struct pyr__dictionary dictionary;
  struct pyr__tables_mark framed; /* what of it is in frames */
  struct pyr__intern intern;
  struct pyr__samples samples;
  struct pyr__record before;
  struct pyr__edits edits;
  struct pyr__buf whole, change; /* records being made */
  struct pyr__pack pack;

  struct pyr__buf records; /* of the next samples frame */
  struct pyr__heads heads; /* of the next profiles frame */
  struct pyr__buf payload; /* scratch */
  struct pyr__buf queue;   /* frames; the first `sent` bytes are written */
  size_t sent;

  struct pyr__rows series;       /* pyr__writer_series, by id */
  struct pyr__rows frames;       /* pyr__writer_frame */
  struct pyr__rows dictionaries; /* uint64_t: where dictionary frames are */
  struct pyr__rows appearances;

  char path[PATH_MAX];
  int fd; /* -1: not created yet */
  uint32_t salt;
  uint64_t end;     /* of the last frame in the queue */
  uint64_t written; /* size of the file */
  int is_unknown;   /* its size is not `written` and cannot be made so */
};

int pyr__writer_init(struct pyr__writer *writer, struct pyr__memory *memory,
                     const struct pyr__io *io, uint64_t max_state_bytes);
void pyr__writer_release(struct pyr__writer *writer);
/* Forgets the last segment and all that waits; the file is made when there is
 * something to write. */
int pyr__writer_begin(struct pyr__writer *writer);
/* On failure nothing has changed.  PYR__ENOMEM or PYR_ELIMIT. */
int pyr__writer_append(struct pyr__writer *writer,
                       const struct pyr__store_profile *meta,
                       const struct pyr__profile *profile);
/* Makes frames of what was appended.  On failure it stays appended. */
int pyr__writer_frame(struct pyr__writer *writer);
/* Makes the footer, once there is nothing left to frame. */
int pyr__writer_footer(struct pyr__writer *writer);
/* Writes what is in frames: 0, or -errno and the rest is in the queue still,
 * unless is_unknown is set.  `path` must be set before the first time. */
int pyr__writer_send(struct pyr__writer *writer);

/* Appends one frame to the queue, deflated where that pays. */
int pyr__writer_add_frame(struct pyr__writer *writer, enum pyr__frame_type type,
                          const struct pyr__buf *payload, int may_deflate);

/* Gives back what only an unusually large profile has needed. */
void pyr__writer_trim(struct pyr__writer *writer);

/* Bytes that are not in the file yet. */
size_t pyr__writer_waiting(const struct pyr__writer *writer);
/* Memory of what is known of the segment. */
size_t pyr__writer_held(const struct pyr__writer *writer);

static inline int pyr__writer_is_empty(const struct pyr__writer *writer) {
  return writer->end <= PYR__SEGMENT_HEADER && writer->heads.heads.count == 0;
}

#endif
