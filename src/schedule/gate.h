/* Who may be in flight: at most `limit` scrapes, first come first served, and
 * never two CPU profiles of one address (targets refuse the second). */
#ifndef PYR__SCHEDULE_GATE_H
#define PYR__SCHEDULE_GATE_H

#include "base/index.h"
#include "base/list.h"

struct pyr__pass {       /* embedded in who asks; zeroed before its first use */
  struct pyr__list link; /* while it waits: of a queue */
  struct pyr__cpu_lock *lock; /* NULL: not a CPU profile */
  enum { PYR__PASS_NONE, PYR__PASS_WAITING, PYR__PASS_HELD } state;
};

struct pyr__cpu_lock; /* one an address */

struct pyr__gate {
  struct pyr__memory *memory;
  size_t limit, in_flight, queued;
  struct pyr__list waiting;
  struct pyr__cpu_lock **locks;
  size_t lock_count, lock_capacity;
  struct pyr__index lock_index;
  void (*admit)(void *ctx, struct pyr__pass *pass);
  void *ctx;
};

/* `admit` is called for each pass that may start, from within enter, leave or
 * abandon.  The gate stays where it is. */
void pyr__gate_init(struct pyr__gate *gate, struct pyr__memory *memory,
                    size_t limit,
                    void (*admit)(void *ctx, struct pyr__pass *pass),
                    void *ctx);
/* Nobody may wait or hold a pass. */
void pyr__gate_release(struct pyr__gate *gate);
/* The lock of an address, made where there is none; each call takes a
 * reference.  NULL without memory. */
struct pyr__cpu_lock *pyr__gate_lock(struct pyr__gate *gate, pyr_str_t address);
/* Gives a reference back; NULL is allowed. */
void pyr__gate_unlock(struct pyr__gate *gate, struct pyr__cpu_lock *lock);
/* Asks to start; a pass that waits or is held may not ask again. */
void pyr__gate_enter(struct pyr__gate *gate, struct pyr__pass *pass);
/* Gives a held pass back; others may be admitted. */
void pyr__gate_leave(struct pyr__gate *gate, struct pyr__pass *pass);
/* Forgets a pass that waits; for any other it does nothing. */
void pyr__gate_abandon(struct pyr__gate *gate, struct pyr__pass *pass);

#endif
