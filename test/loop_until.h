/* Turning a loop until something has happened. */
#ifndef TEST_LOOP_UNTIL_H
#define TEST_LOOP_UNTIL_H

#include <stdbool.h>

#include <uv.h>

#include "support.h"

/* UV_RUN_ONCE runs timers before it polls: a turn whose timer makes true what
 * is waited for goes on to wait for an event that may never come.  So a tick
 * ends every turn soon; it is not counted among what keeps the loop alive. */
struct loop_wait {
  uv_timer_t tick;
  uv_loop_t *loop;
  uint64_t until_ns;
};

enum { LOOP_WAIT_TICK_MS = 2, LOOP_WAIT_MAX_S = 20 };

static inline void loop_wait_ticked(uv_timer_t *tick) {
  (void)tick;
}

static inline void loop_wait_closed(uv_handle_t *tick) {
  free(tick->data);
}

static inline struct loop_wait *loop_wait_begin(uv_loop_t *loop) {
  struct loop_wait *wait = malloc(sizeof(*wait));
  assert_non_null(wait);
  wait->loop = loop;
  wait->until_ns = uv_hrtime() + LOOP_WAIT_MAX_S * UINT64_C(1000000000);
  assert_int_equal(uv_timer_init(loop, &wait->tick), 0);
  wait->tick.data = wait;
  uv_timer_start(&wait->tick, loop_wait_ticked, LOOP_WAIT_TICK_MS,
                 LOOP_WAIT_TICK_MS);
  uv_unref((uv_handle_t *)&wait->tick);
  return wait;
}

/* False: it took too long, or nothing can happen any more. */
static inline bool loop_wait_turn(struct loop_wait *wait) {
  if (uv_hrtime() > wait->until_ns || !uv_loop_alive(wait->loop))
    return false;
  uv_run(wait->loop, UV_RUN_ONCE);
  return true;
}

/* Whoever closes the loop gives it the turn in which the tick is freed. */
static inline void loop_wait_end(struct loop_wait *wait) {
  uv_close((uv_handle_t *)&wait->tick, loop_wait_closed);
}

/* Turns the loop until `condition` holds; fails with the message if it never
 * does. */
#define loop_until_or(loop, condition, ...)                                    \
  do {                                                                         \
    struct loop_wait *wait_ = loop_wait_begin(loop);                           \
    while (!(condition))                                                       \
      if (!loop_wait_turn(wait_))                                              \
        fail_msg(__VA_ARGS__);                                                 \
    loop_wait_end(wait_);                                                      \
  } while (0)

#define loop_until(loop, condition)                                            \
  loop_until_or(loop, condition, "waited in vain for %s", #condition)

#endif
