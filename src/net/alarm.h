/* Many alarms on one uv_timer_t.  Those of one kind are all set with the same
 * delay, so each kind's list is in order without sorting, and setting or
 * clearing one costs nothing that grows with their number. */
#ifndef PYR__NET_ALARM_H
#define PYR__NET_ALARM_H

#include <uv.h>

#include "base/list.h"

enum pyr__alarm_kind {
  PYR__ALARM_DNS,     /* the resolver's own, one */
  PYR__ALARM_CONNECT, /* the next attempt of a dial */
  PYR__ALARM_IDLE,    /* the end of a connection nobody uses */
  PYR__ALARM_KINDS
};

struct pyr__alarm {
  struct pyr__list link;
  uint64_t at_ms;
  void (*ring)(struct pyr__alarm *alarm);
};

struct pyr__alarms {
  uv_timer_t timer;
  uint64_t armed_ms; /* 0: not */
  struct pyr__list kinds[PYR__ALARM_KINDS];
};

/* The caller closes `timer` in the end. */
void pyr__alarms_init(struct pyr__alarms *alarms, uv_loop_t *loop);
void pyr__alarm_init(struct pyr__alarm *alarm,
                     void (*ring)(struct pyr__alarm *alarm));
/* (Re)sets it.  It is out of the list when it rings. */
void pyr__alarm_set(struct pyr__alarms *alarms, struct pyr__alarm *alarm,
                    enum pyr__alarm_kind kind, uint64_t delay_ms);
void pyr__alarm_clear(struct pyr__alarm *alarm);

#endif
