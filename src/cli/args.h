/* What the commands share: exit codes, errors, getopt_long, output. */
#ifndef PYR__CLI_ARGS_H
#define PYR__CLI_ARGS_H

#include <getopt.h>

#include "pyrite.h"

enum { PYR__EXIT_OK = 0, PYR__EXIT_FAILURE = 1, PYR__EXIT_USAGE = 2 };

/* What pyr__cli_option gives for -h and, by this row, for --help. */
enum { PYR__CLI_HELP = 'h' };
#define PYR__CLI_HELP_ROW                                                      \
  { "help", no_argument, NULL, PYR__CLI_HELP }

int pyr__cmd_run(int argc, char **argv);
int pyr__cmd_check(int argc, char **argv);
int pyr__cmd_targets(int argc, char **argv);
int pyr__cmd_query(int argc, char **argv);

/* Says "pyrite COMMAND: text" and where help is; PYR__EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int
pyr__cli_usage(const char *command, const char *format, ...);
/* Says "pyrite COMMAND: text of the error"; PYR__EXIT_FAILURE. */
int pyr__cli_failure(const char *command, const pyr_error_t *err);
/* getopt_long with errors of ours; `letters` are the short options ("o:")
 * besides -h.  The option's val, -1 at the end, or '?' when the error has been
 * said and the command must return PYR__EXIT_USAGE. */
int pyr__cli_option(const char *command, int argc, char **argv,
                    const char *letters, const struct option *options);
/* Prints help or a version; a full disk or a closed pipe is a failure. */
int pyr__cli_print(const char *command, const char *text);
/* Whether everything written to stdout arrived; says so where not. */
int pyr__cli_close_stdout(const char *command);

#endif
