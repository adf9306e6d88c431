/* What goes wrong with a list or a watch: whether that is news, what it means
 * for what is known, and when to try again. */
#include "base/hash.h"
#include "discovery/kubernetes/watch.h"
#include "net/retry_after.h"

enum { DELAY_DOUBLINGS = 16 };

/* How long the same failure is no news, though all was well in between. */
static const int64_t NEWS_NS = 600 * PYR__NS_PER_S;

uint64_t pyr__kube_watch_random(struct pyr__kube_watch *watch) {
  return watch->random = pyr__hash_mix(watch->random, watch->random);
}

/* ---- when --------------------------------------------------------------- */

uint64_t pyr__kube_watch_retry_after(const struct pyr__kube_watch *watch,
                                     pyr_str_t text) {
  int64_t ns = pyr__retry_after_ns(text, pyr__wall(&watch->env->clock));
  uint64_t ms = (uint64_t)(ns / PYR__NS_PER_MS);
  return ms < watch->env->timing->wait_max ? ms : watch->env->timing->wait_max;
}

/* Between once and twice a delay that doubles with each failure in a row. */
uint64_t pyr__kube_watch_delay(struct pyr__kube_watch *watch) {
  const struct pyr__kube_timing *timing = watch->env->timing;
  int64_t now = pyr__now(&watch->env->clock);
  uint64_t delay;

  if (now - watch->failed_ns > (int64_t)timing->delay_reset * PYR__NS_PER_MS)
    watch->failures = 0;
  watch->failed_ns = now;
  delay = timing->delay_min << watch->failures;
  if (watch->failures < DELAY_DOUBLINGS)
    watch->failures++;
  if (delay > timing->delay_max)
    delay = timing->delay_max;
  delay += pyr__kube_watch_random(watch) % (delay + 1);
  return delay > watch->retry_after_ms ? delay : watch->retry_after_ms;
}

/* ---- who is told -------------------------------------------------------- */

void pyr__kube_watch_tell_failure(struct pyr__kube_watch *watch,
                                  const pyr_error_t *error) {
  int64_t now = pyr__now(&watch->env->clock);
  bool is_known =
      watch->told_code == error->code && watch->told_status == watch->status;
  bool is_news =
      !is_known || (!watch->is_failing && now - watch->told_ns > NEWS_NS);

  watch->is_failing = true;
  watch->told_code = error->code;
  watch->told_status = watch->status;
  if (is_news)
    watch->told_ns = now;
  watch->env->events->on_failed(watch->env->ctx, watch, is_news, error);
}

void pyr__kube_watch_tell_recovery(struct pyr__kube_watch *watch) {
  if (!watch->is_failing)
    return;
  watch->is_failing = false;
  watch->env->events->on_recovered(watch->env->ctx, watch);
}

/* ---- what it means ------------------------------------------------------ */

/* The server has forgotten the state that the list was of, or has not come to
 * it: the newest is asked for. */
bool pyr__kube_watch_is_out_of_step(const struct pyr__kube_watch *watch) {
  bool is_bound = watch->freshness == PYR__KUBE_NOT_OLDER;
  return (watch->status == 410 && (is_bound || watch->is_paged)) ||
         (watch->status == 504 && is_bound);
}

/* Whether the state is still good, so that the watch can go on from there. */
bool pyr__kube_watch_may_go_on(const struct pyr__kube_watch *watch,
                               const pyr_error_t *error) {
  switch (error->code) {
  case PYR_EHTTP:
    return !watch->is_broken;
  case PYR_ENET:
  case PYR_EDNS:
  case PYR_ETLS:
  case PYR_ETIMEOUT:
    return true;
  case PYR_ESTATUS:
    return watch->status == 401 || watch->status == 403 ||
           watch->status == 429 || watch->status >= 500;
  default:
    return false;
  }
}

/* Silence may be a server without news, or a connection that is dead without
 * knowing it: another one will show. */
bool pyr__kube_watch_is_silent(const struct pyr__kube_watch *watch,
                               const pyr_error_t *error) {
  return error->code == PYR_ETIMEOUT && watch->status == 200;
}
