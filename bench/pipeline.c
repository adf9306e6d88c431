/* What a body costs on its way, against raw inflate of the same bytes in the
 * same process:
 *
 *   pipeline [--corpus bench/corpus] [--rounds 40] [--only medium/heap]
 *            [--stage NAME]
 *
 * Each stage does all that the one before it does, and more.  Stages take
 * turns, and the fastest round of each counts, so that other work on the
 * machine hits none of them alone.  With --stage only that one runs, --rounds
 * times, for callgrind and perf. */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "pprof/decoder.h"
#include "pprof/delta.h"
#include "pprof/inflate.h"
#include "store/store.h"

enum { BODIES = 64, WRITE_BYTES = 64 * 1024, OUT_BYTES = 64 * 1024 };

struct kind {
  const char *name;
  uint64_t cumulative; /* columns whose difference is taken */
};

static const struct kind kinds[] = {
    {"cpu", 0},        {"heap", 3},        {"allocs", 3},
    {"goroutine", 0},  {"mutex", 3},       {"block", 3},
    {"delta_heap", 0}, {"delta_mutex", 0}, {"delta_block", 0}};
static const char *const programs[] = {"small", "medium"};

enum {
  KINDS = sizeof(kinds) / sizeof(kinds[0]),
  PROGRAMS = sizeof(programs) / sizeof(programs[0])
};

struct body {
  uint8_t *data;
  size_t len;
};

struct bench {
  struct pyr__memory memory;
  struct body bodies[PROGRAMS][KINDS][BODIES];
  size_t counts[PROGRAMS][KINDS]; /* 0: not asked for */
  z_stream raw;
  struct pyr__gunzip gunzip;
  struct pyr__decoder *decoder;
  struct pyr__delta *deltas[PROGRAMS][KINDS];
  struct pyr__store *store;
  char folder[32];   /* of the store */
  int64_t now_ns;    /* the store's: a second a body, so each is flushed */
  uint64_t inflated; /* bytes of the round that runs */
  uint8_t out[OUT_BYTES];
};

__attribute__((noreturn)) static void die(const char *what, const char *why) {
  fprintf(stderr, "pipeline: %s: %s\n", what, why);
  exit(1);
}

/* ---- the corpus --------------------------------------------------------- */

static void load_body(struct body *body, const char *path) {
  FILE *file = fopen(path, "rb");
  long size;

  if (file == NULL || fseek(file, 0, SEEK_END) != 0)
    die(path, "cannot be read");
  size = ftell(file);
  rewind(file);
  body->len = (size_t)size;
  body->data = malloc(body->len);
  if (body->data == NULL || fread(body->data, 1, body->len, file) != body->len)
    die(path, "cannot be read");
  fclose(file);
}

static bool is_asked_for(const char *only, size_t program, size_t kind) {
  char name[64];
  snprintf(name, sizeof(name), "%s/%s", programs[program], kinds[kind].name);
  return only == NULL || strcmp(only, name) == 0;
}

static void load_kind(struct bench *bench, const char *corpus, size_t program,
                      size_t kind) {
  char path[4096];
  struct dirent **names;
  int count, i;

  snprintf(path, sizeof(path), "%s/%s/%s", corpus, programs[program],
           kinds[kind].name);
  count = scandir(path, &names, NULL, versionsort);
  if (count < 0)
    die(path, "cannot be read");
  for (i = 0; i < count; i++) {
    size_t *bodies = &bench->counts[program][kind];
    snprintf(path, sizeof(path), "%s/%s/%s/%s", corpus, programs[program],
             kinds[kind].name, names[i]->d_name);
    if (names[i]->d_name[0] != '.' && *bodies < BODIES)
      load_body(&bench->bodies[program][kind][(*bodies)++], path);
    free(names[i]);
  }
  free(names);
}

/* ---- stages ------------------------------------------------------------- */

