#include "cli/auto_reload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"

enum {
  SETTLE_MS = 200, /* editors write in several steps */
  LOOK_MS = 30 * 1000
};

struct pyr__auto_reload {
  uv_fs_event_t event; /* of the directory: files are replaced, not written */
  uv_timer_t timer;
  const char *path;
  uint64_t hash; /* of the text when it was told of last */
  void (*changed)(void *ctx);
  void *ctx;
  unsigned handles;
};

/* 0, or -1 where it cannot be read. */
static int hash_file(const char *path, uint64_t *out) {
  char text[4096];
  uint64_t hash = 0;
  size_t len;
  int rc;
  FILE *file = fopen(path, "rbe");

  if (file == NULL)
    return -1;
  while ((len = fread(text, 1, sizeof(text), file)) > 0)
    hash = pyr__hash(hash, text, len);
  rc = ferror(file) ? -1 : 0;
  fclose(file);
  *out = hash;
  return rc;
}

static void on_timer(uv_timer_t *timer) {
  struct pyr__auto_reload *watch = timer->data;
  uint64_t hash;

  uv_timer_start(timer, on_timer, LOOK_MS, 0);
  if (hash_file(watch->path, &hash) != 0 || hash == watch->hash)
    return;
  watch->hash = hash;
  watch->changed(watch->ctx);
}

static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status) {
  struct pyr__auto_reload *watch = event->data;
  (void)name;
  (void)events;
  (void)status;
  uv_timer_start(&watch->timer, on_timer, SETTLE_MS, 0);
}

static void on_closed(uv_handle_t *handle) {
  struct pyr__auto_reload *watch = handle->data;
  if (--watch->handles == 0)
    free(watch);
}

void pyr__auto_reload_close(struct pyr__auto_reload *watch) {
  if (watch == NULL)
    return;
  uv_close((uv_handle_t *)&watch->event, on_closed);
  uv_close((uv_handle_t *)&watch->timer, on_closed);
}

/* Where inotify has no watch left, looking now and then is enough. */
static void watch_directory(struct pyr__auto_reload *watch) {
  char directory[PATH_MAX];
  const char *slash = strrchr(watch->path, '/');
  snprintf(directory, sizeof(directory), "%.*s",
           slash == NULL ? 1 : (int)(slash - watch->path + 1),
           slash == NULL ? "." : watch->path);
  (void)uv_fs_event_start(&watch->event, on_event, directory, 0);
}

int pyr__auto_reload_start(struct pyr__auto_reload **out, uv_loop_t *loop,
                           const char *path, void (*changed)(void *ctx),
                           void *ctx, pyr_error_t *err) {
  struct pyr__auto_reload *watch = calloc(1, sizeof(*watch));

  if (watch == NULL)
    return pyr__error_nomem(err);
  watch->path = path;
  watch->changed = changed;
  watch->ctx = ctx;
  watch->handles = 2;
  (void)hash_file(path, &watch->hash);
  uv_fs_event_init(loop, &watch->event);
  uv_timer_init(loop, &watch->timer);
  watch->event.data = watch->timer.data = watch;
  watch_directory(watch);
  uv_timer_start(&watch->timer, on_timer, LOOK_MS, 0);
  *out = watch;
  return 0;
}
