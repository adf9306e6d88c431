/* Time as a stage sees it: injected, so that tests need not wait. */
#ifndef PYR__BASE_CLOCK_H
#define PYR__BASE_CLOCK_H

#include <stdint.h>

#define PYR__NS_PER_US INT64_C(1000)
#define PYR__NS_PER_MS INT64_C(1000000)
#define PYR__NS_PER_S  INT64_C(1000000000)

struct pyr__clock {
  int64_t (*monotonic_ns)(void *ctx); /* never steps; stops in suspend */
  int64_t (*wall_ns)(void *ctx);      /* since the Unix epoch; may step */
  void *ctx;
};

struct pyr__clock pyr__clock_system(void);
/* CPU time of this process so far. */
int64_t pyr__cpu_ns(void);

static inline int64_t pyr__now(const struct pyr__clock *clock) {
  return clock->monotonic_ns(clock->ctx);
}
static inline int64_t pyr__wall(const struct pyr__clock *clock) {
  return clock->wall_ns(clock->ctx);
}

enum { PYR__TIME_TEXT = 36 };
/* RFC 3339 in UTC with as many of the nine fraction digits as are needed:
 * 2026-01-02T03:04:05.678Z. */
void pyr__time_format(char out[PYR__TIME_TEXT], int64_t wall_ns);
/* With three fraction digits always, and no more: as wide as any other. */
void pyr__time_format_ms(char out[PYR__TIME_TEXT], int64_t wall_ns);

#endif
