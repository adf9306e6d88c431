/* The one timer of a scraper, and how late the loop's turns are. */
#include "scraper.h"

/* Timers that fire in one turn: what is left fires in the next, after sockets
 * had theirs. */
enum { FIRE_MAX = 64 };

struct pyr__instant pyr__scraper_now(const struct pyr__scraper *scraper) {
  return (struct pyr__instant){pyr__now(&scraper->clock),
                               pyr__wall(&scraper->clock)};
}

static void note_lag(struct pyr__loop_status *lag, int64_t late_ns) {
  lag->lag_seconds = (double)late_ns / (double)PYR__NS_PER_S;
  if (lag->lag_seconds > lag->lag_max_seconds)
    lag->lag_max_seconds = lag->lag_seconds;
  pyr__histogram_add_seconds(&lag->lag, lag->lag_seconds);
}

static void on_timer(uv_timer_t *handle) {
  struct pyr__scraper *scraper = handle->data;
  int64_t now = pyr__now(&scraper->clock);
  int64_t due = pyr__timer_heap_due(&scraper->heap);
  struct pyr__timer *timer;
  int fired;

  if (due <= now)
    note_lag(&scraper->lag, now - due);
  for (fired = 0; fired < FIRE_MAX; fired++) {
    timer = pyr__timer_heap_take(&scraper->heap, now);
    if (timer == NULL)
      break;
    timer->fire(timer);
  }
}

/* Behind the callbacks of sockets, and before the loop's time is taken anew. */
static void on_check(uv_check_t *handle) {
  struct pyr__scraper *scraper = handle->data;
  scraper->turn_woke_ms = uv_now(scraper->loop);
}

/* The time since the last call in which the loop did not wait for events.  A
 * wait that a signal interrupts is none in the loop's idle time: there the time
 * since it woke up tells, which is whole milliseconds. */
static void note_turn(struct pyr__scraper *scraper) {
  uint64_t idle = uv_metrics_idle_time(scraper->loop);
  int64_t now = (int64_t)uv_hrtime();
  int64_t busy =
      now - scraper->turn_started_ns - (int64_t)(idle - scraper->turn_idle_ns);
  int64_t awake = now - (int64_t)scraper->turn_woke_ms * PYR__NS_PER_MS;
  double seconds =
      (double)(busy < awake ? busy : awake) / (double)PYR__NS_PER_S;

  if (scraper->turn_started_ns != 0 && seconds > scraper->lag.turn_max_seconds)
    scraper->lag.turn_max_seconds = seconds;
  scraper->turn_started_ns = now;
  scraper->turn_idle_ns = idle;
}

/* Runs before the loop waits: the one place where the timer is set, whatever
 * the turn changed in the heap. */
static void on_prepare(uv_prepare_t *handle) {
  struct pyr__scraper *scraper = handle->data;
  int64_t now = pyr__now(&scraper->clock);
  int64_t due = pyr__timer_heap_due(&scraper->heap);
  uint64_t delay_ms = 0;

  note_turn(scraper);
  if (due == INT64_MAX) {
    uv_timer_stop(&scraper->timer);
    return;
  }
  /* Rounded up: a timer that fires too soon would only be set again. */
  if (due > now)
    delay_ms = (uint64_t)((due - now + PYR__NS_PER_MS - 1) / PYR__NS_PER_MS);
  uv_update_time(scraper->loop);
  uv_timer_start(&scraper->timer, on_timer, delay_ms, 0);
}

void pyr__scraper_timer_init(struct pyr__scraper *scraper) {
  /* Only the loop itself can tell waiting from work. */
  uv_loop_configure(scraper->loop, UV_METRICS_IDLE_TIME);
  uv_timer_init(scraper->loop, &scraper->timer);
  uv_prepare_init(scraper->loop, &scraper->prepare);
  uv_check_init(scraper->loop, &scraper->check);
  scraper->timer.data = scraper->prepare.data = scraper->check.data = scraper;
}

void pyr__scraper_timer_start(struct pyr__scraper *scraper) {
  scraper->turn_started_ns = 0;
  uv_prepare_start(&scraper->prepare, on_prepare);
  uv_check_start(&scraper->check, on_check);
}

void pyr__scraper_timer_stop(struct pyr__scraper *scraper) {
  uv_prepare_stop(&scraper->prepare);
  uv_check_stop(&scraper->check);
  uv_timer_stop(&scraper->timer);
}
