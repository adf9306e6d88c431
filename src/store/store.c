#include "store/store.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "store/directory.h"
#include "store/writer.h"

#define RETIRE_INTERVAL_NS (60 * PYR__NS_PER_S)
#define RETIRE_PAUSE_NS    (PYR__NS_PER_S / 10) /* when there is more to do */
#define LOOK_PAUSE_NS      (PYR__NS_PER_S / 10) /* while a sync goes on */
#define START_SYNC_BYTES   (64 * PYR__KIB)
#define NEVER              INT64_MAX

struct pyr__store {
  struct pyr__memory *memory;
  struct pyr__io io;
  struct pyr__store_options options;
  struct pyr__store_stats stats;
  struct pyr__directory directory;
  struct pyr__writer writer;
  int lock_fd;
  int has_writer;
  char name[PYR__SEGMENT_NAME]; /* of the segment that is written */
  uint64_t unsent_profiles;
  uint64_t sync_started; /* bytes of the segment */
  uint64_t queue;        /* of syncs that are not waited for, 0: none yet */
  unsigned syncing;      /* how many have not ended */
  int64_t syncing_since, look_at; /* whether one has ended */
  int must_wait;                  /* there is no such queue here */
  int is_closing;                 /* what is synced now is waited for */
  /* When work is due, NEVER where there is none. */
  int64_t flush_at, sync_at, seal_at, retire_at;
  int64_t retry_at; /* after a failure nothing is tried before */
  char path[PATH_MAX];
};

static int64_t now_of(const struct pyr__store *store) {
  return pyr__now(&store->options.clock);
}

static int64_t later(int64_t now, int64_t interval) {
  return interval > NEVER - now ? NEVER : now + interval;
}

