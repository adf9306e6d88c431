#include "discovery/dir_watch.h"

#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/list.h"

enum { FIRST_CAPACITY = 8, LINKS_MAX = 8, EVENT_BYTES = 4096 };

/* A file is of interest when its writer has closed it, not at every write. */
#define EVENTS                                                                 \
  (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |      \
   IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

static void on_readable(uv_poll_t *poll, int status, int events) {
  struct pyr__dir_watch *watch =
      pyr__container_of(poll, struct pyr__dir_watch, poll);
  _Alignas(struct inotify_event) char bytes[EVENT_BYTES];
  bool is_changed = status != 0;
  ssize_t len;

  (void)events;
  while ((len = read(watch->fd, bytes, sizeof(bytes))) > 0) {
    const char *at = bytes;
    while (at < bytes + len) {
      const struct inotify_event *event = (const struct inotify_event *)at;
      is_changed |= (event->mask & ~(uint32_t)IN_IGNORED) != 0;
      at += sizeof(*event) + event->len;
    }
  }
  if (status != 0)
    uv_poll_stop(poll);
  if (is_changed)
    watch->changed(watch->ctx);
}

int pyr__dir_watch_init(struct pyr__dir_watch *watch, uv_loop_t *loop,
                        struct pyr__memory *memory, void (*changed)(void *ctx),
                        void *ctx, pyr_error_t *err) {
  int rc;
  memset(watch, 0, sizeof(*watch));
  watch->memory = memory;
  watch->changed = changed;
  watch->ctx = ctx;
  watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch->fd < 0)
    return pyr__error_errno(err, errno, "inotify");
  rc = uv_poll_init(loop, &watch->poll, watch->fd);
  if (rc != 0) {
    close(watch->fd);
    watch->fd = -1;
    return pyr__error(err, rc, "inotify: %s", uv_strerror(rc));
  }
  uv_poll_start(&watch->poll, UV_READABLE, on_readable);
  return 0;
}

bool pyr__dir_watch_close(struct pyr__dir_watch *watch, uv_close_cb cb) {
  pyr__free(watch->memory, watch->wanted);
  pyr__free(watch->memory, watch->watched);
  watch->wanted = watch->watched = NULL;
  if (watch->fd < 0)
    return false;
  uv_poll_stop(&watch->poll);
  close(watch->fd);
  watch->fd = -1;
  uv_close((uv_handle_t *)&watch->poll, cb);
  return true;
}

void pyr__dir_watch_begin(struct pyr__dir_watch *watch) {
  int *last = watch->watched;
  size_t capacity = watch->watched_capacity;
  watch->watched = watch->wanted;
  watch->watched_count = watch->wanted_count;
  watch->watched_capacity = watch->wanted_capacity;
  watch->wanted = last;
  watch->wanted_count = 0;
  watch->wanted_capacity = capacity;
}

static bool holds(const int *items, size_t count, int wd) {
  size_t i;
  for (i = 0; i < count; i++)
    if (items[i] == wd)
      return true;
  return false;
}

void pyr__dir_watch_end(struct pyr__dir_watch *watch) {
  size_t i;
  for (i = 0; i < watch->watched_count; i++)
    if (!holds(watch->wanted, watch->wanted_count, watch->watched[i]))
      /* It may have gone with its directory. */
      (void)inotify_rm_watch(watch->fd, watch->watched[i]);
}

static int note(struct pyr__dir_watch *watch, int wd, pyr_error_t *err) {
  size_t capacity =
      watch->wanted_capacity == 0 ? FIRST_CAPACITY : watch->wanted_capacity * 2;
  int *wanted;

  if (holds(watch->wanted, watch->wanted_count, wd))
    return 0;
  if (watch->wanted_count == watch->wanted_capacity) {
    wanted = pyr__realloc(watch->memory, PYR__MEM_DISCOVERY_GROUPS,
                          watch->wanted, capacity, sizeof(*wanted));
    if (wanted == NULL)
      return pyr__error_nomem(err);
    watch->wanted = wanted;
    watch->wanted_capacity = capacity;
  }
  watch->wanted[watch->wanted_count++] = wd;
  return 0;
}

