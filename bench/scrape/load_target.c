/* load_target.c - plays many targets on loopback, for bench/scrape.
 *
 *   load_target --targets 1000 --port 20000 --corpus bench/corpus/small
 *
 * listens on 127.0.0.1 (--address), ports 20000 to 20999, and answers the paths
 * of net/http/pprof with the bodies of the corpus, one after the other for each
 * target, as a program that lives does.  A CPU profile is sent when the seconds
 * that it was asked for are over.
 *
 * With `--faults SEED` some answers go wrong: connections are reset, stall, and
 * targets restart (faults.h).  SIGUSR1 ends that, and says how many did. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <uv.h>

#include "bodies.h"
#include "faults.h"

enum { REQUEST = 4096, BACKLOG = 64 };

struct connection;

struct target {
  uv_tcp_t listener;
  uv_timer_t away; /* until it is back from a restart */
  int port;
  size_t next[KINDS]; /* the body that comes next */
  struct connection *connections;
};

static const char *address = "127.0.0.1";
static struct faults faults;
static unsigned long fault_counts[FAULT_COUNT];

struct connection {
  struct connection *following, **link; /* of the target's */
  uv_tcp_t socket;
  uv_timer_t timer; /* until the seconds of a CPU profile are over */
  uv_write_t write;
  struct target *target;
  size_t kind;
  enum fault fault; /* of the answer that is written */
  unsigned open_handles;
  size_t used;
  char request[REQUEST];
};

/* ---- one connection ----------------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle) {
  struct connection *connection = (struct connection *)handle->data;
  if (--connection->open_handles == 0)
    free(connection);
}

static bool leave_target(struct connection *connection) {
  if (uv_is_closing((uv_handle_t *)&connection->timer))
    return false;
  *connection->link = connection->following;
  if (connection->following != NULL)
    connection->following->link = connection->link;
  uv_close((uv_handle_t *)&connection->timer, on_handle_closed);
  return true;
}

static void close_connection(struct connection *connection) {
  if (leave_target(connection))
    uv_close((uv_handle_t *)&connection->socket, on_handle_closed);
}

static void reset_connection(struct connection *connection) {
  if (leave_target(connection) &&
      uv_tcp_close_reset(&connection->socket, on_handle_closed) != 0)
    uv_close((uv_handle_t *)&connection->socket, on_handle_closed);
}

static void on_written(uv_write_t *write, int status) {
  struct connection *connection = (struct connection *)write->data;
  if (status != 0)
    close_connection(connection);
  else if (connection->fault == FAULT_RESET_BODY)
    reset_connection(connection);
}

static void answer(struct connection *connection) {
  static char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
  struct kind *kind = &kinds[connection->kind];
  uv_buf_t parts[2] = {uv_buf_init(missing, sizeof(missing) - 1),
                       uv_buf_init(NULL, 0)};

  if (connection->kind < KINDS && kind->count > 0) {
    size_t at = connection->target->next[connection->kind]++ % kind->count;
    struct body *body = &kind->bodies[at];
    size_t len = body->len;
    if (connection->fault == FAULT_RESET_BODY ||
        connection->fault == FAULT_STALL_BODY)
      len /= 2;
    parts[0] = uv_buf_init(body->head, (unsigned)body->head_len);
    parts[1] = uv_buf_init(body->data, (unsigned)len);
  }
  connection->write.data = connection;
  if (uv_write(&connection->write, (uv_stream_t *)&connection->socket, parts, 2,
               on_written) != 0)
    close_connection(connection);
}

static void restart(struct target *target);

/* Answers, or does what goes wrong instead. */
static void answer_or_fault(struct connection *connection) {
  connection->fault = fault_draw(&faults);
  fault_counts[connection->fault]++;
  switch (connection->fault) {
  case FAULT_RESET:
    reset_connection(connection);
    break;
  case FAULT_RESTART:
    restart(connection->target);
    break;
  case FAULT_STALL: /* until the client leaves */
    break;
  default:
    answer(connection);
  }
}

