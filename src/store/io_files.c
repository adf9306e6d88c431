/* The file system as it is: plain calls, on the page cache. */
#include "store/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sync_queue.h"

static int or_errno(int rc) {
  return rc == -1 ? -errno : 0;
}

static int make_one(const char *path) {
  struct stat there;
  if (mkdir(path, 0777) == 0)
    return 0;
  if (errno == EEXIST && stat(path, &there) == 0)
    return S_ISDIR(there.st_mode) ? 0 : -ENOTDIR;
  return -errno;
}

static int make_dir(void *ctx, const char *path) {
  char part[PATH_MAX];
  size_t i, len = strlen(path);
  int rc;
  (void)ctx;
  if (len >= sizeof(part))
    return -ENAMETOOLONG;
  memcpy(part, path, len + 1);
  for (i = 1; i < len; i++) {
    if (path[i] != '/')
      continue;
    part[i] = '\0';
    rc = make_one(part);
    if (rc != 0)
      return rc;
    part[i] = '/';
  }
  return make_one(part);
}

static void write_pid(int fd) {
  char text[32];
  int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
  /* Who cannot be named is still locked out. */
  if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) != len)
    (void)!ftruncate(fd, 0);
}

/* The lock goes with the process, however it ends; the file stays. */
static int lock(void *ctx, const char *path, int *out_fd, long *out_owner_pid) {
  char text[32] = "";
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), rc;
  (void)ctx;
  if (fd < 0)
    return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
    write_pid(fd);
    *out_fd = fd;
    return 0;
  }
  rc = -errno;
  if (pread(fd, text, sizeof(text) - 1, 0) > 0)
    *out_owner_pid = strtol(text, NULL, 10);
  close(fd);
  return rc;
}

static void unlock(void *ctx, const char *path, int fd) {
  (void)ctx;
  (void)path;
  close(fd);
}

static int create_file(void *ctx, const char *path, int *out_fd) {
  (void)ctx;
  *out_fd =
      open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  return or_errno(*out_fd);
}

static int open_file(void *ctx, const char *path, int *out_fd) {
  (void)ctx;
  *out_fd = open(path, O_RDONLY | O_CLOEXEC);
  return or_errno(*out_fd);
}

static void close_file(void *ctx, int fd) {
  (void)ctx;
  close(fd);
}

static ssize_t append(void *ctx, int fd, const struct iovec *parts, int count) {
  ssize_t written;
  (void)ctx;
  do
    written = writev(fd, parts, count);
  while (written == -1 && errno == EINTR);
  return written == -1 ? -errno : written;
}

static int truncate_file(void *ctx, int fd, uint64_t size) {
  (void)ctx;
  return or_errno(ftruncate(fd, (off_t)size));
}

static int start_sync(void *ctx, int fd) {
  (void)ctx;
  return or_errno(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
}

static int sync_file(void *ctx, int fd) {
  (void)ctx;
  return or_errno(fdatasync(fd));
}

static int open_dir(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int sync_dir(void *ctx, const char *path) {
  int rc, fd = open_dir(path);
  (void)ctx;
  if (fd < 0)
    return fd;
  rc = or_errno(fsync(fd));
  close(fd);
  return rc;
}

static int begin_sync(void *ctx, uint64_t *queue, int fd) {
  (void)ctx;
  return pyr__sync_queue_begin(queue, fd);
}

static int begin_sync_dir(void *ctx, uint64_t *queue, const char *path) {
  int rc, fd = open_dir(path);
  (void)ctx;
  if (fd < 0)
    return fd;
  rc = pyr__sync_queue_begin(queue, fd);
  close(fd);
  return rc;
}

static int ended_sync(void *ctx, uint64_t queue, int wait, int *result) {
  (void)ctx;
  return pyr__sync_queue_ended(queue, wait, result);
}

static void end_syncs(void *ctx, uint64_t queue) {
  (void)ctx;
  pyr__sync_queue_close(queue);
}

static ssize_t read_at(void *ctx, int fd, void *out, size_t len, uint64_t at) {
  ssize_t count;
  (void)ctx;
  do
    count = pread(fd, out, len, (off_t)at);
  while (count == -1 && errno == EINTR);
  return count == -1 ? -errno : count;
}

static int size_of(void *ctx, int fd, uint64_t *out) {
  struct stat file;
  (void)ctx;
  if (fstat(fd, &file) != 0)
    return -errno;
  *out = (uint64_t)file.st_size;
  return 0;
}

static int remove_file(void *ctx, const char *path) {
  (void)ctx;
  return or_errno(unlink(path));
}

static int list(void *ctx, const char *path,
                int (*each)(void *each_ctx, const char *name), void *each_ctx) {
  struct dirent *entry;
  int rc = 0;
  DIR *dir = opendir(path);
  (void)ctx;
  if (dir == NULL)
    return -errno;
  while (rc == 0) {
    errno = 0;
    entry = readdir(dir);
    if (entry == NULL) {
      rc = -errno;
      break;
    }
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      rc = each(each_ctx, entry->d_name);
  }
  closedir(dir);
  return rc;
}

struct pyr__io pyr__io_files(void) {
  return (struct pyr__io){.make_dir = make_dir,
                          .lock = lock,
                          .unlock = unlock,
                          .create = create_file,
                          .open = open_file,
                          .close = close_file,
                          .append = append,
                          .truncate = truncate_file,
                          .start_sync = start_sync,
                          .sync = sync_file,
                          .sync_dir = sync_dir,
                          .begin_sync = begin_sync,
                          .begin_sync_dir = begin_sync_dir,
                          .ended_sync = ended_sync,
                          .end_syncs = end_syncs,
                          .read_at = read_at,
                          .size = size_of,
                          .remove = remove_file,
                          .list = list};
}
