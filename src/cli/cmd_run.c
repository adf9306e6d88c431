/* pyrite run: scrapes until a signal ends it, and takes over new
 * configurations. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/auto_reload.h"
#include "cli/sandbox.h"

static const char help[] =
    "pyrite run [--config FILE] [--storage DIR] [--listen ADDRESS] ...\n"
    "\n"
    "Scrapes what the configuration says and keeps it in the storage "
    "directory.\n"
    "Without a configuration it scrapes itself.\n"
    "\n"
    "  --config FILE      YAML, as the pull mode of Pyroscope has it\n"
    "  --storage DIR      instead of storage: path; \"\" stores nothing\n"
    "  --listen ADDRESS   instead of server: listen; \"\" listens nowhere,\n"
    "                     port 0 takes any\n"
    "  --log-level LEVEL  debug, info, warn or error, instead of log-level\n"
    "  --expand-env       ${NAME} in values of the configuration is the\n"
    "                     environment's\n"
    "  --web.enable-lifecycle\n"
    "                     POST /-/reload reloads the configuration\n"
    "  --config.auto-reload\n"
    "                     reload it when it has changed, or a file that\n"
    "                     it includes\n"
    "  --web.config.file FILE\n"
    "                     TLS, users and tokens of the stats endpoint, as\n"
    "                     Prometheus has them; instead of server:\n"
    "                     web-config-file\n"
    "  --sandbox auto|on|off\n"
    "                     what the process gives up once it runs. auto: new\n"
    "                     privileges, calls of the kernel that it does not\n"
    "                     need, writing outside of the storage directory,\n"
    "                     each where the kernel can do that. on: all of it\n"
    "                     or an error, and reading too, but for what the\n"
    "                     configuration names; one that names files in other\n"
    "                     directories needs a new start then\n"
    "\n"
    "SIGHUP reloads the configuration; one that is wrong changes nothing, and\n"
    "the log says why.\n"
    "\n"
    "SIGINT and SIGTERM end it: running scrapes get a short grace, then the\n"
    "store is sealed.  A second one ends it at once.\n"
    "\n"
    "Exit status: 0 ended by a signal, 1 failure, 2 wrong use.\n";

enum {
  CONFIG = 256,
  STORAGE,
  LISTEN,
  LOG_LEVEL,
  EXPAND_ENV,
  LIFECYCLE,
  AUTO_RELOAD,
  WEB_CONFIG,
  SANDBOX
};

/* What running scrapes get at the end. */
#define GRACE_NS (2 * PYR__NS_PER_S)

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

enum { LARGE_BLOCK = 128 * 1024 };

struct run {
  const char *config_path, *web_config;
  int expand_env, auto_reload;
  struct pyr__sandbox sandbox;
  pyr_options_t options;
  uv_loop_t loop;
  uv_signal_t signals[SIGNALS];
  pyr_scraper_t scraper;
  struct pyr__auto_reload *watch; /* NULL: none */
  size_t errors;                  /* of the configuration, said already */
  int is_ending;
};

/* ---- the configuration -------------------------------------------------- */

static void say_error(void *ctx, const pyr_error_t *error) {
  struct run *run = ctx;
  run->errors++;
  fprintf(stderr, "pyrite: %s\n", error->text);
}

static int load(struct run *run, pyr_config_t **config, pyr_error_t *err) {
  pyr_config_options_t options = {.size = sizeof(options),
                                  .expand_env = run->expand_env,
                                  .on_error = say_error,
                                  .ctx = run,
                                  .web_config = run->web_config};
  if (run->config_path == NULL)
    return pyr_config_default(config, &options, err);
  return pyr_config_load(config, run->config_path, &options, err);
}

/* ---- callbacks ---------------------------------------------------------- */

static void on_log(pyr_scraper_t *scraper, int level, const char *line) {
  (void)scraper;
  (void)level;
  fprintf(stderr, "%s\n", line);
}

