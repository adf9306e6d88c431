#include "bodies.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind kinds[KINDS] = {
    {.path = "/debug/pprof/profile", .folder = "cpu"},
    {.path = "/debug/pprof/heap", .folder = "heap"},
    {.path = "/debug/pprof/goroutine", .folder = "goroutine"},
    {.path = "/debug/pprof/mutex", .folder = "mutex"},
    {.path = "/debug/pprof/block", .folder = "block"},
};

static char *read_file(const char *path, size_t *len) {
  FILE *file = fopen(path, "rb");
  char *data = NULL;
  long size = -1;

  if (file == NULL)
    return NULL;
  if (fseek(file, 0, SEEK_END) == 0)
    size = ftell(file);
  if (size >= 0) {
    rewind(file);
    *len = (size_t)size;
    data = (char *)malloc(*len + 1);
    if (data != NULL && fread(data, 1, *len, file) != *len) {
      free(data);
      data = NULL;
    }
  }
  fclose(file);
  return data;
}

static int load_body(struct kind *kind, const char *path) {
  struct body *body = &kind->bodies[kind->count];
  int len;

  if (kind->count == BODIES)
    return 0;
  body->data = read_file(path, &body->len);
  body->head = (char *)malloc(256);
  if (body->data == NULL || body->head == NULL)
    return -1;
  len = snprintf(body->head, 256,
                 "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 body->len);
  body->head_len = (size_t)len;
  kind->count++;
  return 0;
}

/* FOLDER/KIND/N.pb.gz, in the order they were scraped. */
static int load_kind(struct kind *kind, const char *folder) {
  char path[4096];
  struct dirent **names;
  int count, i, rc = 0;

  snprintf(path, sizeof(path), "%s/%s", folder, kind->folder);
  count = scandir(path, &names, NULL, versionsort);
  if (count < 0)
    return -1;
  for (i = 0; i < count; i++) {
    snprintf(path, sizeof(path), "%s/%s/%s", folder, kind->folder,
             names[i]->d_name);
    if (rc == 0 && names[i]->d_name[0] != '.')
      rc = load_body(kind, path);
    free(names[i]);
  }
  free(names);
  return rc;
}

int load_corpus(const char *folder) {
  int rc = 0;
  size_t k;
  for (k = 0; k < KINDS && rc == 0; k++)
    rc = load_kind(&kinds[k], folder);
  return rc;
}