static void on_timer(uv_timer_t *timer) {
  answer_or_fault((struct connection *)timer->data);
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
    answer_or_fault(connection);
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

static void join_target(struct connection *connection, struct target *target) {
  connection->target = target;
  connection->following = target->connections;
  connection->link = &target->connections;
  if (connection->following != NULL)
    connection->following->link = &connection->following;
  target->connections = connection;
}

static void on_connection(uv_stream_t *listener, int status) {
  struct connection *connection;

  if (status != 0)
    return;
  connection = (struct connection *)calloc(1, sizeof(*connection));
  if (connection == NULL)
    return;
  join_target(connection, (struct target *)listener->data);
  connection->open_handles = 2;
  uv_tcp_init(listener->loop, &connection->socket);
  uv_timer_init(listener->loop, &connection->timer);
  connection->socket.data = connection->timer.data = connection;
  if (uv_accept(listener, (uv_stream_t *)&connection->socket) != 0 ||
      uv_read_start((uv_stream_t *)&connection->socket, on_alloc, on_read) != 0)
    close_connection(connection);
}

/* ---- running ------------------------------------------------------------ */

static int listen_now(uv_loop_t *loop, struct target *target) {
  struct sockaddr_in at;
  int rc = uv_ip4_addr(address, target->port, &at);

  uv_tcp_init(loop, &target->listener);
  target->listener.data = target;
  if (rc == 0)
    rc = uv_tcp_bind(&target->listener, (struct sockaddr *)&at, 0);
  if (rc == 0)
    rc = uv_listen((uv_stream_t *)&target->listener, BACKLOG, on_connection);
  return rc;
}

static void on_back(uv_timer_t *away) {
  struct target *target = (struct target *)away->data;
  int rc = listen_now(away->loop, target);
  if (rc != 0) {
    fprintf(stderr, "load_target: port %d: %s\n", target->port,
            uv_strerror(rc));
    exit(1);
  }
}

static void on_listener_closed(uv_handle_t *listener) {
  struct target *target = (struct target *)listener->data;
  uv_timer_start(&target->away, on_back, fault_away_ms(&faults), 0);
}

/* As a program that is killed and started again. */
static void restart(struct target *target) {
  while (target->connections != NULL)
    reset_connection(target->connections);
  memset(target->next, 0, sizeof(target->next));
  uv_close((uv_handle_t *)&target->listener, on_listener_closed);
}

static int target_init(uv_loop_t *loop, struct target *target, int port) {
  target->port = port;
  target->away.data = target;
  uv_timer_init(loop, &target->away);
  return listen_now(loop, target);
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)handle, (void)number;
  faults.state = 0;
  printf("faults: %lu resets, %lu in a body, %lu stalls, %lu in a body, "
         "%lu restarts beside %lu answers\n",
         fault_counts[FAULT_RESET], fault_counts[FAULT_RESET_BODY],
         fault_counts[FAULT_STALL], fault_counts[FAULT_STALL_BODY],
         fault_counts[FAULT_RESTART], fault_counts[FAULT_NONE]);
  fflush(stdout);
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
  uv_signal_t signal;
  size_t i;
  int rc = 0;

  allow_many_files();
  if (targets == NULL || load_corpus(corpus) != 0) {
    fprintf(stderr, "load_target: cannot read the corpus %s\n", corpus);
    return 1;
  }
  for (i = 0; i < count && rc == 0; i++)
    rc = target_init(loop, &targets[i], port + (int)i);
  if (rc != 0) {
    fprintf(stderr, "load_target: port %d: %s\n", port + (int)i - 1,
            uv_strerror(rc));
    return 1;
  }
  uv_signal_init(loop, &signal);
  uv_signal_start(&signal, on_signal, SIGUSR1);
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
    else if (strcmp(argv[i], "--address") == 0)
      address = argv[i + 1];
    else if (strcmp(argv[i], "--corpus") == 0)
      corpus = argv[i + 1];
    else if (strcmp(argv[i], "--faults") == 0)
      faults.state = strtoull(argv[i + 1], NULL, 10);
    else
      break;
  }
  if (i < argc || count == 0 || port == 0 || port + count > 65536) {
    fprintf(stderr, "usage: load_target [--targets N] [--address IP] "
                    "[--port FIRST] [--corpus FOLDER] [--faults SEED]\n");
    return 2;
  }
  return run(corpus, count, (int)port);
}
