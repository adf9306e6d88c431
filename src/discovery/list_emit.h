/* From the text of a list of targets to groups for the sink, in slices that are
 * numbered over the whole list.  Nothing is told before all of it was read. */
#ifndef PYR__DISCOVERY_LIST_EMIT_H
#define PYR__DISCOVERY_LIST_EMIT_H

#include "base/buf.h"
#include "discovery/slices.h"
#include "discovery/target_list.h"

struct pyr__list_source {
  pyr_str_t origin;       /* the file or URL, terminated, not copied */
  const char *meta_label; /* has it as its value */
  uint32_t slices;        /* that are there from the list before */
  enum pyr__list_format format;
  struct pyr__buf *text; /* released when it was read; NULL: no targets */
};

struct pyr__list_emit {
  struct pyr__list_source from;
  struct pyr__list_reading reading;
  bool is_read; /* so that groups are told of from now on */
  struct pyr__slices slices;
  size_t group, target;      /* the next of the list */
  struct pyr__arena scratch; /* one slice */
};

void pyr__list_emit_begin(struct pyr__list_emit *emit,
                          struct pyr__discoverer *discoverer,
                          const struct pyr__list_source *from);
/* 1: there is more to do; 0: all is done, and `slices.sources` is how many
 * there are now; or an error, and it is how many there may be. */
int pyr__list_emit_step(struct pyr__list_emit *emit, pyr_error_t *err);
void pyr__list_emit_end(struct pyr__list_emit *emit);

#endif
