/* pyrite query: what is stored, as a table, a profile or a list. */
#include "cli/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/str.h"
#include "cli/progress.h"
#include "cli/sink.h"
#include "query/query.h"
#include "query/time_arg.h"

static const char help[] =
    "pyrite query --storage DIR [options] [MATCHERS]\n"
    "\n"
    "Merges the stored profiles that match and shows them.\n"
    "\n"
    "  --storage DIR    where pyrite run keeps them\n"
    "  --from T, --to T profiles that start in [T, T): 2026-01-02T03:04:05Z,\n"
    "                   1767323045, now, -1h; absent: all\n"
    "  --profile P      cpu, mem, ... or a type's id, as\n"
    "                   memory:inuse_space:bytes:space:bytes\n"
    "  --output O       top       functions by their own share (the default)\n"
    "                   folded    a line a stack: root;caller;leaf value\n"
    "                   pprof     gzip for go tool pprof and go build -pgo\n"
    "                   series    the series, with types, counts and times\n"
    "                   labels    the labels, with numbers of values\n"
    "                   profiles  a line of JSON a stored profile\n"
    "  -o FILE          where to, instead of standard output\n"
    "  --average        what one profile has on average, where top, folded "
    "and\n"
    "                   pprof add up all of them: for memory in use and\n"
    "                   goroutines\n"
    "  --rows N         of top; 0: all (default 40)\n"
    "\n"
    "MATCHERS are PromQL's: '{env=\"dev\", __name__=~\"shop|cart\"}',\n"
    "'shop{env=\"dev\"}', shop.\n"
    "\n"
    "top, folded and pprof want one kind of profile: where several match, "
    "choose\n"
    "with --profile. top and folded show one of its types: the default one of\n"
    "the profile, or else the last (cpu, inuse_space). A type's id picks that\n"
    "type, for pprof too, which keeps all types otherwise.\n"
    "\n"
    "Exit status: 0 good, 1 nothing matches or a failure, 2 wrong use. A "
    "damaged\n"
    "part of a segment is reported, and the rest used.\n";

enum output { TOP, FOLDED, PPROF, SERIES, LABELS, PROFILES, OUTPUTS };

static const char *const output_names[OUTPUTS] = {
    "top", "folded", "pprof", "series", "labels", "profiles"};

#define ROWS_MAX 1000000UL

struct arguments {
  const char *storage, *from, *to, *profile, *file, *selector;
  enum output output;
  unsigned long rows;
  bool average;
};

enum { STORAGE = 256, FROM, TO, PROFILE, OUTPUT, ROWS, AVERAGE };

static int parse_output(struct arguments *args, const char *name) {
  size_t i;
  for (i = 0; i < OUTPUTS; i++)
    if (strcmp(name, output_names[i]) == 0) {
      args->output = (enum output)i;
      return 0;
    }
  return pyr__cli_usage("query",
                        "--output %s: expected top, folded, pprof, series, "
                        "labels or profiles",
                        name);
}

static int parse_rows(struct arguments *args, const char *text) {
  char *end;
  args->rows = strtoul(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || args->rows > ROWS_MAX)
    return pyr__cli_usage("query",
                          "--rows %s: expected a number from 1 to %lu, or 0 "
                          "for all",
                          text, ROWS_MAX);
  return 0;
}

static int take_option(struct arguments *args, int option) {
  switch (option) {
  case STORAGE:
    args->storage = optarg;
    return 0;
  case FROM:
    args->from = optarg;
    return 0;
  case TO:
    args->to = optarg;
    return 0;
  case PROFILE:
    args->profile = optarg;
    return 0;
  case 'o':
    args->file = optarg;
    return 0;
  case OUTPUT:
    return parse_output(args, optarg);
  case ROWS:
    return parse_rows(args, optarg);
  case AVERAGE:
    args->average = true;
    return 0;
  default:
    return PYR__EXIT_USAGE;
  }
}

