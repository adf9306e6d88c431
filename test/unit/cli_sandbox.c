/* What a process that has entered the sandbox can do: each attempt is made by
 * a child, as nobody leaves a sandbox. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/sandbox.h"

/* named/ holds a configuration and what it names, store/ is its storage, other/
 * belongs to nobody. */
struct fixture {
  char folder[64];
  pyr_config_t *config;
  char config_path[96], storage[96], certificate[96], outside[96];
};

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void make_directory(struct fixture *f, const char *name) {
  char path[96];
  snprintf(path, sizeof(path), "%s/%s", f->folder, name);
  assert_int_equal(mkdir(path, 0700), 0);
}

static int setup(void **state) {
  struct fixture *f = calloc(1, sizeof(*f));
  pyr_config_options_t options = {.size = sizeof(options)};
  pyr_error_t err;

  strcpy(f->folder, "/tmp/pyrite-sandbox-XXXXXX");
  assert_non_null(mkdtemp(f->folder));
  make_directory(f, "named");
  make_directory(f, "store");
  make_directory(f, "other");
  snprintf(f->config_path, sizeof(f->config_path), "%s/named/pyrite.yml",
           f->folder);
  snprintf(f->certificate, sizeof(f->certificate), "%s/named/tls/ca.pem",
           f->folder);
  snprintf(f->storage, sizeof(f->storage), "%s/store", f->folder);
  snprintf(f->outside, sizeof(f->outside), "%s/other/secret", f->folder);
  make_directory(f, "named/tls");
  write_file(f->certificate, "a certificate\n");
  write_file(f->outside, "a secret\n");
  write_file(f->config_path,
             "storage: {path: store}\n"
             "scrape-configs:\n"
             "  - job-name: a\n"
             "    tls-config: {ca-file: tls/ca.pem}\n"
             "    static-configs:\n"
             "      - {application: a, targets: ['127.0.0.1:1']}\n");
  assert_int_equal(pyr_config_load(&f->config, f->config_path, &options, &err),
                   0);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  struct fixture *f = *state;
  char command[96];
  snprintf(command, sizeof(command), "rm -r %s", f->folder);
  pyr_config_unref(f->config);
  assert_int_equal(system(command), 0);
  free(f);
  return 0;
}

/* 0, or the errno of what failed. */
typedef int (*attempt_cb)(const struct fixture *f);

static int enter(const struct fixture *f, enum pyr__sandbox_mode mode) {
  struct pyr__sandbox sandbox;
  pyr_error_t err;
  const struct pyr__sandbox_paths paths = {.config = f->config,
                                           .config_path = f->config_path,
                                           .storage = f->storage};
  int rc = pyr__sandbox_probe(&sandbox, mode, &err);
  if (rc == 0)
    rc = pyr__sandbox_enter(&sandbox, &paths, &err);
  if (rc != 0)
    fprintf(stderr, "%s\n", err.text);
  return rc;
}

/* What a child in the sandbox comes to; 255 where it could not enter. */
static int attempt(struct fixture *f, enum pyr__sandbox_mode mode,
                   attempt_cb cb) {
  pid_t pid = fork();
  int status;
  assert_true(pid >= 0);
  if (pid == 0)
    _exit(enter(f, mode) != 0 ? 255 : cb(f));
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* The kernel may have no sandbox, and a build with sanitizers cannot be in one.
 */
static void skip_without_sandbox(void) {
  struct pyr__sandbox sandbox;
  pyr_error_t err;
  if (pyr__sandbox_probe(&sandbox, PYR__SANDBOX_ON, &err) == 0)
    return;
  print_message("skipped: %s\n", err.text);
  skip();
}

static int opening(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno;
  close(fd);
  return 0;
}

/* ---- attempts ----------------------------------------------------------- */

static int write_storage(const struct fixture *f) {
  char path[128], moved[128];
  snprintf(path, sizeof(path), "%s/1.seg", f->storage);
  snprintf(moved, sizeof(moved), "%s/2.seg", f->storage);
  if (opening(path, O_CREAT | O_EXCL | O_WRONLY) != 0 ||
      rename(path, moved) != 0 || opening(moved, O_WRONLY | O_TRUNC) != 0 ||
      unlink(moved) != 0)
    return errno;
  return 0;
}

static int write_outside(const struct fixture *f) {
  return opening(f->outside, O_WRONLY);
}

static int write_config(const struct fixture *f) {
  return opening(f->config_path, O_WRONLY);
}

static int read_outside(const struct fixture *f) {
  return opening(f->outside, O_RDONLY);
}

static int read_named(const struct fixture *f) {
  int rc = opening(f->config_path, O_RDONLY);
  return rc != 0 ? rc : opening(f->certificate, O_RDONLY);
}

/* A file that a configuration names may be replaced by another. */
static int read_hosts(const struct fixture *f) {
  (void)f;
  return opening("/etc/hosts", O_RDONLY);
}

static int run_program(const struct fixture *f) {
  char *arguments[] = {(char *)"/bin/true", NULL};
  (void)f;
  execv(arguments[0], arguments);
  return errno;
}

static int make_process(const struct fixture *f) {
  pid_t pid = fork();
  (void)f;
  if (pid == 0)
    _exit(0);
  return pid < 0 ? errno : 0;
}

static int make_code(const struct fixture *f) {
  void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  (void)f;
  if (memory != MAP_FAILED)
    return 0;
  memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                -1, 0);
  if (memory == MAP_FAILED)
    return 255;
  return mprotect(memory, 4096, PROT_READ | PROT_EXEC) == 0 ? 0 : errno;
}

