/* Profiles of this process, as /debug/pprof of a Go program gives them. */
#include "net/loop_timer.h"
#include "self/encoded.h"
#include "serve/routes.h"

enum { SECONDS_DEFAULT = 30, SECONDS_MAX = 300 };

#define PROFILE_BYTES (3 * PYR__MIB)
#define BINARY        "application/octet-stream"

/* One /debug/pprof/profile that runs. */
struct pyr__serve_profiling {
  struct pyr__serve *serve;
  struct pyr__http_exchange *exchange;
  struct pyr__cpu_sampler *sampler;
  uv_timer_t timer;
};

static void respond_profile(struct pyr__http_exchange *exchange, int rc,
                            const struct pyr__buf *body,
                            const pyr_error_t *err) {
  if (rc == 0)
    pyr__http_respond(exchange, 200, BINARY, body->data, body->len);
  else
    pyr__http_respond_text(exchange, 500, "%s\n", err->text);
}

/* ---- CPU ---------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle) {
  struct pyr__serve_profiling *profiling = handle->data;
  struct pyr__serve *serve = profiling->serve;
  pyr__free(serve->view.memory, profiling);
  pyr__serve_unref(serve);
}

static void end_profiling(struct pyr__serve_profiling *profiling) {
  pyr__cpu_sampler_free(profiling->sampler);
  profiling->sampler = NULL;
  uv_close((uv_handle_t *)&profiling->timer, on_timer_closed);
}

/* The client left, or the server closes: nobody waits for it. */
static void on_gone(void *ctx) {
  end_profiling(ctx);
}

static void on_time(uv_timer_t *timer) {
  struct pyr__serve_profiling *profiling = timer->data;
  struct pyr__memory *memory = profiling->serve->view.memory;
  struct pyr__buf body;
  pyr_error_t err = {0};
  int rc;

  pyr__buf_init(&body, memory, PYR__MEM_SERVE, PROFILE_BYTES);
  rc = pyr__self_encode_cpu(profiling->sampler, memory, &body, &err);
  respond_profile(profiling->exchange, rc, &body, &err);
  pyr__buf_release(&body);
  end_profiling(profiling);
}

/* Whole seconds within the bounds; 0 where they are not. */
static unsigned parse_seconds(const pyr_str_t *text) {
  unsigned seconds = 0;
  size_t i;
  if (text == NULL)
    return SECONDS_DEFAULT;
  for (i = 0; i < text->len; i++) {
    if (text->base[i] < '0' || text->base[i] > '9')
      return 0;
    seconds = seconds * 10 + (unsigned)(text->base[i] - '0');
    if (seconds > SECONDS_MAX)
      return 0;
  }
  return seconds;
}

static void start_profiling(struct pyr__serve *serve,
                            struct pyr__http_exchange *exchange,
                            unsigned seconds) {
  struct pyr__memory *memory = serve->view.memory;
  struct pyr__serve_profiling *profiling =
      pyr__calloc(memory, PYR__MEM_SERVE, 1, sizeof(*profiling));
  pyr_error_t err = {0};
  if (profiling == NULL) {
    pyr__http_respond_text(exchange, 503, "Out of memory, try again later.\n");
    return;
  }
  if (pyr__cpu_sampler_start(&profiling->sampler, memory, &serve->clock,
                             &err) != 0) {
    pyr__free(memory, profiling);
    pyr__http_respond_text(exchange, 500,
                           "Could not enable CPU profiling: %s\n", err.text);
    return;
  }
  profiling->serve = serve;
  profiling->exchange = exchange;
  profiling->timer.data = profiling;
  uv_timer_init(serve->loop, &profiling->timer);
  pyr__loop_timer_start(&profiling->timer, on_time, (uint64_t)seconds * 1000);
  serve->handles++;
  pyr__http_exchange_on_gone(exchange, on_gone, profiling);
}

void pyr__serve_cpu_profile(struct pyr__serve *serve,
                            const struct pyr__http_server_request *request,
                            struct pyr__http_exchange *exchange) {
  unsigned seconds = parse_seconds(pyr__serve_param(request, "seconds"));
  if (seconds == 0)
    pyr__http_respond_text(exchange, 400,
                           "seconds: must be a whole number from 1 to %d\n",
                           SECONDS_MAX);
  else if (request->is_head)
    pyr__http_respond(exchange, 200, BINARY, "", 0); /* not worth a profile */
  else
    start_profiling(serve, exchange, seconds);
}

/* ---- memory ------------------------------------------------------------- */

void pyr__serve_heap_profile(struct pyr__serve *serve,
                             const struct pyr__http_server_request *request,
                             struct pyr__http_exchange *exchange) {
  struct pyr__account accounts[PYR__PURPOSE_COUNT] = {{0}};
  struct pyr__memory *memory = serve->view.memory;
  struct pyr__buf body;
  pyr_error_t err = {0};
  int rc;
  (void)request;
  serve->source.memory(serve->source.ctx, accounts);
  pyr__buf_init(&body, memory, PYR__MEM_SERVE, PROFILE_BYTES);
  rc = pyr__self_encode_heap(accounts, pyr__wall(&serve->clock), memory, &body,
                             &err);
  respond_profile(exchange, rc, &body, &err);
  pyr__buf_release(&body);
}
