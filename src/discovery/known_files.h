/* The files of one file discovery, by path: what was read of each, and whether
 * it must be read again. */
#ifndef PYR__DISCOVERY_KNOWN_FILES_H
#define PYR__DISCOVERY_KNOWN_FILES_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/index.h"

struct pyr__file_stamp { /* of a file that has the same it is the same */
  dev_t device;
  ino_t inode;
  off_t size;
  struct timespec modified, changed;
};

struct pyr__known_file {
  uint64_t hash; /* of the path */
  uint32_t id;
  uint32_t sources; /* that it is the origin of */
  uint32_t round;   /* the last one that saw it */
  uint32_t pattern; /* that it was seen through */
  bool is_read;     /* `stamp` and `content` are of what was read last */
  bool is_settled;  /* and who writes after that changes the stamp */
  bool is_bad;      /* that was no list of targets */
  struct pyr__file_stamp stamp;
  uint64_t content; /* hash */
  size_t path_len;
  char path[];
};

struct pyr__known_files {
  struct pyr__memory *memory;
  struct pyr__known_file **files; /* in no order */
  uint32_t count, capacity;
  uint64_t seed;
  struct pyr__index index;
};

void pyr__known_files_init(struct pyr__known_files *known,
                           struct pyr__memory *memory);
void pyr__known_files_release(struct pyr__known_files *known);
/* The file of a path, made where there is none; or why it cannot be. */
int pyr__known_files_get(struct pyr__known_files *known, const char *path,
                         struct pyr__known_file **out, pyr_error_t *err);
void pyr__known_files_remove(struct pyr__known_files *known,
                             struct pyr__known_file *file);

/* What is read of one file, a part at a time; `fd` is -1 where none is. */
struct pyr__file_reading {
  int fd;
  struct pyr__known_file *file;
  struct pyr__file_stamp stamp;
  bool is_settled;
  uint64_t content;
};

/* 1: the file is open, as it may be another than was read last; 0: it is as it
 * was; -ENOENT: there is none; or why it cannot be read.  Never waits. */
int pyr__known_file_open(struct pyr__file_reading *reading,
                         const struct pyr__known_files *known,
                         struct pyr__known_file *file, int64_t wall_ns,
                         pyr_error_t *err);
/* Appends the next part of it.  1: there is more; 0: that was all, and
 * `*is_news` says whether it is another; or why it cannot be read.  It is
 * closed but after 1. */
int pyr__known_file_read(struct pyr__file_reading *reading,
                         struct pyr__buf *out, bool *is_news, pyr_error_t *err);
void pyr__known_file_close(struct pyr__file_reading *reading);

#endif
