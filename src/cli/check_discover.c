/* pyrite check: whether a scraper starts and, with --discover, what it finds in
 * the time that it is given. */
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/check.h"
#include "cli/found_print.h"

enum { LOOK_MS = 20 }; /* whether all is there */

struct discover {
  uv_loop_t loop;
  uv_timer_t timer;
  pyr_scraper_t scraper;
  const pyr_config_t *config;
  uint64_t end_ms; /* of the loop's time */
  pyr_str_t job;   /* the last one printed */
  size_t targets, dropped, bad;
  int rc;
  pyr_error_t err;
};

static void on_log(pyr_scraper_t *scraper, int level, const char *line) {
  (void)scraper;
  (void)level;
  fprintf(stderr, "%s\n", line);
}

static void on_found(void *ctx, const pyr_found_t *found) {
  struct discover *discover = ctx;
  pyr_error_t err;
  int rc;
  if (!pyr__str_equal(discover->job, found->job))
    printf("job \"%.*s\"\n", PYR__STR_ARG(found->job));
  discover->job = found->job;
  discover->targets += found->outcome == PYR_FOUND_TARGET;
  discover->dropped += found->outcome == PYR_FOUND_DROPPED;
  discover->bad += found->outcome == PYR_FOUND_BAD;
  rc = pyr__found_print(stdout, discover->config, found, &err);
  if (rc == 0 || discover->rc != 0)
    return;
  discover->rc = rc;
  discover->err = err;
}

struct count {
  pyr_str_t job;
  const char *mechanism;
  size_t found;
};

static void count_found(void *ctx, const pyr_found_t *found) {
  struct count *count = ctx;
  count->found += pyr__str_equal(count->job, found->job) &&
                  strcmp(count->mechanism, found->mechanism) == 0;
}

/* What found nothing and did not fail has nothing else that tells of it. */
static void show_nothing(void *ctx, pyr_str_t job, const char *mechanism) {
  struct discover *discover = ctx;
  struct count count = {.job = job, .mechanism = mechanism};
  pyr_error_t err;
  int rc =
      pyr_scraper_each_found(&discover->scraper, count_found, &count, &err);
  if (rc == 0 && count.found == 0)
    printf("job \"%.*s\"\n  %s-sd-configs found nothing\n", PYR__STR_ARG(job),
           mechanism);
}

static void show(struct discover *discover) {
  int rc = pyr_scraper_each_found(&discover->scraper, on_found, discover,
                                  &discover->err);
  if (rc != 0)
    discover->rc = rc;
  pyr_config_each_discovery(discover->config, show_nothing, discover);
  printf("%zu targets, %zu dropped, %zu that cannot be targets\n",
         discover->targets, discover->dropped, discover->bad);
  if (discover->rc == 0 && !pyr_scraper_is_synced(&discover->scraper))
    discover->rc =
        pyr__error(&discover->err, PYR_ETIMEOUT,
                   "not all was found in that time; what failed is said above");
}

static void on_look(uv_timer_t *timer) {
  struct discover *discover = timer->data;
  if (!pyr_scraper_is_synced(&discover->scraper) &&
      uv_now(&discover->loop) < discover->end_ms)
    return;
  show(discover);
  uv_close((uv_handle_t *)timer, NULL);
  pyr_scraper_close(&discover->scraper, NULL);
}

/* Nothing is stored, listened on or asked but by discovery. */
static int start_scraper(struct discover *discover, pyr_config_t *config,
                         pyr_log_cb log) {
  const pyr_options_t options = {.size = sizeof(options),
                                 .on_log = log,
                                 .storage_path = "",
                                 .listen = "",
                                 .log_level = PYR_LOG_WARN,
                                 .discover_only = 1};
  int rc = pyr_scraper_init(&discover->loop, &discover->scraper, &options);
  if (rc != 0)
    return pyr__error(&discover->err, rc, "%s", pyr_strerror(rc));
  rc = pyr_scraper_start(&discover->scraper, config, &discover->err);
  if (rc != 0)
    pyr_scraper_close(&discover->scraper, NULL);
  return rc;
}

static int start(struct discover *discover, pyr_config_t *config,
                 int64_t limit_ns) {
  int rc = start_scraper(discover, config, on_log);
  if (rc != 0)
    return rc;
  uv_timer_init(&discover->loop, &discover->timer);
  discover->timer.data = discover;
  discover->end_ms =
      uv_now(&discover->loop) + (uint64_t)(limit_ns / PYR__NS_PER_MS) + 1;
  return uv_timer_start(&discover->timer, on_look, 0, LOOK_MS);
}

int pyr__check_start(pyr_config_t *config, pyr_error_t *err) {
  struct discover discover = {.rc = 0};
  int rc = uv_loop_init(&discover.loop);
  if (rc != 0)
    return pyr__error(err, rc, "%s", uv_strerror(rc));
  rc = start_scraper(&discover, config, NULL);
  if (rc == 0) /* before any turn of the loop */
    pyr_scraper_close(&discover.scraper, NULL);
  else
    *err = discover.err;
  uv_run(&discover.loop, UV_RUN_DEFAULT);
  uv_loop_close(&discover.loop);
  return rc;
}

int pyr__check_discover(const char *path, int expand_env, int64_t limit_ns) {
  struct discover discover = {.rc = 0};
  pyr_config_t *config = pyr__check_load(path, expand_env);
  int rc;

  if (config == NULL)
    return PYR__EXIT_FAILURE;
  rc = uv_loop_init(&discover.loop);
  if (rc != 0) {
    pyr_config_unref(config);
    pyr__error(&discover.err, rc, "%s", uv_strerror(rc));
    return pyr__cli_failure("check", &discover.err);
  }
  printf("%s\n", path);
  discover.config = config;
  rc = start(&discover, config, limit_ns);
  uv_run(&discover.loop, UV_RUN_DEFAULT);
  uv_loop_close(&discover.loop);
  pyr_config_unref(config);
  if (rc != 0 || discover.rc != 0)
    return pyr__cli_failure("check", &discover.err);
  return discover.bad == 0 ? PYR__EXIT_OK : PYR__EXIT_FAILURE;
}
