/* busy.c - an ordinary libuv program that embeds Pyrite.
 *
 * Its own job is in the first half: at about a fifth of a core it parses orders
 * in JSON, adds them up, and compresses them.  The second half is what makes it
 * profilable: a scraper on the same loop, with its stats endpoint, so that
 *
 *   curl -o cpu.pb.gz 'http://127.0.0.1:4045/debug/pprof/profile?seconds=5'
 *
 * works, and with a configuration by which the program scrapes itself.
 *
 *   busy [--listen ADDRESS] [--storage DIRECTORY]
 */
#include <pyrite.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <uv.h>
#include <zlib.h>

enum {
  TURN_MS = 20, /* how often there is work */
  WORK_MS = 4,  /* and how long it takes: a fifth of a core */
  ORDERS = 200,
};

struct busy {
  uv_loop_t *loop;
  uv_timer_t turn;
  uv_signal_t interrupt, terminate;
  pyr_scraper_t scraper;
  char *orders; /* JSON text */
  unsigned long long turns, revenue, compressed_bytes;
  int is_stopping;
};

/* ---- the job ------------------------------------------------------------ */

/* A day's orders as JSON text, to be freed. */
static char *make_orders(void) {
  json_t *list = json_array();
  char *text;
  int i;

  for (i = 0; i < ORDERS; i++)
    json_array_append_new(list, json_pack("{s:i, s:i, s:s, s:[s, s]}", "id", i,
                                          "cents", i * 37 % 9973, "customer",
                                          i % 3 == 0 ? "ada" : "grace", "tags",
                                          "gift", i % 2 == 0 ? "new" : "old"));
  text = json_dumps(list, JSON_COMPACT);
  json_decref(list);
  return text;
}

/* Adds up what was paid.  Kept out of line, as the next: they are what the CPU
 * profile of this program is expected to show. */
__attribute__((noinline)) static long long sum_orders(const char *text) {
  json_error_t error;
  json_t *list = json_loads(text, 0, &error);
  long long cents = 0;
  size_t i;

  for (i = 0; i < json_array_size(list); i++)
    cents +=
        json_integer_value(json_object_get(json_array_get(list, i), "cents"));
  json_decref(list);
  return cents;
}

__attribute__((noinline)) static unsigned long
archive_orders(const char *text) {
  uLong text_len = (uLong)strlen(text);
  uLongf len = compressBound(text_len);
  Bytef *out = (Bytef *)malloc(len);

  if (out == NULL || compress(out, &len, (const Bytef *)text, text_len) != Z_OK)
    len = 0;
  free(out);
  return len;
}

static void on_turn(uv_timer_t *timer) {
  struct busy *busy = (struct busy *)timer->data;
  uint64_t end = uv_hrtime() + WORK_MS * 1000000ull;

  while (uv_hrtime() < end) {
    busy->revenue += (unsigned long long)sum_orders(busy->orders);
    busy->compressed_bytes += archive_orders(busy->orders);
    busy->turns++;
  }
}

/* ---- Pyrite ------------------------------------------------------------- */

/* What the program scrapes of itself: where its memory is.  CPU profiles are
 * left to those outside who ask, as a process gives one at a time.  A target at
 * the address of server: listen moves with it, where --listen says another. */
static const char CONFIGURATION[] = "server: {listen: '127.0.0.1:4045'}\n"
                                    "scrape-configs:\n"
                                    "  - job-name: self\n"
                                    "    scrape-interval: 2s\n"
                                    "    scrape-timeout: 2s\n"
                                    "    enabled-profiles: [mem]\n"
                                    "    static-configs:\n"
                                    "      - application: busy\n"
                                    "        targets: ['127.0.0.1:4045']\n"
                                    "        labels: {env: example}\n";

static int on_profile(pyr_scraper_t *scraper, const pyr_profile_t *profile) {
  size_t i;
  (void)scraper;
  printf("%.*s of %.*s:", (int)profile->profile.len, profile->profile.base,
         (int)profile->target.len, profile->target.base);
  for (i = 0; i < profile->type_count; i++)
    printf(" %.*s=%lld", (int)profile->types[i].len, profile->types[i].base,
           (long long)profile->totals[i]);
  printf("\n");
  return 0;
}

