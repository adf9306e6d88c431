/* The life of a scraper: init, start, stop, close. */
#include "net/tls_shared.h"
#include "scraper.h"

#include <stdio.h>
#include <string.h>

static void on_end_timer(struct pyr__timer *timer);
static void on_room_closed(void *ctx);

/* ---- the log ------------------------------------------------------------ */

static void write_log(void *ctx, int level, const char *line) {
  struct pyr__scraper *scraper = ctx;
  scraper->options.on_log(scraper->handle, level, line);
}

static void log_start(struct pyr__scraper *scraper) {
  size_t i;
  const char *path = pyr__scraper_storage_path(scraper);
  for (i = 0; i < scraper->config->note_count; i++)
    pyr__log(&scraper->log, PYR_LOG_INFO, "configuration",
             {"note", scraper->config->notes[i]});
  pyr__log(
      &scraper->log, PYR_LOG_INFO, "started",
      {"version", pyr__str(PYR_VERSION)},
      {"address", pyr__str(scraper->address)}, {"storage", pyr__str(path)},
      {"jobs", pyr__str(pyr__number((int64_t)scraper->job_count).text)},
      {"targets",
       pyr__str(
           pyr__number((int64_t)pyr__scraper_target_count(scraper)).text)});
  if (scraper->serve != NULL && pyr__serve_is_open(scraper->serve))
    pyr__log(&scraper->log, PYR_LOG_WARN,
             "whoever reaches this host can see its targets and profiles; "
             "listen on 127.0.0.1 only, or have users or a token in "
             "server: web-config-file");
}

/* ---- init --------------------------------------------------------------- */

/* A caller built against an older header has fewer members. */
static void copy_options(pyr_options_t *out, const pyr_options_t *options) {
  *out = (pyr_options_t){.log_level = -1};
  if (options != NULL)
    memcpy(out, options,
           options->size < sizeof(*out) ? options->size : sizeof(*out));
}

/* NULL stays NULL. */
static int copy_string(struct pyr__scraper *scraper, char **out,
                       const char *text) {
  if (text == NULL)
    return 0;
  *out = pyr__copy_text(&scraper->memory, PYR__MEM_SCRAPER, pyr__str(text));
  return *out == NULL ? PYR__ENOMEM : 0;
}

static int copy_strings(struct pyr__scraper *scraper) {
  const pyr_options_t *options = &scraper->options;
  int rc = copy_string(scraper, &scraper->storage_path, options->storage_path);
  if (rc == 0)
    rc = copy_string(scraper, &scraper->listen, options->listen);
  if (rc == 0)
    rc = copy_string(scraper, &scraper->sandbox, options->sandbox);
  return rc;
}

static void free_scraper(struct pyr__scraper *scraper) {
  struct pyr__memory memory;
  pyr__timer_heap_release(&scraper->heap);
  pyr__arena_release(&scraper->view);
  pyr__free(&scraper->memory, scraper->storage_path);
  pyr__free(&scraper->memory, scraper->listen);
  pyr__free(&scraper->memory, scraper->sandbox);
  memory = scraper->memory;
  pyr__free(&memory, scraper);
}

static void on_tls_note(void *ctx, int level, const char *text) {
  const struct pyr__scraper *scraper = ctx;
  pyr__log(&scraper->log, level, "TLS", {"note", pyr__str(text)});
}

static int init_rooms(struct pyr__scraper *scraper) {
  struct pyr__http_client_options net = {.clock = scraper->clock};
  int rc = copy_strings(scraper);
  pyr__timer_heap_init(&scraper->heap, &scraper->memory);
  if (rc == 0)
    rc = pyr__timer_heap_reserve(&scraper->heap, PYR__OWN_TIMERS);
  /* Last, as its handles can only be closed by turning the loop. */
  if (rc == 0)
    rc = pyr__http_client_new(&scraper->client, scraper->loop, &scraper->memory,
                              &net, NULL);
  if (rc == 0)
    pyr__tls_shared_on_note(pyr__http_client_tls(scraper->client), on_tls_note,
                            scraper);
  return rc;
}

