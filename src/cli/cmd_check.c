/* pyrite check: what is wrong with a configuration, or what it leads to. */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/printable.h"
#include "base/str.h"
#include "cli/check.h"
#include "cli/found_print.h"
#include "cli/sandbox.h"

static const char help[] =
    "pyrite check [--expand-env] [--discover TIME] FILE...\n"
    "pyrite check [--expand-env] --labels 'NAME=\"VALUE\",...' FILE JOB\n"
    "\n"
    "Says everything that is wrong with configuration files, or what they ask\n"
    "for: each job's targets, and the requests to them; then what --sandbox\n"
    "of run can do on this machine.  A note tells of a file that is named and\n"
    "cannot be read: it is no error, as it may come later.\n"
    "\n"
    "  --discover TIME  runs discovery for so long (10s), or until all is "
    "found,\n"
    "                   and shows what each rule makes of it; asks no target\n"
    "  --labels LABELS  shows what each rule of JOB makes of these labels\n"
    "  --expand-env     ${NAME} in values is the environment's, as in run\n"
    "\n"
    "Exit status: 0 all are right, 1 one is wrong, 2 wrong use.\n";

enum { EXPAND_ENV = 256, DISCOVER, LABELS };

struct check {
  size_t errors, requests, discoveries;
  char job[256], target[512]; /* the last ones printed */
};

static void say_error(void *ctx, const pyr_error_t *error) {
  size_t *errors = ctx;
  ++*errors;
  fprintf(stderr, "%s\n", error->text);
}

pyr_config_t *pyr__check_load(const char *path, int expand_env) {
  size_t errors = 0;
  pyr_config_options_t options = {.size = sizeof(options),
                                  .expand_env = expand_env,
                                  .on_error = say_error,
                                  .ctx = &errors};
  pyr_config_t *config;
  pyr_error_t err;

  if (pyr_config_load(&config, path, &options, &err) == 0)
    return config;
  if (errors == 0) /* it could not be read at all */
    fprintf(stderr, "%s\n", err.text);
  return NULL;
}

/* Whether `last` differs from the text; it is the text afterwards. */
static int is_new(char *last, size_t size, const char *text) {
  if (strcmp(last, text) == 0)
    return 0;
  snprintf(last, size, "%s", text);
  return 1;
}

/* "10.0.0.1:80", and over what it is asked where that does not say it. */
static void write_place(const pyr_request_t *request, char *out, size_t size) {
  const char *socket = request->unix_socket;
  if (socket == NULL || pyr__str_starts(request->address, "unix:"))
    snprintf(out, size, "%.*s", PYR__STR_ARG(request->address));
  else
    snprintf(out, size, "%.*s (over unix:%s)", PYR__STR_ARG(request->address),
             socket);
}

static void print_job(struct check *check, pyr_str_t name) {
  char job[sizeof(check->job)];
  pyr__printable_copy(job, sizeof(job), name);
  if (is_new(check->job, sizeof(check->job), job)) {
    printf("job \"%s\"\n", job);
    check->target[0] = '\0';
  }
}

static void print_request(void *ctx, const pyr_request_t *request) {
  struct check *check = ctx;
  char target[sizeof(check->target)], place[sizeof(check->target) / 2];
  pyr_error_t err;

  write_place(request, place, sizeof(place));
  snprintf(target, sizeof(target), "%s %.*s", place,
           PYR__STR_ARG(request->application));
  print_job(check, request->job);
  if (is_new(check->target, sizeof(check->target), target))
    pyr__target_print(stdout, pyr__str(place), request, &err);
  pyr__request_print(stdout, request);
  check->requests++;
}

static void print_discovery(void *ctx, pyr_str_t job, const char *mechanism) {
  struct check *check = ctx;
  print_job(check, job);
  printf("  targets of %s-sd-configs\n", mechanism);
  check->discoveries++;
}

/* NULL: it can be read. */
static const char *why_unreadable(const char *path) {
  glob_t found;
  int rc;
  if (strchr(path, '*') == NULL)
    return access(path, R_OK) == 0 ? NULL : strerror(errno);
  rc = glob(path, 0, NULL, &found);
  globfree(&found);
  return rc == 0 ? NULL : "no file is there";
}

static void note_unreadable(void *ctx, const char *path, int kind) {
  char shown[PATH_MAX];
  const char *why = kind == PYR_PATH_READ ? why_unreadable(path) : NULL;
  (void)ctx;
  if (why == NULL)
    return;
  pyr__printable_copy(shown, sizeof(shown), pyr__str(path));
  printf("note: %s: %s\n", shown, why);
}

