/* The files that are left (Landlock). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/sandbox.h"

/* Of kernels that are newer than the headers of Debian 12. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITE_RIGHTS                                                           \
  (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |             \
   LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |             \
   LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                 \
   LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |               \
   LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* What libraries read by themselves, and where files that nobody names stand:
 * names and their servers, certificates, programs with their symbols, this
 * process' own accounts, and what a pod is given. */
static const char *const system_directories[] = {
    "/etc",
    "/usr",
    "/lib",
    "/lib64",
    "/proc/self",
    "/run/systemd/resolve",
    "/run/secrets/kubernetes.io",
    "/var/run/secrets/kubernetes.io"};
static const char *const variables[] = {"SSL_CERT_FILE"};

/* The rules while they are made. */
struct rules {
  int fd;
  uint64_t handled; /* rights that are taken away where no rule gives them */
  int failed;       /* errno of the first rule that could not be made */
};

int pyr__sandbox_landlock_abi(void) {
  long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
                     LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : (int)abi;
}

/* What is not there needs no rule. */
static void allow_directory(struct rules *rules, const char *path,
                            uint64_t rights) {
  struct landlock_path_beneath_attr rule = {
      .allowed_access = rights & rules->handled,
      .parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (rule.allowed_access != 0 && rule.parent_fd >= 0 &&
      syscall(SYS_landlock_add_rule, rules->fd, LANDLOCK_RULE_PATH_BENEATH,
              &rule, 0) != 0 &&
      rules->failed == 0)
    rules->failed = errno;
  if (rule.parent_fd >= 0)
    close(rule.parent_fd);
}

/* Cuts the last part of a path; false where that leaves nothing but "/". */
static bool go_up(char *path) {
  char *slash = strrchr(path, '/');
  if (slash == NULL || slash == path)
    return false;
  *slash = '\0';
  return true;
}

/* The directory in which a file is, or will be: it may be replaced, and the
 * directory itself may not be there yet. */
static void allow_beside(struct rules *rules, const char *file) {
  char path[PATH_MAX];
  snprintf(path, sizeof(path), "%s%s", file[0] == '/' ? "" : "./", file);
  while (go_up(path))
    if (access(path, F_OK) == 0) {
      allow_directory(rules, path, READ_RIGHTS);
      return;
    }
}

/* That of a link, and that which it leads to. */
static void allow_file(struct rules *rules, const char *file) {
  char *real = realpath(file, NULL);
  allow_beside(rules, file);
  if (real != NULL)
    allow_beside(rules, real);
  free(real);
}

static void on_path(void *ctx, const char *path, int kind) {
  if (kind == PYR_PATH_READ)
    allow_file(ctx, path);
}

static void on_storage(void *ctx, const char *path, int kind) {
  if (kind == PYR_PATH_STORAGE)
    allow_directory(ctx, path,
                    READ_RIGHTS | WRITE_RIGHTS | LANDLOCK_ACCESS_FS_TRUNCATE |
                        LANDLOCK_ACCESS_FS_REFER);
}

static void allow_reading(struct rules *rules,
                          const struct pyr__sandbox_paths *paths) {
  size_t i;

  for (i = 0; i < sizeof(system_directories) / sizeof(*system_directories); i++)
    allow_directory(rules, system_directories[i], READ_RIGHTS);
  for (i = 0; i < sizeof(variables) / sizeof(*variables); i++)
    if (getenv(variables[i]) != NULL)
      allow_file(rules, getenv(variables[i]));
  allow_file(rules, "/proc/self/exe"); /* symbols, for its own profile */
  pyr_config_each_path(paths->config, on_path, rules);
  if (paths->config_path != NULL)
    allow_file(rules, paths->config_path);
}

static void allow_paths(struct rules *rules,
                        const struct pyr__sandbox_paths *paths) {
  if (paths->storage == NULL)
    pyr_config_each_path(paths->config, on_storage, rules);
  else if (paths->storage[0] != '\0')
    on_storage(rules, paths->storage, PYR_PATH_STORAGE);
  allow_reading(rules, paths);
}

/* Rights that came with a later version are unknown to an earlier one. */
static uint64_t handled_rights(const struct pyr__sandbox *sandbox) {
  uint64_t rights = WRITE_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE;
  if (sandbox->mode == PYR__SANDBOX_ON)
    rights |= READ_RIGHTS;
  if (sandbox->landlock_abi >= 2)
    rights |= LANDLOCK_ACCESS_FS_REFER;
  if (sandbox->landlock_abi >= 3)
    rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
  return rights;
}

static int fail(int number, pyr_error_t *err) {
  return pyr__error_errno(err, number, "sandbox: Landlock");
}

int pyr__sandbox_limit_files(const struct pyr__sandbox *sandbox,
                             const struct pyr__sandbox_paths *paths,
                             pyr_error_t *err) {
  const struct landlock_ruleset_attr attr = {.handled_access_fs =
                                                 handled_rights(sandbox)};
  struct rules rules = {.handled = attr.handled_access_fs};
  int rc = 0;

  rules.fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
  if (rules.fd < 0)
    return fail(errno, err);
  allow_paths(&rules, paths);
  if (rules.failed != 0)
    rc = fail(rules.failed, err);
  else if (syscall(SYS_landlock_restrict_self, rules.fd, 0) != 0)
    rc = fail(errno, err);
  close(rules.fd);
  return rc;
}
