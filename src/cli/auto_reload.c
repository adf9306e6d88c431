#include "cli/auto_reload.h"

#include <glob.h>
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

struct directory {     /* files are replaced, not written */
  uv_fs_event_t event; /* its `data` is the directory */
  struct pyr__auto_reload *watch;
  struct directory *next;
  int is_wanted; /* by the look that goes on */
  char path[];
};

struct pyr__auto_reload {
  struct pyr__auto_reload_options options;
  uv_timer_t timer;
  struct directory *directories;
  uint64_t hash; /* of all texts when it was told of last */
  unsigned handles;
};

/* ---- directories -------------------------------------------------------- */

static void free_if_last(struct pyr__auto_reload *watch) {
  if (--watch->handles == 0)
    free(watch);
}

static void on_directory_closed(uv_handle_t *handle) {
  struct directory *directory = handle->data;
  free_if_last(directory->watch);
  free(directory);
}

static void on_timer(uv_timer_t *timer);

static void on_event(uv_fs_event_t *event, const char *name, int events,
                     int status) {
  const struct directory *directory = event->data;
  (void)name;
  (void)events;
  (void)status;
  uv_timer_start(&directory->watch->timer, on_timer, SETTLE_MS, 0);
}

static struct directory *add_directory(struct pyr__auto_reload *watch,
                                       const char *path) {
  size_t size = strlen(path) + 1;
  struct directory *directory = calloc(1, sizeof(*directory) + size);

  if (directory == NULL)
    return NULL;
  memcpy(directory->path, path, size);
  directory->watch = watch;
  directory->next = watch->directories;
  watch->directories = directory;
  watch->handles++;
  uv_fs_event_init(watch->options.loop, &directory->event);
  directory->event.data = directory;
  return directory;
}

/* Watches the directory of a file, anew, since it may be another one now.
 * Where there is none, or no watch is left, looking now and then is enough. */
static void want_directory(struct pyr__auto_reload *watch, const char *file) {
  struct directory *directory = watch->directories;
  const char *slash = strrchr(file, '/');
  char path[PATH_MAX];

  snprintf(path, sizeof(path), "%.*s",
           slash == NULL ? 1 : (int)(slash - file + 1),
           slash == NULL ? "." : file);
  while (directory != NULL && strcmp(directory->path, path) != 0)
    directory = directory->next;
  if (directory == NULL)
    directory = add_directory(watch, path);
  if (directory == NULL || directory->is_wanted)
    return;
  directory->is_wanted = 1;
  uv_fs_event_stop(&directory->event);
  (void)uv_fs_event_start(&directory->event, on_event, path, 0);
}

static void close_unwanted(struct pyr__auto_reload *watch) {
  struct directory **at = &watch->directories;
  while (*at != NULL) {
    struct directory *directory = *at;
    if (directory->is_wanted) {
      directory->is_wanted = 0;
      at = &directory->next;
    } else {
      *at = directory->next;
      uv_close((uv_handle_t *)&directory->event, on_directory_closed);
    }
  }
}

/* ---- a look ------------------------------------------------------------- */

struct look {
  struct pyr__auto_reload *watch;
  uint64_t hash;
};

/* 0, or -1 where it cannot be read. */
static int hash_file(const char *path, uint64_t *hash) {
  char text[4096];
  size_t len;
  int rc;
  FILE *file = fopen(path, "rbe");

  if (file == NULL)
    return -1;
  while ((len = fread(text, 1, sizeof(text), file)) > 0)
    *hash = pyr__hash(*hash, text, len);
  rc = ferror(file) ? -1 : 0;
  fclose(file);
  return rc;
}

/* Those that match, by name and text. */
static void look_at_pattern(void *ctx, const char *pattern) {
  struct look *look = ctx;
  glob_t found;
  size_t i;

  want_directory(look->watch, pattern);
  if (glob(pattern, GLOB_PERIOD, NULL, &found) == 0)
    for (i = 0; i < found.gl_pathc; i++) {
      const char *path = found.gl_pathv[i];
      look->hash = pyr__hash(look->hash, path, strlen(path) + 1);
      (void)hash_file(path, &look->hash);
    }
  globfree(&found);
}

/* The hash of all there is, or -1 where the main file cannot be read. */
static int look_at_all(struct pyr__auto_reload *watch, uint64_t *out) {
  const struct pyr__auto_reload_options *options = &watch->options;
  const pyr_config_options_t config = {.size = sizeof(config),
                                       .expand_env = options->expand_env};
  struct look look = {.watch = watch, .hash = 0};
  int rc;

  want_directory(watch, options->path);
  rc = hash_file(options->path, &look.hash);
  if (rc == 0)
    (void)pyr_config_each_include(options->path, &config, look_at_pattern,
                                  &look, NULL);
  close_unwanted(watch);
  *out = look.hash;
  return rc;
}

static void on_timer(uv_timer_t *timer) {
  struct pyr__auto_reload *watch = timer->data;
  uint64_t hash;

  uv_timer_start(timer, on_timer, LOOK_MS, 0);
  if (look_at_all(watch, &hash) != 0 || hash == watch->hash)
    return;
  watch->hash = hash;
  watch->options.changed(watch->options.ctx);
}

/* ---- its life ----------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle) {
  free_if_last(handle->data);
}

void pyr__auto_reload_close(struct pyr__auto_reload *watch) {
  if (watch == NULL)
    return;
  close_unwanted(watch); /* nobody wants any between two looks */
  uv_close((uv_handle_t *)&watch->timer, on_timer_closed);
}

int pyr__auto_reload_start(struct pyr__auto_reload **out,
                           const struct pyr__auto_reload_options *options,
                           pyr_error_t *err) {
  struct pyr__auto_reload *watch = calloc(1, sizeof(*watch));

  if (watch == NULL)
    return pyr__error_nomem(err);
  watch->options = *options;
  watch->handles = 1;
  uv_timer_init(options->loop, &watch->timer);
  watch->timer.data = watch;
  (void)look_at_all(watch, &watch->hash);
  uv_timer_start(&watch->timer, on_timer, LOOK_MS, 0);
  *out = watch;
  return 0;
}