static void raw_body(struct bench *bench, size_t program, size_t kind,
                     const struct body *body) {
  z_stream *stream = &bench->raw;
  int rc;
  (void)program;
  (void)kind;

  inflateReset(stream);
  stream->next_in = body->data;
  stream->avail_in = (uInt)body->len;
  do {
    stream->next_out = bench->out;
    stream->avail_out = OUT_BYTES;
    rc = inflate(stream, Z_NO_FLUSH);
    bench->inflated += OUT_BYTES - stream->avail_out;
  } while (rc == Z_OK);
  if (rc != Z_STREAM_END)
    die("inflate", "the corpus is corrupt");
}

static int count_bytes(void *ctx, const uint8_t *data, size_t len,
                       pyr_error_t *err) {
  struct bench *bench = ctx;
  (void)data;
  (void)err;
  bench->inflated += len;
  return 0;
}

/* As they come from a socket. */
static size_t next_write(const struct body *body, size_t at) {
  return body->len - at < WRITE_BYTES ? body->len - at : WRITE_BYTES;
}

static void inflate_body(struct bench *bench, size_t program, size_t kind,
                         const struct body *body) {
  pyr_error_t err = {0};
  size_t at, len;
  int rc = 0;
  (void)program;
  (void)kind;

  pyr__gunzip_begin(&bench->gunzip, PYR__DEFAULT_BODY_BYTES);
  for (at = 0; at < body->len && rc == 0; at += len) {
    len = next_write(body, at);
    rc = pyr__gunzip_write(&bench->gunzip, body->data + at, len, &err);
  }
  if (rc != 0 || pyr__gunzip_finish(&bench->gunzip, &err) != 0)
    die("inflate", err.text);
}

static const struct pyr__profile *decode(struct bench *bench,
                                         const struct body *body) {
  static const struct pyr__decoder_limits limits = {
      .body_bytes = PYR__DEFAULT_BODY_BYTES,
      .arena_bytes = PYR__DEFAULT_SCRAPE_BYTES,
      .stack_frames = PYR__LIMIT_STACK_FRAMES};
  const struct pyr__profile *profile = NULL;
  pyr_error_t err = {0};
  size_t at, len;
  int rc = 0;

  pyr__decoder_begin(bench->decoder, &limits);
  for (at = 0; at < body->len && rc == 0; at += len) {
    len = next_write(body, at);
    rc = pyr__decoder_write(bench->decoder, body->data + at, len, &err);
  }
  if (rc == 0)
    rc = pyr__decoder_finish(bench->decoder, &profile, &err);
  if (rc != 0)
    die("decode", err.text);
  bench->inflated += pyr__decoder_body_bytes(bench->decoder);
  return profile;
}

static void decode_body(struct bench *bench, size_t program, size_t kind,
                        const struct body *body) {
  (void)program;
  (void)kind;
  decode(bench, body);
}

static const struct pyr__profile *difference(struct bench *bench,
                                             size_t program, size_t kind,
                                             const struct body *body) {
  const struct pyr__profile *profile = decode(bench, body);
  struct pyr__delta_result result;
  pyr_error_t err = {0};
  int rc;

  if (kinds[kind].cumulative == 0)
    return profile;
  rc = pyr__delta_apply(bench->deltas[program][kind], profile,
                        kinds[kind].cumulative, profile->time_ns,
                        pyr__decoder_arena(bench->decoder), &result, &err);
  if (rc == 0)
    rc = pyr__delta_commit(bench->deltas[program][kind], &err);
  if (rc != 0)
    die("delta", err.text);
  return result.profile;
}

static void delta_body(struct bench *bench, size_t program, size_t kind,
                       const struct body *body) {
  difference(bench, program, kind, body);
}