static int check_file(const char *path, int expand_env) {
  struct check check = {0};
  pyr_config_t *config = pyr__check_load(path, expand_env);
  pyr_error_t err;

  if (config == NULL)
    return PYR__EXIT_FAILURE;
  printf("%s\n", path);
  if (pyr_config_each_request(config, print_request, say_error, &check, &err) !=
          0 ||
      (check.errors == 0 && pyr__check_start(config, &err) != 0)) {
    pyr__cli_failure("check", &err);
    check.errors++;
  }
  pyr_config_each_discovery(config, print_discovery, &check);
  if (check.discoveries > 0)
    printf("what these find shows pyrite check --discover 10s %s\n", path);
  else if (check.requests == 0 && check.errors == 0)
    printf("  no targets\n");
  pyr_config_each_path(config, note_unreadable, NULL);
  pyr_config_unref(config);
  return check.errors == 0 ? PYR__EXIT_OK : PYR__EXIT_FAILURE;
}

/* ---- the command -------------------------------------------------------- */

struct asked {
  int expand_env;
  int64_t discover_ns; /* 0: not */
  const char *labels;  /* NULL: not */
};

/* What run would be held by on this machine. */
static void print_sandbox(void) {
  struct pyr__sandbox sandbox;
  pyr_error_t err;
  (void)pyr__sandbox_probe(&sandbox, PYR__SANDBOX_AUTO, &err);
  printf("sandbox: %s\n", sandbox.text);
}

static int check_files(const struct asked *asked, int argc, char **argv) {
  int rc = PYR__EXIT_OK;
  for (; optind < argc; optind++) {
    int one = asked->discover_ns > 0
                  ? pyr__check_discover(argv[optind], asked->expand_env,
                                        asked->discover_ns)
                  : check_file(argv[optind], asked->expand_env);
    if (one != PYR__EXIT_OK)
      rc = one;
  }
  if (rc == PYR__EXIT_OK && asked->discover_ns == 0)
    print_sandbox();
  return rc;
}

static int set_discover(struct asked *asked) {
  pyr_error_t err;
  if (pyr__duration_parse(&asked->discover_ns, pyr__str(optarg), &err) != 0)
    return pyr__cli_usage("check", "--discover: %s", err.text);
  if (asked->discover_ns <= 0)
    return pyr__cli_usage("check", "--discover: expected a time as 10s");
  return 0;
}

static int set_option(struct asked *asked, int option) {
  switch (option) {
  case EXPAND_ENV:
    asked->expand_env = 1;
    return 0;
  case DISCOVER:
    return set_discover(asked);
  case LABELS:
    asked->labels = optarg;
    return 0;
  default:
    return PYR__EXIT_USAGE; /* said already */
  }
}

static int run(const struct asked *asked, int argc, char **argv) {
  if (optind == argc)
    return pyr__cli_usage("check", "which file?");
  if (asked->labels == NULL)
    return check_files(asked, argc, argv);
  if (asked->discover_ns > 0)
    return pyr__cli_usage("check",
                          "--labels and --discover do not go together");
  if (argc - optind != 2)
    return pyr__cli_usage("check", argc - optind < 2
                                       ? "--labels: of which job?"
                                       : "--labels: one file and one job");
  return pyr__check_labels(argv[optind], asked->expand_env, argv[optind + 1],
                           asked->labels);
}

int pyr__cmd_check(int argc, char **argv) {
  static const struct option options[] = {
      {"expand-env", no_argument, NULL, EXPAND_ENV},
      {"discover", required_argument, NULL, DISCOVER},
      {"labels", required_argument, NULL, LABELS},
      PYR__CLI_HELP_ROW,
      {NULL, 0, NULL, 0}};
  struct asked asked = {0};
  int option, rc;

  while ((option = pyr__cli_option("check", argc, argv, "", options)) != -1) {
    if (option == PYR__CLI_HELP)
      return pyr__cli_print("check", help);
    rc = set_option(&asked, option);
    if (rc != 0)
      return rc;
  }
  rc = run(&asked, argc, argv);
  if (rc == PYR__EXIT_USAGE)
    return rc;
  return pyr__cli_close_stdout("check") == PYR__EXIT_OK ? rc
                                                        : PYR__EXIT_FAILURE;
}
