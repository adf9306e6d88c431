/* Inside of a segment that is read: segment.c opens it, segment_frames.c reads
 * frames and finds them where there is no footer, segment_footer.c reads what a
 * footer says, segment_each.c goes through profiles, segment_merge.c adds them
 * up and segment_build.c makes a profile of the sums. */
#ifndef PYR__STORE_SEGMENT_H
#define PYR__STORE_SEGMENT_H

#include "store/format.h"
#include "store/heads.h"
#include "store/reader.h"
#include "store/tables.h"

struct pyr__segment_frame {
  uint64_t at;
  int64_t from_ns, to_ns; /* the first and the last start in it */
  int is_bad;             /* has been reported */
};

struct pyr__segment {
  struct pyr__memory *memory;
  struct pyr__io io;
  pyr__bad_frame_cb on_bad;
  void *ctx;
  char *path;
  int fd;
  uint64_t size; /* when it was opened */
  uint32_t salt;

  struct pyr__tables tables;       /* of all dictionary frames */
  struct pyr__tables footer;       /* strings and series of the footer */
  struct pyr__tables *series_from; /* one of them */
  int has_tables;                  /* the dictionary frames have been read */
  struct pyr__rows reported;       /* uint64_t: bad frames, by place */
  uint64_t lost_bytes;             /* in frames that could not be read */

  struct pyr__arena arena; /* `series` and what it refers to */
  struct pyr__series *series;
  uint32_t series_count;

  struct pyr__rows frames;       /* pyr__segment_frame: profiles, in order */
  struct pyr__rows dictionaries; /* uint64_t: where they are */
  /* With a footer: where the frames of each series begin in `places`, and one
   * more, and then these. */
  struct pyr__rows places;
  int has_places;

  struct pyr__heads heads; /* of the profiles frame read last */
  struct pyr__buf stored, inflated;
  uint8_t *window; /* what was read last when looking for frames */
  uint64_t window_at;
  size_t window_len;
};

/* "PATH: WHAT" */
__attribute__((format(printf, 2, 3))) void
pyr__segment_report(const struct pyr__segment *segment, const char *format,
                    ...);
/* Reports a frame, once: "PATH: frame at N: WHAT, skipped".  PYR_ESTORE. */
int pyr__segment_bad(struct pyr__segment *segment, uint64_t at,
                     const char *what);

/* The payload of the frame at `at`, which must be of that type.  It lives until
 * the next one is read.  PYR_ESTORE: it is bad, and has been reported. */
int pyr__segment_read(struct pyr__segment *segment, uint64_t at,
                      enum pyr__frame_type type, pyr_str_t *out,
                      pyr_error_t *err);
/* 1: a frame that fits into the file begins at `at`; 0: none; -errno. */
int pyr__segment_peek(struct pyr__segment *segment, uint64_t at,
                      struct pyr__frame *out);
/* Goes through all frames: reads the dictionaries, notes the others. */
int pyr__segment_walk(struct pyr__segment *segment, pyr_error_t *err);
/* 1: there is a footer, and it has been read; 0: there is none that is good. */
int pyr__segment_read_footer(struct pyr__segment *segment, pyr_error_t *err);
/* Reads the dictionaries, where that was not done yet. */
int pyr__segment_need_tables(struct pyr__segment *segment, pyr_error_t *err);
int pyr__segment_read_dictionary(struct pyr__segment *segment, uint64_t at,
                                 pyr_error_t *err);
/* Reads a profiles frame into `heads`; where it is bad they are empty. */
int pyr__segment_read_heads(struct pyr__segment *segment, uint32_t frame,
                            pyr_error_t *err);
/* A byte for each frame: whether it holds one of the wanted series.  The
 * caller frees it. */
int pyr__segment_frames_of(struct pyr__segment *segment, const uint8_t *wanted,
                           uint8_t **out, pyr_error_t *err);
/* Whether the head is one of a wanted series that is known. */
int pyr__segment_is_wanted(const struct pyr__segment *segment,
                           const struct pyr__head *head, const uint8_t *wanted);

/* The sums of a merge by stack, and what its profile says beside them. */
struct pyr__sums {
  /* uint32_t by stack: row + 1, or 0.  The last is for all that are lost. */
  struct pyr__rows rows;
  struct pyr__rows stacks;         /* uint32_t by row */
  struct pyr__rows values;         /* int64_t: row by row */
  uint32_t types, series;          /* the first merged one */
  struct pyr__rows attributes;     /* uint32_t: each once, in order */
  struct pyr__rows has_attributes; /* uint8_t by id; the last: lost ones */
  int64_t time_ns, duration_ns;
  size_t profiles;
};

/* Makes the profile of the sums in the arena. */
int pyr__segment_build(const struct pyr__segment *segment,
                       const struct pyr__sums *sums, struct pyr__arena *arena,
                       const struct pyr__profile **out, pyr_error_t *err);

#endif
