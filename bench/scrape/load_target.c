/* load_target.c - plays many targets on loopback, for bench/scrape.
 *
 *   load_target --targets 1000 --port 20000 --corpus bench/corpus/small
 *
 * listens on 127.0.0.1, ports 20000 to 20999, and answers the paths of
 * net/http/pprof with the bodies of the corpus, one after the other for each
 * target, as a program that lives does.  A CPU profile is sent when the seconds
 * that it was asked for are over. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <uv.h>

enum { KINDS = 5, BODIES = 256, REQUEST = 4096, BACKLOG = 64 };

struct body {
  char *head; /* status line and headers */
  char *data;
  size_t head_len, len;
};

struct kind {
  const char *path, *folder; /* in the corpus */
  struct body bodies[BODIES];
  size_t count;
};

static struct kind kinds[KINDS] = {
    {.path = "/debug/pprof/profile", .folder = "cpu"},
    {.path = "/debug/pprof/heap", .folder = "heap"},
    {.path = "/debug/pprof/goroutine", .folder = "goroutine"},
    {.path = "/debug/pprof/mutex", .folder = "mutex"},
    {.path = "/debug/pprof/block", .folder = "block"},
};

struct target {
  uv_tcp_t listener;
  size_t next[KINDS]; /* the body that comes next */
};

struct connection {
  uv_tcp_t socket;
  uv_timer_t timer; /* until the seconds of a CPU profile are over */
  uv_write_t write;
  struct target *target;
  size_t kind;
  unsigned open_handles;
  size_t used;
  char request[REQUEST];
};

/* ---- the corpus --------------------------------------------------------- */

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

static int load_corpus(const char *folder) {
  int rc = 0;
  size_t k;
  for (k = 0; k < KINDS && rc == 0; k++)
    rc = load_kind(&kinds[k], folder);
  return rc;
}

/* ---- one connection ----------------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle) {
  struct connection *connection = (struct connection *)handle->data;
  if (--connection->open_handles == 0)
    free(connection);
}

static void close_connection(struct connection *connection) {
  if (uv_is_closing((uv_handle_t *)&connection->socket))
    return;
  uv_close((uv_handle_t *)&connection->socket, on_handle_closed);
  uv_close((uv_handle_t *)&connection->timer, on_handle_closed);
}

static void on_written(uv_write_t *write, int status) {
  if (status != 0)
    close_connection((struct connection *)write->data);
}

static void answer(struct connection *connection) {
  static char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  struct kind *kind = &kinds[connection->kind];
  uv_buf_t parts[2] = {uv_buf_init(missing, sizeof(missing) - 1),
                       uv_buf_init(NULL, 0)};

  if (connection->kind < KINDS && kind->count > 0) {
    size_t at = connection->target->next[connection->kind]++ % kind->count;
    struct body *body = &kind->bodies[at];
    parts[0] = uv_buf_init(body->head, (unsigned)body->head_len);
    parts[1] = uv_buf_init(body->data, (unsigned)body->len);
  }
  connection->write.data = connection;
  if (uv_write(&connection->write, (uv_stream_t *)&connection->socket, parts, 2,
               on_written) != 0)
    close_connection(connection);
}

static void on_timer(uv_timer_t *timer) {
  answer((struct connection *)timer->data);
}

/* A request that is whole: which kind, and answered when. */
static void serve(struct connection *connection) {
  char *path = connection->request + strlen("GET ");
  size_t len = strcspn(path, "? ");
  const char *seconds = NULL;
  size_t k;

  path[strcspn(path, " \r")] = '\0';
  seconds = strstr(path, "seconds=");
  for (k = 0; k < KINDS; k++)
    if (strlen(kinds[k].path) == len && memcmp(path, kinds[k].path, len) == 0)
      break;
  connection->kind = k;
  if (seconds != NULL)
    uv_timer_start(&connection->timer, on_timer,
                   strtoul(seconds + strlen("seconds="), NULL, 10) * 1000, 0);
  else
    answer(connection);
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *out) {
  struct connection *connection = (struct connection *)handle->data;
  (void)hint;
  *out = uv_buf_init(connection->request + connection->used,
                     (unsigned)(REQUEST - 1 - connection->used));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf) {
  struct connection *connection = (struct connection *)stream->data;
  (void)buf;
  if (count < 0) {
    close_connection(connection);
    return;
  }
  connection->used += (size_t)count;
  connection->request[connection->used] = '\0';
  if (strstr(connection->request, "\r\n\r\n") == NULL)
    return;
  connection->used = 0; /* nobody pipelines here */
  if (strncmp(connection->request, "GET ", 4) == 0)
    serve(connection);
  else
    close_connection(connection);
}

static void on_connection(uv_stream_t *listener, int status) {
  struct connection *connection;

  if (status != 0)
    return;
  connection = (struct connection *)calloc(1, sizeof(*connection));
  if (connection == NULL)
    return;
  connection->target = (struct target *)listener->data;
  connection->open_handles = 2;
  uv_tcp_init(listener->loop, &connection->socket);
  uv_timer_init(listener->loop, &connection->timer);
  connection->socket.data = connection->timer.data = connection;
  if (uv_accept(listener, (uv_stream_t *)&connection->socket) != 0 ||
      uv_read_start((uv_stream_t *)&connection->socket, on_alloc, on_read) != 0)
    close_connection(connection);
}

/* ---- running ------------------------------------------------------------ */

static int listen_at(uv_loop_t *loop, struct target *target, int port) {
  struct sockaddr_in address;
  int rc = uv_ip4_addr("127.0.0.1", port, &address);

  uv_tcp_init(loop, &target->listener);
  target->listener.data = target;
  if (rc == 0)
    rc = uv_tcp_bind(&target->listener, (struct sockaddr *)&address, 0);
  if (rc == 0)
    rc = uv_listen((uv_stream_t *)&target->listener, BACKLOG, on_connection);
  return rc;
}

static void allow_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static int run(const char *corpus, size_t count, int port) {
  uv_loop_t *loop = uv_default_loop();
  struct target *targets = (struct target *)calloc(count, sizeof(*targets));
  size_t i;
  int rc = 0;

  allow_many_files();
  if (targets == NULL || load_corpus(corpus) != 0) {
    fprintf(stderr, "load_target: cannot read the corpus %s\n", corpus);
    return 1;
  }
  for (i = 0; i < count && rc == 0; i++)
    rc = listen_at(loop, &targets[i], port + (int)i);
  if (rc != 0) {
    fprintf(stderr, "load_target: port %d: %s\n", port + (int)i - 1,
            uv_strerror(rc));
    return 1;
  }
  for (i = 0; i < KINDS; i++)
    printf("%s: %zu bodies\n", kinds[i].path, kinds[i].count);
  printf("listening on %zu ports from %d\n", count, port);
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

int main(int argc, char **argv) {
  const char *corpus = "bench/corpus/small";
  unsigned long count = 1, port = 20000;
  int i;

  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--targets") == 0)
      count = strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--port") == 0)
      port = strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--corpus") == 0)
      corpus = argv[i + 1];
    else
      break;
  }
  if (i < argc || count == 0 || port == 0 || port + count > 65536) {
    fprintf(stderr, "usage: load_target [--targets N] [--port FIRST] "
                    "[--corpus FOLDER]\n");
    return 2;
  }
  return run(corpus, count, (int)port);
}
