#include "net/alarm.h"

static void on_timer(uv_timer_t *timer);

static struct pyr__alarm *first_of(struct pyr__list *kind) {
  return pyr__list_is_empty(kind)
             ? NULL
             : pyr__container_of(kind->next, struct pyr__alarm, link);
}

/* A timer that is armed too early only costs a look; so clearing an alarm
 * never touches it. */
static void arm(struct pyr__alarms *alarms) {
  uint64_t now = uv_now(alarms->timer.loop), next = UINT64_MAX;
  unsigned i;

  for (i = 0; i < PYR__ALARM_KINDS; i++) {
    struct pyr__alarm *alarm = first_of(&alarms->kinds[i]);
    if (alarm != NULL && alarm->at_ms < next)
      next = alarm->at_ms;
  }
  if (next == UINT64_MAX ||
      (alarms->armed_ms != 0 && alarms->armed_ms <= next) ||
      uv_is_closing((uv_handle_t *)&alarms->timer))
    return;
  alarms->armed_ms = next;
  uv_timer_start(&alarms->timer, on_timer, next > now ? next - now : 0, 0);
}

static void on_timer(uv_timer_t *timer) {
  struct pyr__alarms *alarms =
      pyr__container_of(timer, struct pyr__alarms, timer);
  uint64_t now = uv_now(timer->loop);
  unsigned i;

  alarms->armed_ms = 0;
  for (i = 0; i < PYR__ALARM_KINDS; i++) {
    struct pyr__alarm *alarm = first_of(&alarms->kinds[i]);
    while (alarm != NULL && alarm->at_ms <= now) {
      pyr__list_remove(&alarm->link);
      alarm->ring(alarm);
      alarm = first_of(&alarms->kinds[i]);
    }
  }
  arm(alarms);
}

void pyr__alarms_init(struct pyr__alarms *alarms, uv_loop_t *loop) {
  unsigned i;
  uv_timer_init(loop, &alarms->timer);
  alarms->armed_ms = 0;
  for (i = 0; i < PYR__ALARM_KINDS; i++)
    pyr__list_init(&alarms->kinds[i]);
}

void pyr__alarm_init(struct pyr__alarm *alarm,
                     void (*ring)(struct pyr__alarm *alarm)) {
  pyr__list_init(&alarm->link);
  alarm->at_ms = 0;
  alarm->ring = ring;
}

void pyr__alarm_set(struct pyr__alarms *alarms, struct pyr__alarm *alarm,
                    enum pyr__alarm_kind kind, uint64_t delay_ms) {
  struct pyr__list *head = &alarms->kinds[kind], *at = head;

  pyr__list_remove(&alarm->link);
  /* An alarm of now waits one tick, or setting it from its own ring would
   * never end. */
  alarm->at_ms = uv_now(alarms->timer.loop) + (delay_ms > 0 ? delay_ms : 1);
  while (at->prev != head &&
         pyr__container_of(at->prev, struct pyr__alarm, link)->at_ms >
             alarm->at_ms)
    at = at->prev;
  pyr__list_add_before(at, &alarm->link);
  arm(alarms);
}

void pyr__alarm_clear(struct pyr__alarm *alarm) {
  pyr__list_remove(&alarm->link);
}
