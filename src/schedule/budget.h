/* Memory that the profiles of all scrapes share while they are read.  A small
 * one has what it needs in any case.  Larger ones grow at the same time while
 * half of the budget is free; beyond that one grows at a time, and the others
 * wait with what they have, first come first served, so that what is left
 * suffices for somebody. */
#ifndef PYR__SCHEDULE_BUDGET_H
#define PYR__SCHEDULE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct pyr__share {      /* embedded in who takes it; zeroed */
  struct pyr__list link; /* while it waits */
  uint64_t bytes;        /* that are more than a small one's */
  enum { PYR__SHARE_SMALL, PYR__SHARE_GROWING, PYR__SHARE_WAITING } state;
};

struct pyr__budget {
  uint64_t limit, used; /* of all shares' bytes */
  uint64_t small;       /* everybody has that much beside it */
  size_t growing, waiting;
  struct pyr__list queue;
  void (*go_on)(void *ctx, struct pyr__share *share);
  void *ctx;
};

/* `go_on` is called from within leave, for each that has waited long enough.
 * The budget stays where it is. */
void pyr__budget_init(struct pyr__budget *budget, uint64_t limit,
                      uint64_t small,
                      void (*go_on)(void *ctx, struct pyr__share *share),
                      void *ctx);
/* How much it may hold now, in all. */
uint64_t pyr__budget_allows(const struct pyr__budget *budget,
                            const struct pyr__share *share);
/* It holds that much now.  True: it shall wait for `go_on` before it takes
 * more. */
bool pyr__budget_note(struct pyr__budget *budget, struct pyr__share *share,
                      uint64_t held);
/* It holds nothing any more. */
void pyr__budget_leave(struct pyr__budget *budget, struct pyr__share *share);

#endif
