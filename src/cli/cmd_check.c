#include "cli/args.h"

#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/str.h"
#include "cli/sandbox.h"

static const char help[] =
    "pyrite check [--expand-env] FILE...\n"
    "\n"
    "Says everything that is wrong with configuration files, or what they ask\n"
    "for: each job's targets, and the requests to them; then what --sandbox\n"
    "of run can do on this machine.\n"
    "\n"
    "  --expand-env     ${NAME} in values is the environment's, as in run\n"
    "\n"
    "Exit status: 0 all are right, 1 one is wrong, 2 wrong use.\n";

enum { EXPAND_ENV = 256 };

struct check {
  size_t errors, requests;
  char job[256], target[512]; /* the last ones printed */
};

static void say_error(void *ctx, const pyr_error_t *error) {
  struct check *check = ctx;
  check->errors++;
  fprintf(stderr, "%s\n", error->text);
}

/* Whether `last` differs from the text; it is the text afterwards. */
static int is_new(char *last, size_t size, const char *text) {
  if (strcmp(last, text) == 0)
    return 0;
  snprintf(last, size, "%s", text);
  return 1;
}

static void print_labels(const pyr_request_t *request) {
  size_t i;
  const char *before = "";
  printf(" {");
  for (i = 0; i < request->label_count; i++) {
    const pyr_label_t *label = &request->labels[i];
    if (pyr__str_is(label->name, "__name__"))
      continue;
    printf("%s%.*s=\"%.*s\"", before, PYR__STR_ARG(label->name),
           PYR__STR_ARG(label->value));
    before = ", ";
  }
  printf("}\n");
}

static void print_request(void *ctx, const pyr_request_t *request) {
  struct check *check = ctx;
  char job[sizeof(check->job)], target[sizeof(check->target)];
  char interval[PYR__DURATION_TEXT], timeout[PYR__DURATION_TEXT];

  snprintf(job, sizeof(job), "%.*s", PYR__STR_ARG(request->job));
  snprintf(target, sizeof(target), "%.*s %.*s", PYR__STR_ARG(request->address),
           PYR__STR_ARG(request->application));
  if (is_new(check->job, sizeof(check->job), job)) {
    printf("job \"%s\"\n", job);
    check->target[0] = '\0';
  }
  if (is_new(check->target, sizeof(check->target), target)) {
    printf("  target %.*s as %.*s", PYR__STR_ARG(request->address),
           PYR__STR_ARG(request->application));
    print_labels(request);
  }
  pyr__duration_format(interval, request->interval_ns);
  pyr__duration_format(timeout, request->timeout_ns);
  printf("    %-10.*s every %s, timeout %s: %s\n",
         PYR__STR_ARG(request->profile), interval, timeout, request->url);
  check->requests++;
}

static int check_file(const char *path, int expand_env) {
  struct check check = {0};
  pyr_config_options_t options = {.size = sizeof(options),
                                  .expand_env = expand_env,
                                  .on_error = say_error,
                                  .ctx = &check};
  pyr_config_t *config;
  pyr_error_t err;

  if (pyr_config_load(&config, path, &options, &err) != 0) {
    if (check.errors == 0) /* it could not be read at all */
      fprintf(stderr, "%s\n", err.text);
    return PYR__EXIT_FAILURE;
  }
  printf("%s\n", path);
  if (pyr_config_each_request(config, print_request, say_error, &check, &err) !=
      0) {
    pyr__cli_failure("check", &err);
    check.errors++;
  }
  pyr_config_unref(config);
  if (check.requests == 0 && check.errors == 0)
    printf("  no targets\n");
  return check.errors == 0 ? PYR__EXIT_OK : PYR__EXIT_FAILURE;
}

/* What run would be held by on this machine. */
static void print_sandbox(void) {
  struct pyr__sandbox sandbox;
  pyr_error_t err;
  (void)pyr__sandbox_probe(&sandbox, PYR__SANDBOX_AUTO, &err);
  printf("sandbox: %s\n", sandbox.text);
}

int pyr__cmd_check(int argc, char **argv) {
  static const struct option options[] = {
      {"expand-env", no_argument, NULL, EXPAND_ENV},
      PYR__CLI_HELP_ROW,
      {NULL, 0, NULL, 0}};
  int option, expand_env = 0, rc = PYR__EXIT_OK;

  while ((option = pyr__cli_option("check", argc, argv, "", options)) != -1) {
    if (option == PYR__CLI_HELP)
      return pyr__cli_print("check", help);
    if (option != EXPAND_ENV)
      return PYR__EXIT_USAGE;
    expand_env = 1;
  }
  if (optind == argc)
    return pyr__cli_usage("check", "which file?");
  for (; optind < argc; optind++)
    if (check_file(argv[optind], expand_env) != PYR__EXIT_OK)
      rc = PYR__EXIT_FAILURE;
  if (rc == PYR__EXIT_OK)
    print_sandbox();
  return pyr__cli_close_stdout("check") == PYR__EXIT_OK ? rc
                                                        : PYR__EXIT_FAILURE;
}
