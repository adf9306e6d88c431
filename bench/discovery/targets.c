/* What targets cost: to find 10,000 of them, to keep them, and to follow them
 * when a tenth of them changes every second.
 *
 *   targets [--targets 10000] [--seconds 10]
 *
 * Files are written in memory, by this process; CPU time is counted only while
 * the loop runs.  Lag is the longest turn of the loop, in CPU time as others
 * use the machine as well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uv.h>

#include "base/str.h"
#include "targets/job_targets.h"

enum { FILES = 100, POD_LABELS = 60 };

struct bench {
  uv_loop_t loop;
  uv_prepare_t before; /* the loop waits */
  uv_check_t after;
  int64_t turn_ns, longest_ns;
  struct pyr__memory memory;
  struct pyr__log log;
  pyr_config_t *config;
  struct pyr__job_targets *targets;
  unsigned target_count, seconds, files, added, gone;
  bool is_one_group; /* each file */
  char dir[64];
};

static const char rules[] =
    "  relabel-configs:\n"
    "  - {source-labels: [__meta_filepath], regex: '.*/(.+)\\.yml', "
    "target-label: file}\n"
    "  - {source-labels: [zone], regex: 'z9', action: drop}\n"
    "  - {regex: 'drop_.*', action: labeldrop}\n";

/* ---- the loop ----------------------------------------------------------- */

static void on_before(uv_prepare_t *prepare) {
  struct bench *bench = prepare->data;
  int64_t took = pyr__cpu_ns() - bench->turn_ns;
  if (took > bench->longest_ns)
    bench->longest_ns = took;
}

static void on_after(uv_check_t *check) {
  struct bench *bench = check->data;
  bench->turn_ns = pyr__cpu_ns();
}

static int on_added(void *ctx, struct pyr__live_target *live,
                    pyr_error_t *err) {
  struct bench *bench = ctx;
  (void)live;
  (void)err;
  bench->added++;
  return 0;
}

static void on_changed(void *ctx, struct pyr__live_target *live) {
  (void)ctx;
  (void)live;
}

static void on_gone(void *ctx, struct pyr__live_target *live) {
  struct bench *bench = ctx;
  (void)live;
  bench->gone++;
}

static void fail(const char *what) {
  fprintf(stderr, "targets: %s\n", what);
  exit(1);
}

/* ---- files -------------------------------------------------------------- */

static void write_groups(FILE *file, unsigned number, unsigned count,
                         unsigned version) {
  unsigned i;
  for (i = 0; i < count; i++)
    fprintf(file,
            "- targets: ['10.%u.%u.%u:6060']\n"
            "  labels: {__name__: app-%u, zone: z%u, team: payments, "
            "drop_me: x, version: 'v%u'}\n",
            number + i / 62500, i / 250 % 250, i % 250, i % 40, i % 3, version);
}

static void write_one_group(FILE *file, unsigned count) {
  unsigned i;
  fprintf(file, "- labels: {__name__: app, zone: z1, team: payments}\n"
                "  targets:\n");
  for (i = 0; i < count; i++)
    fprintf(file, "  - 10.%u.%u.%u:6060\n", i / 62500, i / 250 % 250, i % 250);
}

/* One file of `count` targets; `version` changes them all. */
static void write_file(const struct bench *bench, unsigned number,
                       unsigned count, unsigned version) {
  char path[128], fresh[128];
  FILE *file;

  snprintf(path, sizeof(path), "%s/%u.yml", bench->dir, number);
  snprintf(fresh, sizeof(fresh), "%s/new", bench->dir);
  file = fopen(fresh, "w");
  if (file == NULL)
    fail("cannot write a file");
  if (bench->is_one_group)
    write_one_group(file, count);
  else
    write_groups(file, number, count, version);
  fclose(file);
  if (rename(fresh, path) != 0)
    fail("cannot rename a file");
}

static void write_all(const struct bench *bench) {
  unsigned i;
  for (i = 0; i < bench->files; i++)
    write_file(bench, i, bench->target_count / bench->files, 0);
}

