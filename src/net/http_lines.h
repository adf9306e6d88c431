/* Headers whose values may be secrets, or in files. */
#ifndef PYR__NET_HTTP_LINES_H
#define PYR__NET_HTTP_LINES_H

#include "base/http_options.h"
#include "net/secret.h"

struct pyr__http_line;

struct pyr__http_lines {
  struct pyr__http_line *items; /* in the arena */
  size_t count;
};

/* Copies the texts into `arena`.  No file is read yet.  PYR__ENOMEM. */
int pyr__http_lines_init(struct pyr__http_lines *lines,
                         struct pyr__arena *arena,
                         const struct pyr__http_headers *headers);
void pyr__http_lines_release(struct pyr__http_lines *lines,
                             struct pyr__memory *memory);
/* Appends all of them.  A file that cannot be read, or whose text cannot stand
 * in a header, is an error. */
int pyr__http_lines_write(struct pyr__http_lines *lines,
                          struct pyr__buf *headers, pyr_error_t *err);

#endif
