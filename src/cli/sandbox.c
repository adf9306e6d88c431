#include "cli/sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

/* A sanitizer makes calls of its own, and needs threads and ptrace for them. */
#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED true
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED false
#endif

static bool has_seccomp(void) {
  unsigned action = SECCOMP_RET_ERRNO;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static void describe(struct pyr__sandbox *sandbox) {
  const char *files =
      sandbox->mode == PYR__SANDBOX_ON ? " landlock" : " landlock-writes";
  if (sandbox->mode == PYR__SANDBOX_OFF)
    snprintf(sandbox->text, sizeof(sandbox->text), "off");
  else
    snprintf(sandbox->text, sizeof(sandbox->text), "no-new-privs%s%s",
             sandbox->has_seccomp ? " seccomp" : "",
             sandbox->landlock_abi > 0 ? files : "");
}

int pyr__sandbox_probe(struct pyr__sandbox *out, enum pyr__sandbox_mode mode,
                       pyr_error_t *err) {
  *out = (struct pyr__sandbox){.mode = mode};
  if (IS_SANITIZED && mode == PYR__SANDBOX_AUTO)
    out->mode = PYR__SANDBOX_OFF;
  if (out->mode != PYR__SANDBOX_OFF) {
    out->has_seccomp = has_seccomp();
    out->landlock_abi = pyr__sandbox_landlock_abi();
  }
  describe(out);
  if (mode != PYR__SANDBOX_ON)
    return 0;
  if (IS_SANITIZED)
    return pyr__error(err, PYR_EUSAGE,
                      "--sandbox=on: this build has sanitizers, which it would "
                      "stop");
  if (!out->has_seccomp || out->landlock_abi == 0)
    return pyr__error(err, PYR_EUSAGE,
                      "--sandbox=on: this kernel has no %s; --sandbox=auto "
                      "uses what there is",
                      out->has_seccomp ? "Landlock" : "seccomp filters");
  return 0;
}

int pyr__sandbox_prepare(const struct pyr__sandbox *sandbox, pyr_error_t *err) {
  return sandbox->has_seccomp ? pyr__sandbox_limit_rings(err) : 0;
}

int pyr__sandbox_enter(const struct pyr__sandbox *sandbox,
                       const struct pyr__sandbox_paths *paths,
                       pyr_error_t *err) {
  int rc = 0;
  if (sandbox->mode == PYR__SANDBOX_OFF)
    return 0;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return pyr__error_errno(err, errno, "sandbox: no new privileges");
  /* Files first: the filter has no call for that. */
  if (sandbox->landlock_abi > 0)
    rc = pyr__sandbox_limit_files(sandbox, paths, err);
  if (rc == 0 && sandbox->has_seccomp)
    rc = pyr__sandbox_limit_calls(err);
  return rc;
}
