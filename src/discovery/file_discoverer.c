#include "discovery/file_discoverer.h"

#include <string.h>

#include "base/list.h"
#include "discovery/dir_watch.h"
#include "discovery/file_look.h"

enum {
  QUIET_MS = 100, /* after the last event, since writers seldom stop at one */
  PATIENCE_MS = 1000, /* for it to become quiet */
  RETRY_MS = 5000     /* after a lack of memory */
};

struct file_discoverer {
  struct pyr__discoverer base;
  const struct pyr__file_sd_config *config;
  struct pyr__dir_watch watch;
  uv_timer_t timer; /* the next look */
  uv_idle_t turn;   /* a look goes on in the next turn of the loop */
  struct pyr__file_look look;
  uint64_t changed_ms; /* when the first change since the last look was seen */
  bool is_changed, is_looking, is_synced;
  unsigned handles;
  void (*closed)(void *ctx);
  void *closed_ctx;
};

static struct file_discoverer *self_of(struct pyr__discoverer *base) {
  return pyr__container_of(base, struct file_discoverer, base);
}

static void on_time(uv_timer_t *timer);

static void arm(struct file_discoverer *self) {
  uint64_t wait =
      (uint64_t)(self->config->refresh_interval_ns / PYR__NS_PER_MS);
  if (self->look.must_retry && wait > RETRY_MS)
    wait = RETRY_MS;
  if (self->is_changed) {
    uint64_t waited = uv_now(self->timer.loop) - self->changed_ms;
    uint64_t left = waited >= PATIENCE_MS ? 0 : PATIENCE_MS - waited;
    if (wait > QUIET_MS)
      wait = QUIET_MS;
    if (wait > left)
      wait = left;
  }
  uv_timer_start(&self->timer, on_time, wait, 0);
}

static void on_changed(void *ctx) {
  struct file_discoverer *self = ctx;
  if (!self->is_changed)
    self->changed_ms = uv_now(self->timer.loop);
  self->is_changed = true;
  if (!self->is_looking)
    arm(self);
}

static void watch_dirs(struct file_discoverer *self) {
  size_t i;
  pyr_error_t err;
  pyr__dir_watch_begin(&self->watch);
  for (i = 0; i < self->config->file_count; i++) {
    char dir[PYR__PATH_BYTES];
    if (pyr__file_dir(self->config->files[i].base, dir) &&
        pyr__dir_watch_add(&self->watch, dir, &err) != 0)
      pyr__discoverer_failed(&self->base, &err);
  }
  pyr__dir_watch_end(&self->watch);
}

static void on_turn(uv_idle_t *turn) {
  struct file_discoverer *self =
      pyr__container_of(turn, struct file_discoverer, turn);

  if (pyr__file_look_go_on(&self->look))
    return;
  uv_idle_stop(turn);
  self->is_looking = false;
  if (!self->look.has_failed)
    pyr__discoverer_succeeded(&self->base);
  arm(self);
  if (self->is_synced)
    return;
  self->is_synced = true;
  self->base.sink.on_synced(self->base.sink.ctx, &self->base);
}

static void on_time(uv_timer_t *timer) {
  struct file_discoverer *self =
      pyr__container_of(timer, struct file_discoverer, timer);
  self->is_changed = false;
  self->is_looking = true;
  watch_dirs(self);
  pyr__file_look_begin(&self->look);
  uv_idle_start(&self->turn, on_turn);
}

static void on_closed(uv_handle_t *handle) {
  struct file_discoverer *self = handle->data;
  void (*closed)(void *ctx) = self->closed;
  void *ctx = self->closed_ctx;

  if (--self->handles > 0)
    return;
  pyr__free(self->base.env->memory, self);
  closed(ctx);
}

static void close_file(struct pyr__discoverer *discoverer,
                       void (*cb)(void *ctx), void *ctx) {
  struct file_discoverer *self = self_of(discoverer);
  self->closed = cb;
  self->closed_ctx = ctx;
  pyr__file_look_release(&self->look);
  pyr__dir_watch_close(&self->watch, on_closed);
  uv_close((uv_handle_t *)&self->timer, on_closed);
  uv_close((uv_handle_t *)&self->turn, on_closed);
}

static const struct pyr__discoverer_type file_type = {"file", close_file};

int pyr__file_discoverer_new(struct pyr__discoverer **out,
                             const struct pyr__file_sd_config *config,
                             const struct pyr__discovery_env *env,
                             const struct pyr__discovery_sink *sink,
                             pyr_error_t *err) {
  struct file_discoverer *self =
      pyr__calloc(env->memory, PYR__MEM_DISCOVERY_GROUPS, 1, sizeof(*self));
  pyr_error_t why;

  if (self == NULL)
    return pyr__error_nomem(err);
  self->config = config;
  pyr__discoverer_init(&self->base, &file_type, env, sink);
  if (pyr__file_look_init(&self->look, &self->base, config) != 0) {
    pyr__free(env->memory, self);
    return pyr__error_nomem(err);
  }
  uv_timer_init(env->loop, &self->timer);
  uv_idle_init(env->loop, &self->turn);
  self->timer.data = self->turn.data = self;
  self->handles = 2;
  if (pyr__dir_watch_init(&self->watch, env->loop, env->memory, on_changed,
                          self, &why) != 0)
    pyr__discoverer_failed(&self->base, &why);
  else
    self->handles++;
  self->watch.poll.data = self;
  uv_timer_start(&self->timer, on_time, 0, 0);
  *out = &self->base;
  return 0;
}
