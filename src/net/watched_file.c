#include "net/watched_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

static int64_t in_ns(struct timespec time) {
  return (int64_t)time.tv_sec * PYR__NS_PER_S + time.tv_nsec;
}

static struct pyr__file_stamp stamp_of(const struct stat *info) {
  return (struct pyr__file_stamp){.is_known = true,
                                  .device = (uint64_t)info->st_dev,
                                  .inode = (uint64_t)info->st_ino,
                                  .size = (uint64_t)info->st_size,
                                  .modified_ns = in_ns(info->st_mtim),
                                  .changed_ns = in_ns(info->st_ctim)};
}

static bool is_same(const struct pyr__file_stamp *a,
                    const struct pyr__file_stamp *b) {
  return a->is_known == b->is_known && a->device == b->device &&
         a->inode == b->inode && a->size == b->size &&
         a->modified_ns == b->modified_ns && a->changed_ns == b->changed_ns;
}

bool pyr__watched_file_changed(const struct pyr__watched_file *file) {
  struct pyr__file_stamp now;
  struct stat info;

  if (file->path == NULL)
    return false;
  if (stat(file->path, &info) != 0)
    return true;
  now = stamp_of(&info);
  return !is_same(&now, &file->stamp);
}

/* `*len` is the room, and then what was read. */
static int read_all(int fd, uint8_t *data, size_t *len) {
  size_t room = *len;
  ssize_t n = 1;
  *len = 0;
  while (*len < room && n > 0) {
    n = read(fd, data + *len, room - *len);
    if (n > 0)
      *len += (size_t)n;
    else if (n < 0 && errno == EINTR)
      n = 1;
  }
  return n < 0 ? -errno : 0;
}

static int read_open(int fd, struct pyr__watched_file *file,
                     struct pyr__memory *memory, size_t limit,
                     struct pyr__file_text *out, pyr_error_t *err) {
  struct stat info;
  int rc;

  if (fstat(fd, &info) != 0)
    return pyr__error_errno(err, errno, "stat");
  if (!S_ISREG(info.st_mode))
    return pyr__error(err, -EINVAL, "not a regular file");
  if ((uint64_t)info.st_size > limit)
    return pyr__error(err, PYR_ELIMIT, "%llu bytes, more than %zu",
                      (unsigned long long)info.st_size, limit);
  out->len = (size_t)info.st_size;
  out->data = pyr__alloc(memory, PYR__MEM_NET_TLS, out->len + 1);
  if (out->data == NULL)
    return pyr__error_nomem(err);
  rc = read_all(fd, out->data, &out->len);
  out->data[out->len] = 0;
  if (rc == 0) {
    file->stamp = stamp_of(&info);
    return 0;
  }
  pyr__file_text_release(memory, out);
  return pyr__error_errno(err, -rc, "read");
}

int pyr__watched_file_read(struct pyr__watched_file *file,
                           struct pyr__memory *memory, size_t limit,
                           struct pyr__file_text *out, pyr_error_t *err) {
  /* A pipe must not stall the loop. */
  int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc;

  memset(out, 0, sizeof(*out));
  file->stamp.is_known = false;
  if (fd < 0) {
    rc = -errno;
    return pyr__error(err, rc, "%s", pyr_strerror(rc));
  }
  rc = read_open(fd, file, memory, limit, out, err);
  close(fd);
  return rc;
}

void pyr__file_text_release(struct pyr__memory *memory,
                            struct pyr__file_text *text) {
  if (text->data != NULL)
    explicit_bzero(text->data, text->len);
  pyr__free(memory, text->data);
  memset(text, 0, sizeof(*text));
}
