/* The segment files of a store, oldest first, and which of them may go. */
#ifndef PYR__STORE_DIRECTORY_H
#define PYR__STORE_DIRECTORY_H

#include "store/io.h"
#include "store/rows.h"

enum { PYR__SEGMENT_NAME = 32 };

struct pyr__directory_file {
  char name[PYR__SEGMENT_NAME];
  int64_t started_ns; /* wall time, from the name */
  int64_t ended_ns;   /* nothing in it is later */
  uint64_t size;
};

struct pyr__directory {
  const struct pyr__io *io;
  const char *path;
  struct pyr__rows files;
  uint64_t bytes;
};

/* 20260102T030405.678901234Z.pyr: by name is by time. */
void pyr__segment_name(char out[PYR__SEGMENT_NAME], int64_t wall_ns);
/* -1: the name is none of ours. */
int pyr__segment_name_parse(const char *name, int64_t *wall_ns);

/* `path` stays the caller's.  Files that are there end where the next begins,
 * the last one at `now_ns`.  0, -errno or PYR__ENOMEM. */
int pyr__directory_open(struct pyr__directory *directory,
                        struct pyr__memory *memory, const struct pyr__io *io,
                        const char *path, int64_t now_ns);
void pyr__directory_release(struct pyr__directory *directory);
int pyr__directory_add(struct pyr__directory *directory, const char *name,
                       uint64_t size, int64_t ended_ns);
/* Removes at most `most` files, oldest first, until `bytes` are left at most
 * (0: no limit) and none has ended before `oldest_ns`.  Returns how many are
 * gone, or what stopped it. */
int pyr__directory_retire(struct pyr__directory *directory, uint64_t bytes,
                          int64_t oldest_ns, int most);

#endif