/* -1: go on, else what to exit with. */
static int parse_arguments(struct arguments *args, int argc, char **argv) {
  static const struct option options[] = {
      {"storage", required_argument, NULL, STORAGE},
      {"from", required_argument, NULL, FROM},
      {"to", required_argument, NULL, TO},
      {"profile", required_argument, NULL, PROFILE},
      {"output", required_argument, NULL, OUTPUT},
      {"rows", required_argument, NULL, ROWS},
      {"average", no_argument, NULL, AVERAGE},
      PYR__CLI_HELP_ROW,
      {NULL, 0, NULL, 0}};
  int option, rc;

  while ((option = pyr__cli_option("query", argc, argv, "o:", options)) != -1) {
    if (option == PYR__CLI_HELP)
      return pyr__cli_print("query", help);
    rc = take_option(args, option);
    if (rc != 0)
      return rc;
  }
  if (args->storage == NULL)
    return pyr__cli_usage("query", "--storage DIR is missing");
  if (optind + 1 < argc)
    return pyr__cli_usage("query",
                          "one argument of matchers is expected, found %d; "
                          "quote them for the shell",
                          argc - optind);
  args->selector = optind < argc ? argv[optind] : "";
  return -1;
}

static int parse_time(const char *option, const char *text, int64_t now,
                      int64_t *out) {
  pyr_error_t err;
  if (text == NULL)
    return 0;
  if (pyr__time_arg_parse(out, pyr__str(text), now, &err) == 0)
    return 0;
  return pyr__cli_usage("query", "%s: %s", option, err.text);
}

static int parse_times(const struct arguments *args, struct pyr__query *query) {
  struct pyr__clock clock = pyr__clock_system();
  int64_t now = pyr__wall(&clock);
  int rc = parse_time("--from", args->from, now, &query->from_ns);
  if (rc == 0)
    rc = parse_time("--to", args->to, now, &query->to_ns);
  if (rc == 0 && query->from_ns >= query->to_ns)
    rc = pyr__cli_usage("query", "--from must be before --to");
  return rc;
}

/* What is added up over a time is easily taken for what there was at once. */
static int write_count(const struct arguments *args, size_t merged,
                       const struct pyr__output *output, pyr_error_t *err) {
  char line[64];
  int len;
  if (merged == 1)
    return 0;
  len = snprintf(line, sizeof(line), "Profiles: %zu, %s\n", merged,
                 args->average ? "their average" : "added up");
  return output->write(output->ctx, line, (size_t)len, err);
}

static int run_top(const struct arguments *args,
                   const struct pyr__query_result *result,
                   struct pyr__memory *memory, const struct pyr__output *output,
                   pyr_error_t *err) {
  int rc = write_count(args, result->merged, output, err);
  if (rc != 0)
    return rc;
  return pyr__export_top(&result->profile,
                         pyr__export_default_type(&result->profile), args->rows,
                         memory, output, err);
}

static int run_merged(const struct arguments *args,
                      const struct pyr__query *query,
                      const struct pyr__output *output, pyr_error_t *err) {
  struct pyr__query_result result;
  uint32_t type;
  int rc = pyr__query_merge(query, &result, err);

  pyr__progress_end(query->ctx);
  if (rc != 0)
    return rc;
  type = pyr__export_default_type(&result.profile);
  if (args->output == PPROF)
    rc = pyr__export_pprof(&result.profile, query->memory, output, err);
  else if (args->output == FOLDED)
    rc = pyr__export_folded(&result.profile, type, query->memory, output, err);
  else
    rc = run_top(args, &result, query->memory, output, err);
  pyr__query_result_release(&result);
  return rc;
}

static int run_output(const struct arguments *args,
                      const struct pyr__query *query,
                      const struct pyr__output *output, pyr_error_t *err) {
  switch (args->output) {
  case SERIES:
    return pyr__query_series(query, output, err);
  case LABELS:
    return pyr__query_labels(query, output, err);
  case PROFILES:
    return pyr__query_profiles(query, output, err);
  default:
    return run_merged(args, query, output, err);
  }
}

