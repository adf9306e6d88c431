/* The parts of pyrite check.  They return exit codes where nothing else is
 * said. */
#ifndef PYR__CLI_CHECK_H
#define PYR__CLI_CHECK_H

#include "cli/args.h"

/* NULL: it is wrong, which was said. */
pyr_config_t *pyr__check_load(const char *path, int expand_env);
/* Whether a scraper starts with it: what is wrong with a proxy's URL, say,
 * shows only then.  A PYR__ code. */
int pyr__check_start(pyr_config_t *config, pyr_error_t *err);
/* Runs the discovery of a file for a time, and shows what it found. */
int pyr__check_discover(const char *path, int expand_env, int64_t limit_ns);
/* Shows what each rule of a job makes of `text`, a="b",c="d". */
int pyr__check_labels(const char *path, int expand_env, const char *job,
                      const char *text);

#endif