int pyr_scraper_init(uv_loop_t *loop, pyr_scraper_t *handle,
                     const pyr_options_t *options) {
  struct pyr__memory memory;
  struct pyr__scraper *scraper;
  pyr_options_t copy;
  int rc;

  copy_options(&copy, options);
  pyr__memory_init(&memory, copy.alloc);
  scraper = pyr__calloc(&memory, PYR__MEM_SCRAPER, 1, sizeof(*scraper));
  if (scraper == NULL)
    return PYR__ENOMEM;
  scraper->memory = memory;
  scraper->handle = handle;
  scraper->loop = loop;
  scraper->options = copy;
  scraper->clock = pyr__clock_system();
  scraper->end_timer.fire = on_end_timer;
  scraper->reload.timer.fire = pyr__scraper_reload_turn;
  scraper->start_timer.fire = pyr__scraper_start_turn;
  pyr__list_init(&scraper->starting);
  pyr__arena_init(&scraper->view, &scraper->memory, PYR__MEM_SCRAPER, SIZE_MAX);
  rc = init_rooms(scraper);
  if (rc != 0) {
    free_scraper(scraper);
    return rc;
  }
  pyr__scraper_timer_init(scraper);
  handle->loop = loop;
  handle->impl = scraper;
  return 0;
}

/* ---- start -------------------------------------------------------------- */

int pyr__scraper_guard_new(struct pyr__serve_guard **out,
                           struct pyr__scraper *scraper,
                           const pyr_config_t *config, pyr_error_t *err) {
  const struct pyr__server_config *server = &config->server;
  return pyr__serve_guard_new(out, pyr__http_client_tls(scraper->client),
                              server->hosts, server->host_count, &server->web,
                              err);
}

void pyr__scraper_note_address(struct pyr__scraper *scraper) {
  snprintf(scraper->address, sizeof(scraper->address), "%s://%s",
           pyr__serve_scheme(scraper->serve),
           pyr__serve_address(scraper->serve));
}

static int open_serve(struct pyr__scraper *scraper, pyr_error_t *err) {
  struct pyr__serve_options options = {
      .listen = scraper->listen != NULL ? scraper->listen
                                        : scraper->config->server.listen.base,
      .connections = scraper->config->limits.server_connections,
      .source = pyr__scraper_status_source(scraper),
      .clock = scraper->clock};
  int rc;

  scraper->address[0] = '\0';
  if (options.listen[0] == '\0')
    return 0;
  rc = pyr__scraper_guard_new(&options.guard, scraper, scraper->config, err);
  if (rc != 0)
    return rc;
  rc = pyr__serve_new(&scraper->serve, scraper->loop, &scraper->memory,
                      &options, err);
  if (rc != 0)
    pyr__serve_guard_free(options.guard);
  else
    pyr__scraper_note_address(scraper);
  return rc;
}

static void close_serve(struct pyr__scraper *scraper) {
  if (scraper->serve == NULL)
    return;
  scraper->open_handles++;
  pyr__serve_close(scraper->serve, on_room_closed, scraper);
  scraper->serve = NULL;
}

static int open_rooms(struct pyr__scraper *scraper, pyr_error_t *err) {
  int rc = pyr__scraper_store_open(scraper, err);
  if (rc == 0)
    rc = open_serve(scraper, err);
  if (rc == 0) /* it wants to know where this process listens */
    rc = pyr__scraper_targets_build(scraper, err);
  return rc;
}

static void release_config(struct pyr__scraper *scraper) {
  pyr__gate_release(&scraper->gate);
  pyr_config_unref(scraper->config);
  scraper->config = NULL;
}

int pyr_scraper_start(pyr_scraper_t *handle, pyr_config_t *config,
                      pyr_error_t *err) {
  struct pyr__scraper *scraper = handle->impl;
  int rc;

  if (scraper->state != PYR__SCRAPER_NEW)
    return pyr__error(err, PYR_EUSAGE, "start: this scraper was started");
  scraper->config = pyr_config_ref(config);
  scraper->log = (struct pyr__log){
      .level = scraper->options.log_level >= 0 ? scraper->options.log_level
                                               : config->log_level,
      .format = config->log_format,
      .write = scraper->options.on_log != NULL ? write_log : NULL,
      .ctx = scraper,
      .clock = scraper->clock};
  rc = open_rooms(scraper, err);
  if (rc != 0) {
    pyr__scraper_store_close(scraper);
    close_serve(scraper);
    pyr__scraper_targets_close(scraper);
    release_config(scraper);
    return rc;
  }
  scraper->state = PYR__SCRAPER_RUNNING;
  scraper->start_wall_ns = scraper->reload.success_ns =
      pyr__wall(&scraper->clock);
  pyr__scraper_timer_start(scraper);
  pyr__scraper_targets_start(scraper);
  log_start(scraper);
  return 0;
}

const char *pyr_scraper_address(const pyr_scraper_t *handle) {
  return handle->impl->address;
}

/* ---- stop --------------------------------------------------------------- */