static int write_stderr(void *ctx, const void *data, size_t len,
                        pyr_error_t *err) {
  (void)ctx;
  return pyr__sink_write_fd(STDERR_FILENO, "standard error", data, len, err);
}

static void explain(const struct arguments *args,
                    const struct pyr__query *query) {
  struct pyr__output output = {write_stderr, NULL};
  pyr_error_t err;
  fprintf(stderr, "pyrite query: nothing matches%s%s%s%s%s\n",
          args->selector[0] == '\0' ? "" : " ", args->selector,
          args->profile == NULL ? "" : " --profile ",
          args->profile == NULL ? "" : args->profile,
          args->from == NULL && args->to == NULL ? "" : " in that time");
  if (pyr__query_explain(query, &output, &err) != 0)
    pyr__cli_failure("query", &err);
}

struct result {
  struct pyr__sink sink;
  struct pyr__progress *progress;
};

/* The progress goes before anything comes: both may be one terminal. */
static int write_result(void *ctx, const void *data, size_t len,
                        pyr_error_t *err) {
  struct result *result = ctx;
  struct pyr__output output = pyr__sink_output(&result->sink);
  pyr__progress_end(result->progress);
  return output.write(output.ctx, data, len, err);
}

static int run(const struct arguments *args, const struct pyr__query *query) {
  struct result result = {.progress = query->ctx};
  struct pyr__output output = {write_result, &result};
  pyr_error_t err;
  int rc = pyr__sink_open(&result.sink, args->file, &err);

  if (rc == 0)
    rc = run_output(args, query, &output, &err);
  pyr__progress_end(query->ctx);
  if (rc == 0)
    rc = pyr__sink_commit(&result.sink, &err);
  pyr__sink_discard(&result.sink);
  if (rc == PYR_ENOMATCH) {
    explain(args, query);
    return PYR__EXIT_FAILURE;
  }
  return rc == 0 ? PYR__EXIT_OK : pyr__cli_failure("query", &err);
}

static int parse_and_run(const struct arguments *args,
                         struct pyr__query *query) {
  struct pyr__matchers *matchers;
  pyr_error_t err;
  int rc = parse_times(args, query);

  if (rc != 0)
    return rc;
  if (args->output == PPROF && isatty(STDOUT_FILENO) &&
      (args->file == NULL || strcmp(args->file, "-") == 0))
    return pyr__cli_usage("query", "a terminal cannot show pprof: add -o FILE, "
                                   "or send it on with |");
  if (pyr__matchers_parse(&matchers, query->memory, pyr__str(args->selector),
                          &err) != 0)
    return pyr__cli_usage("query", "%s: %s", args->selector, err.text);
  query->matchers = matchers;
  rc = run(args, query);
  pyr__matchers_free(matchers);
  return rc;
}

int pyr__cmd_query(int argc, char **argv) {
  struct arguments args = {.output = TOP, .rows = 40, .selector = ""};
  struct pyr__progress progress;
  struct pyr__memory memory;
  struct pyr__query query = {.memory = &memory,
                             .from_ns = INT64_MIN,
                             .to_ns = INT64_MAX,
                             .limit = PYR__DEFAULT_QUERY_BYTES,
                             .on_bad_frame = pyr__progress_bad_frame,
                             .on_progress = pyr__progress_report,
                             .ctx = &progress};
  int rc = parse_arguments(&args, argc, argv);

  if (rc >= 0)
    return rc;
  pyr__memory_init(&memory, NULL);
  pyr__progress_init(&progress, "query");
  query.storage = args.storage;
  query.average = args.average;
  query.profile = pyr__str(args.profile == NULL ? "" : args.profile);
  return parse_and_run(&args, &query);
}
