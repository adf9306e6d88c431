/* What is said of each profile beside its samples, in columns. */
#ifndef PYR__STORE_HEADS_H
#define PYR__STORE_HEADS_H

#include "base/buf.h"
#include "store/rows.h"

struct pyr__head {
  int64_t time_ns, duration_ns;
  int64_t body_time_ns, body_duration_ns; /* 0: the body has none */
  uint32_t series, attributes;
  uint32_t number;    /* how many of its series come before it */
  uint32_t is_change; /* its record is one to number - 1 */
  uint32_t sample_count, type_count;
  uint32_t record_len;
  uint32_t first_total;
  /* Known to the reader alone: the samples frame, and where in its payload. */
  uint64_t samples_at;
  uint32_t record_at;
};

struct pyr__heads {
  struct pyr__rows heads;
  struct pyr__rows totals; /* int64_t */
};

void pyr__heads_init(struct pyr__heads *heads, struct pyr__memory *memory,
                     enum pyr__purpose purpose);
void pyr__heads_release(struct pyr__heads *heads);
static inline struct pyr__head *pyr__heads_at(const struct pyr__heads *heads,
                                              uint32_t i) {
  return (struct pyr__head *)heads->heads.items + i;
}
static inline int64_t *pyr__heads_totals(const struct pyr__heads *heads,
                                         const struct pyr__head *head) {
  return (int64_t *)heads->totals.items + head->first_total;
}

/* Appends the payload of a profiles frame; `back` is how far before it its
 * samples frame begins.  0, PYR__ENOMEM, PYR_ELIMIT. */
int pyr__heads_encode(const struct pyr__heads *heads, uint64_t back,
                      struct pyr__buf *out);
/* Replaces what is in `heads`; `at` is where the frame begins.  PYR_ESTORE: it
 * is malformed. */
int pyr__heads_decode(struct pyr__heads *heads, const void *data, size_t len,
                      uint64_t at);

#endif
