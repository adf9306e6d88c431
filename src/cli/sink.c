#include "cli/sink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

int pyr__sink_write_fd(int fd, const char *what, const void *data, size_t len,
                       pyr_error_t *err) {
  const char *at = data;
  ssize_t done;
  while (len > 0) {
    done = write(fd, at, len);
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      return pyr__error_errno(err, errno, what);
    at += done;
    len -= (size_t)done;
  }
  return 0;
}

static const char *name_of(const struct pyr__sink *sink) {
  return sink->path == NULL ? "standard output" : sink->path;
}

static int write_sink(void *ctx, const void *data, size_t len,
                      pyr_error_t *err) {
  const struct pyr__sink *sink = ctx;
  return pyr__sink_write_fd(sink->fd, name_of(sink), data, len, err);
}

struct pyr__output pyr__sink_output(struct pyr__sink *sink) {
  return (struct pyr__output){write_sink, sink};
}

/* A device or a pipe is written to; only a file can be put in place. */
static int is_special(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 && !S_ISREG(info.st_mode) &&
         !S_ISDIR(info.st_mode);
}

int pyr__sink_open(struct pyr__sink *sink, const char *path, pyr_error_t *err) {
  mode_t mask;
  int len;

  sink->temporary[0] = '\0';
  sink->path = path;
  sink->fd = STDOUT_FILENO;
  if (path == NULL || strcmp(path, "-") == 0) {
    sink->path = NULL;
    return 0;
  }
  if (is_special(path)) {
    sink->fd = open(path, O_WRONLY | O_CLOEXEC);
    return sink->fd < 0 ? pyr__error_errno(err, errno, path) : 0;
  }
  len = snprintf(sink->temporary, sizeof(sink->temporary), "%s.XXXXXX", path);
  if (len < 0 || (size_t)len >= sizeof(sink->temporary)) {
    sink->temporary[0] = '\0';
    return pyr__error_errno(err, ENAMETOOLONG, path);
  }
  sink->fd = mkostemp(sink->temporary, O_CLOEXEC);
  if (sink->fd < 0) {
    sink->temporary[0] = '\0';
    return pyr__error_errno(err, errno, path);
  }
  mask = umask(0);
  umask(mask);
  fchmod(sink->fd, 0666 & ~mask);
  return 0;
}

int pyr__sink_commit(struct pyr__sink *sink, pyr_error_t *err) {
  int failed;
  if (sink->path == NULL)
    return 0;
  failed = close(sink->fd);
  sink->fd = -1;
  if (failed != 0)
    return pyr__error_errno(err, errno, sink->path);
  if (sink->temporary[0] == '\0')
    return 0;
  if (rename(sink->temporary, sink->path) != 0)
    return pyr__error_errno(err, errno, sink->path);
  sink->temporary[0] = '\0';
  return 0;
}

void pyr__sink_discard(struct pyr__sink *sink) {
  if (sink->temporary[0] != '\0')
    unlink(sink->temporary);
  if (sink->path != NULL && sink->fd >= 0)
    close(sink->fd);
  sink->fd = -1;
  sink->temporary[0] = '\0';
}
