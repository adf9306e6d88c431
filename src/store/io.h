/* What the store needs of a file system, injected so that tests run in memory
 * and can fail any call.  All return 0 or a positive count, or -errno. */
#ifndef PYR__STORE_IO_H
#define PYR__STORE_IO_H

#include <sys/uio.h>

#include "base/memory.h"

struct pyr__io {
  void *ctx;
  int (*make_dir)(void *ctx, const char *path); /* with parents; there: 0 */
  int (*lock)(void *ctx, const char *path, int *out_fd, long *out_owner_pid);
  void (*unlock)(void *ctx, const char *path, int fd);
  int (*create)(void *ctx, const char *path, int *out_fd); /* must not exist */
  int (*open)(void *ctx, const char *path, int *out_fd);   /* to read */
  void (*close)(void *ctx, int fd);
  ssize_t (*append)(void *ctx, int fd, const struct iovec *parts, int count);
  int (*truncate)(void *ctx, int fd, uint64_t size);
  int (*start_sync)(void *ctx, int fd); /* sync_file_range: does not wait */
  int (*sync)(void *ctx, int fd);       /* fdatasync */
  int (*sync_dir)(void *ctx, const char *path);
  /* The same without waiting, as store/sync_queue.h has it. */
  int (*begin_sync)(void *ctx, uint64_t *queue, int fd);
  int (*begin_sync_dir)(void *ctx, uint64_t *queue, const char *path);
  int (*ended_sync)(void *ctx, uint64_t queue, int wait, int *result);
  void (*end_syncs)(void *ctx, uint64_t queue);
  ssize_t (*read_at)(void *ctx, int fd, void *out, size_t len, uint64_t at);
  int (*size)(void *ctx, int fd, uint64_t *out);
  int (*remove)(void *ctx, const char *path);
  /* Calls `each` with every file name in the directory. */
  int (*list)(void *ctx, const char *path,
              int (*each)(void *each_ctx, const char *name), void *each_ctx);
};

struct pyr__io pyr__io_files(void);

#endif
