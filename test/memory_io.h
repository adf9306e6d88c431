/* A file system in memory that can fail any call, fill up, and stop in the
 * middle of a write. */
#ifndef TEST_MEMORY_IO_H
#define TEST_MEMORY_IO_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/io.h"

enum { MEMORY_FILES = 64, MEMORY_FDS = 64 };

struct memory_file {
  char path[256];
  uint8_t *data;
  size_t size, capacity, synced;
};

struct memory_io {
  struct memory_file files[MEMORY_FILES]; /* path "": free */
  int fds[MEMORY_FDS];                    /* file + 1, or 0 */
  size_t fail_at, calls; /* the n-th call that can fail fails, from 1 */
  int fail_errno;
  int fail_truncate; /* truncating fails, always */
  size_t room;       /* bytes that may still be written */
  size_t tear;       /* a failing append writes so much of it before */
  size_t appends, syncs, dir_syncs, start_syncs;
  int locked;
  /* Syncs that are not waited for: how many are under way, and may end now;
   * what the next ones end with. */
  int has_queue, sync_result;
  size_t begun, may_end;
};

static inline int memory_fails(struct memory_io *io) {
  return ++io->calls == io->fail_at ? -io->fail_errno : 0;
}

static inline int memory_find(struct memory_io *io, const char *path) {
  int i;
  for (i = 0; i < MEMORY_FILES; i++)
    if (strcmp(io->files[i].path, path) == 0)
      return i;
  return -1;
}

static inline int memory_fd(struct memory_io *io, int file) {
  int fd;
  for (fd = 0; fd < MEMORY_FDS; fd++)
    if (io->fds[fd] == 0) {
      io->fds[fd] = file + 1;
      return fd;
    }
  return -EMFILE;
}

static inline struct memory_file *memory_file(struct memory_io *io, int fd) {
  if (fd < 0 || fd >= MEMORY_FDS || io->fds[fd] == 0)
    abort();
  return &io->files[io->fds[fd] - 1];
}

static inline int memory_make_dir(void *ctx, const char *path) {
  (void)path;
  return memory_fails(ctx);
}

static inline int memory_lock(void *ctx, const char *path, int *out_fd,
                              long *out_owner_pid) {
  struct memory_io *io = ctx;
  int rc = memory_fails(io);
  (void)path;
  if (rc != 0)
    return rc;
  *out_owner_pid = 4711;
  if (io->locked)
    return -EWOULDBLOCK;
  io->locked = 1;
  *out_fd = 1000;
  return 0;
}

static inline void memory_unlock(void *ctx, const char *path, int fd) {
  struct memory_io *io = ctx;
  (void)path;
  if (fd != 1000 || !io->locked)
    abort();
  io->locked = 0;
}

static inline int memory_create(void *ctx, const char *path, int *out_fd) {
  struct memory_io *io = ctx;
  int file = memory_find(io, ""), rc = memory_fails(io);
  *out_fd = -1;
  if (rc != 0)
    return rc;
  if (memory_find(io, path) >= 0)
    return -EEXIST;
  if (file < 0 || io->room == 0)
    return -ENOSPC;
  memset(&io->files[file], 0, sizeof(io->files[file]));
  snprintf(io->files[file].path, sizeof(io->files[file].path), "%s", path);
  *out_fd = memory_fd(io, file);
  return *out_fd < 0 ? *out_fd : 0;
}

static inline int memory_open(void *ctx, const char *path, int *out_fd) {
  struct memory_io *io = ctx;
  int file = memory_find(io, path), rc = memory_fails(io);
  *out_fd = -1;
  if (rc != 0)
    return rc;
  if (file < 0)
    return -ENOENT;
  *out_fd = memory_fd(io, file);
  return *out_fd < 0 ? *out_fd : 0;
}

static inline void memory_close(void *ctx, int fd) {
  struct memory_io *io = ctx;
  memory_file(io, fd);
  io->fds[fd] = 0;
}

static inline void memory_put(struct memory_io *io, struct memory_file *file,
                              const void *data, size_t len) {
  if (file->size + len > file->capacity) {
    file->capacity = (file->size + len) * 2;
    file->data = realloc(file->data, file->capacity);
  }
  if (len > 0)
    memcpy(file->data + file->size, data, len);
  file->size += len;
  io->room -= len;
}

static inline ssize_t memory_append(void *ctx, int fd,
                                    const struct iovec *parts, int count) {
  struct memory_io *io = ctx;
  struct memory_file *file = memory_file(io, fd);
  int i, rc = memory_fails(io);
  ssize_t written = 0;
  io->appends++;
  for (i = 0; i < count; i++) {
    size_t len = parts[i].iov_len;
    if (rc != 0 && len > io->tear)
      len = io->tear;
    if (len > io->room)
      len = io->room;
    memory_put(io, file, parts[i].iov_base, len);
    written += (ssize_t)len;
    if (len < parts[i].iov_len)
      break;
  }
  if (rc != 0)
    return rc;
  return written > 0 ? written : -ENOSPC;
}

static inline int memory_truncate(void *ctx, int fd, uint64_t size) {
  struct memory_io *io = ctx;
  struct memory_file *file = memory_file(io, fd);
  int rc = memory_fails(io);
  if (rc != 0 || io->fail_truncate)
    return rc != 0 ? rc : -EIO;
  if (size > file->size)
    abort();
  io->room += file->size - size;
  file->size = size;
  return 0;
}