/* With the signal handles closed the loop has nothing left to run for. */
static void close_signals(struct run *run) {
  size_t i;
  for (i = 0; i < SIGNALS; i++)
    uv_close((uv_handle_t *)&run->signals[i], NULL);
  pyr__auto_reload_close(run->watch);
}

static void on_closed(pyr_scraper_t *scraper) {
  close_signals(scraper->data);
}

static void on_stopped(pyr_scraper_t *scraper) {
  pyr_scraper_close(scraper, on_closed);
}

/* What is wrong is in the log, said by the scraper. */
static int reload(struct run *run, pyr_error_t *err) {
  pyr_config_t *config = NULL;
  int rc;
  if (run->config_path == NULL)
    return pyr__error(err, PYR_EUSAGE, "there is no --config to reload");
  load(run, &config, err);
  rc = pyr_scraper_reload(&run->scraper, config, NULL, err);
  pyr_config_unref(config);
  return rc;
}

static int on_reload(pyr_scraper_t *scraper, pyr_error_t *err) {
  return reload(scraper->data, err);
}

static void on_file_changed(void *ctx) {
  pyr_error_t err = {0};
  (void)reload(ctx, &err);
}

static void on_signal(uv_signal_t *handle, int number) {
  struct run *run = handle->data;
  if (number == SIGHUP) {
    if (!run->is_ending)
      on_file_changed(run);
    return;
  }
  if (run->is_ending)
    _exit(128 + number);
  run->is_ending = 1;
  pyr_scraper_stop(&run->scraper, GRACE_NS, on_stopped);
}

/* ---- running ------------------------------------------------------------ */

static void watch_signals(struct run *run) {
  size_t i;
  for (i = 0; i < SIGNALS; i++) {
    uv_signal_init(&run->loop, &run->signals[i]);
    run->signals[i].data = run;
    uv_signal_start(&run->signals[i], on_signal, signals[i]);
  }
}

static int start(struct run *run, pyr_error_t *err) {
  pyr_config_t *config = NULL;
  int rc = load(run, &config, err);
  if (rc == 0)
    rc = pyr_scraper_start(&run->scraper, config, err);
  if (rc == 0)
    rc = pyr__sandbox_enter(
        &run->sandbox,
        &(struct pyr__sandbox_paths){.config = config,
                                     .config_path = run->config_path,
                                     .storage = run->options.storage_path},
        err);
  pyr_config_unref(config);
  return rc;
}

static int watch_config(struct run *run, pyr_error_t *err) {
  const struct pyr__auto_reload_options options = {.loop = &run->loop,
                                                   .path = run->config_path,
                                                   .expand_env =
                                                       run->expand_env,
                                                   .changed = on_file_changed,
                                                   .ctx = run};
  return pyr__auto_reload_start(&run->watch, &options, err);
}

/* As programs in Go do: the soft limit is low for those that select(2). */
static void raise_open_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int run_loop(struct run *run) {
  pyr_error_t err = {0};
  int rc = uv_loop_init(&run->loop);

  if (rc == 0)
    rc = pyr_scraper_init(&run->loop, &run->scraper, &run->options);
  if (rc != 0) {
    fprintf(stderr, "pyrite: %s\n", pyr_strerror(rc));
    return PYR__EXIT_FAILURE;
  }
  run->scraper.data = run;
  watch_signals(run);
  rc = start(run, &err);
  if (rc == 0 && run->auto_reload && run->config_path != NULL)
    rc = watch_config(run, &err);
  if (rc != 0) {
    if (run->errors == 0)
      fprintf(stderr, "pyrite: %s\n", err.text);
    pyr_scraper_close(&run->scraper, on_closed);
  }
  uv_run(&run->loop, UV_RUN_DEFAULT);
  if (uv_loop_close(&run->loop) != 0) {
    fprintf(stderr, "pyrite: a handle was left open\n");
    rc = UV_EBUSY;
  }
  return rc == 0 ? PYR__EXIT_OK : PYR__EXIT_FAILURE;
}

