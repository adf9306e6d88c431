#include "self/maps.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum { MAPS_BYTES = 4 * 1024 * 1024, READ_BYTES = 16 * 1024, MAPS_MAX = 1024 };

int pyr__map_parse(const char *line, struct pyr__map *out) {
  char mode[5];
  int path = 0;
  memset(out, 0, sizeof(*out));
  if (sscanf(line,
             "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n",
             &out->start, &out->limit, mode, &out->offset, &out->inode,
             &path) < 5 ||
      strlen(mode) != 4 || mode[2] != 'x' || path == 0)
    return -1;
  out->path = line + path;
  return out->start < out->limit ? 0 : -1;
}

static int read_file(struct pyr__buf *text, pyr_error_t *err) {
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), rc = 0;
  ssize_t len = 1;
  if (fd < 0)
    return pyr__error_errno(err, errno, "/proc/self/maps");
  while (len > 0 && rc == 0) {
    rc = pyr__buf_reserve(text, READ_BYTES);
    if (rc != 0)
      break;
    len = read(fd, text->data + text->len, READ_BYTES);
    if (len > 0)
      text->len += (size_t)len;
  }
  if (rc == 0 && len < 0)
    rc = pyr__error_errno(err, errno, "/proc/self/maps");
  else if (rc != 0)
    rc = pyr__error(err, rc, "/proc/self/maps: %s", pyr_strerror(rc));
  close(fd);
  return rc;
}

static int parse(char *text, struct pyr__arena *arena, struct pyr__map *maps,
                 size_t *count) {
  char *line, *save = NULL;
  for (line = strtok_r(text, "\n", &save); line != NULL && *count < MAPS_MAX;
       line = strtok_r(NULL, "\n", &save)) {
    struct pyr__map *map = &maps[*count];
    if (pyr__map_parse(line, map) != 0)
      continue;
    map->path =
        pyr__arena_text(arena, (pyr_str_t){map->path, strlen(map->path)});
    if (map->path == NULL)
      return PYR__ENOMEM;
    ++*count;
  }
  return 0;
}

int pyr__maps_read(struct pyr__arena *arena, struct pyr__map **out,
                   size_t *count, pyr_error_t *err) {
  struct pyr__buf text;
  int rc;
  *count = 0;
  *out = pyr__arena_alloc(arena, MAPS_MAX, sizeof(**out));
  if (*out == NULL)
    return pyr__arena_error(arena, MAPS_MAX * sizeof(**out), "mappings", err);
  pyr__buf_init(&text, arena->memory, PYR__MEM_SELF, MAPS_BYTES);
  rc = read_file(&text, err);
  if (rc == 0 && pyr__buf_add_byte(&text, 0) != 0)
    rc = pyr__error_nomem(err);
  if (rc == 0 && parse((char *)text.data, arena, *out, count) != 0)
    rc = pyr__error_nomem(err);
  pyr__buf_release(&text);
  return rc;
}
