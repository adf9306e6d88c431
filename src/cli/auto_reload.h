/* Tells when a file says something else: by inotify, and by looking now and
 * then where that does not see it (another file system, a bind mount). */
#ifndef PYR__CLI_AUTO_RELOAD_H
#define PYR__CLI_AUTO_RELOAD_H

#include <uv.h>

#include "pyrite.h"

struct pyr__auto_reload;

/* `path` outlives it.  A file that cannot be read just now has not changed. */
int pyr__auto_reload_start(struct pyr__auto_reload **out, uv_loop_t *loop,
                           const char *path, void (*changed)(void *ctx),
                           void *ctx, pyr_error_t *err);
void pyr__auto_reload_close(struct pyr__auto_reload *watch); /* NULL: allowed */

#endif
