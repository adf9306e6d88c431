#include "faults.h"

/* Of 1,000 answers. */
static const unsigned shares[FAULT_COUNT] = {[FAULT_RESET] = 3,
                                             [FAULT_RESET_BODY] = 3,
                                             [FAULT_STALL] = 1,
                                             [FAULT_STALL_BODY] = 1,
                                             [FAULT_RESTART] = 2};

/* xorshift64* */
static uint64_t draw(struct faults *faults) {
  faults->state ^= faults->state >> 12;
  faults->state ^= faults->state << 25;
  faults->state ^= faults->state >> 27;
  return (faults->state * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
}

enum fault fault_draw(struct faults *faults) {
  uint64_t at;
  unsigned i;

  if (faults->state == 0)
    return FAULT_NONE;
  at = draw(faults) % 1000;
  for (i = FAULT_RESET; i < FAULT_COUNT; at -= shares[i], i++)
    if (at < shares[i])
      return (enum fault)i;
  return FAULT_NONE;
}

uint64_t fault_away_ms(struct faults *faults) {
  return 500 + draw(faults) % 2000;
}