static int use_raw_socket(const struct fixture *f) {
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  (void)f;
  return fd < 0 ? errno : 0;
}

static int use_connection(const struct fixture *f) {
  const struct sockaddr_in nobody = {.sin_family = AF_INET,
                                     .sin_port = htons(1),
                                     .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)f;
  if (fd < 0)
    return errno;
  return connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody)) == 0
             ? 0
             : errno;
}

static int listen_anew(const struct fixture *f) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  (void)f;
  return listen(fd, 1) == 0 ? 0 : errno;
}

static int signal_parent(const struct fixture *f) {
  (void)f;
  return kill(getppid(), 0) == 0 ? 0 : errno;
}

static int gain_privileges(const struct fixture *f) {
  char line[128];
  FILE *file = fopen("/proc/self/status", "r");
  int found = 255;
  (void)f;
  while (file != NULL && fgets(line, sizeof(line), file) != NULL)
    if (sscanf(line, "NoNewPrivs: %d", &found) == 1)
      break;
  return found;
}

static int abort_itself(const struct fixture *f) {
  (void)f;
  abort();
}

/* ---- tests -------------------------------------------------------------- */

static void test_what_is_taken_away_in_both_modes(void **state) {
  static const struct {
    attempt_cb cb;
    int expected;
  } attempts[] = {{write_storage, 0},       {write_outside, EACCES},
                  {write_config, EACCES},   {read_named, 0},
                  {read_hosts, 0},          {run_program, ENOSYS},
                  {make_process, ENOSYS},   {make_code, ENOSYS},
                  {use_raw_socket, ENOSYS}, {use_connection, ECONNREFUSED},
                  {listen_anew, ENOSYS},    {signal_parent, ENOSYS},
                  {gain_privileges, 1},     {abort_itself, 1000 + SIGABRT}};
  size_t i;
  skip_without_sandbox();
  for (i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
    assert_int_equal(attempt(*state, PYR__SANDBOX_AUTO, attempts[i].cb),
                     attempts[i].expected);
    assert_int_equal(attempt(*state, PYR__SANDBOX_ON, attempts[i].cb),
                     attempts[i].expected);
  }
}

static void test_reading_is_limited_where_it_is_on(void **state) {
  skip_without_sandbox();
  assert_int_equal(attempt(*state, PYR__SANDBOX_AUTO, read_outside), 0);
  assert_int_equal(attempt(*state, PYR__SANDBOX_ON, read_outside), EACCES);
}

static void test_a_link_leads_to_where_it_may_be_read(void **state) {
  struct fixture *f = *state;
  skip_without_sandbox();
  assert_int_equal(unlink(f->certificate), 0);
  assert_int_equal(symlink(f->outside, f->certificate), 0);
  assert_int_equal(attempt(f, PYR__SANDBOX_ON, read_named), 0);
}

static void test_what_is_not_there_yet(void **state) {
  struct fixture *f = *state;
  char folder[128];
  skip_without_sandbox();
  snprintf(folder, sizeof(folder), "%s/named/tls", f->folder);
  assert_int_equal(unlink(f->certificate), 0);
  assert_int_equal(rmdir(folder), 0);
  assert_int_equal(attempt(f, PYR__SANDBOX_ON, read_outside), EACCES);
  assert_int_equal(attempt(f, PYR__SANDBOX_ON, read_named), ENOENT);
}

static void test_off_takes_nothing(void **state) {
  assert_int_equal(attempt(*state, PYR__SANDBOX_OFF, write_outside), 0);
  assert_int_equal(attempt(*state, PYR__SANDBOX_OFF, gain_privileges), 0);
}

static void test_texts(void **state) {
  struct pyr__sandbox sandbox;
  pyr_error_t err;
  (void)state;
  assert_int_equal(pyr__sandbox_probe(&sandbox, PYR__SANDBOX_OFF, &err), 0);
  assert_string_equal(sandbox.text, "off");
  skip_without_sandbox();
  assert_int_equal(pyr__sandbox_probe(&sandbox, PYR__SANDBOX_AUTO, &err), 0);
  assert_string_equal(sandbox.text, "no-new-privs seccomp landlock-writes");
  assert_int_equal(pyr__sandbox_probe(&sandbox, PYR__SANDBOX_ON, &err), 0);
  assert_string_equal(sandbox.text, "no-new-privs seccomp landlock");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_is_taken_away_in_both_modes,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(test_reading_is_limited_where_it_is_on,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_link_leads_to_where_it_may_be_read,
                                      setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_is_not_there_yet, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(test_off_takes_nothing, setup, teardown),
      cmocka_unit_test(test_texts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
