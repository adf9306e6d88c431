/* The calls of the kernel that are left (seccomp). */
#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/sandbox.h"

/* By name, as their numbers differ between machines, and some of them are only
 * on some.  None that makes a process or a thread, runs a program, listens,
 * maps memory to be run, or is about other processes. */
static const char *const allowed[] = {
    /* memory */
    "brk", "madvise", "mremap", "munmap",
    /* files, and what is open */
    "access", "close", "dup", "dup3", "faccessat", "faccessat2", "fadvise64",
    "fadvise64_64", "arm_fadvise64_64", "fallocate", "fchmod", "fcntl",
    "fcntl64", "fdatasync", "flock", "fstat", "fstat64", "fstatat64", "fstatfs",
    "fstatfs64", "fsync", "ftruncate", "ftruncate64", "getcwd", "getdents",
    "getdents64", "ioctl", "lseek", "_llseek", "lstat", "lstat64", "mkdir",
    "mkdirat", "newfstatat", "open", "openat", "pread64", "preadv", "pwrite64",
    "pwritev", "read", "readlink", "readlinkat", "readv", "rename", "renameat",
    "renameat2", "stat", "stat64", "statfs", "statfs64", "statx",
    "sync_file_range", "sync_file_range2", "unlink", "unlinkat", "write",
    "writev",
    /* syncs that go on by themselves (store/sync_queue.c), of open files only
     */
    "io_destroy", "io_getevents", "io_setup", "io_submit",
    /* waiting */
    "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait",
    "eventfd2", "inotify_add_watch", "inotify_init1", "inotify_rm_watch",
    "pipe2", "poll", "ppoll", "ppoll_time64", "pselect6", "pselect6_time64",
    "select", "_newselect",
    /* networks */
    "accept", "accept4", "connect", "getpeername", "getsockname", "getsockopt",
    "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send",
    "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown",
    /* time and signals of its own */
    "clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64",
    "clock_nanosleep", "clock_nanosleep_time64", "gettimeofday", "nanosleep",
    "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "sigreturn", "time", "timer_create",
    "timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime",
    "timer_settime64", "timerfd_create", "timerfd_settime",
    /* what it is, and its end */
    "exit", "exit_group", "futex", "futex_time64", "getegid", "getegid32",
    "geteuid", "geteuid32", "getgid", "getgid32", "getpid", "getppid",
    "getrandom", "getrusage", "gettid", "getuid", "getuid32", "membarrier",
    "rseq", "sched_getaffinity", "sched_yield", "set_robust_list", "sysinfo",
    "ugetrlimit", "uname"};

enum { CALLS = sizeof(allowed) / sizeof(allowed[0]) };

/* Those that are allowed where one argument is right. */
static const struct limited {
  const char *name;
  struct scmp_arg_cmp argument;
} limited[] = {
    /* No memory that can be run. */
    {"mmap", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {"mmap2", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {"mprotect", {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    /* Limits may be asked for, not changed. */
    {"prlimit64", {2, SCMP_CMP_EQ, 0, 0}},
    {"socket", {0, SCMP_CMP_EQ, AF_UNIX, 0}},
    {"socket", {0, SCMP_CMP_EQ, AF_INET, 0}},
    {"socket", {0, SCMP_CMP_EQ, AF_INET6, 0}}};

enum { LIMITED = sizeof(limited) / sizeof(limited[0]) };

static int allow(scmp_filter_ctx filter, const char *name,
                 const struct scmp_arg_cmp *argument, pyr_error_t *err) {
  int number = seccomp_syscall_resolve_name(name), rc;
  if (number == __NR_SCMP_ERROR) /* newer than the library */
    return 0;
  rc = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number,
                              argument == NULL ? 0 : 1, argument);
  return rc == 0 ? 0
                 : pyr__error(err, rc, "sandbox: seccomp: %s: %s", name,
                              pyr_strerror(rc));
}

/* abort() sends a signal to this process, which is all that it may. */
static int allow_abort(scmp_filter_ctx filter, pyr_error_t *err) {
  const struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
  return allow(filter, "tgkill", &self, err);
}

static int allow_all(scmp_filter_ctx filter, pyr_error_t *err) {
  size_t i;
  int rc = allow_abort(filter, err);
  for (i = 0; i < CALLS && rc == 0; i++)
    rc = allow(filter, allowed[i], NULL, err);
  for (i = 0; i < LIMITED && rc == 0; i++)
    rc = allow(filter, limited[i].name, &limited[i].argument, err);
  return rc;
}

/* The filter holds from here on, unless `rc` says that it is not whole. */
static int load(scmp_filter_ctx filter, int rc, pyr_error_t *err) {
  if (rc == 0) {
    rc = seccomp_load(filter);
    if (rc != 0)
      pyr__error(err, rc, "sandbox: seccomp: %s", pyr_strerror(rc));
  }
  seccomp_release(filter);
  return rc;
}

int pyr__sandbox_limit_rings(pyr_error_t *err) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  int number = seccomp_syscall_resolve_name("io_uring_setup"), rc = 0;
  if (filter == NULL)
    return pyr__error_nomem(err);
  if (number != __NR_SCMP_ERROR)
    rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0);
  if (rc != 0)
    pyr__error(err, rc, "sandbox: seccomp: io_uring: %s", pyr_strerror(rc));
  return load(filter, rc, err);
}

int pyr__sandbox_limit_calls(pyr_error_t *err) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
  if (filter == NULL)
    return pyr__error_nomem(err);
  return load(filter, allow_all(filter, err), err);
}