static void open_bench(struct bench *bench, unsigned files) {
  pyr_config_options_t options = {.size = sizeof(options)};
  struct pyr__job_targets_options targets = {
      .env = {.loop = &bench->loop,
              .memory = &bench->memory,
              .clock = pyr__clock_system(),
              .log = &bench->log},
      .events = {on_added, on_changed, on_changed, on_gone, NULL, bench}};
  char text[2048];
  pyr_error_t err;
  int len;

  bench->files = files;
  bench->added = bench->gone = 0;
  strcpy(bench->dir, "/dev/shm/pyrite-bench-XXXXXX");
  if (mkdtemp(bench->dir) == NULL)
    fail("needs /dev/shm");
  write_all(bench);
  len = snprintf(text, sizeof(text),
                 "scrape-configs:\n- job-name: bench\n"
                 "  enabled-profiles: [cpu, mem, goroutines, mutex, block]\n"
                 "%s  file-sd-configs: [{files: ['%s/*.yml']}]\n",
                 rules, bench->dir);
  pyr__memory_init(&bench->memory, NULL);
  if (pyr_config_parse(&bench->config, text, (size_t)len, &options, &err) !=
          0 ||
      pyr__job_targets_new(&bench->targets, &targets, &err) != 0 ||
      pyr__job_targets_start(bench->targets, bench->config,
                             &bench->config->jobs[0], &err) != 0)
    fail(err.text);
}

static void on_closed(void *ctx) {
  *(bool *)ctx = true;
}

static void close_bench(struct bench *bench) {
  char command[128];
  bool is_closed = false;
  pyr__job_targets_close(bench->targets, on_closed, &is_closed);
  while (!is_closed)
    uv_run(&bench->loop, UV_RUN_ONCE);
  pyr_config_unref(bench->config);
  snprintf(command, sizeof(command), "rm -rf %s", bench->dir);
  if (system(command) != 0)
    fail("cannot remove the files");
}

/* ---- cases -------------------------------------------------------------- */

static uint64_t used_bytes(const struct bench *bench) {
  const struct pyr__account *groups =
      &bench->memory.accounts[PYR__MEM_DISCOVERY_GROUPS];
  const struct pyr__account *targets =
      &bench->memory.accounts[PYR__MEM_DISCOVERY_TARGETS];
  /* A block costs its header and malloc's, besides what it holds. */
  return groups->used_bytes + targets->used_bytes +
         32 * (groups->used_blocks + targets->used_blocks);
}

static void turn_until_synced(struct bench *bench) {
  while (!pyr__job_targets_is_synced(bench->targets))
    uv_run(&bench->loop, UV_RUN_ONCE);
}

static void run_start(struct bench *bench, unsigned files) {
  int64_t cpu;
  open_bench(bench, files);
  bench->longest_ns = 0;
  bench->turn_ns = pyr__cpu_ns();
  cpu = pyr__cpu_ns();
  turn_until_synced(bench);
  cpu = pyr__cpu_ns() - cpu;
  printf("start, %5u targets in %3u file%s: %4lld ms of CPU, longest turn "
         "%4.1f ms, %llu bytes a target\n",
         bench->added, files, bench->is_one_group ? "s of one group" : "s",
         (long long)(cpu / PYR__NS_PER_MS),
         (double)bench->longest_ns / PYR__NS_PER_MS,
         (unsigned long long)(used_bytes(bench) / bench->added));
}

struct churn {
  struct bench *bench;
  unsigned second;
  int64_t written_ns; /* CPU of writing the files */
};

static void on_second(uv_timer_t *timer) {
  struct churn *churn = timer->data;
  struct bench *bench = churn->bench;
  unsigned i, changed = bench->files < 10 ? 1 : bench->files / 10;
  int64_t before = pyr__cpu_ns();

  for (i = 0; i < changed; i++)
    write_file(bench, (churn->second * changed + i) % bench->files,
               bench->target_count / bench->files, churn->second + 1);
  churn->written_ns += pyr__cpu_ns() - before;
  bench->turn_ns = pyr__cpu_ns();
  if (++churn->second == bench->seconds)
    uv_timer_stop(timer);
}

