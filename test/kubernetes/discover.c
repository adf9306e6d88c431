/* Runs a Kubernetes discoverer by itself, for scripts:
 *
 *   discover FILE [KEY=VALUE...]
 *
 * FILE is a configuration, whose first element of kubernetes-sd-configs counts.
 * A KEY is one of the timing's (delay_max, idle, watch), or account, the folder
 * that a pod has; "debug" and "quiet" are more and fewer lines.
 *
 * Each group that is told comes as a line of JSON, {"source": ..., "targets":
 * [...]}; {"synced": {...}} comes with what it cost, and again for each line of
 * the input, with whose end it ends. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <uv.h>

#include "base/str.h"
#include "config/config.h"
#include "discovery/kubernetes/discoverer.h"
#include "discovery/kubernetes/watch.h"
#include "group_json.h"
#include "net/http_client.h"

struct tool {
  uv_loop_t *loop;
  uv_pipe_t input;
  char line[256];
  struct pyr__memory memory;
  struct pyr__log log;
  struct pyr__discovery_env env;
  struct pyr__kube_timing timing;
  struct pyr__kubernetes_options options;
  pyr_config_t *config;
  struct pyr__http_client *client;
  struct pyr__discoverer *discoverer;
  unsigned long long groups, targets;
  bool is_quiet; /* groups are counted, not printed */
};

static int fail(const char *text) {
  fprintf(stderr, "discover: %s\n", text);
  return 1;
}

/* ---- what comes out ----------------------------------------------------- */

static void print(json_t *line) {
  json_dumpf(line, stdout, JSON_COMPACT | JSON_SORT_KEYS);
  putchar('\n');
  fflush(stdout);
  json_decref(line);
}

static int on_group(void *ctx, struct pyr__discoverer *from,
                    const struct pyr__target_group *group, pyr_error_t *err) {
  struct tool *tool = ctx;
  (void)from;
  (void)err;
  tool->groups++;
  tool->targets += group->target_count;
  if (!tool->is_quiet)
    print(json_pack("{s:o,s:o}", "source",
                    json_stringn(group->source.base, group->source.len),
                    "targets", group_json(group)));
  return 0;
}

/* A number of /proc/self/status; 0 where it is not there. */
static long of_status(const char *name) {
  size_t len = strlen(name);
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  long found = 0;
  if (file == NULL)
    return 0;
  while (fgets(line, sizeof(line), file) != NULL)
    if (strncmp(line, name, len) == 0)
      found = strtol(line + len, NULL, 10);
  fclose(file);
  return found;
}

static void print_stats(struct tool *tool) {
  const struct pyr__discovery_stats *stats = &tool->discoverer->stats;
  const struct pyr__account *account =
      &tool->memory.accounts[PYR__MEM_DISCOVERY_KUBERNETES];

  print(json_pack("{s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:f,s:s}}", "synced",
                  "groups", (json_int_t)tool->groups, "targets",
                  (json_int_t)tool->targets, "failures",
                  (json_int_t)stats->failures, "restarts",
                  (json_int_t)stats->watch_restarts, "bytes",
                  (json_int_t)account->used_bytes, "blocks",
                  (json_int_t)account->used_blocks, "resident_kib",
                  (json_int_t)of_status("VmRSS:"), "peak_kib",
                  (json_int_t)of_status("VmHWM:"), "cpu_s",
                  (double)pyr__cpu_ns() / 1e9, "error", stats->last_error));
}

static void on_synced(void *ctx, struct pyr__discoverer *from) {
  (void)from;
  print_stats(ctx);
}

static void on_log(void *ctx, int level, const char *line) {
  (void)ctx;
  (void)level;
  fprintf(stderr, "%s\n", line);
}

/* ---- what goes in ------------------------------------------------------- */

static void on_closed(void *ctx) {
  struct tool *tool = ctx;
  pyr__http_client_close(tool->client, NULL, NULL);
}