static int64_t earliest(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* ---- statistics --------------------------------------------------------- */

static void update_stats(struct pyr__store *store) {
  struct pyr__store_stats *stats = &store->stats;
  const struct pyr__writer *writer = &store->writer;
  stats->segments = store->directory.files.count + (writer->fd >= 0);
  stats->store_bytes = store->directory.bytes + writer->written;
  stats->buffered_bytes = pyr__writer_waiting(writer);
  stats->dictionary_bytes = pyr__writer_held(writer);
}

static void note_error(struct pyr__store *store, int rc) {
  pyr_error_t err;
  if (rc == PYR__ENOMEM)
    pyr__error_nomem(&err);
  else
    pyr__error_errno(&err, -rc, store->writer.path);
  store->stats.write_errors++;
  store->retry_at = later(now_of(store), store->options.flush_interval_ns);
  snprintf(store->stats.last_error, sizeof(store->stats.last_error), "%.*s",
           (int)sizeof(store->stats.last_error) - 1, err.text);
}

static void note_time(int64_t took, int64_t *longest) {
  if (took > *longest)
    *longest = took;
}

/* ---- syncs -------------------------------------------------------------- */

static int note_begun(struct pyr__store *store, int rc) {
  int64_t now = now_of(store);
  store->must_wait = rc != 0;
  if (rc == 0 && store->syncing++ == 0)
    store->syncing_since = now;
  store->look_at = later(now, LOOK_PAUSE_NS);
  return rc;
}

/* Looks how syncs have ended; the first error of them. */
static int take_ended(struct pyr__store *store) {
  int rc = 0, result;
  while (store->syncing > 0 &&
         store->io.ended_sync(store->io.ctx, store->queue, store->is_closing,
                              &result) == 1) {
    int64_t now = now_of(store);
    store->syncing--;
    store->stats.syncs++;
    note_time(now - store->syncing_since, &store->stats.longest_sync_ns);
    store->syncing_since = now;
    if (result == 0)
      continue;
    note_error(store, result);
    if (store->writer.fd >= 0)
      store->sync_at = later(now, store->options.sync_interval_ns);
    rc = rc == 0 ? result : rc;
  }
  store->look_at = later(now_of(store), LOOK_PAUSE_NS);
  return rc;
}

static int sync_now(struct pyr__store *store) {
  int64_t start = now_of(store);
  int rc = store->io.sync(store->io.ctx, store->writer.fd);
  note_time(now_of(store) - start, &store->stats.longest_sync_ns);
  store->stats.syncs++;
  if (rc != 0) {
    note_error(store, rc);
    store->sync_at = later(start, store->options.sync_interval_ns);
  }
  return rc;
}

/* A disk that others keep busy may take its time: it is not waited for, unless
 * there is no other way, or no other time. */
static int sync_segment(struct pyr__store *store) {
  const struct pyr__io *io = &store->io;
  store->sync_at = NEVER;
  if (!store->is_closing &&
      note_begun(store,
                 io->begin_sync(io->ctx, &store->queue, store->writer.fd)) == 0)
    return 0;
  return sync_now(store);
}

static void sync_directory(struct pyr__store *store) {
  const struct pyr__io *io = &store->io;
  int rc = 0;
  if (store->is_closing ||
      note_begun(store,
                 io->begin_sync_dir(io->ctx, &store->queue, store->path)) != 0)
    rc = io->sync_dir(io->ctx, store->path);
  if (rc != 0)
    note_error(store, rc);
}

/* Where a sync is waited for it shall find little left.  Not after every write:
 * each would have the disk write the file's last page again. */
static void start_sync(struct pyr__store *store) {
  struct pyr__writer *writer = &store->writer;
  if (!store->must_wait ||
      writer->written - store->sync_started < START_SYNC_BYTES)
    return;
  store->io.start_sync(store->io.ctx, writer->fd);
  store->sync_started = writer->written;
}

/* ---- the segment -------------------------------------------------------- */

static int name_segment(struct pyr__store *store, int64_t wall_ns) {
  int len;
  pyr__segment_name(store->name, wall_ns);
  len = snprintf(store->writer.path, sizeof(store->writer.path), "%s/%s",
                 store->path, store->name);
  return len < 0 || (size_t)len >= sizeof(store->writer.path) ? -ENAMETOOLONG
                                                              : 0;
}

/* The file is made by the first write; a name that is taken is not ours. */
static int send_first(struct pyr__store *store) {
  enum { TRIES = 16 };
  int64_t wall_ns = pyr__wall(&store->options.clock);
  int i, rc = -EEXIST;
  for (i = 0; rc == -EEXIST && i < TRIES; i++) {
    rc = name_segment(store, wall_ns + i);
    if (rc == 0)
      rc = pyr__writer_send(&store->writer);
  }
  if (store->writer.fd >= 0)
    sync_directory(store);
  return rc;
}

/* The file of the last segment is left as it is; the next profile begins a new
 * one.  On a failure nothing has changed. */
static int leave_segment(struct pyr__store *store) {
  uint64_t size = store->writer.written;
  int rc = pyr__rows_reserve(&store->directory.files, 1);
  if (rc == 0)
    rc = pyr__writer_begin(&store->writer);
  if (rc != 0)
    return rc;
  store->flush_at = store->sync_at = store->seal_at = NEVER;
  store->sync_started = 0;
  return pyr__directory_add(&store->directory, store->name, size,
                            pyr__wall(&store->options.clock));
}

/* Gives up a file of unknown size, and what waits for it. */
static int give_up(struct pyr__store *store) {
  int rc = leave_segment(store);
  if (rc != 0)
    return rc;
  store->stats.dropped_profiles += store->unsent_profiles;
  store->unsent_profiles = 0;
  return 0;
}

static int add_frame(struct pyr__store *store) {
  size_t before = store->writer.frames.count;
  int rc = pyr__writer_frame(&store->writer);
  store->stats.frames += store->writer.frames.count - before;
  return rc;
}

/* Writes everything that waits; 0 when nothing does any more. */
static int flush(struct pyr__store *store) {
  struct pyr__writer *writer = &store->writer;
  int64_t start = now_of(store);
  uint64_t before = writer->written;
  int rc = writer->is_unknown ? give_up(store) : 0;

  if (rc == 0)
    rc = add_frame(store);
  if (rc == 0)
    rc = writer->fd < 0 ? send_first(store) : pyr__writer_send(writer);
  store->stats.written_bytes += writer->written - before;
  note_time(now_of(store) - start, &store->stats.longest_write_ns);
  if (writer->written > before) {
    start_sync(store);
    if (store->sync_at == NEVER)
      store->sync_at = later(start, store->options.sync_interval_ns);
  }
  if (rc != 0) {
    note_error(store, rc);
    store->flush_at = store->retry_at;
    if (writer->is_unknown)
      give_up(store);
    return rc;
  }
  pyr__writer_trim(writer);
  store->stats.flushes++;
  store->stats.last_error[0] = '\0';
  store->unsent_profiles = 0;
  store->flush_at = NEVER;
  return 0;
}

/* A file at a time, as removing one takes a while. */
static void retire(struct pyr__store *store) {
  const struct pyr__store_options *options = &store->options;
  int64_t wall_ns = pyr__wall(&options->clock);
  int64_t oldest_ns = options->retention_age_ns == 0
                          ? INT64_MIN
                          : wall_ns - options->retention_age_ns;
  uint64_t bytes = options->retention_bytes, active = store->writer.written;
  int gone;

  if (options->retention_age_ns == 0 && options->retention_bytes == 0)
    return;
  /* The active segment counts, but stays. */
  if (bytes > 0)
    bytes = bytes > active ? bytes - active : 1;
  gone = pyr__directory_retire(&store->directory, bytes, oldest_ns, 1);
  store->retire_at =
      later(now_of(store), gone == 1 ? RETIRE_PAUSE_NS : RETIRE_INTERVAL_NS);
  if (gone < 0)
    note_error(store, gone);
  else
    store->stats.segments_retired += (uint64_t)gone;
}

/* A footer that cannot be written is left out: what is in the file can be read
 * without it. */
static void add_footer(struct pyr__store *store) {
  struct pyr__writer *writer = &store->writer;
  uint64_t before = writer->written;
  int rc = pyr__writer_footer(writer);
  if (rc == 0)
    rc = pyr__writer_send(writer);
  store->stats.written_bytes += writer->written - before;
  if (rc != 0)
    note_error(store, rc);
  else
    store->stats.segments_sealed++;
}

/* Ends the segment; the next profile begins a new one.  Where what waits cannot
 * be written, it goes on instead. */
static int seal(struct pyr__store *store) {
  struct pyr__writer *writer = &store->writer;
  int rc = 0, left;
  if (!pyr__writer_is_empty(writer))
    rc = flush(store);
  if (rc != 0)
    store->seal_at = store->retry_at;
  if (rc != 0 || writer->fd < 0)
    return rc;
  add_footer(store);
  rc = sync_segment(store);
  left = leave_segment(store);
  if (left != 0) { /* it goes on behind its footer, and is sealed again */
    note_error(store, left);
    store->seal_at = store->retry_at;
    return left;
  }
  if (store->retire_at != NEVER) /* in a turn of its own */
    store->retire_at = earliest(store->retire_at, later(now_of(store), 1));
  return rc;
}

static int is_over(const struct pyr__store *store) {
  return pyr__writer_held(&store->writer) >= store->options.dictionary_bytes;
}

static int must_seal(const struct pyr__store *store, int64_t now) {
  return now >= store->retry_at &&
         (now >= store->seal_at || is_over(store) ||
          store->writer.end >= store->options.segment_max_bytes);
}

/* ---- the store ---------------------------------------------------------- */

static int take_lock(struct pyr__store *store, pyr_error_t *err) {
  char path[PATH_MAX + sizeof("/lock")];
  long pid = 0;
  int rc;
  snprintf(path, sizeof(path), "%s/lock", store->path);
  rc = store->io.lock(store->io.ctx, path, &store->lock_fd, &pid);
  if (rc == -EWOULDBLOCK)
    return pyr__error(err, PYR_ELOCKED,
                      "%s: in use by process %ld; one store has one writer",
                      store->path, pid);
  return rc == 0 ? 0 : pyr__error_errno(err, -rc, path);
}

static void release(struct pyr__store *store) {
  char path[PATH_MAX + sizeof("/lock")];
  store->io.end_syncs(store->io.ctx, store->queue);
  if (store->has_writer) {
    pyr__writer_release(&store->writer);
    pyr__directory_release(&store->directory);
  }
  if (store->lock_fd >= 0) {
    snprintf(path, sizeof(path), "%s/lock", store->path);
    store->io.unlock(store->io.ctx, path, store->lock_fd);
  }
  pyr__free(store->memory, store);
}

static int open_store(struct pyr__store *store, const char *path,
                      pyr_error_t *err) {
  int rc, len = snprintf(store->path, sizeof(store->path), "%s", path);
  if (len < 0 || (size_t)len >= sizeof(store->path) - PYR__SEGMENT_NAME)
    return pyr__error(err, -ENAMETOOLONG, "the path of the store is too long");
  rc = store->io.make_dir(store->io.ctx, path);
  if (rc != 0)
    return pyr__error_errno(err, -rc, path);
  rc = take_lock(store, err);
  if (rc != 0)
    return rc;
  rc = pyr__directory_open(&store->directory, store->memory, &store->io,
                           store->path, pyr__wall(&store->options.clock));
  if (rc == 0) {
    rc = pyr__writer_init(&store->writer, store->memory, &store->io,
                          store->options.dictionary_bytes / 3);
    if (rc != 0)
      pyr__directory_release(&store->directory);
    store->has_writer = rc == 0;
  }
  if (rc == PYR__ENOMEM)
    return pyr__error_nomem(err);
  return rc == 0 ? 0 : pyr__error_errno(err, -rc, path);
}

int pyr__store_open(struct pyr__store **out, struct pyr__memory *memory,
                    const struct pyr__io *io, const char *path,
                    const struct pyr__store_options *options,
                    pyr_error_t *err) {
  struct pyr__store *store =
      pyr__calloc(memory, PYR__MEM_STORE_BUFFER, 1, sizeof(*store));
  int rc;
  if (store == NULL)
    return pyr__error_nomem(err);
  store->memory = memory;
  store->io = *io;
  store->options = *options;
  store->lock_fd = -1;
  store->flush_at = store->sync_at = store->seal_at = NEVER;
  store->retire_at = NEVER;
  store->retry_at = INT64_MIN;
  rc = open_store(store, path, err);
  if (rc != 0) {
    release(store);
    return rc;
  }
  retire(store);
  update_stats(store);
  *out = store;
  return 0;
}

static int full(struct pyr__store *store, pyr_error_t *err) {
  store->stats.dropped_profiles++;
  return pyr__error(err, PYR_EFULL, "the store is full: %s",
                    store->stats.last_error[0] == '\0'
                        ? "its buffer is"
                        : store->stats.last_error);
}

static int make_room(struct pyr__store *store, pyr_error_t *err) {
  int64_t now = now_of(store);
  if (must_seal(store, now))
    seal(store);
  if (pyr__writer_waiting(&store->writer) >= store->options.buffer_bytes &&
      now >= store->retry_at)
    flush(store);
  if (pyr__writer_waiting(&store->writer) >= store->options.buffer_bytes ||
      is_over(store))
    return full(store, err);
  return 0;
}

int pyr__store_append(struct pyr__store *store,
                      const struct pyr__store_profile *meta,
                      const struct pyr__profile *profile, pyr_error_t *err) {
  struct pyr__writer *writer = &store->writer;
  int64_t now = now_of(store);
  int was_empty = pyr__writer_is_empty(writer), rc = make_room(store, err);

  if (rc != 0)
    return rc;
  rc = pyr__writer_append(writer, meta, profile);
  if (rc == PYR_ELIMIT)
    return pyr__error(err, rc, "the profile is too large for one segment");
  if (rc != 0)
    return pyr__error_nomem(err);
  store->stats.profiles++;
  store->stats.samples += writer->samples.record.stacks.count;
  store->unsent_profiles++;
  if (was_empty || store->seal_at == NEVER)
    store->seal_at = later(now, store->options.segment_max_age_ns);
  if (store->flush_at == NEVER)
    store->flush_at = later(now, store->options.flush_interval_ns);
  if (pyr__writer_waiting(writer) >= PYR__LIMIT_FLUSH_BYTES &&
      now >= store->retry_at)
    store->flush_at = now;
  update_stats(store);
  return 0;
}

int64_t pyr__store_due(const struct pyr__store *store) {
  int64_t syncs_due = store->syncing == 0 ? store->sync_at : store->look_at;
  return earliest(earliest(store->flush_at, syncs_due),
                  earliest(store->seal_at, store->retire_at));
}

int64_t pyr__store_tick(struct pyr__store *store) {
  int64_t now = now_of(store);
  take_ended(store);
  if (now >= store->flush_at)
    flush(store);
  if (must_seal(store, now))
    seal(store);
  if (now >= store->sync_at && store->syncing == 0)
    sync_segment(store);
  if (now >= store->retire_at)
    retire(store);
  update_stats(store);
  return pyr__store_due(store);
}

const struct pyr__store_stats *
pyr__store_stats(const struct pyr__store *store) {
  return &store->stats;
}

int pyr__store_close(struct pyr__store *store, pyr_error_t *err) {
  int rc, earlier;
  store->is_closing = 1;
  rc = seal(store);
  earlier = take_ended(store);
  rc = rc != 0 ? rc : earlier;
  if (rc == PYR__ENOMEM)
    pyr__error_nomem(err);
  else if (rc != 0)
    pyr__error(err, rc, "%s", store->stats.last_error);
  release(store);
  return rc;
}
