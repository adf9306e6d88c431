#include "cli/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int pyr__cli_usage(const char *command, const char *format, ...) {
  va_list args;
  fprintf(stderr, "pyrite %s: ", command);
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fprintf(stderr, "\nTry \"pyrite %s --help\".\n", command);
  return PYR__EXIT_USAGE;
}

int pyr__cli_failure(const char *command, const pyr_error_t *err) {
  fprintf(stderr, "pyrite %s: %s\n", command, err->text);
  return PYR__EXIT_FAILURE;
}

int pyr__cli_option(const char *command, int argc, char **argv,
                    const char *letters, const struct option *options) {
  char wanted[16];
  int rc;
  opterr = 0;
  /* The colon makes a missing value tell itself from a wrong option. */
  snprintf(wanted, sizeof(wanted), ":h%s", letters);
  rc = getopt_long(argc, argv, wanted, options, NULL);
  if (rc == ':')
    pyr__cli_usage(command, "%s needs a value", argv[optind - 1]);
  else if (rc == '?' && optopt > 0 && optopt < 256 && optopt != PYR__CLI_HELP)
    pyr__cli_usage(command, "unknown option: -%c", optopt);
  else if (rc == '?' && optopt != 0)
    pyr__cli_usage(command, "%s: a value does not belong here",
                   argv[optind - 1]);
  else if (rc == '?')
    pyr__cli_usage(command, "unknown option: %s", argv[optind - 1]);
  return rc == ':' ? '?' : rc;
}

int pyr__cli_close_stdout(const char *command) {
  int failed = ferror(stdout);
  /* A full disk shows at the last flush, or not before the close. */
  if (fflush(stdout) == 0 && !failed)
    return PYR__EXIT_OK;
  fprintf(stderr, "pyrite %s: cannot write the output: %s\n", command,
          errno != 0 ? strerror(errno) : "unknown error");
  return PYR__EXIT_FAILURE;
}

int pyr__cli_print(const char *command, const char *text) {
  fputs(text, stdout);
  return pyr__cli_close_stdout(command);
}