static void store_body(struct bench *bench, size_t program, size_t kind,
                       const struct body *body) {
  const struct pyr__profile *profile = difference(bench, program, kind, body);
  const pyr_label_t labels[] = {
      {pyr__str("__name__"), pyr__str(programs[program])},
      {pyr__str("instance"), pyr__str("10.0.0.1:6060")}};
  const struct pyr__store_profile meta = {
      .labels = labels,
      .label_count = 2,
      .profile_name = pyr__str(kinds[kind].name),
      .type_name = pyr__str(kinds[kind].name),
      .time_ns = bench->now_ns,
      .duration_ns = 10 * PYR__NS_PER_S};
  pyr_error_t err = {0};

  if (pyr__store_append(bench->store, &meta, profile, &err) != 0)
    die("store", err.text);
  bench->now_ns += PYR__NS_PER_S;
  pyr__store_tick(bench->store);
}

static const struct stage {
  const char *name;
  void (*body)(struct bench *bench, size_t program, size_t kind,
               const struct body *body);
} stages[] = {{"raw inflate", raw_body},
              {"inflate", inflate_body},
              {"decode", decode_body},
              {"delta", delta_body},
              {"store", store_body}};

enum { STAGES = sizeof(stages) / sizeof(stages[0]) };

/* ---- rounds ------------------------------------------------------------- */

static double thread_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Seconds for all bodies of a kind; the first of them has nothing to be
 * compared with. */
static double run_kind(struct bench *bench, const struct stage *stage,
                       size_t program, size_t kind) {
  double start;
  size_t i;

  pyr__delta_free(bench->deltas[program][kind]);
  if (pyr__delta_new(&bench->deltas[program][kind], &bench->memory,
                     PYR__DEFAULT_DELTA_BYTES) != 0)
    die("delta", "out of memory");
  bench->inflated = 0;
  start = thread_seconds();
  for (i = 0; i < bench->counts[program][kind]; i++)
    stage->body(bench, program, kind, &bench->bodies[program][kind][i]);
  return thread_seconds() - start;
}

struct figures {
  double seconds[STAGES][PROGRAMS][KINDS]; /* the least of the rounds */
  uint64_t bytes[PROGRAMS][KINDS];         /* inflated */
};

static void run_rounds(struct bench *bench, struct figures *figures,
                       size_t rounds) {
  size_t round, stage, program, kind;

  for (round = 0; round < rounds; round++)
    for (program = 0; program < PROGRAMS; program++)
      for (kind = 0; kind < KINDS; kind++)
        for (stage = 0; stage < STAGES; stage++) {
          double *least = &figures->seconds[stage][program][kind];
          double took = run_kind(bench, &stages[stage], program, kind);
          if (round == 0 || took < *least)
            *least = took;
          figures->bytes[program][kind] = bench->inflated;
        }
}

static void print_row(const char *program, const char *kind,
                      const double seconds[STAGES], uint64_t bytes) {
  size_t stage;
  printf("| %-6s | %-11s |", program, kind);
  for (stage = 0; stage < STAGES; stage++) {
    printf(" %5.0f MB/s", (double)bytes / seconds[stage] / 1e6);
    printf(stage == 0 ? "       |" : " %4.2fx |", seconds[stage] / seconds[0]);
  }
  printf("\n");
}

static void print_figures(const struct figures *figures) {
  size_t program, kind, stage;

  printf("| %-6s | %-11s |", "", "");
  for (stage = 0; stage < STAGES; stage++)
    printf(" %s%-15s |", stage < 2 ? "" : "+", stages[stage].name);
  printf("\n|---|---|---|---|---|---|---|\n");
  for (program = 0; program < PROGRAMS; program++) {
    double seconds[STAGES], sums[STAGES] = {0};
    uint64_t bytes = 0;
    for (kind = 0; kind < KINDS; kind++) {
      for (stage = 0; stage < STAGES; stage++) {
        seconds[stage] = figures->seconds[stage][program][kind];
        sums[stage] += seconds[stage];
      }
      bytes += figures->bytes[program][kind];
      if (figures->bytes[program][kind] > 0)
        print_row(programs[program], kinds[kind].name, seconds,
                  figures->bytes[program][kind]);
    }
    if (bytes > 0)
      print_row(programs[program], "all", sums, bytes);
  }
}

