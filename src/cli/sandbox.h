/* What this process gives up once it has started, so that whoever took it over
 * could not do more with it than it does itself: new privileges (prctl), calls
 * of the kernel that it does not need (seccomp), and files that are not its own
 * (Landlock). */
#ifndef PYR__CLI_SANDBOX_H
#define PYR__CLI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "pyrite.h"

enum pyr__sandbox_mode {
  PYR__SANDBOX_OFF,
  /* What the kernel has; all that a configuration may name stays readable. */
  PYR__SANDBOX_AUTO,
  /* All of it, or an error; only what the configuration names, and what the
   * system's libraries need, can be read. */
  PYR__SANDBOX_ON
};

#define PYR__SANDBOX_TEXT 64

struct pyr__sandbox {
  enum pyr__sandbox_mode mode;
  bool has_seccomp;
  int landlock_abi; /* 0: none */
  /* "no-new-privs seccomp landlock-writes", "off": what will hold. */
  char text[PYR__SANDBOX_TEXT];
};

/* Asks the kernel what it has, and changes nothing.  PYR_EUSAGE where a mode
 * that wants all of it cannot have it; the rest of `out` is right even then. */
int pyr__sandbox_probe(struct pyr__sandbox *out, enum pyr__sandbox_mode mode,
                       pyr_error_t *err);

/* Before there is a loop: newer libuvs make a ring of io_uring for one, through
 * which the kernel does what a filter refuses to the process, and abort where a
 * ring that they have is refused.  Without one they use epoll alone. */
int pyr__sandbox_prepare(const struct pyr__sandbox *sandbox, pyr_error_t *err);

/* What the process may go on to use. */
struct pyr__sandbox_paths {
  const pyr_config_t *config;
  const char *config_path; /* NULL: none */
  const char *storage;     /* instead of the configuration's; NULL: that;
                              "": nothing is stored */
};

/* For good, for this process, its storage directory being there. */
int pyr__sandbox_enter(const struct pyr__sandbox *sandbox,
                       const struct pyr__sandbox_paths *paths,
                       pyr_error_t *err);

/* sandbox_calls.c: allows the calls that a running scraper makes, and no
 * others: they fail as those that a kernel does not have, for which libraries
 * know other ways. */
int pyr__sandbox_limit_calls(pyr_error_t *err);
int pyr__sandbox_limit_rings(pyr_error_t *err);

/* sandbox_files.c */
int pyr__sandbox_landlock_abi(void);
int pyr__sandbox_limit_files(const struct pyr__sandbox *sandbox,
                             const struct pyr__sandbox_paths *paths,
                             pyr_error_t *err);

#endif
