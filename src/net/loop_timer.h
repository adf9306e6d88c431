/* Timers that are set while callbacks run. */
#ifndef PYR__NET_LOOP_TIMER_H
#define PYR__NET_LOOP_TIMER_H

#include <uv.h>

#include "base/clock.h"

/* uv_timer_start, counted from now and not from when the loop woke up.  After
 * uv_update_time nobody would know when that was, which is what the length of a
 * turn is measured by. */
static inline void pyr__loop_timer_start(uv_timer_t *timer, uv_timer_cb cb,
                                         uint64_t delay_ms) {
  uint64_t now_ms = uv_hrtime() / PYR__NS_PER_MS;
  uint64_t woke_ms = uv_now(timer->loop);
  uv_timer_start(timer, cb,
                 delay_ms + (now_ms > woke_ms ? now_ms - woke_ms : 0), 0);
}

#endif