static inline int memory_start_sync(void *ctx, int fd) {
  struct memory_io *io = ctx;
  memory_file(io, fd);
  io->start_syncs++;
  return memory_fails(io);
}

static inline int memory_sync(void *ctx, int fd) {
  struct memory_io *io = ctx;
  struct memory_file *file = memory_file(io, fd);
  int rc = memory_fails(io);
  io->syncs++;
  if (rc == 0)
    file->synced = file->size;
  return rc;
}

static inline int memory_sync_dir(void *ctx, const char *path) {
  struct memory_io *io = ctx;
  (void)path;
  io->dir_syncs++;
  return memory_fails(io);
}

static inline int memory_begin_sync(void *ctx, uint64_t *queue, int fd) {
  struct memory_io *io = ctx;
  memory_file(io, fd);
  if (!io->has_queue)
    return -ENOSYS;
  *queue = 1;
  io->begun++;
  return 0;
}

static inline int memory_begin_sync_dir(void *ctx, uint64_t *queue,
                                        const char *path) {
  struct memory_io *io = ctx;
  (void)path;
  if (!io->has_queue)
    return -ENOSYS;
  *queue = 1;
  io->begun++;
  return 0;
}

static inline int memory_ended_sync(void *ctx, uint64_t queue, int wait,
                                    int *result) {
  struct memory_io *io = ctx;
  if (queue != 1 || io->begun == 0)
    abort();
  if (!wait && io->may_end == 0)
    return 0;
  io->may_end -= io->may_end > 0;
  io->begun--;
  *result = io->sync_result;
  return 1;
}

static inline void memory_end_syncs(void *ctx, uint64_t queue) {
  (void)queue;
  if (((struct memory_io *)ctx)->begun > 0)
    abort(); /* they would end unseen */
}

static inline ssize_t memory_read_at(void *ctx, int fd, void *out, size_t len,
                                     uint64_t at) {
  struct memory_io *io = ctx;
  struct memory_file *file = memory_file(io, fd);
  int rc = memory_fails(io);
  if (rc != 0)
    return rc;
  if (at >= file->size)
    return 0;
  if (len > file->size - at)
    len = file->size - at;
  memcpy(out, file->data + at, len);
  return (ssize_t)len;
}

static inline int memory_size(void *ctx, int fd, uint64_t *out) {
  struct memory_io *io = ctx;
  int rc = memory_fails(io);
  *out = memory_file(io, fd)->size;
  return rc;
}

static inline int memory_remove(void *ctx, const char *path) {
  struct memory_io *io = ctx;
  int file = memory_find(io, path), rc = memory_fails(io);
  if (rc != 0)
    return rc;
  if (file < 0)
    return -ENOENT;
  io->room += io->files[file].size;
  free(io->files[file].data);
  memset(&io->files[file], 0, sizeof(io->files[file]));
  return 0;
}

static inline int memory_list(void *ctx, const char *path,
                              int (*each)(void *each_ctx, const char *name),
                              void *each_ctx) {
  struct memory_io *io = ctx;
  int i, rc = memory_fails(io);
  for (i = 0; rc == 0 && i < MEMORY_FILES; i++)
    if (strncmp(io->files[i].path, path, strlen(path)) == 0)
      rc = each(each_ctx, io->files[i].path + strlen(path) + 1);
  return rc;
}

static inline struct pyr__io memory_io(struct memory_io *io) {
  return (struct pyr__io){.ctx = io,
                          .make_dir = memory_make_dir,
                          .lock = memory_lock,
                          .unlock = memory_unlock,
                          .create = memory_create,
                          .open = memory_open,
                          .close = memory_close,
                          .append = memory_append,
                          .truncate = memory_truncate,
                          .start_sync = memory_start_sync,
                          .sync = memory_sync,
                          .sync_dir = memory_sync_dir,
                          .begin_sync = memory_begin_sync,
                          .begin_sync_dir = memory_begin_sync_dir,
                          .ended_sync = memory_ended_sync,
                          .end_syncs = memory_end_syncs,
                          .read_at = memory_read_at,
                          .size = memory_size,
                          .remove = memory_remove,
                          .list = memory_list};
}

static inline void memory_init(struct memory_io *io) {
  memset(io, 0, sizeof(*io));
  io->room = SIZE_MAX / 2;
  io->fail_errno = EIO;
}

static inline void memory_release(struct memory_io *io) {
  int i;
  for (i = 0; i < MEMORY_FILES; i++)
    free(io->files[i].data);
}

/* The segment files, in the order of their names: how many. */
static inline size_t memory_segments(struct memory_io *io,
                                     struct memory_file **out) {
  size_t count = 0, i, j;
  for (i = 0; i < MEMORY_FILES; i++)
    if (strstr(io->files[i].path, ".pyr") != NULL)
      out[count++] = &io->files[i];
  for (i = 0; i < count; i++)
    for (j = i; j > 0 && strcmp(out[j - 1]->path, out[j]->path) > 0; j--) {
      struct memory_file *swap = out[j];
      out[j] = out[j - 1];
      out[j - 1] = swap;
    }
  return count;
}

#endif
