#include "store/directory.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/format.h"

void pyr__segment_name(char out[PYR__SEGMENT_NAME], int64_t wall_ns) {
  time_t seconds = (time_t)(wall_ns / PYR__NS_PER_S);
  struct tm utc;
  size_t len;
  gmtime_r(&seconds, &utc);
  len = strftime(out, PYR__SEGMENT_NAME, "%Y%m%dT%H%M%S", &utc);
  snprintf(out + len, PYR__SEGMENT_NAME - len, ".%09dZ%s",
           (int)(wall_ns % PYR__NS_PER_S), PYR__SEGMENT_SUFFIX);
}

int pyr__segment_name_parse(const char *name, int64_t *wall_ns) {
  char again[PYR__SEGMENT_NAME];
  struct tm utc = {0};
  const char *fraction = strptime(name, "%Y%m%dT%H%M%S", &utc);
  if (fraction == NULL || *fraction != '.')
    return -1;
  *wall_ns =
      (int64_t)timegm(&utc) * PYR__NS_PER_S + strtoll(fraction + 1, NULL, 10);
  if (*wall_ns < 0)
    return -1;
  /* Only what would be written like that is one. */
  pyr__segment_name(again, *wall_ns);
  return strcmp(name, again) == 0 ? 0 : -1;
}

static int compare(const void *a, const void *b) {
  const struct pyr__directory_file *left = a, *right = b;
  return strcmp(left->name, right->name);
}

static void sort(struct pyr__directory *directory) {
  struct pyr__rows *files = &directory->files;
  if (files->count > 1)
    qsort(files->items, files->count, sizeof(struct pyr__directory_file),
          compare);
}

static int append(struct pyr__directory *directory, const char *name,
                  uint64_t size, int64_t started_ns, int64_t ended_ns) {
  struct pyr__rows *files = &directory->files;
  struct pyr__directory_file *file;
  int rc = pyr__rows_reserve(files, 1);
  if (rc != 0)
    return rc;
  file = (struct pyr__directory_file *)files->items + files->count++;
  snprintf(file->name, sizeof(file->name), "%s", name);
  file->started_ns = started_ns;
  file->ended_ns = ended_ns;
  file->size = size;
  directory->bytes += size;
  return 0;
}

int pyr__directory_add(struct pyr__directory *directory, const char *name,
                       uint64_t size, int64_t ended_ns) {
  int64_t started_ns;
  int rc;
  if (pyr__segment_name_parse(name, &started_ns) != 0)
    return 0;
  rc = append(directory, name, size, started_ns, ended_ns);
  sort(directory);
  return rc;
}

static int path_of(const struct pyr__directory *directory, const char *name,
                   char *out, size_t size) {
  int len = snprintf(out, size, "%s/%s", directory->path, name);
  return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

static int add_file(void *ctx, const char *name) {
  struct pyr__directory *directory = ctx;
  const struct pyr__io *io = directory->io;
  char path[PATH_MAX];
  uint64_t size = 0;
  int64_t started_ns;
  int fd, rc;

  if (pyr__segment_name_parse(name, &started_ns) != 0)
    return 0;
  rc = path_of(directory, name, path, sizeof(path));
  if (rc == 0)
    rc = io->open(io->ctx, path, &fd);
  if (rc != 0)
    return rc;
  rc = io->size(io->ctx, fd, &size);
  io->close(io->ctx, fd);
  return rc != 0 ? rc : append(directory, name, size, started_ns, started_ns);
}

int pyr__directory_open(struct pyr__directory *directory,
                        struct pyr__memory *memory, const struct pyr__io *io,
                        const char *path, int64_t now_ns) {
  struct pyr__directory_file *files;
  uint32_t i;
  int rc;
  *directory = (struct pyr__directory){.io = io, .path = path};
  pyr__rows_init(&directory->files, memory, PYR__MEM_STORE_DICTIONARY,
                 sizeof(struct pyr__directory_file));
  rc = io->list(io->ctx, path, add_file, directory);
  if (rc != 0) {
    pyr__directory_release(directory);
    return rc;
  }
  sort(directory);
  files = directory->files.items;
  for (i = 0; i < directory->files.count; i++)
    files[i].ended_ns =
        i + 1 < directory->files.count ? files[i + 1].started_ns : now_ns;
  return 0;
}

void pyr__directory_release(struct pyr__directory *directory) {
  pyr__rows_release(&directory->files);
}

int pyr__directory_retire(struct pyr__directory *directory, uint64_t bytes,
                          int64_t oldest_ns, int most) {
  struct pyr__directory_file *files = directory->files.items;
  struct pyr__rows *rows = &directory->files;
  char path[PATH_MAX];
  int gone = 0, rc = 0;

  while (rows->count > 0 && gone < most) {
    if (!(bytes > 0 && directory->bytes > bytes) &&
        files[0].ended_ns >= oldest_ns)
      break;
    rc = path_of(directory, files[0].name, path, sizeof(path));
    if (rc == 0)
      rc = directory->io->remove(directory->io->ctx, path);
    if (rc != 0 && rc != -ENOENT)
      return rc;
    directory->bytes -= files[0].size;
    rows->count--;
    memmove(files, files + 1, rows->count * sizeof(*files));
    gone++;
  }
  return gone;
}
