/* The whole scraper on a test's loop: its life, and its end from every place.
 */
#include "http_script.h"
#include "query_support.h"

#include <unistd.h>

#include "base/buf.h"
#include "base/label.h"
#include "pprof/encode.h"

enum { REPLIES = SCRIPT_REPLIES };

enum place { NOWHERE, ON_PROFILE, ON_SCRAPE, ON_LOG, ON_STOPPED };

struct world {
  uv_loop_t loop;
  struct failing_allocator allocator;
  struct script script;
  struct script_reply replies[REPLIES];
  char reply[8192];
  char folder[64];
  char yaml[1024];
  pyr_config_t *config;
  pyr_scraper_t scraper;
  enum place end_at;
  bool stop_first; /* at end_at: stop, and close when that has ended */
  unsigned profiles, scrapes, failures, stopped, closed;
  int profile_answer;
  unsigned reloads; /* that have not ended */
  int reload_code;
  char error[PYR_ERROR_TEXT];
};

/* ---- the target --------------------------------------------------------- */

static void make_reply(struct world *world) {
  struct hand_profile *hand = hand_profile_new(0x400000, 0);
  struct pyr__memory memory;
  struct pyr__buf body;
  pyr_error_t err;
  int head;
  size_t i;

  pyr__memory_init(&memory, NULL);
  pyr__buf_init(&body, &memory, PYR__MEM_PPROF_ENCODE, 1 << 20);
  assert_int_equal(pyr__pprof_encode_gzip(&hand->profile, &body, &err), 0);
  head = snprintf(world->reply, sizeof(world->reply),
                  "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.len);
  assert_true((size_t)head + body.len < sizeof(world->reply));
  memcpy(world->reply + head, body.data, body.len);
  for (i = 0; i < REPLIES; i++)
    world->replies[i] = (struct script_reply){.text = world->reply,
                                              .len = (size_t)head + body.len};
  pyr__buf_release(&body);
  free(hand);
}

static void write_yaml(struct world *world, const char *storage) {
  snprintf(world->yaml, sizeof(world->yaml),
           "storage: {path: '%s'}\n"
           "server: {listen: '127.0.0.1:0'}\n"
           "scrape-configs:\n"
           "  - job-name: app\n"
           "    scrape-interval: 20ms\n"
           "    enabled-profiles: [goroutines]\n"
           "    static-configs:\n"
           "      - application: app\n"
           "        targets: ['127.0.0.1:%u']\n",
           storage, world->script.port);
}

static void parse_yaml(struct world *world) {
  pyr_config_options_t options = {.size = sizeof(options)};
  pyr_error_t err = {0};
  pyr_config_unref(world->config);
  assert_int_equal(pyr_config_parse(&world->config, world->yaml,
                                    strlen(world->yaml), &options, &err),
                   0);
}

/* ---- callbacks ---------------------------------------------------------- */

static struct world *world_of(pyr_scraper_t *scraper) {
  return scraper->data;
}

static void on_closed(pyr_scraper_t *scraper) {
  world_of(scraper)->closed++;
  script_close(&world_of(scraper)->script);
}

static void on_stopped(pyr_scraper_t *scraper) {
  world_of(scraper)->stopped++;
  pyr_scraper_close(scraper, on_closed);
}

static void end_here(pyr_scraper_t *scraper, enum place place) {
  struct world *world = world_of(scraper);
  if (world->end_at != place)
    return;
  world->end_at = NOWHERE;
  if (world->stop_first)
    assert_int_equal(pyr_scraper_stop(scraper, 0, on_stopped), 0);
  else
    pyr_scraper_close(scraper, on_closed);
}

static int on_profile(pyr_scraper_t *scraper, const pyr_profile_t *profile) {
  struct world *world = world_of(scraper);
  world->profiles++;
  assert_int_equal(profile->type_count, 2);
  assert_int_equal(profile->totals[0], 6);
  assert_true(
      pyr__str_is(profile->types[0],
                  "goroutines:goroutine:samples:count:cpu:nanoseconds") ||
      pyr__str_is(profile->types[0],
                  "goroutine:samples:count:cpu:nanoseconds"));
  end_here(scraper, ON_PROFILE);
  return world->profile_answer;
}

static void on_scrape(pyr_scraper_t *scraper, const pyr_scrape_t *scrape) {
  struct world *world = world_of(scraper);
  world->scrapes++;
  if (scrape->error != NULL) {
    world->failures++;
    snprintf(world->error, sizeof(world->error), "%s", scrape->error->text);
  }
  end_here(scraper, ON_SCRAPE);
}

static void on_log(pyr_scraper_t *scraper, int level, const char *line) {
  (void)level;
  (void)line;
  end_here(scraper, ON_LOG);
}

/* ---- a world ------------------------------------------------------------ */

static struct world *begin(void) {
  struct world *world = calloc(1, sizeof(*world));
  assert_non_null(world);
  assert_int_equal(uv_loop_init(&world->loop), 0);
  make_reply(world);
  assert_true(script_listen(&world->script, &world->loop, "127.0.0.1", 0,
                            world->replies, REPLIES));
  snprintf(world->folder, sizeof(world->folder), "/tmp/pyrite-scraper-XXXXXX");
  assert_non_null(mkdtemp(world->folder));
  write_yaml(world, world->folder);
  parse_yaml(world);
  return world;
}

static int init(struct world *world) {
  pyr_alloc_t alloc = failing_alloc(&world->allocator);
  pyr_options_t options = {.size = sizeof(options),
                           .alloc = &alloc,
                           .on_profile = on_profile,
                           .on_scrape = on_scrape,
                           .on_log = on_log,
                           .log_level = PYR_LOG_DEBUG};
  world->scraper.data = world;
  return pyr_scraper_init(&world->loop, &world->scraper, &options);
}

static void turn_until(struct world *world, const unsigned *count,
                       unsigned wanted) {
  loop_until(&world->loop, *count >= wanted);
}

static void remove_folder(const char *path) {
  char command[128];
  snprintf(command, sizeof(command), "rm -rf '%s'", path);
  assert_int_equal(system(command), 0);
}

/* Everything is closed: the loop is empty, and no block is left. */
static void finish(struct world *world) {
  assert_int_equal(uv_run(&world->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&world->loop), 0);
  pyr_config_unref(world->config);
  assert_int_equal(world->allocator.live, 0);
  remove_folder(world->folder);
  free(world);
}

static void start(struct world *world) {
  pyr_error_t err = {0};
  assert_int_equal(init(world), 0);
  assert_int_equal(pyr_scraper_start(&world->scraper, world->config, &err), 0);
  assert_string_not_equal(pyr_scraper_address(&world->scraper), "");
}

/* ---- tests -------------------------------------------------------------- */

static void scraper__stores_until_it_is_stopped(void **state) {
  struct world *world = begin();
  (void)state;
  start(world);
  turn_until(world, &world->scrapes, 5);
  assert_int_equal(world->failures, 0);
  assert_int_equal(world->profiles, 5);
  assert_int_equal(pyr_scraper_is_synced(&world->scraper), 1);
  assert_int_equal(pyr_scraper_stop(&world->scraper, 0, on_stopped), 0);
  assert_int_equal(pyr_scraper_is_synced(&world->scraper), 0);
  assert_int_equal(pyr_scraper_stop(&world->scraper, 0, NULL), PYR_EUSAGE);
  turn_until(world, &world->closed, 1);
  assert_int_equal(world->stopped, 1);
  finish(world);
}

static void scraper__ends_from_every_callback(void **state) {
  enum place place;
  int stop_first;
  (void)state;
  for (place = ON_PROFILE; place <= ON_LOG; place++)
    for (stop_first = 0; stop_first <= 1; stop_first++) {
      struct world *world = begin();
      start(world);
      world->stop_first = stop_first != 0;
      world->end_at = place;
      turn_until(world, &world->closed, 1);
      assert_int_equal(world->stopped, (unsigned)stop_first);
      finish(world);
    }
}

static void scraper__may_be_closed_before_it_was_started(void **state) {
  struct world *world = begin();
  (void)state;
  assert_int_equal(init(world), 0);
  assert_int_equal(pyr_scraper_stop(&world->scraper, 0, NULL), PYR_EUSAGE);
  assert_int_equal(pyr_scraper_is_synced(&world->scraper), 0);
  assert_string_equal(pyr_scraper_address(&world->scraper), "");
  pyr_scraper_close(&world->scraper, on_closed);
  finish(world);
}

/* The peer is silent: what runs is cancelled, and says so. */
static void close__cancels_what_runs(void **state) {
  struct world *world = begin();
  (void)state;
  world->script.reply_count = 0;
  start(world);
  turn_until(world, &world->script.requests, 1);
  pyr_scraper_close(&world->scraper, on_closed);
  turn_until(world, &world->closed, 1);
  assert_int_equal(world->failures, 1);
  assert_non_null(strstr(world->error, "job \"app\", target 127.0.0.1:"));
  assert_non_null(strstr(world->error, "goroutines: stopped"));
  finish(world);
}

static void stop__waits_for_what_runs_no_longer_than_its_grace(void **state) {
  struct world *world = begin();
  (void)state;
  world->script.reply_count = 0;
  start(world);
  turn_until(world, &world->script.requests, 1);
  assert_int_equal(pyr_scraper_stop(&world->scraper, 1000000, on_stopped), 0);
  turn_until(world, &world->closed, 1);
  assert_int_equal(world->stopped, 1);
  assert_int_equal(world->failures, 1);
  finish(world);
}

static void start__that_failed_may_be_repeated(void **state) {
  struct world *world = begin();
  pyr_error_t err = {0};
  (void)state;
  assert_int_equal(init(world), 0);
  write_yaml(world, "/proc/nowhere");
  parse_yaml(world);
  assert_true(pyr_scraper_start(&world->scraper, world->config, &err) < 0);
  assert_non_null(strstr(err.text, "/proc/nowhere"));
  write_yaml(world, world->folder);
  parse_yaml(world);
  assert_int_equal(pyr_scraper_start(&world->scraper, world->config, &err), 0);
  assert_int_equal(pyr_scraper_start(&world->scraper, world->config, &err),
                   PYR_EUSAGE);
  turn_until(world, &world->profiles, 1);
  pyr_scraper_close(&world->scraper, on_closed);
  finish(world);
}

static void profile__that_is_refused_is_a_failure(void **state) {
  struct world *world = begin();
  (void)state;
  world->profile_answer = PYR_ECONFIG;
  start(world);
  turn_until(world, &world->failures, 1);
  assert_non_null(strstr(world->error, "refused by on_profile"));
  pyr_scraper_close(&world->scraper, on_closed);
  finish(world);
}

/* Two on one loop, each with its own store; one ends before the other. */
static void scrapers__share_a_loop(void **state) {
  struct world *first = begin(), *second = begin();
  (void)state;
  start(first);
  script_close(&second->script);
  assert_int_equal(uv_run(&second->loop, UV_RUN_DEFAULT), 0);
  assert_int_equal(uv_loop_close(&second->loop), 0);
  assert_true(script_listen(&second->script, &first->loop, "127.0.0.1", 0,
                            second->replies, REPLIES));
  write_yaml(second, second->folder);
  parse_yaml(second);
  {
    pyr_options_t options = {.size = sizeof(options),
                             .on_profile = on_profile,
                             .on_scrape = on_scrape,
                             .log_level = PYR_LOG_INFO};
    pyr_error_t err;
    second->scraper.data = second;
    assert_int_equal(pyr_scraper_init(&first->loop, &second->scraper, &options),
                     0);
    assert_int_equal(pyr_scraper_start(&second->scraper, second->config, &err),
                     0);
  }
  turn_until(first, &second->profiles, 3);
  turn_until(first, &first->profiles, 3);
  pyr_scraper_close(&first->scraper, on_closed);
  turn_until(first, &first->closed, 1);
  turn_until(first, &second->profiles, 6);
  pyr_scraper_close(&second->scraper, on_closed);
  turn_until(first, &second->closed, 1);
  pyr_config_unref(second->config);
  remove_folder(second->folder);
  free(second);
  finish(first);
}

/* ---- reloading ---------------------------------------------------------- */

static void on_reloaded(pyr_scraper_t *scraper, int code,
                        const pyr_error_t *error) {
  struct world *world = scraper->data;
  assert_int_equal(code == 0, error == NULL);
  assert_true(world->reloads > 0);
  world->reloads--;
  world->reload_code = code;
}

static pyr_config_t *parse_jobs(struct world *world, const char *names) {
  pyr_config_options_t options = {.size = sizeof(options)};
  pyr_config_t *config;
  pyr_error_t err;
  char yaml[4096];
  size_t len = (size_t)snprintf(yaml, sizeof(yaml), "scrape-configs:\n");

  for (; *names != '\0'; names++)
    len += (size_t)snprintf(yaml + len, sizeof(yaml) - len,
                            "  - job-name: %c\n"
                            "    scrape-interval: %s\n"
                            "    enabled-profiles: [goroutines]\n"
                            "    static-configs:\n"
                            "      - application: app\n"
                            "        targets: ['127.0.0.1:%u']\n",
                            *names | 0x20, (*names & 0x20) != 0 ? "1m" : "2m",
                            world->script.port);
  assert_int_equal(
      pyr_config_parse(&config, yaml, strlen(yaml), &options, &err), 0);
  return config;
}

/* Jobs are letters; a capital one is another form of the same job. */
static int begin_reload(struct world *world, const char *names) {
  pyr_config_t *config = parse_jobs(world, names);
  pyr_error_t err = {0};
  int rc = pyr_scraper_reload(&world->scraper, config, on_reloaded, &err);
  pyr_config_unref(config);
  world->reloads += rc == 0;
  return rc;
}

/* To its end. */
static int reload(struct world *world, const char *names) {
  int rc = begin_reload(world, names);
  if (rc != 0)
    return rc;
  while (world->reloads > 0)
    uv_run(&world->loop, UV_RUN_NOWAIT);
  return world->reload_code;
}

static void reload__leaves_no_memory_behind(void **state) {
  static const char *const forms[] = {"abc", "aBd", "", "Acb", "abc"};
  struct world *world = begin();
  size_t i, round, live = 0;
  (void)state;
  start(world);
  for (round = 0; round < 200; round++) {
    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
      assert_int_equal(reload(world, forms[i]), 0);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    if (round == 1)
      live = world->allocator.live;
  }
  uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_int_equal(world->allocator.live, live);
  pyr_scraper_close(&world->scraper, on_closed);
  finish(world);
}

static void reload__that_fails_changes_nothing(void **state) {
  struct world *world = begin();
  size_t n, live;
  int rc = PYR__ENOMEM;
  (void)state;
  start(world);
  assert_int_equal(reload(world, "abc"), 0);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  live = world->allocator.live;
  for (n = 1; rc != 0; n++) {
    assert_true(n < 2000);
    world->allocator.calls = 0;
    world->allocator.fail_at = n;
    rc = reload(world, "aBde");
    world->allocator.fail_at = 0;
    if (rc == 0)
      break;
    assert_int_equal(rc, PYR__ENOMEM);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_true(world->allocator.live <= live + 8);
  }
  assert_true(n > 5);
  assert_int_equal(pyr_scraper_reload(&world->scraper, NULL, NULL, NULL),
                   PYR_ECONFIG);
  pyr_scraper_close(&world->scraper, on_closed);
  assert_int_equal(
      pyr_scraper_reload(&world->scraper, world->config, NULL, NULL),
      PYR_EUSAGE);
  finish(world);
}

/* A job of so many targets, each of which the rule renames. */
static pyr_config_t *many_targets(const char *name, unsigned count) {
  pyr_config_options_t options = {.size = sizeof(options)};
  size_t size = count * 32 + 512, len;
  char *yaml = (char *)malloc(size);
  pyr_config_t *config;
  pyr_error_t err;
  unsigned i;

  assert_non_null(yaml);
  len = (size_t)snprintf(yaml, size,
                         "scrape-configs:\n- job-name: many\n"
                         "  scrape-interval: 1h\n"
                         "  enabled-profiles: [goroutines]\n"
                         "  relabel-configs:\n"
                         "  - {target-label: rev, replacement: %s}\n"
                         "  static-configs:\n"
                         "  - application: app\n    targets:\n",
                         name);
  for (i = 0; i < count; i++)
    len += (size_t)snprintf(yaml + len, size - len, "    - 127.1.%u.%u:9\n",
                            i / 250, i % 250);
  assert_int_equal(pyr_config_parse(&config, yaml, len, &options, &err), 0);
  free(yaml);
  return config;
}

static void begin_many(struct world *world, const char *name, unsigned count) {
  pyr_config_t *config = many_targets(name, count);
  assert_int_equal(
      pyr_scraper_reload(&world->scraper, config, on_reloaded, NULL), 0);
  pyr_config_unref(config);
  world->reloads++;
}

static void count_found(void *ctx, const pyr_found_t *found) {
  const pyr_str_t *rev =
      pyr__labels_find(found->labels, found->label_count, "rev");
  ((size_t *)ctx)[rev == NULL ? 0 : rev->base[0] - '0']++;
}

/* All targets are those of one configuration, `which` of them. */
static void assert_revision(struct world *world, unsigned which, size_t count) {
  size_t of[4] = {0};
  assert_int_equal(
      pyr_scraper_each_found(&world->scraper, count_found, of, NULL), 0);
  assert_int_equal(of[which], count);
  assert_int_equal(of[0] + of[1] + of[2] + of[3], count);
}

/* One that takes many turns is seen as a whole or not at all. */
static void reload__takes_over_as_a_whole(void **state) {
  enum { TARGETS = 10000 };
  struct world *world = begin();
  unsigned turns = 0;
  (void)state;
  start(world);
  begin_many(world, "1", TARGETS);
  while (world->reloads > 0)
    uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_int_equal(world->reload_code, 0);
  assert_revision(world, 1, TARGETS);
  begin_many(world, "2", TARGETS);
  while (world->reloads > 0) {
    assert_revision(world, 1, TARGETS);
    uv_run(&world->loop, UV_RUN_NOWAIT);
    turns++;
  }
  assert_true(turns > 2);
  assert_revision(world, 2, TARGETS);
  pyr_scraper_close(&world->scraper, on_closed);
  finish(world);
}

static void reload__that_is_overtaken_changes_nothing(void **state) {
  enum { TARGETS = 10000 };
  struct world *world = begin();
  (void)state;
  start(world);
  begin_many(world, "1", TARGETS);
  uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_int_equal(world->reloads, 1);
  begin_many(world, "2", TARGETS);
  assert_int_equal(world->reloads, 1);
  assert_int_equal(world->reload_code, PYR_ECANCELED);
  /* What is no configuration overtakes nothing. */
  assert_int_equal(pyr_scraper_reload(&world->scraper, NULL, NULL, NULL),
                   PYR_ECONFIG);
  while (world->reloads > 0)
    uv_run(&world->loop, UV_RUN_NOWAIT);
  assert_int_equal(world->reload_code, 0);
  assert_revision(world, 2, TARGETS);
  pyr_scraper_close(&world->scraper, on_closed);
  finish(world);
}

static void stop__ends_a_reload(void **state) {
  unsigned turns, i;
  (void)state;
  for (turns = 0; turns < 4; turns++) {
    struct world *world = begin();
    start(world);
    begin_many(world, "1", 10000);
    for (i = 0; i < turns; i++)
      uv_run(&world->loop, UV_RUN_NOWAIT);
    assert_int_equal(world->reloads, 1);
    pyr_scraper_close(&world->scraper, on_closed);
    finish(world);
  }
}

/* The n-th allocation fails, wherever in a life that is. */
static int live(struct world *world) {
  pyr_error_t err = {0};
  int rc = init(world);
  if (rc != 0) {
    script_close(&world->script);
    return rc;
  }
  rc = pyr_scraper_start(&world->scraper, world->config, &err);
  if (rc == 0)
    turn_until(world, &world->scrapes, 3);
  pyr_scraper_close(&world->scraper, on_closed);
  turn_until(world, &world->closed, 1);
  return rc != 0 ? rc : world->failures > 0 ? PYR__ENOMEM : 0;
}

static void scraper__survives_every_allocation_that_fails(void **state) {
  size_t n, calls;
  (void)state;
  for (n = 1, calls = n; n <= calls; n++) {
    struct world *world = begin();
    world->allocator.fail_at = n;
    (void)live(world);
    calls = world->allocator.calls;
    finish(world);
    assert_true(n < 5000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scraper__stores_until_it_is_stopped),
      cmocka_unit_test(scraper__ends_from_every_callback),
      cmocka_unit_test(scraper__may_be_closed_before_it_was_started),
      cmocka_unit_test(close__cancels_what_runs),
      cmocka_unit_test(stop__waits_for_what_runs_no_longer_than_its_grace),
      cmocka_unit_test(start__that_failed_may_be_repeated),
      cmocka_unit_test(profile__that_is_refused_is_a_failure),
      cmocka_unit_test(scrapers__share_a_loop),
      cmocka_unit_test(reload__leaves_no_memory_behind),
      cmocka_unit_test(reload__that_fails_changes_nothing),
      cmocka_unit_test(reload__takes_over_as_a_whole),
      cmocka_unit_test(reload__that_is_overtaken_changes_nothing),
      cmocka_unit_test(stop__ends_a_reload),
      cmocka_unit_test(scraper__survives_every_allocation_that_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
