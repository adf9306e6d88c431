#include "base/hash.h"
#include "discovery/consul/labels.h"
#include "discovery/consul/state.h"

enum { SCRATCH_KEPT = 64 * 1024 };

/* ---- queues ------------------------------------------------------------- */

static void on_turn(uv_idle_t *turn);

void pyr__consul_wake(struct pyr__consul *self) {
  if (self->closed == NULL)
    uv_idle_start(&self->turn, on_turn);
}

void pyr__consul_emit(struct pyr__consul *self,
                      struct pyr__consul_service *service) {
  pyr__list_add_before(&self->emitting, &service->watch.link);
  self->base.is_updating = true;
  pyr__consul_wake(self);
}

void pyr__consul_ready(struct pyr__consul *self,
                       struct pyr__consul_service *service) {
  pyr__list_add_before(&self->ready, &service->watch.link);
  pyr__consul_wake(self);
}

void pyr__consul_unqueue(struct pyr__consul *self,
                         struct pyr__consul_service *service) {
  pyr__list_remove(&service->watch.link);
  if (self->current == service)
    self->current = NULL;
  self->base.is_updating = !pyr__list_is_empty(&self->emitting);
}

static struct pyr__consul_service *first_of(const struct pyr__list *queue) {
  return pyr__consul_service_of(
      pyr__container_of(queue->next, struct pyr__consul_watch, link));
}

/* ---- asking ------------------------------------------------------------- */

/* With more services than may ask at once, each waits for news for less long,
 * so that it is still every two minutes that each is asked. */
static uint64_t wait_ms(const struct pyr__consul *self) {
  const struct pyr__consul_timing *timing = self->env.timing;
  uint64_t wait = timing->wait;

  if (self->services.count > self->watches)
    wait = wait * self->watches / self->services.count;
  return wait < timing->wait_min ? timing->wait_min : wait;
}

static void ask_next(struct pyr__consul *self) {
  struct pyr__consul_service *service = first_of(&self->ready);
  pyr__list_remove(&service->watch.link);
  pyr__consul_watch_ask(&service->watch, wait_ms(self));
}

/* ---- emitting ----------------------------------------------------------- */

static void begin(struct pyr__consul *self,
                  struct pyr__consul_service *service) {
  const struct pyr__json_answer *answer = service->watch.answer;

  self->current = service;
  service->slices.next = 0;
  service->is_told = false;
  self->records = answer == NULL || service->is_gone
                      ? pyr__reader_of("", 0)
                      : pyr__json_answer_reader(answer);
}

static int emit_slice(struct pyr__consul *self,
                      struct pyr__consul_service *service, pyr_error_t *err) {
  struct pyr__discovered *targets =
      pyr__arena_alloc(&self->scratch, PYR__SLICE_TARGETS, sizeof(*targets));
  pyr_str_t record;
  size_t count = 0;
  int rc = 0;

  if (targets == NULL)
    return pyr__arena_error(&self->scratch, 0, "a slice of targets", err);
  while (rc == 0 && count < PYR__SLICE_TARGETS &&
         pyr__json_records_next(&self->records, &record))
    rc = pyr__consul_labels(&self->scratch, self->env.config, self->datacenter,
                            service->watch.service, record, &targets[count++],
                            err);
  if (rc == 0)
    rc = pyr__slices_add(&service->slices, &self->scratch, targets, count, err);
  return rc == 0 ? 1 : rc;
}

/* 1: there is more of it; 0: all is told; or an error. */
static int emit_step(struct pyr__consul *self,
                     struct pyr__consul_service *service, pyr_error_t *err) {
  pyr__arena_reset(&self->scratch, SCRATCH_KEPT);
  if (self->current != service)
    begin(self, service);
  return pyr__reader_left(&self->records) > 0
             ? emit_slice(self, service, err)
             : pyr__slices_end(&service->slices, &self->scratch, err);
}

void pyr__consul_answered(struct pyr__consul *self,
                          struct pyr__consul_service *service) {
  if (!service->is_answered)
    self->unanswered--;
  service->is_answered = true;
}

static void end_service(struct pyr__consul *self,
                        struct pyr__consul_service *service) {
  if (service->watch.is_failing)
    self->failing--;
  pyr__consul_answered(self, service);
  pyr__consul_services_take(&self->services, service);
  pyr__consul_watch_close(&service->watch);
}

static void end_emit(struct pyr__consul *self,
                     struct pyr__consul_service *service) {
  if (service->is_gone) {
    end_service(self, service);
    return;
  }
  service->is_told = true;
  pyr__consul_answered(self, service);
  pyr__consul_know(self, &service->watch);
  pyr__consul_watch_later(&service->watch, false);
}

static void emit_next(struct pyr__consul *self) {
  struct pyr__consul_service *service = first_of(&self->emitting);
  pyr_error_t err;
  int rc = emit_step(self, service, &err);

  if (rc > 0)
    return;
  pyr__consul_unqueue(self, service);
  if (rc == 0) {
    end_emit(self, service);
  } else {
    pyr__consul_failed(self, &service->watch, &err);
    pyr__consul_watch_forget(&service->watch);
    pyr__consul_watch_later(&service->watch, true);
  }
  pyr__consul_check_synced(self);
}

/* ---- a turn ------------------------------------------------------------- */

static void on_turn(uv_idle_t *turn) {
  struct pyr__consul *self = pyr__container_of(turn, struct pyr__consul, turn);
  uint64_t begin_ns = uv_hrtime();

  do {
    if (!pyr__list_is_empty(&self->emitting)) {
      emit_next(self);
    } else if (!pyr__list_is_empty(&self->ready) &&
               self->env.asking < self->watches) {
      ask_next(self);
    } else {
      uv_idle_stop(turn);
      return;
    }
  } while (uv_hrtime() - begin_ns < PYR__EMIT_TURN_NS);
}
