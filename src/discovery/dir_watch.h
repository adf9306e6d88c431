/* Says when something may have changed in some directories, be they there or
 * not, by inotify.  What has changed is for the caller to find out; so lost and
 * superfluous events do no harm. */
#ifndef PYR__DISCOVERY_DIR_WATCH_H
#define PYR__DISCOVERY_DIR_WATCH_H

#include <stdbool.h>

#include <uv.h>

#include "base/memory.h"

struct pyr__dir_watch {
  uv_poll_t poll; /* `data` is the owner's */
  struct pyr__memory *memory;
  void (*changed)(void *ctx);
  void *ctx;
  int fd;      /* -1: there is none, and nothing is said */
  int *wanted; /* watch descriptors of the present round */
  size_t wanted_count, wanted_capacity;
  int *watched; /* and those of the one before */
  size_t watched_count, watched_capacity;
};

/* Where there can be no inotify, says why, and the handle is no less there. */
int pyr__dir_watch_init(struct pyr__dir_watch *watch, uv_loop_t *loop,
                        struct pyr__memory *memory, void (*changed)(void *ctx),
                        void *ctx, pyr_error_t *err);
/* The directories, anew: between begin and end each is added.  To be done
 * before they are read, every time, since one may have been replaced.  Returns
 * 0, or why one is not watched. */
void pyr__dir_watch_begin(struct pyr__dir_watch *watch);
int pyr__dir_watch_add(struct pyr__dir_watch *watch, const char *path,
                       pyr_error_t *err);
void pyr__dir_watch_end(struct pyr__dir_watch *watch);
/* Nothing is said any more; `cb` has the memory back.  False: there is no
 * handle to wait for, and it is not called. */
bool pyr__dir_watch_close(struct pyr__dir_watch *watch, uv_close_cb cb);

#endif
