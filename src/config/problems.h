/* Everything that is wrong with a file and those that it includes, so that a
 * user can mend it in one go.  Each problem has a place; they are told in the
 * order of the files, and in each of their places. */
#ifndef PYR__CONFIG_PROBLEMS_H
#define PYR__CONFIG_PROBLEMS_H

#include "base/memory.h"

struct pyr__node;

struct pyr__problem_item {
  pyr_error_t error;
  unsigned file; /* number, for their order */
};

struct pyr__problems {
  struct pyr__memory *memory;
  const char *file;     /* what texts call the one that is read */
  unsigned file_number; /* of that */
  unsigned file_count;
  struct pyr__problem_item *items;
  size_t count, capacity;
  size_t dropped; /* past PYR__LIMIT_YAML_ERRORS */
  int rc;         /* PYR__ENOMEM: there was no memory to note one */
};

void pyr__problems_init(struct pyr__problems *problems,
                        struct pyr__memory *memory, const char *file);
void pyr__problems_release(struct pyr__problems *problems);
/* Notes "FILE:LINE:COLUMN: KEY: TEXT".  A key is escaped and cut. */
__attribute__((format(printf, 5, 6))) void
pyr__problem_at(struct pyr__problems *problems, unsigned line, unsigned column,
                pyr_str_t key, const char *format, ...);
/* The same at the place of a node. */
__attribute__((format(printf, 4, 5))) void
pyr__problem(struct pyr__problems *problems, const struct pyr__node *node,
             pyr_str_t key, const char *format, ...);
/* Tells them all to `on_error`, which may be NULL, and the first to `err`.
 * Returns 0 where there is none, PYR_ECONFIG, or PYR__ENOMEM. */
int pyr__problems_tell(struct pyr__problems *problems,
                       pyr_config_error_cb on_error, void *ctx,
                       pyr_error_t *err);

#endif