/* One that is not there is no error. */
static int watch_one(struct pyr__dir_watch *watch, const char *dir,
                     pyr_error_t *err) {
  int wd;
  if (watch->fd < 0)
    return 0;
  wd = inotify_add_watch(watch->fd, dir, EVENTS);
  if (wd >= 0)
    return note(watch, wd, err);
  if (errno == ENOENT || errno == ENOTDIR)
    return 0;
  if (errno == ENOSPC)
    return pyr__error(err, -ENOSPC,
                      "%s: no more inotify watches; raise "
                      "fs.inotify.max_user_watches",
                      dir);
  return pyr__error_errno(err, errno, dir);
}

struct path {
  char text[PATH_MAX];
  size_t len;
};

static bool set_path(struct path *path, const char *text, size_t len) {
  if (len >= sizeof(path->text))
    return false;
  memcpy(path->text, text, len);
  path->text[len] = '\0';
  path->len = len;
  return true;
}

/* The directory that the last part of `path` is in. */
static void parent_of(const struct path *path, struct path *out) {
  size_t len = path->len;
  while (len > 0 && path->text[len - 1] == '/')
    len--;
  while (len > 0 && path->text[len - 1] != '/')
    len--;
  if (len == 0)
    set_path(out, ".", 1);
  else
    set_path(out, path->text, len);
}

static int walk(struct pyr__dir_watch *watch, const struct path *path,
                unsigned *links, pyr_error_t *err);

/* A link may be swapped for another, which is seen where it is; and so may
 * those that it leads through. */
static int follow(struct pyr__dir_watch *watch, const struct path *link,
                  const struct path *parent, unsigned *links,
                  pyr_error_t *err) {
  struct path target = *parent;
  char text[PATH_MAX];
  ssize_t len = readlink(link->text, text, sizeof(text));

  if (len <= 0 || *links == LINKS_MAX)
    return 0;
  ++*links;
  if (text[0] == '/')
    target.len = 0;
  else if (target.text[target.len - 1] != '/')
    target.text[target.len++] = '/';
  if (target.len + (size_t)len >= sizeof(target.text))
    return 0;
  memcpy(target.text + target.len, text, (size_t)len);
  target.len += (size_t)len;
  target.text[target.len] = '\0';
  return walk(watch, &target, links, err);
}

/* 1: it is there; 0: it is not, and who would see it come is watched. */
static int look_at(struct pyr__dir_watch *watch, const struct path *part,
                   unsigned *links, pyr_error_t *err) {
  struct path parent;
  struct stat info;
  int rc;

  parent_of(part, &parent);
  if (lstat(part->text, &info) != 0) {
    rc = watch_one(watch, parent.text, err);
    /* It may have come in between. */
    if (rc != 0 || lstat(part->text, &info) != 0)
      return rc;
  }
  if (!S_ISLNK(info.st_mode))
    return 1;
  rc = watch_one(watch, parent.text, err);
  if (rc == 0)
    rc = follow(watch, part, &parent, links, err);
  return rc == 0 ? 1 : rc;
}

static int walk(struct pyr__dir_watch *watch, const struct path *path,
                unsigned *links, pyr_error_t *err) {
  struct path part;
  size_t at = 0;
  int rc;

  while (at < path->len) {
    while (at < path->len && path->text[at] == '/')
      at++;
    while (at < path->len && path->text[at] != '/')
      at++;
    set_path(&part, path->text, at);
    rc = look_at(watch, &part, links, err);
    if (rc <= 0)
      return rc;
  }
  return watch_one(watch, path->text, err);
}

int pyr__dir_watch_add(struct pyr__dir_watch *watch, const char *path,
                       pyr_error_t *err) {
  unsigned links = 0;
  struct path whole;
  if (!set_path(&whole, path, strlen(path)))
    return pyr__error(err, -ENAMETOOLONG, "%s: the path is too long", path);
  return walk(watch, &whole, &links, err);
}