static void alloc_line(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  struct tool *tool = handle->data;
  (void)size;
  *buf = uv_buf_init(tool->line, sizeof(tool->line));
}

static void on_input(uv_stream_t *stream, ssize_t nread, const uv_buf_t *buf) {
  struct tool *tool = stream->data;
  ssize_t i;
  for (i = 0; i < nread; i++)
    if (buf->base[i] == '\n')
      print_stats(tool);
  if (nread >= 0)
    return;
  uv_close((uv_handle_t *)stream, NULL);
  tool->discoverer->type->close(tool->discoverer, on_closed, tool);
}

/* The first element of the first job. */
static int read_config(struct tool *tool, const char *path, pyr_error_t *err) {
  pyr_config_options_t options = {.size = sizeof(options)};
  int rc = pyr_config_load(&tool->config, path, &options, err);
  if (rc != 0)
    return rc;
  return tool->config->jobs[0].sd.kubernetes_count != 0
             ? 0
             : pyr__error(err, PYR_ECONFIG, "no kubernetes-sd-configs");
}

static void read_timing(struct tool *tool, const char *argument) {
  static const struct {
    const char *name;
    size_t offset;
  } keys[] = {
      {"delay_max=", offsetof(struct pyr__kube_timing, delay_max)},
      {"idle=", offsetof(struct pyr__kube_timing, idle)},
      {"watch=", offsetof(struct pyr__kube_timing, watch)},
  };
  size_t i, len;
  for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    len = strlen(keys[i].name);
    if (strncmp(argument, keys[i].name, len) == 0)
      *(uint64_t *)(void *)((char *)&tool->timing + keys[i].offset) =
          strtoull(argument + len, NULL, 10);
  }
  if (strcmp(argument, "quiet") == 0)
    tool->is_quiet = true;
  if (strcmp(argument, "debug") == 0)
    tool->log.level = PYR_LOG_DEBUG;
  if (strncmp(argument, "account=", 8) == 0)
    tool->options.account_dir = argument + 8;
}

/* ---- running ------------------------------------------------------------ */

static int start(struct tool *tool, pyr_error_t *err) {
  const struct pyr__discovery_sink sink = {on_group, on_synced, tool};
  int rc =
      pyr__http_client_new(&tool->client, tool->loop, &tool->memory, NULL, err);
  if (rc != 0)
    return rc;
  tool->env = (struct pyr__discovery_env){.loop = tool->loop,
                                          .memory = &tool->memory,
                                          .clock = pyr__clock_system(),
                                          .log = &tool->log,
                                          .client = tool->client,
                                          .job = "tool"};
  rc = pyr__kubernetes_discoverer_new(&tool->discoverer,
                                      tool->config->jobs[0].sd.kubernetes,
                                      &tool->env, &sink, &tool->options, err);
  if (rc != 0)
    return rc;
  uv_pipe_init(tool->loop, &tool->input, 0);
  tool->input.data = tool;
  uv_pipe_open(&tool->input, STDIN_FILENO);
  return uv_read_start((uv_stream_t *)&tool->input, alloc_line, on_input);
}

int main(int argc, char **argv) {
  static struct tool tool;
  pyr_error_t err = {0};
  int i;

  if (argc < 2)
    return fail("which FILE?");
  signal(SIGPIPE, SIG_IGN);
  tool.loop = uv_default_loop();
  pyr__memory_init(&tool.memory, NULL);
  tool.log = (struct pyr__log){
      .level = PYR_LOG_INFO, .write = on_log, .clock = pyr__clock_system()};
  tool.timing = pyr__kube_timing_default;
  tool.options.timing = &tool.timing;
  for (i = 2; i < argc; i++)
    read_timing(&tool, argv[i]);
  if (read_config(&tool, argv[1], &err) != 0 || start(&tool, &err) != 0)
    return fail(err.text);
  uv_run(tool.loop, UV_RUN_DEFAULT);
  pyr_config_unref(tool.config);
  uv_loop_close(tool.loop);
  return 0;
}