static void run_churn(struct bench *bench, unsigned files) {
  struct churn churn = {.bench = bench};
  uv_timer_t timer;
  int64_t cpu;

  open_bench(bench, files);
  turn_until_synced(bench);
  bench->longest_ns = 0;
  bench->added = bench->gone = 0;
  cpu = pyr__cpu_ns();
  uv_timer_init(&bench->loop, &timer);
  timer.data = &churn;
  uv_timer_start(&timer, on_second, 0, 1000);
  while (churn.second < bench->seconds ||
         bench->gone < bench->seconds * bench->target_count / 10)
    uv_run(&bench->loop, UV_RUN_ONCE);
  cpu = pyr__cpu_ns() - cpu - churn.written_ns;
  printf("churn, %u of %u targets a second in %u of %u files: %.1f ms of CPU a "
         "second, longest turn %.1f ms\n",
         bench->gone / bench->seconds, bench->target_count, files / 10, files,
         (double)cpu / (double)PYR__NS_PER_MS / bench->seconds,
         (double)bench->longest_ns / PYR__NS_PER_MS);
  uv_close((uv_handle_t *)&timer, NULL);
}

/* Names and values as long as those that pods have. */
static void make_pod(unsigned number, pyr_label_t *labels, char *text) {
  static const char *const first[] = {"__address__", "__name__", "app", "zone"};
  unsigned i;
  for (i = 0; i < POD_LABELS; i++) {
    char *value;
    labels[i].name.base = text;
    text += sprintf(text, "%s",
                    i < 4 ? first[i] : "__meta_kubernetes_pod_annotation_");
    if (i >= 4)
      text += sprintf(text, "example_com_key_%02u", i);
    labels[i].name.len = (size_t)(text - labels[i].name.base);
    value = text;
    text += i == 0 ? sprintf(text, "10.%u.%u.%u:6060", number >> 16,
                             number >> 8 & 255, number & 255)
                   : sprintf(text, "value-%02u-of-pod-%u", i, number % 977);
    labels[i].value = (pyr_str_t){value, (size_t)(text - value)};
  }
}

static void run_pods(struct bench *bench) {
  static pyr_label_t labels[POD_LABELS];
  static char text[POD_LABELS * 128];
  struct pyr__target_set *set;
  struct pyr__discovered pod = {labels, POD_LABELS};
  uint64_t before;
  int64_t cpu;
  unsigned i;

  open_bench(bench, FILES);
  set = pyr__job_targets_set(bench->targets); /* with no files read yet */
  before = used_bytes(bench);
  cpu = pyr__cpu_ns();
  for (i = 0; i < bench->target_count; i++) {
    char source[32];
    struct pyr__target_group group = {{source, 0}, &pod, 1};
    group.source.len =
        (size_t)snprintf(source, sizeof(source), "pod/default/web-%u", i);
    make_pod(i, labels, text);
    if (pyr__target_set_update(set, bench, &group, NULL) != 0)
      fail("no memory");
  }
  cpu = pyr__cpu_ns() - cpu;
  printf("pods, %u with %d labels each: %lld ms of CPU, %llu bytes a target\n",
         bench->added, POD_LABELS, (long long)(cpu / PYR__NS_PER_MS),
         (unsigned long long)((used_bytes(bench) - before) / bench->added));
}

static void open_loop(struct bench *bench) {
  uv_loop_init(&bench->loop);
  uv_prepare_init(&bench->loop, &bench->before);
  uv_check_init(&bench->loop, &bench->after);
  bench->before.data = bench->after.data = bench;
  uv_prepare_start(&bench->before, on_before);
  uv_check_start(&bench->after, on_after);
}

int main(int argc, char **argv) {
  static struct bench bench = {.target_count = 10000, .seconds = 10};
  int i;

  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--targets") == 0)
      bench.target_count = (unsigned)strtoul(argv[i + 1], NULL, 10);
    else if (strcmp(argv[i], "--seconds") == 0)
      bench.seconds = (unsigned)strtoul(argv[i + 1], NULL, 10);
  }
  if (bench.target_count < FILES || bench.seconds == 0) {
    fprintf(stderr, "usage: targets [--targets N >= 100] [--seconds N]\n");
    return 2;
  }
  open_loop(&bench);
  run_start(&bench, FILES);
  close_bench(&bench);
  run_start(&bench, 1);
  close_bench(&bench);
  bench.is_one_group = true;
  run_start(&bench, 1);
  bench.is_one_group = false;
  close_bench(&bench);
  run_churn(&bench, FILES);
  close_bench(&bench);
  run_pods(&bench);
  close_bench(&bench);
  return 0;
}
