#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "config/draft.h"

enum { READ_BYTES = 64 << 10 };

/* Appends the whole file.  One that is too large is read a byte too far, so
 * that parsing says so. */
static int read_all(int fd, struct pyr__buf *out, const char *path,
                    pyr_error_t *err) {
  for (;;) {
    size_t room = out->limit - out->len;
    ssize_t count;
    if (room == 0)
      return 0;
    room = room < READ_BYTES ? room : READ_BYTES;
    if (pyr__buf_reserve(out, room) != 0)
      return pyr__error_nomem(err);
    count = read(fd, out->data + out->len, room);
    if (count == 0)
      return 0;
    if (count < 0 && errno != EINTR)
      return pyr__error_errno(err, errno, path);
    out->len += count < 0 ? 0 : (size_t)count;
  }
}

static int read_file(const char *path, struct pyr__buf *out, pyr_error_t *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
  if (fd < 0)
    return pyr__error_errno(err, errno, path);
  rc = read_all(fd, out, path, err);
  close(fd);
  return rc;
}

static pyr_str_t directory_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return (pyr_str_t){path, slash == NULL ? 0 : (size_t)(slash - path) + 1};
}

int pyr_config_load(pyr_config_t **out, const char *path,
                    const pyr_config_options_t *given, pyr_error_t *err) {
  pyr_config_options_t options = {0};
  struct pyr__memory memory;
  struct pyr__buf text;
  int rc;

  if (given != NULL)
    memcpy(&options, given,
           given->size < sizeof(options) ? given->size : sizeof(options));
  options.size = sizeof(options);
  if (options.name == NULL)
    options.name = path;
  pyr__memory_init(&memory, options.alloc);
  pyr__buf_init(&text, &memory, PYR__MEM_CONFIG_TREE,
                PYR__LIMIT_CONFIG_BYTES + 1);
  rc = read_file(path, &text, err);
  if (rc == 0)
    rc = pyr__config_parse(out, (pyr_str_t){(const char *)text.data, text.len},
                           directory_of(path), &options, err);
  pyr__buf_release(&text);
  return rc;
}
