/* A file that may be replaced at any time: certificates, keys, passwords.
 * Whether it has been costs one stat. */
#ifndef PYR__NET_WATCHED_FILE_H
#define PYR__NET_WATCHED_FILE_H

#include <stdbool.h>

#include "base/memory.h"

struct pyr__file_stamp {
  bool is_known; /* false: it could not be read */
  uint64_t device, inode, size;
  int64_t modified_ns, changed_ns;
};

struct pyr__watched_file {
  const char *path; /* the caller's; NULL: no file, which never changes */
  struct pyr__file_stamp stamp; /* of what was read */
};

/* What was read, followed by a byte 0 that `len` does not count. */
struct pyr__file_text {
  uint8_t *data;
  size_t len;
};

/* Whether it is not, or no longer, the one that was read. */
bool pyr__watched_file_changed(const struct pyr__watched_file *file);
/* Reads it, whole: at most `limit` bytes of a regular file.  The text of an
 * error does not name the path. */
int pyr__watched_file_read(struct pyr__watched_file *file,
                           struct pyr__memory *memory, size_t limit,
                           struct pyr__file_text *out, pyr_error_t *err);
/* Wipes and frees: it may be a secret. */
void pyr__file_text_release(struct pyr__memory *memory,
                            struct pyr__file_text *text);

#endif
