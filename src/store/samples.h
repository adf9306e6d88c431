/* From the samples of one profile to a record: stacks in the dictionary's ids,
 * each once, in order, none that is all zero. */
#ifndef PYR__STORE_SAMPLES_H
#define PYR__STORE_SAMPLES_H

#include "store/intern.h"
#include "store/record.h"

struct pyr__samples {
  struct pyr__rows places; /* by stack: its place in `keys` + 1, or 0 */
  struct pyr__rows keys;   /* uint64_t: stack << 32 | place; twice, to sort */
  struct pyr__rows values; /* int64_t: row by row, by place */
  struct pyr__rows totals; /* int64_t, one a type */
  struct pyr__record record;
};

void pyr__samples_init(struct pyr__samples *samples,
                       struct pyr__memory *memory);
void pyr__samples_release(struct pyr__samples *samples);
void pyr__samples_trim(struct pyr__samples *samples, size_t most);
/* Fills `record` and `totals`.  0, PYR__ENOMEM or PYR_ELIMIT. */
int pyr__samples_collect(struct pyr__samples *samples,
                         struct pyr__intern *intern);

#endif