static int set_log_level(struct run *run, const char *name) {
  run->options.log_level = pyr__log_level_parse(pyr__str(name));
  if (run->options.log_level >= 0)
    return 0;
  return pyr__cli_usage("run",
                        "--log-level \"%s\": expected debug, info, warn or "
                        "error",
                        name);
}

static int set_sandbox(struct run *run, const char *name) {
  static const char *const names[] = {"off", "auto", "on"};
  pyr_error_t err;
  size_t i;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (strcmp(names[i], name) == 0)
      return pyr__sandbox_probe(&run->sandbox, (enum pyr__sandbox_mode)i,
                                &err) == 0
                 ? 0
                 : pyr__cli_failure("run", &err);
  return pyr__cli_usage("run", "--sandbox \"%s\": expected auto, on or off",
                        name);
}

static int set_listen(struct run *run, const char *address) {
  run->options.listen = address;
  if (pyr__is_listen_address(pyr__str(address)))
    return 0;
  return pyr__cli_usage("run",
                        "--listen %s: not an address, expected one such "
                        "as " PYR__LISTEN_SUCH ", or \"\" for none",
                        address);
}

static int set_option(struct run *run, int option) {
  switch (option) {
  case CONFIG:
    run->config_path = optarg;
    return 0;
  case STORAGE:
    run->options.storage_path = optarg;
    return 0;
  case LISTEN:
    return set_listen(run, optarg);
  case LOG_LEVEL:
    return set_log_level(run, optarg);
  case EXPAND_ENV:
    run->expand_env = 1;
    return 0;
  case LIFECYCLE:
    run->options.on_reload = on_reload;
    return 0;
  case AUTO_RELOAD:
    run->auto_reload = 1;
    return 0;
  case WEB_CONFIG:
    run->web_config = optarg;
    return 0;
  case SANDBOX:
    return set_sandbox(run, optarg);
  default:
    return PYR__EXIT_USAGE; /* said already */
  }
}

int pyr__cmd_run(int argc, char **argv) {
  static const struct option options[] = {
      {"config", required_argument, NULL, CONFIG},
      {"storage", required_argument, NULL, STORAGE},
      {"listen", required_argument, NULL, LISTEN},
      {"log-level", required_argument, NULL, LOG_LEVEL},
      {"expand-env", no_argument, NULL, EXPAND_ENV},
      {"web.enable-lifecycle", no_argument, NULL, LIFECYCLE},
      {"config.auto-reload", no_argument, NULL, AUTO_RELOAD},
      {"web.config.file", required_argument, NULL, WEB_CONFIG},
      {"sandbox", required_argument, NULL, SANDBOX},
      PYR__CLI_HELP_ROW,
      {NULL, 0, NULL, 0}};
  struct run run = {.options = {.size = sizeof(pyr_options_t),
                                .on_log = on_log,
                                .log_level = -1}};
  pyr_error_t err;
  int option, rc = set_sandbox(&run, "auto");

  while (rc == 0 &&
         (option = pyr__cli_option("run", argc, argv, "", options)) != -1) {
    if (option == PYR__CLI_HELP)
      return pyr__cli_print("run", help);
    rc = set_option(&run, option);
  }
  if (rc != 0)
    return rc;
  if (optind < argc)
    return pyr__cli_usage("run", "unknown argument: %s", argv[optind]);
  if (run.config_path == NULL && run.options.listen != NULL &&
      run.options.listen[0] == '\0')
    return pyr__cli_usage("run",
                          "--listen \"\" leaves nothing to scrape: without "
                          "--config pyrite scrapes itself, where it listens");
  /* What a large profile took goes back to the kernel when it is freed: glibc
   * would keep it, and ever more, once it had seen a large block freed. */
  mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
  if (pyr__sandbox_prepare(&run.sandbox, &err) != 0)
    return pyr__cli_failure("run", &err);
  run.options.sandbox = run.sandbox.text;
  raise_open_files();
  return run_loop(&run);
}
