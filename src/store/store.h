/* A directory of segment files: one writer, any number of readers.  FORMAT.md
 * says what is in them.  Appending only copies into a bounded buffer; a tick
 * writes, syncs, seals and retires. */
#ifndef PYR__STORE_STORE_H
#define PYR__STORE_STORE_H

#include "base/clock.h"
#include "base/memory.h"
#include "base/profile.h"
#include "store/io.h"

struct pyr__store;

struct pyr__store_options {
  int64_t flush_interval_ns, sync_interval_ns;
  uint64_t segment_max_bytes;
  int64_t segment_max_age_ns;
  int64_t retention_age_ns;  /* 0: for ever */
  uint64_t retention_bytes;  /* 0: no limit */
  uint64_t dictionary_bytes; /* memory; past it the segment is sealed */
  uint64_t buffer_bytes;
  struct pyr__clock clock;
};

struct pyr__store_profile {  /* what the body does not say */
  const pyr_label_t *labels; /* sorted; __name__ is the application */
  size_t label_count;
  pyr_str_t profile_name; /* "mem" */
  pyr_str_t type_name;    /* "memory" */
  int64_t time_ns, duration_ns;
};

struct pyr__store_stats {
  uint64_t profiles, samples, frames, written_bytes, flushes, syncs;
  uint64_t dropped_profiles; /* append failed: buffer full */
  uint64_t write_errors;
  uint64_t segments, store_bytes; /* on disk now */
  uint64_t segments_sealed, segments_retired;
  uint64_t buffered_bytes, dictionary_bytes;
  int64_t longest_write_ns, longest_sync_ns;
  char last_error[256]; /* "" when the last write went well */
};

/* Creates the directory where it is missing, takes the lock (PYR_ELOCKED names
 * the pid that has it), and starts a new segment with the first profile. */
int pyr__store_open(struct pyr__store **out, struct pyr__memory *memory,
                    const struct pyr__io *io, const char *path,
                    const struct pyr__store_options *options, pyr_error_t *err);
/* PYR_EFULL where the buffer is full because writing fails: the profile was
 * not taken, and is counted.  On any failure the store is as it was. */
int pyr__store_append(struct pyr__store *store,
                      const struct pyr__store_profile *meta,
                      const struct pyr__profile *profile, pyr_error_t *err);
/* Does what is due; returns the monotonic time of the next due work. */
int64_t pyr__store_tick(struct pyr__store *store);
/* That time, which appending may have changed. */
int64_t pyr__store_due(const struct pyr__store *store);
const struct pyr__store_stats *pyr__store_stats(const struct pyr__store *store);
/* Writes, seals, syncs, unlocks, frees.  The error says what could not be
 * written; the store is gone either way. */
int pyr__store_close(struct pyr__store *store, pyr_error_t *err);

#endif
