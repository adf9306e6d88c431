/* Tells when a configuration says something else, in its file or in those that
 * it includes: by inotify, and by looking now and then where that does not see
 * it (another file system, a bind mount). */
#ifndef PYR__CLI_AUTO_RELOAD_H
#define PYR__CLI_AUTO_RELOAD_H

#include <uv.h>

#include "pyrite.h"

struct pyr__auto_reload;

struct pyr__auto_reload_options {
  uv_loop_t *loop;
  const char *path; /* outlives it */
  int expand_env;   /* as the configuration is loaded */
  void (*changed)(void *ctx);
  void *ctx;
};

/* A file that cannot be read just now has not changed. */
int pyr__auto_reload_start(struct pyr__auto_reload **out,
                           const struct pyr__auto_reload_options *options,
                           pyr_error_t *err);
void pyr__auto_reload_close(struct pyr__auto_reload *watch); /* NULL: allowed */

#endif