static void on_log(pyr_scraper_t *scraper, int level, const char *line) {
  (void)scraper;
  (void)level;
  fprintf(stderr, "%s\n", line);
}

/* A start that fails leaves nothing open but the handle. */
static int start_scraper(struct busy *busy, const char *listen,
                         const char *storage) {
  const pyr_options_t options = {.size = sizeof(options),
                                 .on_profile = on_profile,
                                 .on_log = on_log,
                                 .storage_path = storage,
                                 .listen = listen,
                                 .log_level = PYR_LOG_WARN};
  const pyr_config_options_t parse = {.size = sizeof(parse), .name = "busy.c"};
  pyr_config_t *config = NULL;
  pyr_error_t error = {0};
  int rc;

  rc = pyr_scraper_init(busy->loop, &busy->scraper, &options);
  if (rc != 0)
    return rc;
  busy->scraper.data = busy;
  rc = pyr_config_parse(&config, CONFIGURATION, sizeof(CONFIGURATION) - 1,
                        &parse, &error);
  if (rc == 0)
    rc = pyr_scraper_start(&busy->scraper, config, &error);
  pyr_config_unref(config); /* start took a reference of its own */
  if (rc != 0) {
    fprintf(stderr, "busy: %s\n", error.text);
    pyr_scraper_close(&busy->scraper, NULL);
  }
  return rc;
}

/* ---- running ------------------------------------------------------------ */

/* With these closed the loop has nothing left to run for. */
static void close_job(struct busy *busy) {
  uv_close((uv_handle_t *)&busy->turn, NULL);
  uv_close((uv_handle_t *)&busy->interrupt, NULL);
  uv_close((uv_handle_t *)&busy->terminate, NULL);
}

static void on_closed(pyr_scraper_t *scraper) {
  close_job((struct busy *)scraper->data);
}

static void on_stopped(pyr_scraper_t *scraper) {
  pyr_scraper_close(scraper, on_closed);
}

/* The first signal ends everything in order; a second one is impatience. */
static void on_signal(uv_signal_t *signal, int number) {
  struct busy *busy = (struct busy *)signal->data;

  if (busy->is_stopping)
    exit(128 + number);
  busy->is_stopping = 1;
  uv_timer_stop(&busy->turn);
  pyr_scraper_stop(&busy->scraper, 1000000000, on_stopped);
}

static void start_job(struct busy *busy) {
  uv_timer_init(busy->loop, &busy->turn);
  uv_signal_init(busy->loop, &busy->interrupt);
  uv_signal_init(busy->loop, &busy->terminate);
  busy->turn.data = busy->interrupt.data = busy->terminate.data = busy;
  uv_timer_start(&busy->turn, on_turn, 0, TURN_MS);
  uv_signal_start(&busy->interrupt, on_signal, SIGINT);
  uv_signal_start(&busy->terminate, on_signal, SIGTERM);
}

static int run(struct busy *busy, const char *listen, const char *storage) {
  int rc;

  start_job(busy);
  rc = start_scraper(busy, listen, storage);
  if (rc == 0)
    printf("busy: %s\n", pyr_scraper_address(&busy->scraper));
  else
    close_job(busy);
  uv_run(busy->loop, UV_RUN_DEFAULT);
  printf("busy: %llu turns, %llu cents, %llu bytes of archive\n", busy->turns,
         busy->revenue, busy->compressed_bytes);
  return rc;
}

int main(int argc, char **argv) {
  const char *listen = NULL; /* as configured */
  const char *storage = "";  /* nothing is stored */
  struct busy busy = {0};
  int i, rc;

  setvbuf(stdout, NULL, _IOLBF, 0);
  for (i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--listen") == 0)
      listen = argv[i + 1];
    else if (strcmp(argv[i], "--storage") == 0)
      storage = argv[i + 1];
    else
      break;
  }
  if (i < argc) {
    fprintf(stderr, "usage: busy [--listen ADDRESS] [--storage DIRECTORY]\n");
    return 2;
  }
  busy.loop = uv_default_loop();
  busy.orders = make_orders();
  if (busy.orders == NULL)
    return 1;
  rc = run(&busy, listen, storage);
  if (uv_loop_close(busy.loop) != 0)
    fprintf(stderr, "busy: a handle was left open\n");
  free(busy.orders);
  return rc == 0 ? 0 : 1;
}