static void run_stage(struct bench *bench, const char *name, size_t rounds) {
  size_t stage, program, kind;

  for (stage = 0; stage < STAGES; stage++)
    if (strcmp(stages[stage].name, name) == 0)
      break;
  if (stage == STAGES)
    die(name, "no such stage");
  for (; rounds > 0; rounds--)
    for (program = 0; program < PROGRAMS; program++)
      for (kind = 0; kind < KINDS; kind++)
        run_kind(bench, &stages[stage], program, kind);
}

static int64_t store_now(void *ctx) {
  return ((const struct bench *)ctx)->now_ns;
}

static void open_store(struct bench *bench) {
  const struct pyr__store_options options = {
      .flush_interval_ns = PYR__NS_PER_S,
      .sync_interval_ns = 10 * PYR__NS_PER_S,
      .segment_max_bytes = PYR__DEFAULT_SEGMENT_BYTES,
      .segment_max_age_ns = 3600 * PYR__NS_PER_S,
      .dictionary_bytes = PYR__DEFAULT_DICTIONARY_BYTES,
      .buffer_bytes = PYR__DEFAULT_BUFFER_BYTES,
      .clock = {store_now, store_now, bench}};
  struct pyr__io io = pyr__io_files();
  pyr_error_t err = {0};

  strcpy(bench->folder, "/tmp/pyrite-pipeline-XXXXXX");
  bench->now_ns = INT64_C(1767225600) * PYR__NS_PER_S;
  if (mkdtemp(bench->folder) == NULL)
    die(bench->folder, "cannot be made");
  if (pyr__store_open(&bench->store, &bench->memory, &io, bench->folder,
                      &options, &err) != 0)
    die("store", err.text);
}

static int remove_file(void *ctx, const char *name) {
  struct bench *bench = ctx;
  char path[512];
  snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
  remove(path);
  return 0;
}

static void close_store(struct bench *bench) {
  struct pyr__io io = pyr__io_files();
  pyr_error_t err = {0};

  if (pyr__store_close(bench->store, &err) != 0)
    die("store", err.text);
  io.list(io.ctx, bench->folder, remove_file, bench);
  remove(bench->folder);
}

static void open_bench(struct bench *bench, const char *corpus,
                       const char *only) {
  size_t program, kind;

  pyr__memory_init(&bench->memory, NULL);
  for (program = 0; program < PROGRAMS; program++)
    for (kind = 0; kind < KINDS; kind++)
      if (is_asked_for(only, program, kind))
        load_kind(bench, corpus, program, kind);
  pyr__gunzip_init(&bench->gunzip, &bench->memory, count_bytes, bench);
  if (inflateInit2(&bench->raw, 16 + MAX_WBITS) != Z_OK ||
      pyr__decoder_new(&bench->decoder, &bench->memory) != 0)
    die("start", "out of memory");
  open_store(bench);
}

int main(int argc, char **argv) {
  static struct bench bench;
  static struct figures figures;
  const char *corpus = "bench/corpus", *stage = NULL, *only = NULL;
  size_t rounds = 40;
  int i;

  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--corpus") == 0)
      corpus = argv[i + 1];
    else if (strcmp(argv[i], "--rounds") == 0)
      rounds = (size_t)atoll(argv[i + 1]);
    else if (strcmp(argv[i], "--only") == 0)
      only = argv[i + 1];
    else if (strcmp(argv[i], "--stage") == 0)
      stage = argv[i + 1];
    else
      break;
  }
  if (i < argc)
    die("usage",
        "[--corpus FOLDER] [--rounds N] [--only PROGRAM/KIND] [--stage NAME]");
  open_bench(&bench, corpus, only);
  if (stage != NULL) {
    run_stage(&bench, stage, rounds);
  } else {
    run_rounds(&bench, &figures, rounds);
    print_figures(&figures);
  }
  close_store(&bench);
  return 0;
}
