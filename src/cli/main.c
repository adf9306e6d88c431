/* The program: which command is meant. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"

static const char help[] =
    "pyrite scrapes continuous profiles and keeps them on this host's disk.\n"
    "\n"
    "  pyrite run      scrape, as a configuration says; without one, itself\n"
    "  pyrite check    say whether a configuration is right, and what it asks\n"
    "  pyrite targets  show the targets of a running pyrite\n"
    "  pyrite query    read stored profiles: top, folded, pprof, series, ...\n"
    "\n"
    "  pyrite COMMAND --help\n"
    "  pyrite --version\n"
    "\n"
    "Exit status: 0 good, 1 failure, 2 wrong use.\n";

static const struct {
  const char *name;
  int (*run)(int argc, char **argv);
} commands[] = {{"run", pyr__cmd_run},
                {"check", pyr__cmd_check},
                {"targets", pyr__cmd_targets},
                {"query", pyr__cmd_query}};

static int print_version(void) {
  char text[64];
  snprintf(text, sizeof(text), "pyrite %s\n", pyr_version());
  return pyr__cli_print("--version", text);
}

static int wrong_use(const char *what, const char *word) {
  fprintf(stderr, "pyrite: %s%s\nTry \"pyrite --help\".\n", what, word);
  return PYR__EXIT_USAGE;
}

int main(int argc, char **argv) {
  size_t i;

  /* A closed pipe is a failed write, with a text, and not a silent death. */
  signal(SIGPIPE, SIG_IGN);
  if (argc < 2)
    return wrong_use("which command? run, check, targets or query", "");
  if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
      strcmp(argv[1], "help") == 0)
    return pyr__cli_print("--help", help);
  if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0)
    return print_version();
  for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    if (strcmp(argv[1], commands[i].name) == 0)
      return commands[i].run(argc - 1, argv + 1);
  return wrong_use(argv[1][0] == '-' ? "unknown option: " : "unknown command: ",
                   argv[1]);
}
