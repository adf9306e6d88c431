#include "discovery/polling.h"

#include <stdio.h>

#include "base/list.h"
#include "discovery/slices.h"
#include "net/http_access.h"

void pyr__polling_succeeded(struct pyr__polling *polling) {
  pyr__discoverer_succeeded(&polling->base);
  if (polling->is_synced)
    return;
  polling->is_synced = true;
  polling->base.sink.on_synced(polling->base.sink.ctx, &polling->base);
}

void pyr__polling_failed(struct pyr__polling *polling, const pyr_error_t *err) {
  pyr_error_t described = *err;
  polling->steps->describe(polling, &described);
  pyr__discoverer_failed(&polling->base, &described);
}

/* ---- emitting ----------------------------------------------------------- */

static void end_emit(struct pyr__polling *polling) {
  polling->is_emitting = false;
  polling->steps->end_emit(polling);
  uv_idle_stop(&polling->turn);
}

static void on_turn(uv_idle_t *turn) {
  struct pyr__polling *polling =
      pyr__container_of(turn, struct pyr__polling, turn);
  uint64_t begin = uv_hrtime();
  pyr_error_t err;
  int rc;

  do {
    rc = polling->steps->emit(polling, &err);
  } while (rc > 0 && uv_hrtime() - begin < PYR__EMIT_TURN_NS);
  if (rc > 0)
    return;
  end_emit(polling);
  if (rc < 0)
    pyr__polling_failed(polling, &err);
  else
    pyr__polling_succeeded(polling);
}

void pyr__polling_emit(struct pyr__polling *polling) {
  polling->is_emitting = true;
  uv_idle_start(&polling->turn, on_turn);
}

/* ---- refreshing --------------------------------------------------------- */

static void cancel(struct pyr__polling *polling) {
  char text[128];
  if (polling->request == NULL)
    return;
  snprintf(text, sizeof(text), "no whole %s within the refresh interval (%s)",
           polling->steps->awaited, pyr__http_phase(polling->request));
  pyr__http_cancel(polling->request, PYR_ETIMEOUT, text);
}

static void on_timer(uv_timer_t *timer) {
  struct pyr__polling *polling =
      pyr__container_of(timer, struct pyr__polling, timer);
  pyr_error_t err;

  cancel(polling);
  if (!polling->is_emitting && polling->steps->ask(polling, &err) != 0)
    pyr__polling_failed(polling, &err);
}

/* ---- life --------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle) {
  struct pyr__polling *polling = handle->data;
  void (*closed)(void *ctx) = polling->closed;
  void *ctx = polling->closed_ctx;

  if (--polling->handles > 0)
    return;
  polling->steps->release(polling);
  pyr__http_access_unref(polling->access);
  pyr__free(polling->base.env->memory, polling);
  closed(ctx);
}

void pyr__polling_close(struct pyr__discoverer *discoverer,
                        void (*cb)(void *ctx), void *ctx) {
  struct pyr__polling *polling =
      pyr__container_of(discoverer, struct pyr__polling, base);
  polling->closed = cb;
  polling->closed_ctx = ctx;
  cancel(polling);
  if (polling->is_emitting)
    end_emit(polling);
  uv_close((uv_handle_t *)&polling->timer, on_closed);
  uv_close((uv_handle_t *)&polling->turn, on_closed);
}

int pyr__polling_new(struct pyr__polling **out,
                     const struct pyr__polling_steps *steps,
                     const struct pyr__http_access_options *access,
                     int64_t interval_ns, const struct pyr__discovery_env *env,
                     const struct pyr__discovery_sink *sink, pyr_error_t *err) {
  struct pyr__polling *polling =
      pyr__calloc(env->memory, PYR__MEM_DISCOVERY_GROUPS, 1, steps->size);
  int rc;

  if (polling == NULL)
    return pyr__error_nomem(err);
  rc = pyr__http_access_new(&polling->access, env->client, access, env->job,
                            err);
  if (rc != 0) {
    pyr__free(env->memory, polling);
    return rc;
  }
  polling->steps = steps;
  polling->handles = 2;
  pyr__discoverer_init(&polling->base, &steps->type, env, sink);
  uv_timer_init(env->loop, &polling->timer);
  uv_idle_init(env->loop, &polling->turn);
  polling->timer.data = polling->turn.data = polling;
  uv_timer_start(&polling->timer, on_timer, 0,
                 (uint64_t)(interval_ns / PYR__NS_PER_MS));
  *out = polling;
  return 0;
}
