/* A password, a token, the value of a header: given as a text, or in a file
 * that is read again when it has changed.  What is known of it is wiped. */
#ifndef PYR__NET_SECRET_H
#define PYR__NET_SECRET_H

#include "base/arena.h"
#include "base/buf.h"
#include "net/watched_file.h"

struct pyr__secret {
  pyr_str_t text; /* as of the last pyr__secret_read; no blanks around it where
                     it is a file's */
  struct pyr__watched_file file; /* path NULL: the text is all there is */
  struct pyr__file_text held;
};

/* Copies what is given into `arena`; both NULL: "".  PYR__ENOMEM. */
int pyr__secret_init(struct pyr__secret *secret, struct pyr__arena *arena,
                     const char *text, const char *path);
/* Looks at the file.  One that cannot be read is an error that names it: who
 * took it away wants it used no longer. */
int pyr__secret_read(struct pyr__secret *secret, struct pyr__memory *memory,
                     pyr_error_t *err);
/* Appends "NAME: TYPE TEXT\r\n", without the type where it is "".  A text that
 * cannot stand in a header is an error, which calls it `what`. */
int pyr__secret_write(struct pyr__secret *secret, struct pyr__buf *headers,
                      const char *name, const char *type, const char *what,
                      pyr_error_t *err);
/* What a failed pyr__buf_add means where headers are written. */
int pyr__headers_error(int rc, pyr_error_t *err);
void pyr__secret_release(struct pyr__secret *secret,
                         struct pyr__memory *memory);

#endif
