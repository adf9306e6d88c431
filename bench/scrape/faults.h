/* What goes wrong with an answer, drawn from a seed: the same faults in the
 * same order at each run, as far as requests come in the same order. */
#ifndef BENCH_SCRAPE_FAULTS_H
#define BENCH_SCRAPE_FAULTS_H

#include <stdint.h>

enum fault {
  FAULT_NONE,
  FAULT_RESET,      /* instead of an answer */
  FAULT_RESET_BODY, /* in the middle of it */
  FAULT_STALL,      /* no answer ever comes */
  FAULT_STALL_BODY, /* nor the rest of one */
  FAULT_RESTART,    /* all of the target's connections end, it is away */
  FAULT_COUNT
};

struct faults {
  uint64_t state; /* 0: nothing goes wrong */
};

/* At most one answer in 100 goes wrong. */
enum fault fault_draw(struct faults *faults);
/* How long a target is away. */
uint64_t fault_away_ms(struct faults *faults);

#endif
