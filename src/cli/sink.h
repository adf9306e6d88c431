/* Where a command's result goes: stdout, or a file that appears whole or not
 * at all. */
#ifndef PYR__CLI_SINK_H
#define PYR__CLI_SINK_H

#include <limits.h>

#include "query/export.h"

struct pyr__sink {
  int fd;
  const char *path; /* NULL: stdout */
  char temporary[PATH_MAX];
};

/* `path` NULL or "-": stdout.  A file is written beside its final place. */
int pyr__sink_open(struct pyr__sink *sink, const char *path, pyr_error_t *err);
struct pyr__output pyr__sink_output(struct pyr__sink *sink);
/* The file takes its place. */
int pyr__sink_commit(struct pyr__sink *sink, pyr_error_t *err);
/* Removes what was not committed; legal after commit and a failed open. */
void pyr__sink_discard(struct pyr__sink *sink);
/* Writes all of it to `fd`. */
int pyr__sink_write_fd(int fd, const char *what, const void *data, size_t len,
                       pyr_error_t *err);

#endif
