/* How long the store keeps a loop, on a disk that another process keeps busy:
 *
 *   store_ticks FOLDER [SECONDS]
 *
 * makes a store in FOLDER, beside a child that writes 64 MiB and fsyncs them,
 * over and over.  A hundred times a second a profile of the corpus is appended
 * and the store ticks; it syncs every second, and ends a segment every five. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "pprof/decoder.h"
#include "store/store.h"

enum { BODY_BYTES = 1 << 20, TICKS_A_SECOND = 100 };

static const char *const body_path = "bench/corpus/medium/heap/0.pb.gz";

__attribute__((noreturn)) static void die(const char *what) {
  perror(what);
  exit(1);
}

/* The child; it ends when it is killed. */
static void keep_busy(const char *folder) {
  static char block[1 << 20];
  char path[4096];
  int fd, i;

  snprintf(path, sizeof(path), "%s/busy", folder);
  fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  unlink(path);
  if (fd < 0)
    die(path);
  for (;;) {
    for (i = 0; i < 64; i++)
      if (pwrite(fd, block, sizeof(block), (off_t)i << 20) < 0)
        die("write");
    fsync(fd);
    if (ftruncate(fd, 0) != 0)
      die("truncate");
  }
}

static const struct pyr__profile *decode(struct pyr__decoder *decoder) {
  static const struct pyr__decoder_limits limits = {
      .body_bytes = PYR__DEFAULT_BODY_BYTES,
      .arena_bytes = PYR__DEFAULT_SCRAPE_BYTES,
      .stack_frames = PYR__LIMIT_STACK_FRAMES};
  static char body[BODY_BYTES];
  const struct pyr__profile *profile = NULL;
  FILE *file = fopen(body_path, "rb");
  size_t len = file == NULL ? 0 : fread(body, 1, sizeof(body), file);

  pyr__decoder_begin(decoder, &limits);
  if (len == 0 || pyr__decoder_write(decoder, body, len, NULL) != 0 ||
      pyr__decoder_finish(decoder, &profile, NULL) != 0)
    die(body_path);
  fclose(file);
  return profile;
}

static void append(struct pyr__store *store, const struct pyr__profile *profile,
                   const struct pyr__clock *clock) {
  const pyr_label_t labels[] = {{pyr__str("__name__"), pyr__str("busy")}};
  const struct pyr__store_profile meta = {.labels = labels,
                                          .label_count = 1,
                                          .profile_name = pyr__str("mem"),
                                          .type_name = pyr__str("memory"),
                                          .time_ns = pyr__wall(clock),
                                          .duration_ns = PYR__NS_PER_S};
  if (pyr__store_append(store, &meta, profile, NULL) != 0)
    die("append");
}

static int compare(const void *a, const void *b) {
  int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static void print(int64_t *took, size_t count) {
  static const double shares[] = {0.5, 0.99, 0.999};
  size_t i;
  qsort(took, count, sizeof(*took), compare);
  for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
    printf("%g %%: %.2f ms, ", shares[i] * 100,
           (double)took[(size_t)(shares[i] * (double)count)] / 1e6);
  printf("longest %.2f ms of %zu\n", (double)took[count - 1] / 1e6, count);
}

static void run(struct pyr__store *store, const struct pyr__profile *profile,
                const struct pyr__clock *clock, size_t ticks) {
  const struct timespec pause = {0, 1000000000 / TICKS_A_SECOND};
  int64_t *took = calloc(ticks, sizeof(*took)), start;
  size_t i;

  if (took == NULL)
    die("memory");
  for (i = 0; i < ticks; i++) {
    start = pyr__now(clock);
    append(store, profile, clock);
    pyr__store_tick(store);
    took[i] = pyr__now(clock) - start;
    nanosleep(&pause, NULL);
  }
  print(took, ticks);
  free(took);
}

int main(int argc, char **argv) {
  struct pyr__store_options options = {
      .flush_interval_ns = PYR__NS_PER_S / 10,
      .sync_interval_ns = PYR__NS_PER_S,
      .segment_max_bytes = PYR__DEFAULT_SEGMENT_BYTES,
      .segment_max_age_ns = 5 * PYR__NS_PER_S,
      .retention_bytes = PYR__MIB,
      .dictionary_bytes = PYR__DEFAULT_DICTIONARY_BYTES,
      .buffer_bytes = PYR__DEFAULT_BUFFER_BYTES,
      .clock = pyr__clock_system()};
  struct pyr__io io = pyr__io_files();
  struct pyr__decoder *decoder;
  struct pyr__memory memory;
  struct pyr__store *store;
  pyr_error_t err;
  pid_t busy;

  if (argc < 2) {
    fprintf(stderr, "usage: store_ticks FOLDER [SECONDS]\n");
    return 2;
  }
  pyr__memory_init(&memory, NULL);
  if (pyr__store_open(&store, &memory, &io, argv[1], &options, &err) != 0 ||
      pyr__decoder_new(&decoder, &memory) != 0)
    die(argv[1]);
  busy = fork();
  if (busy == 0)
    keep_busy(argv[1]);
  run(store, decode(decoder), &options.clock,
      TICKS_A_SECOND * (argc > 2 ? strtoul(argv[2], NULL, 10) : 60));
  kill(busy, SIGKILL);
  waitpid(busy, NULL, 0);
  pyr__decoder_free(decoder);
  return pyr__store_close(store, &err) == 0 ? 0 : 1;
}
