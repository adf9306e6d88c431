#include "discovery/known_files.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/str.h"

enum { FIRST_CAPACITY = 16, READ_BYTES = 64 * 1024 };

/* What was changed so short a time before it was read may have been changed
 * again since, within one tick of the file system's clock. */
static const int64_t TICK_NS = 2 * PYR__NS_PER_S;

void pyr__known_files_init(struct pyr__known_files *known,
                           struct pyr__memory *memory) {
  *known = (struct pyr__known_files){.memory = memory,
                                     .seed = pyr__hash_random_seed()};
  pyr__index_init(&known->index, memory, PYR__MEM_DISCOVERY_GROUPS);
}

void pyr__known_files_release(struct pyr__known_files *known) {
  while (known->count > 0)
    pyr__free(known->memory, known->files[--known->count]);
  pyr__free(known->memory, known->files);
  pyr__index_release(&known->index);
  known->files = NULL;
  known->capacity = 0;
}

static int reserve(struct pyr__known_files *known, pyr_error_t *err) {
  uint32_t capacity =
      known->capacity == 0 ? FIRST_CAPACITY : known->capacity * 2;
  struct pyr__known_file **files;

  if (known->count == PYR__LIMIT_SD_FILES)
    return pyr__error(err, PYR_ELIMIT, "more than %d files",
                      PYR__LIMIT_SD_FILES);
  if (known->count < known->capacity)
    return 0;
  files = pyr__realloc(known->memory, PYR__MEM_DISCOVERY_GROUPS, known->files,
                       capacity, sizeof(struct pyr__known_file *));
  if (files == NULL)
    return pyr__error_nomem(err);
  known->files = files;
  known->capacity = capacity;
  return 0;
}

static int add(struct pyr__known_files *known, pyr_str_t path, uint64_t hash,
               struct pyr__known_file **out, pyr_error_t *err) {
  struct pyr__known_file *file;
  int rc = reserve(known, err);

  if (rc != 0)
    return rc;
  file = pyr__calloc(known->memory, PYR__MEM_DISCOVERY_GROUPS, 1,
                     sizeof(*file) + path.len + 1);
  if (file == NULL)
    return pyr__error_nomem(err);
  if (pyr__index_add(&known->index, hash, known->count) != 0) {
    pyr__free(known->memory, file);
    return pyr__error_nomem(err);
  }
  file->hash = hash;
  file->id = known->count;
  file->path_len = path.len;
  memcpy(file->path, path.base, path.len);
  known->files[known->count++] = file;
  *out = file;
  return 0;
}

int pyr__known_files_get(struct pyr__known_files *known, const char *path,
                         struct pyr__known_file **out, pyr_error_t *err) {
  pyr_str_t text = pyr__str(path);
  uint64_t hash = pyr__hash(known->seed, text.base, text.len);
  size_t at;
  uint32_t id = pyr__index_first(&known->index, hash, &at);

  while (id != PYR__NONE && !pyr__str_is(text, known->files[id]->path))
    id = pyr__index_next(&known->index, hash, &at);
  if (id == PYR__NONE)
    return add(known, text, hash, out, err);
  *out = known->files[id];
  return 0;
}

void pyr__known_files_remove(struct pyr__known_files *known,
                             struct pyr__known_file *file) {
  struct pyr__known_file *last = known->files[--known->count];

  pyr__index_remove(&known->index, file->hash, file->id);
  if (last != file) {
    pyr__index_remove(&known->index, last->hash, last->id);
    last->id = file->id;
    known->files[last->id] = last;
    /* Two were taken out, so that there is room for one. */
    (void)pyr__index_add(&known->index, last->hash, last->id);
  }
  pyr__free(known->memory, file);
}

/* ---- reading ------------------------------------------------------------ */

static struct pyr__file_stamp stamp_of(const struct stat *info) {
  return (struct pyr__file_stamp){info->st_dev, info->st_ino, info->st_size,
                                  info->st_mtim, info->st_ctim};
}

static bool is_same_time(struct timespec a, struct timespec b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_same_stamp(const struct pyr__file_stamp *a,
                          const struct pyr__file_stamp *b) {
  return a->device == b->device && a->inode == b->inode && a->size == b->size &&
         is_same_time(a->modified, b->modified) &&
         is_same_time(a->changed, b->changed);
}

static int open_file(struct pyr__file_reading *reading, const char *path,
                     int64_t wall_ns, pyr_error_t *err) {
  struct stat info;
  int64_t changed_ns;

  /* Opening a pipe would wait for who writes to it. */
  reading->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (reading->fd < 0 || fstat(reading->fd, &info) != 0)
    return pyr__error_errno(err, errno, path);
  if (!S_ISREG(info.st_mode))
    return pyr__error(err, -EINVAL, "%s: is not a regular file", path);
  changed_ns = info.st_ctim.tv_sec * PYR__NS_PER_S + info.st_ctim.tv_nsec;
  reading->stamp = stamp_of(&info);
  reading->is_settled = wall_ns - changed_ns > TICK_NS;
  return 1;
}

int pyr__known_file_open(struct pyr__file_reading *reading,
                         const struct pyr__known_files *known,
                         struct pyr__known_file *file, int64_t wall_ns,
                         pyr_error_t *err) {
  struct pyr__file_stamp stamp;
  struct stat info;
  int rc;

  *reading = (struct pyr__file_reading){
      .fd = -1, .file = file, .content = known->seed};
  if (stat(file->path, &info) != 0)
    return pyr__error_errno(err, errno, file->path);
  stamp = stamp_of(&info);
  if (file->is_read && file->is_settled && is_same_stamp(&stamp, &file->stamp))
    return 0;
  rc = open_file(reading, file->path, wall_ns, err);
  if (rc < 0)
    pyr__known_file_close(reading);
  return rc;
}

void pyr__known_file_close(struct pyr__file_reading *reading) {
  if (reading->fd >= 0)
    close(reading->fd);
  reading->fd = -1;
}

/* The next bytes of it, at least one until its end; 1: there is more. */
static int read_part(struct pyr__file_reading *reading, struct pyr__buf *out,
                     pyr_error_t *err) {
  const char *path = reading->file->path;
  ssize_t count;

  if (pyr__buf_reserve(out, READ_BYTES) != 0)
    return pyr__error_nomem(err);
  do {
    count = read(reading->fd, out->data + out->len, READ_BYTES);
  } while (count < 0 && errno == EINTR);
  if (count <= 0)
    return count == 0 ? 0 : pyr__error_errno(err, errno, path);
  reading->content =
      pyr__hash(reading->content, out->data + out->len, (size_t)count);
  out->len += (size_t)count;
  if (out->len <= PYR__LIMIT_LIST_BYTES)
    return 1;
  return pyr__error(err, PYR_ELIMIT, "%s: larger than %zu MiB", path,
                    PYR__LIMIT_LIST_BYTES / PYR__MIB);
}

int pyr__known_file_read(struct pyr__file_reading *reading,
                         struct pyr__buf *out, bool *is_news,
                         pyr_error_t *err) {
  struct pyr__known_file *file = reading->file;
  int rc = read_part(reading, out, err);

  if (rc > 0)
    return rc;
  pyr__known_file_close(reading);
  if (rc < 0)
    return rc;
  *is_news = !file->is_read || reading->content != file->content;
  file->is_read = true;
  file->is_settled = reading->is_settled;
  file->stamp = reading->stamp;
  file->content = reading->content;
  return 0;
}
