/* From a file to a configuration. */
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

static int check_regular(int fd, const char *path, pyr_error_t *err) {
  struct stat stat;
  if (fstat(fd, &stat) != 0)
    return pyr__error_errno(err, errno, path);
  if (!S_ISREG(stat.st_mode))
    return pyr__error(err, PYR_ECONFIG, "%s: is no regular file", path);
  return 0;
}

int pyr__config_read_file(struct pyr__buf *out, struct pyr__memory *memory,
                          const char *path, bool is_regular, pyr_error_t *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | (is_regular ? O_NONBLOCK : 0));
  int rc = 0;

  pyr__buf_init(out, memory, PYR__MEM_CONFIG_TREE, PYR__LIMIT_CONFIG_BYTES + 1);
  if (fd < 0)
    return pyr__error_errno(err, errno, path);
  if (is_regular)
    rc = check_regular(fd, path, err);
  if (rc == 0)
    rc = read_all(fd, out, path, err);
  close(fd);
  return rc;
}

pyr_str_t pyr__config_directory(const char *path) {
  const char *slash = strrchr(path, '/');
  return (pyr_str_t){path, slash == NULL ? 0 : (size_t)(slash - path) + 1};
}

int pyr_config_load(pyr_config_t **out, const char *path,
                    const pyr_config_options_t *given, pyr_error_t *err) {
  const pyr_config_options_t options = pyr__config_options(given, path);
  struct pyr__memory memory;
  struct pyr__buf text;
  int rc;

  pyr__memory_init(&memory, options.alloc);
  rc = pyr__config_read_file(&text, &memory, path, false, err);
  if (rc == 0)
    rc = pyr__config_parse(out, (pyr_str_t){(const char *)text.data, text.len},
                           pyr__config_directory(path), &options, err);
  pyr__buf_release(&text);
  return rc;
}
