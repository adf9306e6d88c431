/* Lines of text on their way to an output, gathered so that few writes do. */
#ifndef PYR__QUERY_LINES_H
#define PYR__QUERY_LINES_H

#include "query/export.h"

struct pyr__lines {
  const struct pyr__output *output;
  struct pyr__buf buf;
};

void pyr__lines_init(struct pyr__lines *lines, struct pyr__memory *memory,
                     const struct pyr__output *output);
void pyr__lines_release(struct pyr__lines *lines);
__attribute__((format(printf, 3, 4))) int
pyr__lines_add(struct pyr__lines *lines, pyr_error_t *err, const char *format,
               ...);
/* Text of a target's: what is not printable, and `separator`, is replaced,
 * so that a name is never two lines or fields, and does nothing to a terminal.
 * 0: there is no separator. */
int pyr__lines_add_name(struct pyr__lines *lines, pyr_str_t name,
                        char separator, pyr_error_t *err);
/* Writes what is left. */
int pyr__lines_flush(struct pyr__lines *lines, pyr_error_t *err);

#endif