static void close_handles(struct pyr__scraper *scraper);

static void end_stop(struct pyr__scraper *scraper) {
  pyr_close_cb cb = scraper->on_stopped;
  bool closing = scraper->closing; /* not by the callback, which may, too */

  pyr__scraper_timer_stop(scraper);
  scraper->state = PYR__SCRAPER_STOPPED;
  scraper->on_stopped = NULL;
  if (cb != NULL)
    cb(scraper->handle);
  if (closing)
    close_handles(scraper);
}

void pyr__scraper_room_closed(struct pyr__scraper *scraper) {
  /* What a failed start or a reload closed is no end of anything. */
  if (--scraper->open_handles == 0 && scraper->client == NULL)
    end_stop(scraper);
}

static void on_room_closed(void *ctx) {
  pyr__scraper_room_closed(ctx);
}

static void shut_rooms(struct pyr__scraper *scraper) {
  struct pyr__http_client *client = scraper->client;

  pyr__scraper_reload_cancel(scraper, "it is being stopped");
  pyr__scraper_targets_cancel(scraper);
  pyr__timer_clear(&scraper->heap, &scraper->end_timer);
  pyr__scraper_store_close(scraper);
  close_serve(scraper);
  pyr__scraper_targets_close(scraper);
  scraper->open_handles++;
  scraper->client = NULL;
  pyr__http_client_close(client, on_room_closed, scraper);
}

/* Nothing runs any more, or grace is over. */
static void on_end_timer(struct pyr__timer *timer) {
  shut_rooms(pyr__container_of(timer, struct pyr__scraper, end_timer));
}

static void end_at(struct pyr__scraper *scraper, int64_t due_ns) {
  pyr__timer_set(&scraper->heap, &scraper->end_timer, due_ns);
}

void pyr__scraper_idle(struct pyr__scraper *scraper) {
  if (scraper->gate.in_flight == 0 && scraper->client != NULL)
    end_at(scraper, pyr__now(&scraper->clock));
}

int pyr_scraper_stop(pyr_scraper_t *handle, int64_t grace_ns, pyr_close_cb cb) {
  struct pyr__scraper *scraper = handle->impl;

  if (scraper->state != PYR__SCRAPER_RUNNING)
    return PYR_EUSAGE;
  scraper->state = PYR__SCRAPER_STOPPING;
  scraper->on_stopped = cb;
  pyr__log(&scraper->log, PYR_LOG_INFO, "stopping",
           {"running",
            pyr__str(pyr__number((int64_t)scraper->gate.in_flight).text)});
  pyr__scraper_targets_stop(scraper);
  end_at(scraper, pyr__now(&scraper->clock) + grace_ns);
  pyr__scraper_idle(scraper);
  return 0;
}

/* ---- close -------------------------------------------------------------- */

static void end_close(struct pyr__scraper *scraper) {
  pyr_scraper_t *handle = scraper->handle;
  pyr_close_cb cb = scraper->on_closed;

  pyr__scraper_decoders_release(scraper);
  if (scraper->config != NULL)
    release_config(scraper);
  free_scraper(scraper);
  handle->impl = NULL;
  if (cb != NULL)
    cb(handle);
}

static void on_handle_closed(uv_handle_t *handle) {
  struct pyr__scraper *scraper = handle->data;
  if (--scraper->open_handles == 0)
    end_close(scraper);
}

static void close_handles(struct pyr__scraper *scraper) {
  scraper->open_handles += 3;
  uv_close((uv_handle_t *)&scraper->timer, on_handle_closed);
  uv_close((uv_handle_t *)&scraper->prepare, on_handle_closed);
  uv_close((uv_handle_t *)&scraper->check, on_handle_closed);
}

void pyr_scraper_close(pyr_scraper_t *handle, pyr_close_cb cb) {
  struct pyr__scraper *scraper = handle->impl;
  bool is_stopped = scraper->state == PYR__SCRAPER_STOPPED;

  if (scraper->closing)
    return;
  scraper->closing = true;
  scraper->on_closed = cb;
  if (is_stopped) {
    close_handles(scraper);
    return;
  }
  if (scraper->state == PYR__SCRAPER_NEW)
    pyr__scraper_timer_start(scraper);
  if (scraper->state == PYR__SCRAPER_RUNNING)
    pyr__scraper_targets_stop(scraper);
  scraper->state = PYR__SCRAPER_STOPPING;
  if (scraper->client != NULL) /* else the rooms are being shut already */
    end_at(scraper, pyr__now(&scraper->clock));
}
