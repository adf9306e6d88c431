/* client.c - what the HTTP client costs alone: GETs over kept connections to a
 * load_target, as many at once as there are targets, bodies counted and thrown
 * away.
 *
 *   client --targets 50 --port 20000 --requests 100000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "net/http_client.h"

struct bench {
  struct pyr__http_client *client;
  unsigned long wanted, started, done, failed;
  uint64_t bytes;
};

struct target {
  struct bench *bench;
  char url[128];
};

static void ask(struct target *target);

static int on_body(void *ctx, const uint8_t *data, size_t len,
                   pyr_error_t *err) {
  struct target *target = ctx;
  (void)data;
  (void)err;
  target->bench->bytes += len;
  return 0;
}

static void on_done(void *ctx, const struct pyr__http_done *done) {
  struct target *target = ctx;
  struct bench *bench = target->bench;
  bench->done++;
  if (done->code != 0 && bench->failed++ == 0)
    fprintf(stderr, "client: %s\n", done->error->text);
  if (bench->started < bench->wanted)
    ask(target);
}

static void ask(struct target *target) {
  struct pyr__http_handler handler = {NULL, on_body, on_done, target};
  struct pyr__http_request *request;
  pyr_error_t err;

  target->bench->started++;
  if (pyr__http_get(target->bench->client, target->url, false, &handler,
                    &request, &err) == 0)
    return;
  fprintf(stderr, "client: %s\n", err.text);
  exit(1);
}

static void run(struct bench *bench, uv_loop_t *loop, size_t count, int port) {
  struct target *targets = (struct target *)calloc(count, sizeof(*targets));
  int64_t cpu = pyr__cpu_ns();
  uint64_t start = uv_hrtime();
  double took, used;
  size_t i;

  if (targets == NULL)
    exit(1);
  for (i = 0; i < count; i++) {
    targets[i].bench = bench;
    snprintf(targets[i].url, sizeof(targets[i].url),
             "http://127.0.0.1:%d/debug/pprof/goroutine", port + (int)i);
    ask(&targets[i]);
  }
  while (bench->done < bench->started)
    uv_run(loop, UV_RUN_ONCE);
  took = (double)(uv_hrtime() - start) / 1e9;
  used = (double)(pyr__cpu_ns() - cpu) / 1e9;
  printf("%lu requests over %zu connections, %lu failed, %llu bytes: %.0f a "
         "second, %.1f us CPU each\n",
         bench->done, count, bench->failed, (unsigned long long)bench->bytes,
         (double)bench->done / took, used / (double)bench->done * 1e6);
  free(targets);
}

int main(int argc, char **argv) {
  struct bench bench = {.wanted = 100000};
  unsigned long count = 50, port = 20000;
  struct pyr__memory memory;
  uv_loop_t loop;
  int i;

  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--targets") == 0)
      count = strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--port") == 0)
      port = strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--requests") == 0)
      bench.wanted = strtoul(argv[i + 1], NULL, 10);
    else
      break;
  }
  if (i < argc || count == 0 || port == 0 || port + count > 65536) {
    fprintf(stderr, "usage: client [--targets N] [--port FIRST] "
                    "[--requests N]\n");
    return 2;
  }
  pyr__memory_init(&memory, NULL);
  if (uv_loop_init(&loop) != 0 ||
      pyr__http_client_new(&bench.client, &loop, &memory, NULL, NULL) != 0)
    return 1;
  run(&bench, &loop, count, (int)port);
  pyr__http_client_close(bench.client, NULL, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop) == 0 && bench.failed == 0 ? 0 : 1;
}
